"""The end state of ansible/site.yml as one writes it with pyinfra's own operations and defaults."""

from pyinfra import host
from pyinfra.facts.server import Command
from pyinfra.operations import apt, files, server, systemd

CPUFREQ = "/sys/devices/system/cpu/cpufreq/policy0/scaling_governor"
UNITS = ("pilab-agent.service", "pilab-bench-restore.service", "pilab-governor.service")
source = host.data.files

apt.packages(packages=host.data.packages, no_recommends=True, update=True, cache_time=86400, _sudo=True)
for group in ("video", "gpio"):
    server.group(group=group, system=True, _sudo=True)
server.user(  # noqa: S604 (the account's shell, not one that is started)
    user="pilab",
    system=True,
    groups=["video", "gpio"],
    append=True,
    home="/nonexistent",
    ensure_home=False,
    shell="/usr/sbin/nologin",
    _sudo=True,
)
for folder in ("/opt/pilab/bin", "/etc/pilab", "/var/lib/pilab/runs"):
    files.directory(path=folder, mode="755", _sudo=True)
agent = files.sync(src=f"{source}/opt/pilab/agent", dest="/opt/pilab/agent", dir_mode="755", _sudo=True)
native = files.sync(src=f"{source}/opt/pilab/native", dest="/opt/pilab/native", dir_mode="755", _sudo=True)
server.shell(commands=["make --silent --jobs=2 -C /opt/pilab/native"], _sudo=True, _if=native.did_change)
for name in ("pilab", "set-governor"):
    files.put(src=f"{source}/opt/pilab/bin/{name}", dest=f"/opt/pilab/bin/{name}", mode="755", _sudo=True)
settings = files.put(src=f"{source}/etc/pilab/agent.toml", dest="/etc/pilab/agent.toml", mode="644", _sudo=True)
units = [
    files.put(src=f"{source}/etc/systemd/system/{unit}", dest=f"/etc/systemd/system/{unit}", mode="644", _sudo=True)
    for unit in UNITS
]
if host.get_fact(Command, f"cat {CPUFREQ}") != host.data.governor:
    server.shell(commands=[f"/opt/pilab/bin/set-governor {host.data.governor}"], _sudo=True)
if host.data.is_legacy and not host.get_fact(Command, "grep ^start_x=1 /boot/config.txt || true"):
    server.shell(commands=["raspi-config nonint do_legacy 0"], _sudo=True)
systemd.daemon_reload(_sudo=True, _if=lambda: any(unit.did_change() for unit in units))
for unit in UNITS[1:]:
    systemd.service(service=unit, running=None, enabled=True, _sudo=True)
systemd.service(service=UNITS[0], enabled=True, running=True, _sudo=True)
systemd.service(
    service=UNITS[0],
    restarted=True,
    _sudo=True,
    _if=lambda: any(each.did_change() for each in (agent, settings, *units)),
)
