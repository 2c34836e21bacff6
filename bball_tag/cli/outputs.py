"""What a command writes is nothing that it reads: seen before any work, for all commands alike."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import combinations
from pathlib import Path
from typing import Any

from bball_tag.errors import OptionError
from bball_tag.storage import Address

_OUTPUTS = ("out", "html", "actions_out", "seeds", "roster_template")
"""Parameters that name what is written."""
_MAY_BE_REPLACED = ("actions", "checkpoint", "scores")
"""Parameters that name what is read and may be written anew: a table in another form, a checkpoint that was
taught, the scores that are kept."""


def check_outputs(given: Mapping[str, Any], names: Mapping[str, str]) -> None:
    """Refuse outputs that would replace an input of the same command, or each other.

    Args:
        given: The values of a command's parameters.
        names: What the parameters are called on the command line.

    Raises:
        OptionError: There is one.
    """
    outputs = [(name, path) for name in _OUTPUTS for path in _paths(given.get(name))]
    inputs = [
        (name, path)
        for name, value in given.items()
        if name not in (*_OUTPUTS, *_MAY_BE_REPLACED)
        for path in _paths(value)
    ]
    for _, out in outputs:
        for name, path in inputs:
            if _are_one(out, path):
                raise OptionError(
                    f"Cannot write {out}: it is the file of {names[name]}, which is read. "
                    "Choose another name."
                )
    for (first, one), (second, other) in combinations(outputs, 2):
        if _are_one(one, other):
            both = names[first] if first == second else f"{names[first]} and {names[second]}"
            raise OptionError(f"{one} is given twice, with {both}. Give each file a name of its own.")


def _paths(value: object) -> Iterator[Path]:
    for one in value if isinstance(value, list | tuple) else [value]:
        if isinstance(one, Path):
            yield one


def _are_one(one: Path, other: Path) -> bool:
    """Whether two names are those of one file, also if a link leads to it; folders don't count."""
    if isinstance(one, Address) or isinstance(other, Address):
        return str(one) == str(other)
    if one.is_file() and other.is_file():
        return one.samefile(other)
    return one.absolute() == other.absolute() and not one.is_dir()
