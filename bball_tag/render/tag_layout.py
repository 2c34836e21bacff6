"""Where the tags of boxes go, so that they can be read: none covers another, and none jumps about."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

Rectangle = tuple[int, int, int, int]
"""left, top, right, bottom in pixels."""
Size = tuple[int, int]
"""Width and height in pixels."""

_PATIENCE_S = 1.0
"""Seconds for which a tag stays away from its best place, so that it does not go back and forth."""
_ABSENCE_S = 0.5
"""Seconds after which a player who comes back is placed as if new."""
_GLIDE_S = 0.08
"""Seconds in which a tag covers two thirds of the way to its new place."""
_TOLERANCE = 0.3
"""Fraction of its height by which a tag may overlap another before it moves: boxes tremble."""


@dataclass(slots=True)
class _Stay:
    """The place that a tag has had until now."""

    rank: int
    """0 is the best place."""
    since: float
    """Seconds of video when it came there."""
    seen: float
    """Seconds of video when it was last there."""
    behind: float = 0.0
    """Pixels that it is still below the place to which it glides."""


class TagLayout:
    """The places of all tags, remembered from frame to frame."""

    def __init__(self) -> None:
        self._stays: dict[str, _Stay] = {}

    def arrange(
        self,
        tags: Mapping[str, tuple[Rectangle, Size]],
        time: float,
        frame: Size,
        taken: Sequence[Rectangle] = (),
    ) -> dict[str, Rectangle]:
        """Return where each tag goes: above its box, below it, or further up.

        Args:
            tags: Each player's box and the size of their tag, the most important first.
            time: Of the frame, in seconds.
            frame: Width of the frame, and the height above which every tag stays.
            taken: What other things cover already.
        """
        settled: dict[str, Rectangle] = {}
        candidates = {player: _candidates(box, size, frame) for player, (box, size) in tags.items()}
        # Tags that may stay where they are come first, so that no other tag drives them away.
        for player, places in candidates.items():
            stay = self._current_stay(player, time)
            if stay and not _overlaps(places[stay.rank], [*taken, *settled.values()], _TOLERANCE):
                settled[player] = places[stay.rank]
        for player, places in candidates.items():
            stay = self._stays.get(player)
            is_patient = stay is not None and (stay.rank == 0 or time - stay.since < _PATIENCE_S)
            if not (player in settled and is_patient):
                others = [place for other, place in settled.items() if other != player]
                settled[player] = self._move(player, time, places, [*taken, *others])
        return {player: self._glided(player, place, frame) for player, place in settled.items()}

    def _current_stay(self, player: str, time: float) -> _Stay | None:
        """Return where a tag was until now, unless the video has jumped or the player was away."""
        stay = self._stays.get(player)
        if stay is None or not 0 <= time - stay.seen <= _ABSENCE_S:
            self._stays.pop(player, None)
            return None
        stay.behind *= math.exp((stay.seen - time) / _GLIDE_S)
        stay.seen = time
        return stay

    def _move(
        self, player: str, time: float, places: Sequence[Rectangle], taken: Sequence[Rectangle]
    ) -> Rectangle:
        stay = self._stays.get(player)
        now = stay.rank if stay else 0
        # With room to spare, or the tag would soon have to leave again.
        roomy = [rank for rank, place in enumerate(places) if not _overlaps(place, taken, -_TOLERANCE)]
        free = [rank for rank, place in enumerate(places) if not _overlaps(place, taken)]
        rank = next(iter([*roomy, *free]), now)
        if now in free and rank > now:
            rank = now
        if stay is None or rank != stay.rank:
            behind = stay.behind + places[now][1] - places[rank][1] if stay else 0.0
            self._stays[player] = _Stay(rank, time, time, behind)
        return places[rank]

    def _glided(self, player: str, place: Rectangle, frame: Size) -> Rectangle:
        height = place[3] - place[1]
        top = max(0, min(place[1] + round(self._stays[player].behind), frame[1] - height))
        return place[0], top, place[2], top + height


def _candidates(box: Rectangle, size: Size, frame: Size) -> list[Rectangle]:
    """Return the places that a tag may have inside the frame, the best first."""
    left = min(max(box[0], 0), max(frame[0] - size[0], 0))
    step, lowest = size[1] + 2, frame[1] - size[1]
    tops = (box[1] - step, box[3] + 2, box[1] - 2 * step, box[1] + 2, box[1] + step, box[1] - 3 * step)
    held = [max(min(top, lowest), 0) for top in tops]
    return [(left, top, left + size[0], top + size[1]) for top in held]


def _overlaps(place: Rectangle, taken: Sequence[Rectangle], tolerance: float = 0.0) -> bool:
    """Return whether a place overlaps anything by more than `tolerance`, a fraction of its height."""
    inset = round(tolerance * (place[3] - place[1]))
    left, top, right, bottom = place[0] + inset, place[1] + inset, place[2] - inset, place[3] - inset
    return any(left < one[2] and one[0] < right and top < one[3] and one[1] < bottom for one in taken)
