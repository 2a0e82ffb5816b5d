from __future__ import annotations

import json
import subprocess
import sys

import pytest

from fleet.boards import inventory
from tests.unit import fuzz_records
from tests.unit.mutations import TIMES


@pytest.mark.timeout(600 * TIMES)
def test_hostile_records_and_manifests_cost_their_board_a_sentence_and_nobody_else_anything() -> None:
    """By hand, a hundred times as many: PILAB_FUZZ=100 pytest tests/unit/test_fuzz_records.py."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-m", "tests.unit.fuzz_records"],
        cwd=inventory.ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    found = json.loads(done.stdout)
    assert found["wrong"] == []
    assert (found["files"], found["manifests"]) == (fuzz_records.FILES * TIMES, fuzz_records.MANIFESTS * TIMES)
    # Both are entered: what is refused, and what is let in although it was changed.
    assert min(found["refused"], found["changed"], found["manifests_let_in"], found["pages"]) > 5
    assert found["ways_out"] > 100
    assert found["slowest_s"] < 5
    assert found["peak_mb"] < 500
