"""One virtual Pi: its disk, its boot and its end."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from virtual.commands import attempt, detach, run
from virtual.containers import boards, cgroups, hardware, network, roots

if TYPE_CHECKING:
    from virtual.containers.state import Guest
    from virtual.place import Place

USER = "teacher"
# Where systemd-resolved runs, its own file lists name servers that a guest can reach; /etc/resolv.conf names one that
# answers this computer only.
RESOLVERS = (Path("/run/systemd/resolve/resolv.conf"), Path("/etc/resolv.conf"))
# nspawn keeps a folder and a lock per container, and where /run is not memory it refuses to remove the folder itself.
NSPAWN_RUN = Path("/run/systemd/nspawn")
SSHD = "PasswordAuthentication no\nKbdInteractiveAuthentication no\nPermitRootLogin no\n"
HARDWARE_UNIT = """[Unit]
Description=Simulated hardware of a virtual Pi
DefaultDependencies=no
After=local-fs.target
Before=sysinit.target

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/usr/lib/pilab-rehearsal/attach-hardware
"""


def folder_of(place: Place, guest: Guest) -> Path:
    """Everything on this computer that belongs to one guest."""
    return place.guests / guest.name


def machine(place: Place, guest: Guest) -> str:
    """The name of a guest among all containers of this computer."""
    return f"{place.room}-{guest.name}"


def make(place: Place, guest: Guest, root: Path, gateway: str, snapshot: Path | None = None) -> None:
    """Make the disk of a guest over the root of its release and, if given, what an earlier guest added; mount it."""
    folder = folder_of(place, guest)
    for part in ("disk", "work", "root", "hardware"):
        (folder / part).mkdir(parents=True)
    layers = [
        roots.offer_packages(place.cache, guest.release, folder / "packages"),
        *([snapshot] if snapshot else []),
        root,
    ]
    lower = f"lowerdir={':'.join(map(str, layers))}"
    # The disk is thrown away with the room: nothing waits until the whole computer's is written.
    upper = f"upperdir={folder}/disk,workdir={folder}/work,volatile"
    run("mount", "-t", "overlay", place.label, "-o", f"{lower},{upper}", str(folder / "root"))
    kind = boards.kind_of(guest.number)
    hardware.write(folder / "hardware", kind, guest.number, still=camera(place) / "still.jpg")
    if not snapshot:
        hardware.install_standins(folder / "root", kind)
        _write_files(folder / "root", guest)
        _make_account(folder / "root")
    _join(folder / "root", place, guest, gateway)


def camera(place: Place) -> Path:
    """What the cameras of all guests see: a folder of frames, and a still."""
    return place.cache / "pictures"


def disk(place: Place, guest: Guest) -> Path:
    """Everything that a guest has written since it was made, as a layer for other guests; it must be switched off."""
    return folder_of(place, guest) / "disk"


def _write_files(root: Path, guest: Guest) -> None:
    files = {
        "etc/hostname": f"{guest.name}\n",
        "etc/hosts": f"127.0.0.1 localhost\n127.0.1.1 {guest.name}\n",
        "etc/resolv.conf": next(path for path in RESOLVERS if path.exists()).read_text(),
        "etc/ssh/sshd_config.d/rehearsal.conf": SSHD,
        f"etc/sudoers.d/010_{USER}-nopasswd": f"{USER} ALL=(ALL) NOPASSWD: ALL\n",
        # A guest's disk is thrown away: no need to wait for it after every file of a package.
        "etc/dpkg/dpkg.cfg.d/rehearsal": "force-unsafe-io\n",
        "etc/systemd/system/rehearsal-hardware.service": HARDWARE_UNIT,
        "etc/machine-id": "",
    }
    for name, text in files.items():
        _write(root / name, text)
    _enable(root, "sysinit.target", "/etc/systemd/system/rehearsal-hardware.service")
    _enable(root, "multi-user.target", "/lib/systemd/system/systemd-networkd.service")


def _write(path: Path, text: str) -> None:
    """Write a file in place of whatever stands there; a link is not followed out of the guest."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    path.write_text(text)


def _join(root: Path, place: Place, guest: Guest, gateway: str) -> None:
    """Give a guest what only its own room has: an address, the teacher's key, a host key that is known there."""
    _write(root / "etc/systemd/network/10-rehearsal.network", _network_file(guest, gateway))
    _let_in(root, place)
    _make_host_key(root, place, guest)


def _network_file(guest: Guest, gateway: str) -> str:
    link = f"[Match]\nName=host0\n\n[Link]\nMTUBytes={network.mtu_of_way_out()}\n\n"
    return f"{link}[Network]\nAddress={guest.address}/24\nGateway={gateway}\n"


def _enable(root: Path, target: str, unit: str) -> None:
    link = root / "etc/systemd/system" / f"{target}.wants" / Path(unit).name
    link.parent.mkdir(parents=True, exist_ok=True)
    link.unlink(missing_ok=True)
    link.symlink_to(unit)


