"""Text that came from a board, made harmless to show; `visible` is the one function for it, shared with the playbooks.

It is used where text leaves for a person, once per way out: never where text is read, and never twice.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fleet.plugins import plugin

if TYPE_CHECKING:
    from collections.abc import Callable

_SHARED = plugin("module_utils", "board_text")
visible: Callable[..., str] = _SHARED.visible
visible_lines: Callable[..., str] = _SHARED.visible_lines
