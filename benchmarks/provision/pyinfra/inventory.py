"""The boards for pyinfra: what the benchmark wrote down for Ansible, in pyinfra's words."""

import json
import os
from pathlib import Path

boards = [
    (
        name,
        {
            "ssh_hostname": each["ansible_host"],
            "ssh_user": each["ansible_user"],
            "ssh_key": each["ansible_ssh_private_key_file"],
            "ssh_known_hosts_file": each["known_hosts"],
            "ssh_strict_host_key_checking": "yes",
            **{key: each[key] for key in ("packages", "governor", "is_legacy", "files")},
        },
    )
    for name, each in json.loads(Path(os.environ["PROVISION_BOARDS"]).read_text())["all"]["hosts"].items()
]
