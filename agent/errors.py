"""The errors of the agent: each message is one sentence for a person, naming the thing, the value and the fix."""


class AgentError(Exception):
    """Something the agent cannot go on with; the message is fit to be shown as it is."""


def reason(error: Exception) -> str:
    """Return what an error of somebody else says, fit to stand in a sentence of ours."""
    return str(error).rstrip(".!") or type(error).__name__


class ConfigError(AgentError, ValueError):
    """A setting or an argument has a value that cannot be used."""


class CameraError(AgentError, OSError):
    """The camera cannot be opened, or it stopped giving frames."""


class PictureError(CameraError):
    """One of several pictures cannot be used; the next one may be better."""


class DetectionError(AgentError, ValueError):
    """A frame in which no circles can be looked for."""


class LedError(AgentError, OSError):
    """The pin of the LED cannot be used."""


class StatusError(AgentError, OSError):
    """The agent cannot be looked at."""


class NobodyError(StatusError):
    """No agent runs where one was asked."""


class AnotherAgentError(StatusError):
    """An agent runs already where this one would."""


class OutputError(AgentError, OSError):
    """What was asked for cannot be written."""


class CheckError(AgentError, RuntimeError):
    """The camera of this board cannot be checked now."""


class BenchError(AgentError, RuntimeError):
    """An experiment, or what it needs on this board, failed."""


class BusyError(BenchError):
    """The board cannot take a bench now: one runs already, or its disk is full."""
