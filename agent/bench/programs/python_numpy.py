"""L15: whether Python threads help after all where numpy works, because numpy lets go of the interpreter's lock."""

from functools import partial

import numpy as np

from agent.bench.programs.sharing import in_threads, main

# Input and output of four workers fit into the 512 KiB of cache that a Pi 3 has, so that memory does not hold them up.
NUMBERS = 4_096


def calculate(passes: int) -> int:
    """Take the sine of the same numbers that many times; return how often."""
    numbers = np.linspace(0.0, 1.0, NUMBERS)
    sines = np.empty_like(numbers)
    for _ in range(passes):
        np.sin(numbers, out=sines)
    return passes if passes == 0 or bool(sines[-1] > 0) else 0


if __name__ == "__main__":
    main("python_numpy", partial(in_threads, calculate), unit="passes")
