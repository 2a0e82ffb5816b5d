"""How often the best possible test would find one changed program: `python -m tests.unit.best_test` prints it.

A test looks at one change d and at the sum of squares S of the others. It keeps its level whatever runs differ by; of
all such tests, linear programming finds the one that tells most where they do not differ. By how much samples vary is
taken to be known.
"""

from __future__ import annotations

import math
import sys
from typing import TYPE_CHECKING

import numpy as np
from scipy import optimize, stats

if TYPE_CHECKING:
    from numpy.typing import NDArray

    FloatArray = NDArray[np.float64]

NOISE, CHANGE, LEVEL = 0.02, 0.05, 0.05
# By how many times the variance of a change may be larger than samples explain.
VARIANCES = np.geomspace(1, 64, 40)
CHANGES = np.concatenate([np.linspace(0, 9, 181), np.geomspace(9.2, 60, 60), [np.inf]])
SUMS = np.concatenate([[0], np.geomspace(0.15, 3, 120), np.geomspace(3.1, 120, 60), [np.inf]])


def best(programs: int, runs: int) -> tuple[float, float]:
    """Return how often the best test finds one change, and how often the t test does."""
    shift, freedom = math.log1p(CHANGE) / (NOISE * math.sqrt(2 / runs)), programs - 2
    level = LEVEL / programs
    told = np.outer(_of_change(shift, 1), _of_sum(freedom, 1)).ravel()
    false = [np.outer(_of_change(0, each), _of_sum(freedom, each)).ravel() for each in VARIANCES]
    found = optimize.linprog(-told, np.array(false) / level, np.ones(len(VARIANCES)), bounds=(0, 1), method="highs")
    return -found.fun, float(stats.nct.sf(stats.t.isf(level / 2, freedom), freedom, shift))


def _of_change(mean: float, variance: float) -> FloatArray:
    """Return how probable each size of a change is, whichever way it goes."""
    deviation = math.sqrt(variance)
    return np.diff(stats.norm.cdf((CHANGES - mean) / deviation) - stats.norm.cdf((-CHANGES - mean) / deviation))


def _of_sum(freedom: int, variance: float) -> FloatArray:
    return np.diff(stats.chi2.cdf(SUMS * freedom / variance, freedom))


def main() -> None:
    """Print it for as many programs as the suites have."""
    for programs in (14, 24, 84):
        for runs in (7, 8):
            limit, usual = best(programs, runs)
            sys.stdout.write(f"{programs} programs, {runs} runs: best {limit:.3f}, t test {usual:.3f}\n")


if __name__ == "__main__":
    main()
