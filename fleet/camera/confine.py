"""What a process may still take and do that reads a stranger's file: little memory and time, no file and no network.

Limits hold on every Linux (setrlimit(2)); libseccomp, part of every Debian and Ubuntu, leaves only calls for computing.
"""

from __future__ import annotations

import ctypes
import errno
import os
import resource
from pathlib import Path

MEMORY_BYTES = 180 * 2**20
CPU_S = 5
WRITTEN_BYTES = 2**20
NOBODY = 65534
# seccomp_init(3): every call that is not named fails with EPERM, as if this process were not allowed to.
REFUSE = 0x00050000 | errno.EPERM
ALLOW = 0x7FFF0000
UNKNOWN = -1
LIBRARY = "libseccomp.so.2"
# Memory, time, signals, locks, what is open already, and the end; nothing that opens, connects or starts.
CALLS = (
    *("read", "pread64", "readv", "write", "writev", "lseek", "_llseek", "close", "fstat", "fstat64"),
    *("brk", "mmap", "mmap2", "munmap", "mremap", "mprotect", "madvise"),
    *("futex", "futex_time64", "sched_yield", "sched_getaffinity", "getpid", "gettid", "getrandom"),
    *("clock_gettime", "clock_gettime64", "clock_getres", "gettimeofday", "times", "getrusage"),
    *("rt_sigaction", "rt_sigprocmask", "rt_sigreturn", "sigreturn", "sigaltstack", "restart_syscall"),
    *("exit", "exit_group"),
)


def confine(memory_bytes: int = MEMORY_BYTES, cpu_s: int = CPU_S) -> str:
    """Give up what is not needed, for good; return why some of it could not be given up, or nothing."""
    try:
        library = ctypes.CDLL(LIBRARY)
    except OSError as error:
        _limit(memory_bytes, cpu_s)
        return str(error)
    _limit(memory_bytes, cpu_s)
    return _filter(library)


def _limit(memory_bytes: int, cpu_s: int) -> None:
    used = resource.getrusage(resource.RUSAGE_SELF)
    cpu_s += int(used.ru_utime + used.ru_stime) + 1
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    limits = {
        resource.RLIMIT_AS: pages * resource.getpagesize() + memory_bytes,
        resource.RLIMIT_FSIZE: WRITTEN_BYTES,
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_NPROC: 0,
        resource.RLIMIT_NOFILE: 3,
    }
    for what, limit in limits.items():
        _lower(what, limit, limit)
    # A second between the two: at the first one the signal tells what it was.
    _lower(resource.RLIMIT_CPU, cpu_s, cpu_s + 1)
    if os.geteuid() == 0:  # root could lift the limits again
        os.setgroups([])
        os.setresgid(NOBODY, NOBODY, NOBODY)
        os.setresuid(NOBODY, NOBODY, NOBODY)


def _lower(what: int, soft: int, hard: int) -> None:
    """Set a limit, or leave it where somebody has set a lower one already."""
    there = resource.getrlimit(what)[1]
    if there != resource.RLIM_INFINITY:
        soft, hard = min(soft, there), min(hard, there)
    resource.setrlimit(what, (soft, hard))


def _filter(library: ctypes.CDLL) -> str:
    """Have the kernel refuse all other calls; return why it does not."""
    library.seccomp_init.restype = ctypes.c_void_p
    rules = ctypes.c_void_p(library.seccomp_init(ctypes.c_uint32(REFUSE)))
    for name in CALLS:
        number = library.seccomp_syscall_resolve_name(name.encode())
        if number != UNKNOWN:
            library.seccomp_rule_add_array(rules, ctypes.c_uint32(ALLOW), number, 0, None)
    failure = library.seccomp_load(rules)
    return f"seccomp_load: {os.strerror(-failure)}" if failure else ""
