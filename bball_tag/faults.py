"""What is wrong with a file, gathered, so that a person hears of all of it at once."""

from __future__ import annotations

import reprlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")
_MOST_LISTED = 20
_LONGEST = 1000
"""Characters of a fault that are shown: names in files can be long."""
_MOST = 1000
"""Faults after which the rest of a file is not looked at: it is a file of something else."""


class FormError(Exception):
    """Something in a file makes no sense: what, without the name of the file and a full stop."""


def shown(value: object) -> str:
    """Return a value for a message: short, whatever it is."""
    try:
        return reprlib.repr(value)
    except (ValueError, RecursionError):
        # Python does not write whole numbers of thousands of digits.
        return f"a huge {type(value).__name__}"


class Faults:
    """The faults of one file."""

    def __init__(self) -> None:
        self._listed: list[str] = []
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def add(self, fault: str) -> None:
        """Note a fault. It names its place: a line, a cell, an item.

        Raises:
            FormError: There are very many; it lists the first.
        """
        self._count += 1
        if self._count <= _MOST_LISTED:
            self._listed.append(fault if len(fault) <= _LONGEST else f"{fault[:_LONGEST]} …")
        if self._count >= _MOST:
            self.check()

    @contextmanager
    def gathered(self, place: str = "") -> Iterator[None]:
        """Note what the block raises as a fault, after the name of its place."""
        try:
            yield
        except FormError as error:
            self.add(f"{place}: {error}" if place else str(error))

    def check(self) -> None:
        """Do nothing if there are no faults.

        Raises:
            FormError: There are; it lists them.
        """
        if self._count == 1:
            raise FormError(self._listed[0])
        if self._count:
            further = self._count - len(self._listed)
            lines = [*self._listed, *([f"and {further} more"] if further else [])]
            many = "at least " if self._count >= _MOST else ""
            raise FormError(
                f"{many}{self._count} things are wrong:" + "".join(f"\n  {line}" for line in lines)
            )


def each_read(items: Iterable[T], place: str, read: Callable[[T], R]) -> list[R]:
    """Return what is read of each item; `place` names an item, by its number from 1 where it has {}.

    Raises:
        FormError: It lists what is wrong with all items.
    """
    faults, found = Faults(), []
    for number, item in enumerate(items, start=1):
        with faults.gathered(place.format(number)):
            found.append(read(item))
    faults.check()
    return found
