"""What the packets of a video's frames say, gathered in the order of the file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import av
import numpy as np

_LEAST_PACKETS = 8
"""A clock of fewer frames is damage, and no recording that was joined."""


@dataclass(slots=True)
class FramePackets:
    """What the packets of the frames say, in the order of the file."""

    shown: list[int | None] = field(default_factory=list)
    decoded: list[int] = field(default_factory=list)
    clocks: list[int] = field(default_factory=list)
    keys: list[tuple[int, int]] = field(default_factory=list)
    """Of each key frame its tick, or that of the first frame after it that is shown, and how many packets lie
    before it."""
    count: int = 0
    unshown: int | None = None
    """How many packets lie before the last key frame, if nothing after it is shown yet."""
    last: tuple[int, int] = (0, 0)
    """Tick of the frame that is shown last, and the ticks it is shown for; 0 if it does not say."""

    def add(self, packet: av.Packet[Any], clock: int) -> None:
        """Take one more."""
        time = packet.dts if packet.pts is None else packet.pts
        if packet.is_keyframe:
            self.unshown = self.count
        self.count += 1
        if packet.is_discard:
            return
        if self.unshown is not None and time is not None:
            self.keys.append((time, self.unshown))
            self.unshown = None
        self.shown.append(packet.pts)
        self.clocks.append(clock)
        if time is not None and (time >= self.last[0] or self.count == 1):
            self.last = time, packet.duration or 0
        if packet.dts is not None:
            self.decoded.append(packet.dts)

    def ticks(self) -> np.ndarray:
        """Return when they are shown, ascending."""
        known = [time for time in self.shown if time is not None]
        # Some containers have no times but those of decoding.
        return np.unique(np.array(known if len(known) > 0.99 * len(self.shown) else self.decoded, np.int64))

    def joints(self) -> Iterator[int]:
        """Yield the tick at which each recording begins that was joined to those before."""
        for number, many in sorted(Counter(self.clocks).items()):
            at = self.clocks.index(number)
            if at and many >= _LEAST_PACKETS and (time := self.shown[at]) is not None:
                yield time
