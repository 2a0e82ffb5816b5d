"""What names nobody: hardware and software as their makers write them, for whatever leaves this room; pure."""

from __future__ import annotations

import re

# As the makers write them; a kernel or a model with other words in its name is somebody's own.
MODEL = re.compile(
    r"Raspberry Pi ([1-9]\d{0,2}\+?|Zero|Model|Compute Module)"
    r"( (W|WH|Model|Module|[AB]|Plus|[0-9][S+]?|\d{3}|Rev|[0-9]\.[0-9]{1,2}))*"
)
KERNEL = re.compile(
    r"\d{1,2}\.\d{1,3}(\.\d{1,4})?([+-](rpt|rpi|v[678]l?|16k|2712|amd64|arm64|armmp|lpae|cloud|bpo|deb\d{1,2}|\d{1,4}))*\+?"
)
# Of Python or gcc; four numbers would be an address.
VERSION = re.compile(r"\d{1,2}\.\d{1,2}(\.\d{1,2})?((a|b|rc)\d)?")
# What systemd-detect-virt calls containers: they show no hardware of their own (systemd-detect-virt(1)).
CONTAINERS = frozenset(
    ("container-other", "docker", "lxc", "lxc-libvirt", "openvz", "podman", "pouch", "proot", "rkt", "systemd-nspawn")
)
VIRTUALIZATION = CONTAINERS | {"none", "qemu", "kvm"}
MACHINES = ("aarch64", "armv6l", "armv7l", "armv8l", "x86_64")
USERLANDS = ("arm64", "armhf", "armel", "amd64")
