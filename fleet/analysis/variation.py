"""What runs vary by where nobody changed anything: samples within a run, and runs beside each other; pure.

Samples of a program vary by its s, runs by r, and the changes of a board's programs scatter by both; what of it
`changes` reckons with, and why, stands there.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    FloatArray = NDArray[np.float64]

# No two runs of a board are taken to be more alike than this.
LEAST_RUN_TO_RUN = 0.005
# As a share of a time: below it a clock does not tell times apart.
RESOLUTION = 1e-6
# Of fewer programs nobody can tell whether they vary alike, or by how much they scatter.
FEWEST_ROWS, FEWEST_SCATTERING = 3, 5
# A program is left out of what the others tell if it lies so far off by chance in one comparison of so many.
LEFT_OUT = 0.005
# Variances are not alike if chance makes them differ so much on one board of so many (Bartlett, Properties of
# Sufficiency and Statistical Tests, Proceedings of the Royal Society A 160, 1937).
UNLIKE = 0.05
# Between these lie the degrees of freedom of what is known of a variance before it is measured.
LEAST_PRIOR, MOST_PRIOR = 1e-3, 1e4
# So many degrees of freedom tell enough about what lies between runs: five programs in three other runs.
FEWEST_KNOWN = 10


@dataclass(frozen=True)
class Times:
    """A program's times per unit of work in one run on one board, at least two, and the block of the run of each."""

    unit_ns: Sequence[float]
    blocks: Sequence[int]


@dataclass(frozen=True)
class RunToRun:
    """What lies between runs of boards that nobody changed, and what it rests on.

    It is a variance if all programs differ by as much, or a multiple of that of their samples.
    """

    variance: float = 0.0
    multiple: float = 0.0
    freedom: int = 0

    @property
    def is_known(self) -> bool:
        """Tell whether it rests on enough."""
        return self.freedom >= FEWEST_KNOWN


UNKNOWN = RunToRun()


def run_to_run(programs: Sequence[Sequence[Times]]) -> RunToRun:
    """Learn from the runs of each program of a board how far unchanged runs differ; of at least two runs each."""
    spreads = [spread_of([np.log(times.unit_ns) for times in runs]) for runs in programs]
    if not spreads:
        return UNKNOWN
    within = pooled(*variances(spreads)).each
    freedom = sum(each.between_freedom for each in spreads)
    return RunToRun(between(spreads, within), between(spreads, within, within), freedom)


@dataclass(frozen=True)
class Spread:
    """What parts show that nothing but chance tells apart: the variance within them, and what lies between them."""

    variance: float
    freedom: int
    between: float
    between_freedom: int
    runs_per_part: float
    change: float = 0.0
    share: float = 0.0  # 1/n + 1/m


@dataclass(frozen=True)
class Way:
    """One way to reckon with what explains changes: the variance of each, and the degrees of freedom that tell it."""

    variance: FloatArray
    freedom: FloatArray


@dataclass(frozen=True)
class Likeness:
    """What is known of a variance before it is measured: a value, and how many degrees of freedom that is worth."""

    value: float = 1.0
    freedom: float = 0.0

    def joined(self, variances: FloatArray, freedom: FloatArray) -> Way:
        """Return measured variances together with it."""
        together = self.freedom + freedom
        return Way((self.freedom * self.value + freedom * variances) / together, together)


NOTHING_KNOWN = Likeness()


@dataclass(frozen=True)
class Pooled:
    """Variances that were drawn towards each other, and the degrees of freedom that tell each."""

    each: FloatArray
    freedom: FloatArray


@dataclass(frozen=True)
class Scatter:
    """The changes of a board in units of what they may be, and which of them tell how unchanged ones scatter."""

    base: FloatArray
    units: FloatArray
    tells: NDArray[np.bool_]

    @classmethod
    def of(cls, change: FloatArray, base: FloatArray, least: FloatArray, boards: int) -> Scatter:
        """Leave out what lies far off; in a room of many boards something does on some board."""
        units = change / np.sqrt(base)
        return cls(base, units, _near(units, least / base, LEFT_OUT / boards))

    @property
    def variance(self) -> float:
        """How far they scatter, as a variance around their mean: all programs may have become slower together."""
        return float(self.units[self.tells].var(ddof=1))

    def of_others(self, known: Likeness) -> Way:
        """Return for each what all others tell."""
        others = self.tells.sum() - self.tells
        told = np.where(self.tells, self.units, 0)
        mean = (told.sum() - told) / others
        variances = ((told**2).sum() - told**2 - others * mean**2) / (others - 1)
        way = known.joined(np.maximum(variances, 0), others - 1.0)
        return replace(way, variance=way.variance * self.base)


