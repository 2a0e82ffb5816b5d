"""The options of Ansible's own ssh, for board_ssh: as they are in the version of Ansible that runs."""

from __future__ import annotations

from ansible.plugins.connection import ssh  # type: ignore[attr-defined]


class ModuleDocFragment:
    """Is what ansible asks for `extends_documentation_fragment: [ssh_options]`."""

    DOCUMENTATION = "options:" + ssh.DOCUMENTATION.partition("\n    options:")[2]
