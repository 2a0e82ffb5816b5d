"""The C library that finds circles, as Python sees it; the promises stand in native/circles/circles.h."""

from __future__ import annotations

import ctypes
from pathlib import Path

from agent.board.built import why_unusable
from agent.errors import reason

# Beside the package in a checkout as on a board.
LIBRARY = Path(__file__).resolve().parents[2] / "native" / "bin" / "libcircles.so"

MOST_CANDIDATES = 256
MOST_CIRCLES = 128


class Settings(ctypes.Structure):
    """struct circles_settings."""

    _fields_ = (
        ("min_radius_px", ctypes.c_float),
        ("max_radius_px", ctypes.c_float),
        ("min_distance_px", ctypes.c_float),
        ("sensitivity", ctypes.c_float),
    )


class Candidate(ctypes.Structure):
    """struct circles_candidate."""

    _fields_ = (
        ("x_px", ctypes.c_float),
        ("y_px", ctypes.c_float),
        ("r_px", ctypes.c_float),
        ("votes", ctypes.c_float),
        ("cover", ctypes.c_float),
        ("exact", ctypes.c_float),
        ("pure", ctypes.c_float),
        ("around", ctypes.c_float),
        ("oval", ctypes.c_float),
        ("straight", ctypes.c_float),
        ("drift", ctypes.c_float),
        ("lean", ctypes.c_float),
        ("winding", ctypes.c_float),
        ("sway", ctypes.c_float),
        ("rough", ctypes.c_float),
        ("flips", ctypes.c_float),
        ("gap", ctypes.c_float),
        ("hollow", ctypes.c_float),
        ("mouth", ctypes.c_float),
        ("onward", ctypes.c_float),
        ("open", ctypes.c_float),
        ("seen", ctypes.c_float),
        ("score", ctypes.c_float),
        ("verdict", ctypes.c_int32),
    )


class Report(ctypes.Structure):
    """struct circles_report."""

    _fields_ = (
        ("edge_at", ctypes.c_void_p),
        ("votes_at", ctypes.c_void_p),
        ("edges", ctypes.c_int32),
        ("candidates", ctypes.c_int32),
        ("candidate", Candidate * MOST_CANDIDATES),
    )


def load_library(path: Path = LIBRARY) -> ctypes.CDLL:
    """Return the library with its types declared; OSError, fit to be shown, if it cannot be used on this board."""
    try:
        library = ctypes.CDLL(str(path))
    except OSError as error:
        raise OSError(why_unusable(path, reason(error))) from error
    library.circles_workspace_bytes.argtypes = (ctypes.c_int, ctypes.c_int, ctypes.POINTER(Settings))
    library.circles_workspace_bytes.restype = ctypes.c_size_t
    library.circles_find.argtypes = (
        *(ctypes.c_void_p, ctypes.c_int, ctypes.c_int, ctypes.c_ssize_t, ctypes.POINTER(Settings)),
        *(ctypes.c_void_p, ctypes.c_size_t, ctypes.c_void_p, ctypes.c_int, ctypes.POINTER(Report)),
    )
    library.circles_find.restype = ctypes.c_int
    return library
