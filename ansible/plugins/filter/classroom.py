"""What the tasks of the roles need beside what was decided."""

from __future__ import annotations

from typing import Any

from ansible_collections.pilab.classroom.plugins.plugin_utils.described import with_files


class FilterModule:
    """Offers the filter to ansible."""

    def filters(self) -> dict[str, Any]:
        """Name the filter."""
        return {"with_files": with_files}
