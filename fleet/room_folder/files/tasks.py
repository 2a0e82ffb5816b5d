"""What `invoke` finds in the folder of a room: the commands of Pilab."""

import sys

if "{checkout}":
    sys.path.append("{checkout}")
try:
    from pilab.program import namespace  # noqa: F401 (what invoke looks for)
except ModuleNotFoundError as error:
    raise SystemExit(
        f"{sys.executable} has no {error.name}: type `. " + "{environment}/bin/activate` first."
    ) from error
