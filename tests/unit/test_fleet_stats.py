from __future__ import annotations

import numpy as np
import pytest
import scipy
from hypothesis import given
from hypothesis import strategies as st

from fleet.analysis import stats
from fleet.analysis.claims import FEWEST
from fleet.analysis.stats import Estimate
from tests.unit import simulated_runs
from tests.unit.fleet_parts import sample
from tests.unit.properties import PATIENT

TIMES = st.lists(st.integers(1, 10**12), min_size=1, max_size=20)


@pytest.mark.parametrize(("values", "expected"), [([3, 1, 2], 2), ([4, 1, 2, 3], 2.5), ([7], 7)])
def test_the_median_is_the_middle(values: list[float], expected: float) -> None:
    assert stats.median(values) == expected


def test_one_long_run_among_many_equal_ones_widens_the_spread() -> None:
    assert stats.spread([100, 100, 100, 100, 300]) > 0.5


def test_the_spread_is_a_share_of_the_mean() -> None:
    assert stats.spread([90, 95, 100, 105, 110]) == pytest.approx(0.0791, rel=1e-3)


def test_a_single_run_has_no_spread() -> None:
    assert stats.spread([5]) == 0


def test_four_busy_threads_use_four_processors() -> None:
    assert sample(wall_ns=100, user_ns=390, sys_ns=10).utilisation == 4.0


@PATIENT
@given(TIMES, st.integers(1, 1000))
def test_the_unit_of_time_does_not_matter(values: list[int], factor: int) -> None:
    scaled = [value * factor for value in values]
    assert stats.spread(scaled) == pytest.approx(stats.spread(values))


@pytest.mark.parametrize("count", [3, 4, 5, 6, 7, 8, 9, 10, 15, 30, 101])
def test_the_interval_of_a_median_is_that_of_the_sign_test(count: int) -> None:
    """Where a sign test at 5 % rejects a median, the interval does not hold it, and the other way round."""
    values = list(np.random.default_rng(count).normal(100, 5, count))
    found = stats.estimate(values)
    for tried in (*values, found.low - 1e-9, found.low + 1e-9, found.high - 1e-9, found.high + 1e-9):
        above = sum(value > tried for value in values)
        if tried in values:
            continue
        limit = max(0.05, 1 - found.level + 1e-12) if count <= 5 else 0.05
        is_held = scipy.stats.binomtest(above, count).pvalue > limit
        assert is_held == (found.low < tried < found.high), (tried, found)


@pytest.mark.parametrize(
    ("count", "level", "name"),
    [
        (1, 0, "range (too few runs for a confidence interval)"),
        (2, 0.5, "range (too few runs for a confidence interval)"),
        (3, 0.75, "75 % confidence interval"),
        (4, 0.875, "87 % confidence interval"),
        (5, 0.9375, "93 % confidence interval"),
        (6, 0.96875, "95 % confidence interval"),
        (7, 0.984375, "95 % confidence interval"),
    ],
)
def test_an_interval_says_which_level_it_keeps(count: int, level: float, name: str) -> None:
    found = stats.estimate([float(value) for value in range(count)])
    assert (found.level, found.name) == (level, name)
    assert (found.low, found.high) == (0, count - 1)


def test_the_ratio_lies_between_the_quotients_of_the_ends() -> None:
    one, four = [401, 399, 402, 400, 403, 398, 404], [104, 103, 105, 102, 110, 101, 100]
    found = stats.ratio(one, four)
    assert found.value == pytest.approx(401 / 103)
    assert (found.low, found.high) == (398 / 110, 404 / 100)
    assert found.level == pytest.approx(0.984375**2)


def test_the_same_numbers_give_the_same_interval() -> None:
    assert stats.estimate([3, 1, 2, 9]) == stats.estimate([3, 1, 2, 9])


@PATIENT
@given(TIMES)
def test_the_median_lies_in_its_interval(values: list[int]) -> None:
    found = stats.estimate(values)
    assert min(values) <= found.low <= found.value <= found.high <= max(values)


def test_half_the_work_alone_is_a_serial_fraction_of_a_half() -> None:
    # Amdahl: with a serial half, four workers take 1/2 + 1/8 of the time.
    found = stats.serial_fraction(Estimate(1.6, 1.5, 1.7), workers=4)
    assert found.value == pytest.approx(0.5)
    assert found.low < found.value < found.high


@PATIENT
@given(st.floats(0, 1), st.integers(2, 64))
def test_the_serial_fraction_undoes_the_law_of_amdahl(serial: float, workers: int) -> None:
    speed_up = 1 / (serial + (1 - serial) / workers)
    assert stats.serial_fraction(Estimate(speed_up, speed_up, speed_up), workers).value == pytest.approx(
        serial, abs=1e-9
    )


def test_a_share_of_the_work_is_from_none_to_all() -> None:
    found = stats.serial_fraction(Estimate(0.9, 0.8, 4.2, 0.95), workers=4)
    assert (found.value, found.low, found.high) == (1, 0, 1)


FEW, MANY = 400, 4000


@pytest.mark.parametrize("draws", [FEW, pytest.param(MANY, marks=pytest.mark.long)])
@pytest.mark.parametrize("count", [3, 5, 7, 9, 30])
@pytest.mark.parametrize("name", simulated_runs.DISTRIBUTIONS)
def test_an_interval_holds_the_true_median_as_often_as_it_says(name: str, count: int, draws: int) -> None:
    draw = simulated_runs.DISTRIBUTIONS[name]
    for measure, of in ((simulated_runs.coverage, stats.estimate), (simulated_runs.ratio_coverage, _twice)):
        level = min(of([1.0] * count).level, 0.95)
        chance = 3 * (level * (1 - level) / draws) ** 0.5  # three deviations of a share of so many draws
        assert measure(draw, count, draws) >= level - chance


def _twice(values: list[float]) -> Estimate:
    return stats.ratio(values, values)


@pytest.mark.parametrize("draws", [FEW, pytest.param(MANY, marks=pytest.mark.long)])
@pytest.mark.parametrize("name", simulated_runs.DISTRIBUTIONS)
def test_at_the_end_of_what_is_tolerated_fewer_than_one_decision_in_twenty_is_wrong(name: str, draws: int) -> None:
    wrong = [simulated_runs.false_decisions(simulated_runs.DISTRIBUTIONS[name], count, draws) for count in (FEWEST, 7)]
    assert max(wrong) < 0.05
    assert simulated_runs.false_decisions(simulated_runs.DISTRIBUTIONS[name], 3, draws) > 0.05
