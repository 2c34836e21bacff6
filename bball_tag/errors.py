"""The errors that a user can act on."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")


class BballTagError(Exception):
    """Something a user can mend. The message says what, on which file, why, and what to try."""


class OptionError(BballTagError):
    """An option or a keyword has a value that makes no sense: on the command line the exit code is 2."""


class VideoOptionError(OptionError):
    """An option makes sense, and does not fit this video: it may fit others."""


class VideoError(BballTagError):
    """A video cannot be read or written."""


class CheckpointError(BballTagError):
    """A checkpoint cannot be used."""


class StorageError(BballTagError):
    """Shared storage cannot be reached, or has no such file."""


class ScoresError(BballTagError):
    """A score store cannot be used."""


class AnnotationError(BballTagError):
    """An annotation file cannot be read or written."""


class DetectorError(BballTagError):
    """A detector cannot be fetched, or cannot be used."""


class TracksError(BballTagError):
    """A file of player tracks cannot be read."""


class FeedError(BballTagError):
    """A play-by-play feed cannot be read, or does not fit the video."""


class RosterError(BballTagError):
    """A person's corrections of the players cannot be used."""


class DataError(BballTagError):
    """Labelled clips cannot be used for training."""


def explain_import(error: BaseException) -> BballTagError | None:
    """Return what to do about a library that cannot be loaded; None for any other error."""
    if not isinstance(error, ImportError | OSError):
        return None
    text, name = str(error), getattr(error, "name", None) or ""
    # Which library is missed first differs: libxcb, libGL or libgthread.
    if name == "cv2" and not isinstance(error, ModuleNotFoundError):
        return BballTagError(
            f"OpenCV cannot be loaded ({text}). Install the system libraries that it needs "
            "(Debian and Ubuntu: apt-get install libgl1 libglib2.0-0), or the build without windows: "
            "pip uninstall opencv-python; pip install opencv-python-headless."
        )
    # A file that cannot be opened carries its name, which may contain "torch" too.
    if name.split(".")[0] == "torch" or ("torch" in text and getattr(error, "filename", None) is None):
        return BballTagError(
            f"PyTorch cannot be loaded ({text}). Install a build for this machine: https://pytorch.org/get-started."
        )
    if isinstance(error, ModuleNotFoundError) and name:
        return BballTagError(
            f"The package {name.split('.')[0]} is missing. Try: pip install bball-tag again."
        )
    return None


_NO_MEMORY = (
    *("out of memory", "not enough memory", "allocate memory", "insufficient memory", "failed to allocate"),
    *("bad_alloc", "bad allocation", "can't start new thread"),
)
"""What systems and libraries say where there is none: also for threads, each of which needs some."""


def explain_memory(error: BaseException) -> BballTagError | None:
    """Return what to do where memory ran out, the machine's or the card's; None for any other error.

    Libraries have errors of their own for it, which only their words tell from others.
    """
    text = str(error).lower()
    if not isinstance(error, MemoryError) and not any(words in text for words in _NO_MEMORY):
        return None
    return BballTagError(
        "There is not enough memory. Close other programs, compute less at once with --batch-size, or try "
        "--device cpu. What is finished is kept."
    )


def explained_imports(function: Callable[P, R]) -> Callable[P, R]:
    """Decorate a function so that a library that cannot be loaded is a `BballTagError`."""

    @wraps(function)
    def explained(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return function(*args, **kwargs)
        except (ImportError, OSError) as error:
            if (known := explain_import(error)) is None:
                raise
            raise known from error

    return explained
