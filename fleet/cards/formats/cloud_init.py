"""cloud-init, with which Raspberry Pi OS begins from trixie on: user-data, network-config and meta-data.

A power cut leaves a module of cloud-init that had begun marked as done (cloudinit/helpers.py, FileSemaphores.lock), so
that it would never run again. `bootcmd` comes first at every start, and takes the marks of an unfinished start away.
Without `updates` the network would be written at the first start alone.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from fleet.cards.formats.format import FIRMWARE, quoted, regulatory

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from fleet.cards.seat import Seat, Wifi

SCRIPT = f"{FIRMWARE}/pilab/first.sh"
# NetworkManager, to which netplan hands the name, would read it as a list of bytes, or leave the backslash out.
MISREAD = re.compile(r"[\d; ]+|.*\\;.*")
# A plural `users:` would make an account without the groups of the image's own (rpi-imager#1601).
USER_DATA = """#cloud-config
hostname: {name}
manage_etc_hosts: false
manage_resolv_conf: false
timezone: {timezone}
keyboard:
  layout: {keyboard}
user:
  name: {account}
  shell: /bin/bash
  sudo: {sudo}
  lock_passwd: {locked}
{password}  ssh_authorized_keys:
{keys}
ssh_pwauth: false
updates:
  network:
    when: [boot]
bootcmd:
- [sh, {script}, again]
runcmd:
- [sh, {script}]
"""
NETWORK_CONFIG = """network:
  version: 2
  ethernets:
    eth0:
      dhcp4: true
      dhcp6: true
      optional: true
  wifis:
    wlan0:
      dhcp4: true
      optional: true
      regulatory-domain: {country}
      access-points:
        {ssid}:
{lines}
"""


class CloudInit:
    """Writes what cloud-init reads by its data source NoCloud."""

    name = "cloud-init"
    needs_cmdline = False
    is_emptied = True
    mount = FIRMWARE

    def files(self, seat: Seat, instance: str) -> Mapping[str, str]:
        """Write the three files; under an instance that it knows, cloud-init reads none of them (rpi-imager#1618)."""
        network = {"network-config": _network(seat, seat.wifi)} if seat.wifi and self.spells(seat.wifi) else {}
        return {**network, "user-data": _user_data(seat), "meta-data": f"instance-id: {instance}\n"}

    def words(self, seat: Seat, instance: str) -> Sequence[str]:
        """Name the instance, so that cloud-init need not look for it at every start."""
        return (f"ds=nocloud;i={instance}", *regulatory(seat))

    def spells(self, wifi: Wifi) -> bool:
        """Tell whether a name is text: YAML has no bytes."""
        return bool(wifi.text) and not MISREAD.fullmatch(wifi.text)


def _user_data(seat: Seat) -> str:
    return USER_DATA.format(
        name=quoted(seat.name),
        timezone=quoted(seat.timezone),
        keyboard=quoted(seat.keyboard),
        account=quoted(seat.account),
        sudo="null" if seat.password_hash else quoted("ALL=(ALL) NOPASSWD:ALL"),
        locked="false" if seat.password_hash else "true",
        password=f"  passwd: {quoted(seat.password_hash)}\n" if seat.password_hash else "",
        keys="\n".join(f"  - {quoted(key)}" for key in seat.authorized_keys),
        script=SCRIPT,
    )


def _network(seat: Seat, wifi: Wifi) -> str:
    # rpi-imager#1396: an open network has to say that it is one.
    secret = f"password: {quoted(wifi.key)}" if wifi.key else "auth: {key-management: none}"
    lines = [secret, *(["hidden: true"] if wifi.is_hidden else [])]
    inset = "\n".join(f"          {line}" for line in lines)
    return NETWORK_CONFIG.format(country=quoted(seat.country), ssid=quoted(wifi.text), lines=inset)
