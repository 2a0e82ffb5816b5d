from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from agent.bench import pythons

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def interpreter(folder: Path, name: str, answer: str) -> str:
    """A Python that knows one answer."""
    file = folder / name
    file.write_text(f"#!/bin/sh\necho {answer}\n")
    file.chmod(0o755)
    return str(file)


def test_a_python_without_the_lock_is_known_by_its_name_and_its_own_word(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert pythons.free_threaded() == ""
    assert "python3.13t" in pythons.lacks_free_threads()
    interpreter(tmp_path, "python3.13", "False")
    interpreter(tmp_path, "python3.13t", "True")
    assert pythons.free_threaded() == ""
    found = interpreter(tmp_path, "python3.14t", "False")
    assert pythons.free_threaded() == found
    assert pythons.lacks_free_threads() == ""


def test_interpreters_with_a_lock_each_are_asked_of_the_version(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "version_info", (3, 11, 2))
    assert "3.13 is the first" in pythons.lacks_interpreters()
    monkeypatch.setattr(sys, "version_info", (3, 13, 5))
    assert pythons.lacks_interpreters() == ""


def test_numpy_that_is_missing_is_named_as_its_package(monkeypatch: pytest.MonkeyPatch) -> None:
    assert pythons.lacks_numpy() == ""
    monkeypatch.setattr(sys, "path", [])
    monkeypatch.delitem(sys.modules, "numpy", raising=False)
    assert pythons.lacks_numpy() == "python3-numpy is not installed."
