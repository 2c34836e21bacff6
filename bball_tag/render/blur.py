"""Hide faces: the heads of everybody who was found are blurred until nobody is known by them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import numpy as np

from bball_tag.players.crop import Box
from bball_tag.players.tracks import Track
from bball_tag.render.canvas import Canvas

_HEAD = 0.36
"""Part of a box from its top in which the head is: with raised arms it is not at the top."""
_MARGIN = 0.06
"""Of a box's height, added above and beside: boxes are not exact."""
_LYING = 0.9
"""Width of a box over its height from which on the head may be anywhere in it."""
_HELD_S, _BRIDGED_S = 0.6, 1.5
"""Seconds for which a head stays blurred before and after a person is seen, and the longest time unseen over
which its place is known from before and after."""
_BUCKET_S = 10.0


class HeadBlur:
    """Blurs the heads of some people."""

    def __init__(self, people: Sequence[Track]) -> None:
        """Prepare to blur the heads of `people`: those who do not play too."""
        self._buckets: dict[int, list[Track]] = defaultdict(list)
        for track in people:
            if len(track.times):
                first = int((float(track.times[0]) - _HELD_S) // _BUCKET_S)
                last = int((float(track.times[-1]) + _HELD_S) // _BUCKET_S)
                for bucket in range(first, last + 1):
                    self._buckets[bucket].append(track)

    def paint(self, canvas: Canvas, time: float) -> None:
        """Blur every head that is in the frame at `time`, in seconds from the first frame."""
        for track in self._buckets.get(int(time // _BUCKET_S), ()):
            if (box := _box_at(track, time)) is not None:
                canvas.blur(head_of(box))


def head_of(box: Box) -> tuple[int, int, int, int]:
    """Return where in a person's box the head may be: left, top, right and bottom, in pixels."""
    margin = _MARGIN * box.height
    high = box.height if box.width >= _LYING * box.height else _HEAD * box.height
    edges = box.left - margin, box.top - margin, box.left + box.width + margin, box.top + high
    left, top, right, bottom = (round(edge) for edge in edges)
    return left, top, right, bottom


def _box_at(track: Track, time: float) -> Box | None:
    """Return a person's box, also shortly before and after they are seen; None if it is not known."""
    after = int(np.searchsorted(track.times, time, "right"))
    before_s = float(track.times[after - 1]) if after else -np.inf
    after_s = float(track.times[after]) if after < len(track.times) else np.inf
    if after_s - before_s <= _BRIDGED_S:
        return track.box_at(time)
    if time - before_s <= _HELD_S:
        return track.box_at(before_s)
    return track.box_at(after_s) if after_s - time <= _HELD_S else None
