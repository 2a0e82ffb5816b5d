"""The errors of the agent: each message is one sentence for a person, naming the thing, the value and the fix."""


class AgentError(Exception):
    """Something the agent cannot go on with; the message is fit to be shown as it is."""


def reason(error: Exception) -> str:
    """Return what an error of somebody else says, fit to stand in a sentence of ours."""
    return str(error).rstrip(".!") or type(error).__name__


def sentence(error: Exception) -> str:
    """Say what went wrong, whoever says so; nothing for what can only be a mistake of this program."""
    if isinstance(error, AgentError):
        return str(error)
    if isinstance(error, ModuleNotFoundError):
        return _missing(error)
    if isinstance(error, ImportError):
        return f"A Python package cannot be loaded: {_last_line(error)}."
    if isinstance(error, MemoryError) or "start new thread" in str(error):
        return "There is no memory, or no thread, left for this; end other programs, or take smaller pictures."
    return ""


def _missing(error: ModuleNotFoundError) -> str:
    package = (error.name or "").partition(".")[0]
    return f"The Python package '{package}' is not installed here; get it with: sudo apt install {_debian(package)}"


def _debian(package: str) -> str:
    return f"python3-{'opencv' if package == 'cv2' else package}"


def _last_line(error: Exception) -> str:
    """Return what an error says at last: numpy writes a page of advice, and then the cause."""
    return next((line.strip(" .") for line in reversed(str(error).splitlines()) if line.strip(" .")), reason(error))


class ConfigError(AgentError, ValueError):
    """A setting or an argument has a value that cannot be used."""


class CameraError(AgentError, OSError):
    """The camera cannot be opened, or it stopped giving frames."""


class PictureError(CameraError):
    """One of several pictures cannot be used; the next one may be better."""


class SpentError(AgentError, OSError):
    """Only a new process can go on."""


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
