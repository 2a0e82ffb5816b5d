from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from fleet.places import CODE
from tests.unit import fuzz_records
from tests.unit.mutations import TIMES


@pytest.mark.parametrize("times", [1, pytest.param(25, marks=pytest.mark.long)])
@pytest.mark.timeout(600 * TIMES)
def test_hostile_records_and_manifests_cost_their_board_a_sentence_and_nobody_else_anything(times: int) -> None:
    """By hand, a hundred times as many: PILAB_FUZZ=100 pytest tests/unit/test_fuzz_records.py."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-m", "tests.unit.fuzz_records"],
        cwd=CODE, env={**os.environ, "PILAB_FUZZ": str(times * TIMES)},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    found = json.loads(done.stdout)
    assert found["wrong"] == []
    asked = [count * times * TIMES for count in (fuzz_records.FILES, fuzz_records.MANIFESTS)]
    assert [found["files"], found["manifests"]] == asked
    # Both are entered: what is refused, and what is let in although it was changed.
    assert min(found["refused"], found["changed"], found["manifests_let_in"], found["pages"]) > 5
    assert found["ways_out"] > 10 * times
    assert found["slowest_s"] < 5
    assert found["peak_mb"] < 500
