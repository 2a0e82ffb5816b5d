from __future__ import annotations

import os
import subprocess
from hashlib import sha256
from typing import TYPE_CHECKING
from zipfile import ZipFile

import pytest

from virtual.place import PROJECT

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [pytest.mark.slow, pytest.mark.timeout(700)]
METADATA = {
    "rim.py": "RADIUS_PX = 33\n",
    "rim-1.0.dist-info/METADATA": "Metadata-Version: 2.1\nName: rim\nVersion: 1.0\n",
    "rim-1.0.dist-info/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    "rim-1.0.dist-info/RECORD": "rim.py,,\nrim-1.0.dist-info/METADATA,,\nrim-1.0.dist-info/WHEEL,,\n",
}


@pytest.fixture
def own_index(tmp_path: Path) -> Path:
    """A room without internet: a folder with one wheel, and no uv in it."""
    folder = tmp_path / "wheels"
    folder.mkdir()
    with ZipFile(folder / "rim-1.0-py3-none-any.whl", "w") as wheel:
        for name, text in METADATA.items():
            wheel.writestr(name, text)
    return folder


def make(own_index: Path, wheel_sha256: str) -> subprocess.CompletedProcess[str]:
    requirements = own_index.with_name("requirements.txt")
    requirements.write_text(f"rim==1.0 --hash=sha256:{wheel_sha256}\n")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PIP_", "UV_"))}
    return subprocess.run(
        [PROJECT / "setup/venv.sh", own_index.with_name("venv"), requirements],
        env={**environment, "PIP_CONFIG_FILE": os.devnull, "PIP_FIND_LINKS": str(own_index), "PIP_NO_INDEX": "1"},
        capture_output=True, text=True, check=False, timeout=300,
    )  # fmt: skip


def test_where_uv_cannot_be_had_pip_installs_what_is_named_by_its_hash(own_index: Path) -> None:
    [wheel] = own_index.iterdir()
    done = make(own_index, sha256(wheel.read_bytes()).hexdigest())
    assert done.returncode == 0, done.stderr
    venv = own_index.with_name("venv")
    said = subprocess.run(
        [venv / "bin/python", "-c", "import rim; print(rim.RADIUS_PX)"], capture_output=True, text=True, check=True
    )
    assert said.stdout == "33\n"
    assert not (venv / "uv").exists()


def test_what_has_another_hash_is_not_installed(own_index: Path) -> None:
    done = make(own_index, sha256(b"what was pinned").hexdigest())
    assert done.returncode != 0
    assert "DO NOT MATCH THE HASHES" in done.stderr
    assert not list(own_index.with_name("venv").rglob("rim.py"))