def _near(units: FloatArray, least: FloatArray, chance: float) -> NDArray[np.bool_]:
    """Tell which changes may be chance, by looking at one after the other from the largest on, up to half of them.

    Each is held against all smaller ones, and the last one that they do not explain is left out with all larger ones:
    so two that have changed do not hide each other (Rosner, Percentage Points for a Generalized ESD Many-Outlier
    Procedure, Technometrics 25, 1983).
    """
    from scipy.stats import t  # noqa: PLC0415 (would slow every command down that starts)

    near = np.ones(len(units), bool)
    most = min((len(units) - 1) // 2, len(units) - FEWEST_SCATTERING)
    order, far = np.argsort(-np.abs(units)), 0
    counts = len(units) - np.arange(most)
    limits = t.isf(chance / 2 / counts, counts - 2)
    for place in range(most):
        here, smaller = order[place], units[order[place + 1 :]]
        if abs(units[here]) > limits[place] * np.sqrt(max(smaller.var(ddof=1), least[here])):
            far = place + 1
    near[order[:far]] = False
    return near


def spread_of(parts: Sequence[FloatArray], runs: Sequence[FloatArray] = ()) -> Spread:
    """Take apart what lies within parts and what lies between them, of runs each by itself or of all together."""
    together = runs or [np.concatenate(parts)]
    count = sum(map(len, parts))
    inside = sum(map(_squares, parts))
    return Spread(
        variance=max(inside / (count - len(parts)), RESOLUTION**2),
        freedom=count - len(parts),
        between=max(sum(map(_squares, together)) - inside, 0.0),
        between_freedom=len(parts) - len(together),
        runs_per_part=count / len(parts),
    )


def _squares(logs: FloatArray) -> float:
    return float(np.sum((logs - logs.mean()) ** 2))


def by_block(logs: FloatArray, blocks: Sequence[int]) -> list[FloatArray]:
    """Take the samples of a run apart by its blocks."""
    return [logs[np.equal(blocks, each)] for each in sorted(set(blocks))]


def variances(spreads: Sequence[Spread]) -> tuple[FloatArray, FloatArray]:
    """Return what samples vary by, with its degrees of freedom."""
    return np.array([each.variance for each in spreads]), np.array([each.freedom for each in spreads], float)


def pooled(variances: FloatArray, freedom: FloatArray) -> Pooled:
    """Draw variances towards each other, as far as they are alike."""
    if len(variances) < FEWEST_ROWS:
        return Pooled(variances, freedom)
    total = np.full(len(variances), freedom.sum())
    if _are_alike(variances, freedom):
        return Pooled(np.full(len(variances), np.average(variances, weights=freedom)), total)
    way = likeness(variances, freedom).joined(variances, freedom)
    return Pooled(way.variance, np.minimum(way.freedom, total))


def _are_alike(variances: FloatArray, freedom: FloatArray) -> bool:
    """Test whether variances may be the same (Bartlett, 1937)."""
    from scipy.stats import chi2  # noqa: PLC0415 (as above)

    total, rows = freedom.sum(), len(variances)
    unlike = total * np.log(np.average(variances, weights=freedom)) - np.sum(freedom * np.log(variances))
    correction = 1 + (np.sum(1 / freedom) - 1 / total) / (3 * (rows - 1))
    return bool(chi2.sf(unlike / correction, rows - 1) > UNLIKE)


def likeness(variances: FloatArray, freedom: FloatArray) -> Likeness:
    """Tell how alike variances are.

    Smyth, 2004, section 6.2: logarithms of the variances scatter by trigamma(freedom / 2) if the true ones are the
    same, and by trigamma(prior / 2) more if they follow a scaled inverse chi-squared distribution of `prior` degrees.
    """
    from scipy.optimize import brentq  # noqa: PLC0415 (as above)
    from scipy.special import digamma, polygamma  # noqa: PLC0415

    logs = np.log(variances) - digamma(freedom / 2) + np.log(freedom / 2)
    excess = float(logs.var(ddof=1) - np.mean(polygamma(1, freedom / 2)))
    if excess <= polygamma(1, MOST_PRIOR / 2):
        return Likeness(float(np.exp(logs.mean())), MOST_PRIOR)
    half = brentq(lambda half: polygamma(1, half) - excess, LEAST_PRIOR / 2, MOST_PRIOR / 2)
    return Likeness(float(np.exp(logs.mean() + digamma(half) - np.log(half))), 2 * half)


def between(spreads: Sequence[Spread], within: FloatArray, units: FloatArray | float = 1.0) -> float:
    """Return the variance between parts, in units of which each program has its own, over all programs together."""
    between, freedom, runs = (
        np.array([getattr(each, name) for each in spreads], float)
        for name in ("between", "between_freedom", "runs_per_part")
    )
    known = float(np.sum(freedom * runs))
    return max(float(np.sum((between - freedom * within) / units)) / known, 0.0) if known else 0.0
