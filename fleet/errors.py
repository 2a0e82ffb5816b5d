"""The errors of the teacher's side: each is a sentence for a person, naming the thing, the value and the fix."""


class FleetError(Exception):
    """Something the command cannot go on with; the message is fit to be shown as it is."""

    def __str__(self) -> str:
        """Return the message itself, which may know how it is said in other languages."""
        return self.args[0] if len(self.args) == 1 and isinstance(self.args[0], str) else super().__str__()


class InventoryError(FleetError, LookupError):
    """The list of boards, or what was asked of it, is wrong."""


class PlanError(FleetError, ValueError):
    """A suite, a governor or a number asked for cannot be used."""


class DiskError(FleetError, OSError):
    """A file or folder of this computer cannot be written."""


class RecordError(FleetError, ValueError):
    """A file of records is cut short, damaged or of another schema."""


class RemoteError(FleetError, OSError):
    """A board did not do what it was asked over ssh."""


class UnreachableError(RemoteError, ConnectionError):
    """A board does not answer, or no longer does."""


class RefusedError(RemoteError, PermissionError):
    """A board answers and does not let us in, or does not let us do it."""


class OtherKeyError(RefusedError):
    """Who answers at the address of a board has another key than the board."""


class LimitError(RemoteError, TimeoutError):
    """A board took longer than it may."""


class FloodError(RemoteError):
    """A board sent more than it may."""


class AnswerError(RemoteError, ValueError):
    """What a board answered is not what it was asked for."""


class ShareError(FleetError, OSError):
    """Where rooms share their records cannot be used, or holds something else than such records."""


class BundleError(FleetError):
    """The packages for boards without internet cannot be gathered."""


class CardError(FleetError):
    """A card, or an image of one, cannot become a board of the room."""
