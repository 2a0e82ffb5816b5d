"""The errors of the teacher's side: each message is one sentence for a person, naming the thing, the value and the fix."""


class FleetError(Exception):
    """Something the command cannot go on with; the message is fit to be shown as it is."""


class InventoryError(FleetError, LookupError):
    """The list of boards, or what was asked of it, is wrong."""


class PlanError(FleetError, ValueError):
    """A suite, a governor or a number asked for cannot be used."""


class RecordError(FleetError, ValueError):
    """A file of records is cut short, damaged or of another schema."""