def _make_account(root: Path) -> None:
    # Raspberry Pi OS has the group gpio, and its first account is a member of these.
    run("chroot", str(root), "groupadd", "--system", "gpio")
    run("chroot", str(root), "useradd", "--create-home", "--shell", "/bin/bash", "--groups", "sudo,video,gpio", USER)


def _let_in(root: Path, place: Place) -> None:
    home = root / "home" / USER
    keys = home / ".ssh" / "authorized_keys"
    keys.parent.mkdir(mode=0o700, exist_ok=True)
    shutil.copy(key(place).with_suffix(".pub"), keys)
    owner = home.stat()
    for path in (keys.parent, keys):
        os.chown(path, owner.st_uid, owner.st_gid)


def make_key(place: Place) -> None:
    """Make the teacher's key, for the person behind sudo where there is one."""
    run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", place.label, "-f", str(key(place)))
    os.chown(key(place), int(os.environ.get("SUDO_UID", "0")), int(os.environ.get("SUDO_GID", "0")))


def key(place: Place) -> Path:
    """The teacher's key to every board of the room."""
    return place.run / "key"


def known_hosts(place: Place) -> Path:
    """The host keys of the room, recorded before its boards boot."""
    return place.run / "known_hosts"


def _make_host_key(root: Path, place: Place, guest: Guest) -> None:
    for old in (root / "etc/ssh").glob("ssh_host_*"):
        old.unlink()
    path = root / "etc/ssh/ssh_host_ed25519_key"
    run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", guest.name, "-f", str(path))
    kind, text, _ = path.with_suffix(".pub").read_text().split()
    with known_hosts(place).open("a") as file:
        file.write(f"{guest.address} {kind} {text}\n")


def boot(place: Place, guest: Guest) -> None:
    """Start a guest in control groups of its own; it goes on when this process ends."""
    folder = folder_of(place, guest)
    groups = cgroups.make(place.label, guest.name)
    enter = "".join(f"echo $$ > {group}/cgroup.procs; " for group in groups)
    # nspawn with --keep-unit leaves the restart to whoever started it, and says so by ending with 133 (nspawn.c).
    again = 'while "$@"; [ $? = 133 ]; do :; done'
    # Without the variable a release with a new systemd does not boot on a computer with the first control groups.
    environment = {"SYSTEMD_NSPAWN_UNIFIED_HIERARCHY": "1"}
    detach("sh", "-c", enter + again, "sh", *nspawn(place, guest), log=folder / "console.log", environment=environment)


def nspawn(place: Place, guest: Guest) -> list[str]:
    """The command that runs a guest."""
    folder = folder_of(place, guest)
    return [
        "systemd-nspawn", "--quiet", "--boot", "--register=no", "--keep-unit", "--settings=no",
        "--resolv-conf=off", "--timezone=off", "--link-journal=no",
        f"--directory={folder / 'root'}", f"--machine={machine(place, guest)}", f"--network-bridge={place.label}",
        f"--bind={folder / 'hardware'}:/srv/pilab-hardware", f"--bind-ro={camera(place)}/frames:/srv/pilab-frames",
    ]  # fmt: skip


def release(place: Place, guest: Guest) -> None:
    """Unmount the disk of a stopped guest, and keep the packages that it downloaded."""
    mounted = str(folder_of(place, guest) / "root")
    if os.path.ismount(mounted) and not attempt("umount", mounted):
        attempt("umount", "--lazy", mounted)
    roots.keep_packages(place.cache, guest.release, disk(place, guest))


def remove(place: Place, guest: Guest) -> None:
    """Take everything away that belongs to a stopped guest."""
    release(place, guest)
    folder = folder_of(place, guest)
    shutil.rmtree(folder, ignore_errors=True)
    for leftover in NSPAWN_RUN.glob(f"*/*{machine(place, guest)}"):
        shutil.rmtree(leftover, ignore_errors=True) if leftover.is_dir() else leftover.unlink(missing_ok=True)


def ssh(place: Place, guest: Guest, *command: str, timeout_s: int = 10) -> list[str]:
    """The command that runs something on a guest as the teacher would, with its host key checked."""
    return [*ssh_to(place, timeout_s), f"{USER}@{guest.address}", *command]


def ssh_to(place: Place, timeout_s: int) -> list[str]:
    """The words with which ssh reaches any board of the room as the teacher would; where to is still to be said."""
    return [
        "ssh", "-F", "none", "-o", "BatchMode=yes", "-o", f"ConnectTimeout={timeout_s}", *ssh_options(place),
        "-i", str(key(place)),
    ]  # fmt: skip


def ssh_options(place: Place) -> list[str]:
    """Options of ssh that trust the recorded host keys and nothing else."""
    options = (
        f"UserKnownHostsFile={known_hosts(place)}",
        "GlobalKnownHostsFile=/dev/null",
        "StrictHostKeyChecking=yes",
        "IdentitiesOnly=yes",
    )
    return [word for option in options for word in ("-o", option)]
