from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import scipy
from hypothesis import given
from hypothesis import strategies as st
from pyperf._utils import is_significant

from fleet.analysis import stats
from fleet.analysis.stats import Estimate
from tests.unit.fleet_parts import sample

TIMES = st.lists(st.integers(1, 10**12), min_size=1, max_size=20)


@pytest.mark.parametrize(("values", "expected"), [([3, 1, 2], 2), ([4, 1, 2, 3], 2.5), ([7], 7)])
def test_the_median_is_the_middle(values: list[float], expected: float) -> None:
    assert stats.median(values) == expected


def test_one_outlier_does_not_widen_the_spread_of_many_equal_runs() -> None:
    assert stats.spread([100, 100, 100, 100, 900]) == 0


def test_the_spread_is_a_share_of_the_median() -> None:
    assert stats.spread([90, 95, 100, 105, 110]) == pytest.approx(0.10)


def test_a_single_run_has_no_spread() -> None:
    assert stats.spread([5]) == 0


def test_four_busy_threads_use_four_processors() -> None:
    assert sample(wall_ns=100, user_ns=390, sys_ns=10).utilisation == 4.0


@given(TIMES)
def test_the_median_lies_in_the_middle_half(values: list[int]) -> None:
    low, high = stats.quartiles(values)
    assert low <= stats.median(values) <= high


@given(TIMES, st.integers(1, 1000))
def test_the_unit_of_time_does_not_matter(values: list[int], factor: int) -> None:
    scaled = [value * factor for value in values]
    assert stats.spread(scaled) == pytest.approx(stats.spread(values))


@pytest.mark.parametrize("values", [[401, 399, 402, 400, 403], [100, 104, 140, 150, 99, 103, 101], [7.0]])
def test_the_interval_of_a_median_is_that_of_scipy(values: list[float]) -> None:
    found = stats.estimate(values)
    if len(values) == 1:
        assert (found.low, found.high) == (7.0, 7.0)
        return
    other = scipy.stats.bootstrap(
        (values,), np.median, n_resamples=9999, method="percentile", rng=np.random.default_rng(7)
    )
    low, high = other.confidence_interval
    assert found.value == np.median(values)
    assert found.low == pytest.approx(low, rel=0.01)
    assert found.high == pytest.approx(high, rel=0.01)


def test_the_interval_of_a_ratio_is_that_of_scipy() -> None:
    one, four = [401, 399, 402, 400, 403, 398], [104, 103, 105, 102, 110, 101]

    def of_medians(above: Any, below: Any, axis: int = -1) -> Any:  # noqa: ANN401 (arrays of scipy's choice)
        return np.median(above, axis=axis) / np.median(below, axis=axis)

    other = scipy.stats.bootstrap(
        (one, four), of_medians, n_resamples=9999, method="percentile", rng=np.random.default_rng(7)
    )
    found = stats.ratio(one, four)
    assert found.value == pytest.approx(400.5 / 103.5)
    assert found.low == pytest.approx(other.confidence_interval.low, rel=0.01)
    assert found.high == pytest.approx(other.confidence_interval.high, rel=0.01)


def test_the_same_numbers_give_the_same_interval() -> None:
    assert stats.estimate([3, 1, 2, 9]) == stats.estimate([3, 1, 2, 9])


@given(TIMES)
def test_the_median_lies_in_its_interval(values: list[int]) -> None:
    found = stats.estimate(values)
    assert min(values) <= found.low <= found.value <= found.high <= max(values)


def test_half_the_work_alone_is_a_serial_fraction_of_a_half() -> None:
    # Amdahl: with a serial half, four workers take 1/2 + 1/8 of the time.
    found = stats.serial_fraction(Estimate(1.6, 1.5, 1.7), workers=4)
    assert found.value == pytest.approx(0.5)
    assert found.low < found.value < found.high


@given(st.floats(0, 1), st.integers(2, 64))
def test_the_serial_fraction_undoes_the_law_of_amdahl(serial: float, workers: int) -> None:
    speed_up = 1 / (serial + (1 - serial) / workers)
    assert stats.serial_fraction(Estimate(speed_up, speed_up, speed_up), workers).value == pytest.approx(
        serial, abs=1e-9
    )


BEFORE, AFTER, SAME = [401, 399, 402, 400, 403], [441, 439, 442, 440, 443], [402, 400, 399, 403, 401]


def test_a_change_means_something_where_it_does_to_pyperf() -> None:
    assert stats.significance(BEFORE, AFTER) < 0.001
    assert is_significant(BEFORE, AFTER)[0]
    assert stats.significance(BEFORE, SAME) > 0.5
    assert not is_significant(BEFORE, SAME)[0]


@pytest.mark.parametrize(("after", "probability"), [([5, 5], 1.0), ([6, 6], 0.0)])
def test_times_that_do_not_vary_are_the_same_or_not(after: list[int], probability: float) -> None:
    assert stats.significance([5, 5], after) == probability


def test_many_looks_make_chance_finds_likelier() -> None:
    assert stats.adjusted([0.04, 0.9, 0.9, 0.9]) == pytest.approx([0.16, 0.9, 0.9, 0.9])
    assert stats.adjusted([]) == []


def test_the_one_that_is_unlike_the_others_stands_out() -> None:
    assert stats.outlying([10.0, 10.1, 9.9, 10.2, 14.0]) == [False, False, False, False, True]
    assert stats.outlying([10.0, 10.1, 9.9, 10.2]) == [False] * 4
    assert stats.outlying([5.0, 5.0, 5.0]) == [False] * 3


def test_times_that_differ_by_less_than_logarithms_can_tell_are_the_same() -> None:
    assert stats.significance([10**18, 10**18 + 128], [10**18 + 128, 10**18]) == 1.0


def test_times_of_which_only_one_kind_varies_have_a_probability() -> None:
    assert 0 <= stats.significance([5, 5, 5], [5, 6, 7]) <= 1


@pytest.mark.parametrize("count", [1, 2, 3, 8, 9])
def test_an_interval_is_that_of_drawing_anew_as_numpy_does_it(count: int) -> None:
    values = np.sort(np.random.default_rng(7).normal(100, 5, count))
    drawn = np.random.default_rng(stats.SEED).integers(0, count, (stats.RESAMPLES, count))
    low, high = np.quantile(np.median(values[drawn], axis=1), [0.025, 0.975])
    found = stats.estimate(list(values))
    assert [found.low, found.high] == pytest.approx([low, high])


def test_many_values_are_drawn_in_parts_that_fit_the_memory() -> None:
    found = stats.estimate([float(value) for value in range(3000)])
    assert found.low < found.value < found.high
    assert found.high - found.low < 300
