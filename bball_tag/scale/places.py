"""Games that share a crew stand in a row: who came first is served first."""

from __future__ import annotations

from itertools import count
from threading import Condition
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bball_tag.scale.crew import Crew


class Place:
    """A place in the row before a crew, which a game has from when it is named until it is served."""

    def __init__(self, crew: Crew, row: Row, number: int) -> None:
        """Take the place with a number; see `Row.join`."""
        self.crew = crew
        self.number = number
        """Larger than those of all before."""
        self._row = row

    def wait(self, what: object) -> None:
        """Return when all who stood before have left, `what` is settled, or nothing more will come of it."""
        self._row.wait(self.number, what)

    def settle(self, what: object) -> None:
        """Let nobody wait any more who waits for this."""
        self._row.settle(what)

    def close(self) -> None:
        """Leave the row, so that those behind may pass; nothing happens the second time."""
        self._row.leave(self.number)


class Row:
    """Who stands before a crew."""

    def __init__(self) -> None:
        self._numbers = count()
        self._present: set[int] = set()
        self._settled: set[object] = set()
        self._moved = Condition()
        self._is_dissolved = False

    def join(self, crew: Crew) -> Place:
        """Return the last place."""
        with self._moved:
            place = Place(crew, self, next(self._numbers))
            self._present.add(place.number)
        return place

    def wait(self, number: int, what: object) -> None:
        """See `Place.wait`."""

        def may_pass() -> bool:
            is_first = number <= min(self._present, default=number)
            return is_first or what in self._settled or self._is_dissolved

        with self._moved:
            self._moved.wait_for(may_pass)

    def settle(self, what: object) -> None:
        """See `Place.settle`."""
        with self._moved:
            self._settled.add(what)
            self._moved.notify_all()

    def leave(self, number: int) -> None:
        """See `Place.close`."""
        with self._moved:
            self._present.discard(number)
            self._moved.notify_all()

    def dissolve(self) -> None:
        """Let everybody pass, as the crew has ended."""
        with self._moved:
            self._is_dissolved = True
            self._moved.notify_all()
