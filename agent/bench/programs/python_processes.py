"""L14: whether a sum is ready sooner when Python processes share the additions."""

from __future__ import annotations

import multiprocessing
from typing import TYPE_CHECKING

from agent.bench.programs.sharing import add_ones, main

if TYPE_CHECKING:
    from multiprocessing.queues import SimpleQueue


def work(index: int, share: int, sums: SimpleQueue[tuple[int, int]]) -> None:
    """Add one share up; hand in its sum with the place it belongs to."""
    sums.put((index, add_ones(share)))


def add_in_processes(shares: list[int]) -> list[int]:
    """Give each share to a process of its own; return the partial sums. SystemExit if one of them fails."""
    # Named, because Python 3.14 starts processes in another way unless asked, and times must be comparable.
    context = multiprocessing.get_context("fork")
    sums: SimpleQueue[tuple[int, int]] = context.SimpleQueue()
    processes = [context.Process(target=work, args=(index, share, sums)) for index, share in enumerate(shares)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()  # the bench limits the time of the whole program
    if any(process.exitcode for process in processes):
        message = "a worker process ended before its sum was ready"
        raise SystemExit(message)
    return [total for _, total in sorted(sums.get() for _ in shares)]


if __name__ == "__main__":
    main("python_processes", add_in_processes)
