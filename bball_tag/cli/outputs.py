"""What a command writes is nothing that it reads: seen before any work, for all commands alike."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from itertools import combinations
from pathlib import Path
from typing import Any

from bball_tag.errors import OptionError
from bball_tag.storage import Address

_OUTPUTS = ("out", "html", "actions_out", "seeds", "roster_template", "clips")
"""Parameters that name what is written."""
_MAY_BE_REPLACED: Mapping[str, tuple[str, ...]] = {
    "convert": ("actions",),
    "render": ("actions",),
    "review": ("actions",),
    "learn": ("checkpoint",),
}
"""For each command, parameters whose file may be written anew: a table in its new form, a checkpoint that is
taught further."""
_HOLD_PERIODS = (".xlsx", ".json")
"""What has periods beside its events, so that they are still there when it was written anew."""

Named = tuple[str, Path]
"""What a file is called on the command line (`--tracks`, `VIDEO`), and where it is."""


def check_parameters(command: str, given: Mapping[str, Any], names: Mapping[str, str]) -> None:
    """Refuse outputs that would replace an input of the same command, or each other.

    Args:
        command: Its name.
        given: The values of its parameters.
        names: What the parameters are called on the command line.

    Raises:
        OptionError: There is one.
    """
    outputs = [(names[name], path) for name in _OUTPUTS for path in _paths(given.get(name))]
    free = (*_OUTPUTS, *_MAY_BE_REPLACED.get(command, ()))
    inputs = [
        (names[name], path) for name, value in given.items() if name not in free for path in _paths(value)
    ]
    check_replaces_nothing(outputs, inputs)
    for (first, one), (second, other) in combinations(outputs, 2):
        if first != second and _are_one(one, other):
            raise OptionError(f"{first} and {second} are both {one}. Give each file a name of its own.")


def check_replaces_nothing(outputs: Iterable[Named], inputs: Iterable[Named]) -> None:
    """Refuse an output that is an input.

    Raises:
        OptionError: There is one.
    """
    there = list(inputs)
    for _, out in outputs:
        for name, path in there:
            if name == "--periods" and out.suffix.lower() in _HOLD_PERIODS:
                continue
            if _are_one(out, path):
                raise OptionError(
                    f"Cannot write {out}: it is the file of {name}, which is read. Choose another name."
                )


def _paths(value: object) -> Iterator[Path]:
    for one in value if isinstance(value, list | tuple) else [value]:
        if isinstance(one, Path):
            yield one


def _are_one(one: Path, other: Path) -> bool:
    """Whether two names are those of one file, also if a link leads to it; folders don't count."""
    if isinstance(one, Address) or isinstance(other, Address):
        return str(one) == str(other)
    # What no system can name is refused later, with a reason.
    with suppress(OSError, ValueError):
        if one.exists() and other.exists():
            return one.is_file() and one.samefile(other)
        return one.resolve() == other.resolve()
    return False
