"""Instants with those around them: what is known of a chunk when it is followed and cut out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from bball_tag.clips import CHUNK
from bball_tag.players.observation import Observation
from bball_tag.video.info import Frame


@dataclass(frozen=True, slots=True)
class Seen:
    """One instant: its frame, as long as it is needed, and what was observed in it."""

    observation: Observation
    frame: Frame | None

    @property
    def index(self) -> int:
        return self.observation.index


def windows(items: Iterable[Seen], reach: int) -> Iterator[tuple[int, list[Seen], bool]]:
    """Yield each chunk's number with the instants before, in and after it, and whether it is the last.

    Args:
        items: Consecutive instants.
        reach: How many instants after a chunk there must be.
    """
    window: list[Seen] = []
    number = 0
    for item in items:
        number = number if window else item.index // CHUNK
        window.append(item)
        if item.index + 1 == (number + 1) * CHUNK + reach:
            yield number, window, False
            number += 1
            window = _without_frames(window, number)
    while window and number * CHUNK <= window[-1].index:
        yield number, window, window[-1].index < (number + 1) * CHUNK
        number += 1
        window = _without_frames(window, number)


def _without_frames(window: Sequence[Seen], number: int) -> list[Seen]:
    """Return the window for chunk `number`: the chunk before it too, but without its large frames."""
    return [
        each if each.index >= number * CHUNK else replace(each, frame=None)
        for each in window
        if each.index >= (number - 1) * CHUNK
    ]
