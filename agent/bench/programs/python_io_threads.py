"""L15: whether threads help a program that only waits, here for a device that stays silent."""

import os
import select
from functools import partial

from agent.bench.programs.sharing import in_threads, main

WAIT_MS = 1


def wait(waits: int) -> int:
    """Wait that many times for a millisecond; return how often."""
    silent, device = os.pipe()
    poll = select.poll()
    poll.register(silent, select.POLLIN)
    count = sum(1 for _ in range(waits) if not poll.poll(WAIT_MS))
    os.close(silent)
    os.close(device)
    return count


if __name__ == "__main__":
    main("python_io_threads", partial(in_threads, wait), unit="waits")
