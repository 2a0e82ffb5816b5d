"""What Dask may make of the bytes of other boards: plain values and our own task, never a function of their choice.

The sandbox is what keeps a hostile board away (docs/decisions/0012). This is a second door before it.
"""

from __future__ import annotations

import builtins
import io
import pickle
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

# What an honest run of Dask 2021.01, 2022.12 and 2024.12 sends; none of them calls what it is given.
NEEDED = {
    ("agent.spread.adding", "chunk"),
    *(("builtins", name) for name in ("bytes", "dict", "float", "frozenset", "int", "list", "set", "str", "tuple")),
    ("dask._task_spec", "Task"),
    ("dask.highlevelgraph", "HighLevelGraph"),
    ("dask.highlevelgraph", "MaterializedLayer"),
    ("distributed.client", "_MapLayer"),
    ("distributed.protocol.serialize", "ToPickle"),
}


class Refused(Exception):  # noqa: N818 -- it stands for a value, or for an error that a task raised
    """Stands where a board sent what is no plain value; nothing of it was made."""


class _Plain(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:  # noqa: ANN401 -- a class or a function
        """Return one of those that are needed, or an error of Python's own; UnpicklingError for all others."""
        if (module, name) in NEEDED:
            return super().find_class(module, name)
        found = getattr(builtins, name, None) if module == "builtins" else None
        if isinstance(found, type) and issubclass(found, Exception):
            return found
        raise pickle.UnpicklingError(f"{module}.{name}")


def loads(data: bytes, *, buffers: Iterable[Any] = (), **_: object) -> Any:  # noqa: ANN401 -- any plain value
    """Read a pickle as `pickle.loads` does; what asks for more than plain values becomes Refused, which does nothing.

    It is not raised: in the middle of Dask that would end more than the task of the board that sent it.
    """
    try:
        return _Plain(io.BytesIO(data), buffers=buffers).load()
    except Exception as error:  # noqa: BLE001 -- a hostile pickle may raise anything
        return Refused(f"{type(error).__name__}: {error}"[:200])


def install() -> None:
    """Have this process read plain values only from now on; Dask reads some pickles of its own as it loads."""
    setattr(pickle, "loads", loads)  # noqa: B010 -- mypy would not have a module's function replaced
