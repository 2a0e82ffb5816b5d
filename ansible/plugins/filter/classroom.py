"""The filters that the roles of the classroom use."""

from __future__ import annotations

from typing import Any

from ansible_collections.pilab.classroom.plugins.module_utils import boards, bundle, config_txt, table
from ansible_collections.pilab.classroom.plugins.plugin_utils import described


class FilterModule:
    """Offers the filters to ansible."""

    def filters(self) -> dict[str, Any]:
        """Name the filters."""
        return {
            "digest": described.digest,
            "digested": described.digested,
            "tree_digest": described.tree_digest,
            "with_files": described.with_files,
            "options_of": described.options_of,
            "out_of_range": described.out_of_range,
            "hosts_naming": boards.hosts_naming,
            "is_hostname": boards.is_hostname,
            "as_cores": boards.as_cores,
            "policies_with": boards.policies_with,
            "shared_with": boards.shared_with,
            "duration": boards.duration,
            "bundle_of": bundle.bundle_of,
            "config_txt_without_ours": config_txt.without_ours,
            "config_txt_for": config_txt.for_stack,
            "cell": table.cell,
            "refusal": table.refusal,
            "names_by_release": table.names_by_release,
            "package_names": table.package_names,
            "left_out": table.left_out,
        }
