"""Check what a user passes: a value of the wrong kind is an `OptionError` with a sentence."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from inspect import signature
from numbers import Integral, Real
from pathlib import Path
from typing import Any, Literal

from bball_tag.errors import OptionError
from bball_tag.storage import Address, located

Paths = str | Path | Sequence[str | Path]
"""One path, or several."""
Outside = Literal["keep", "mark", "drop"]
"""What becomes of events outside of all periods of a game."""
NONE = "none"
"""Undoes what stored scores were made with: no tracks, no region, no earlier end."""


def is_number(value: Any, *, whole: bool = False) -> bool:
    """Say whether `value` is a finite number, or a whole one; neither text nor a truth value is."""
    kind = Integral if whole else Real
    if not isinstance(value, kind) or value is True or value is False:
        return False
    try:
        return math.isfinite(value)
    except OverflowError:
        # A whole number of more than 308 digits.
        return False


def check_number(name: str, value: Any, least: float, *, whole: bool = False) -> None:
    """Refuse what is not a finite number (a whole one, if `whole`) of at least `least`.

    Raises:
        OptionError: The value of the option or keyword `name` does not fit.
    """
    if not is_number(value, whole=whole) or value < least:
        kind = "a whole number" if whole else "a number"
        raise OptionError(f"{name} must be {kind} of at least {least:g}, not {value!r}.")


def check_choice(name: str, value: Any, choices: Sequence[str]) -> None:
    """Refuse what is not one of `choices`.

    Raises:
        OptionError: The value of the option or keyword `name` is not.
    """
    if value not in choices:
        raise OptionError(f"{name} must be {', '.join(choices[:-1])} or {choices[-1]}, not {value!r}.")


def as_path(name: str, value: Any) -> Path:
    """Return the path that a user passed for `name`.

    Raises:
        OptionError: It is neither text nor a path.
        StorageError: It is an address of a kind that is not known.
    """
    if not isinstance(value, str | Path):
        raise OptionError(f"{name} must be a path, not {value!r}.")
    return located(value)


def as_local_path(name: str, value: Any) -> Path:
    """Return the path that a user passed for `name`, which must be of this computer.

    Raises:
        OptionError: It is neither text nor a path, or an address of shared storage.
    """
    path = as_path(name, value)
    if isinstance(path, Address):
        raise OptionError(
            f"{name} must be a file or folder of this computer or of a mounted drive, not {path}."
        )
    return path


def as_paths(name: str, value: Any) -> list[Path]:
    """Return the paths that a user passed for `name`: one, or several in a sequence.

    Raises:
        OptionError: One is neither text nor a path.
    """
    several = isinstance(value, Sequence) and not isinstance(value, str | bytes)
    return [as_path(name, path) for path in (value if several else [value])]


def keywords_of(function: Callable[..., object], given: Mapping[str, Any]) -> dict[str, Any]:
    """Return those of the values `given` that a function takes: an option has one name everywhere."""
    return {name: given[name] for name in signature(function).parameters if name in given}
