"""One rising clock for a file whose own clock starts again or jumps, as where recordings were joined."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import av

_BACK_S = Fraction(1, 2)
"""Packets come in the order they are decoded: if their clock goes back by more than this, it is another."""
_AHEAD_S = 10
"""In formats whose clock may jump, it is another if it goes ahead by more than this."""
_MOST_REORDERED_S = 10
"""Seconds by which a frame may be shown later than it is decoded."""
_STEPS = 9
_MOST_CLOCKS = 1000
"""A file with more is damaged throughout."""
_JUMPING = 0x0200
"""FFmpeg's flag for formats whose times may jump (AVFMT_TS_DISCONT): transport and program streams."""
_EDITED = "mp4"
"""In MP4 and MOV an edit list says what is shown when, and FFmpeg follows it: times that go back there
are of packets that are decoded and not shown."""


@dataclass(slots=True)
class _Lane:
    """How far one stream has come."""

    clock: int
    """Index of the clock in force, among those that were met."""
    time: Fraction
    """When its last packet is decoded, by the file."""
    end: Fraction
    """When that packet ends, on the one clock."""
    steps: deque[Fraction]
    """Seconds from packet to packet, of the last few."""


class Clock:
    """Moves the times of packets, in the order of the file, to the clock of the file's beginning.

    Where the times of the frames go back or far ahead, another clock begins: its first frame is shown
    when the last one before ends. A single odd packet does not matter, as the next one fits the clock from
    before again. Sound follows the frames, whose times are the same whether or not sound is read too.
    """

    def __init__(self, container: av.container.InputContainer, frames: int) -> None:
        """Begin at the beginning of a file; `frames` is the index of their stream."""
        self._may_jump = bool(container.format.flags & _JUMPING)
        self._is_edited = _EDITED in container.format.name.split(",")
        self._frames = frames
        self._shifts = [Fraction(0)]
        """Seconds to add to the times of each clock."""
        self._shown_until: Fraction | None = None
        """When the last frame ends, on the one clock."""
        self._lanes: dict[int, _Lane] = {}

    def mend(self, packet: av.Packet[Any]) -> int:
        """Move the times of a packet, and return the index of its clock: 0, or more behind a joint."""
        tick = Fraction(packet.time_base)
        reordered = 0 if packet.pts is None or packet.dts is None else abs(packet.pts - packet.dts)
        if reordered * tick > _MOST_REORDERED_S:
            # Damage: all that is shown before that time would come too late.
            packet.pts = packet.dts
        if self._is_edited:
            return 0
        lane = self._lanes.get(packet.stream.index)
        if packet.dts is None:
            number = lane.clock if lane else len(self._shifts) - 1
            shift = self._shifts[number]
        else:
            number, shift = self._placed(packet, lane, tick)
        ticks = round(shift / tick)
        packet.pts = None if packet.pts is None else packet.pts + ticks
        packet.dts = None if packet.dts is None else packet.dts + ticks
        if packet.stream.index == self._frames and (shown := _first_known(packet)) is not None:
            lane = self._lanes.get(packet.stream.index)
            length = (packet.duration or 0) * tick or (_usual(lane.steps) if lane else Fraction(0))
            self._shown_until = max(shown * tick + length, self._shown_until or shown * tick)
        return number

    def _placed(self, packet: av.Packet[Any], lane: _Lane | None, tick: Fraction) -> tuple[int, Fraction]:
        """Return the clock of a packet, and the seconds to add to its times."""
        assert packet.dts is not None
        time, length = packet.dts * tick, (packet.duration or 0) * tick
        if lane is None:
            # A stream may begin behind the first joint.
            number, steps = len(self._shifts) - 1, deque[Fraction](maxlen=_STEPS)
            shift = self._shifts[number]
        else:
            known = self._following(lane, time)
            number = lane.clock if known is None else known
            shift = self._shifts[number]
            steps = lane.steps
            if known == lane.clock and time > lane.time:
                steps.append(time - lane.time)
            if known is None and packet.stream.index == self._frames:
                shown = _first_known(packet)
                shift = (self._shown_until or lane.end) - (packet.dts if shown is None else shown) * tick
                self._shifts.append(shift)
                number = len(self._shifts) - 1
            elif known is None:
                # The frames will say where this clock belongs.
                shift = lane.end - time
        end = shift + time + (length or _usual(steps))
        self._lanes[packet.stream.index] = _Lane(number, time, end, steps)
        return number, shift

    def _following(self, lane: _Lane, time: Fraction) -> int | None:
        """Return the clock that a packet at `time` has, behind those of `lane`; None if it is a new one."""
        ahead = [shift + time - lane.end for shift in self._shifts]
        mine = ahead[lane.clock]
        if abs(mine) <= _BACK_S:
            return lane.clock
        nearest = min(range(len(ahead)), key=lambda number: abs(ahead[number]))
        if abs(ahead[nearest]) <= _BACK_S:
            return nearest
        # The frames may have met a joint first; sound need not begin at the same time.
        for number in range(len(ahead) - 1, lane.clock, -1):
            if -_BACK_S <= ahead[number] <= _AHEAD_S:
                return number
        is_known = mine >= 0 and not (self._may_jump and mine > _AHEAD_S)
        return lane.clock if is_known or len(self._shifts) == _MOST_CLOCKS else None


def _usual(steps: Iterable[Fraction]) -> Fraction:
    """Return the median: neither a pause nor damage counts."""
    ordered = sorted(steps)
    return ordered[len(ordered) // 2] if ordered else Fraction(0)


def _first_known(packet: av.Packet[Any]) -> int | None:
    return packet.dts if packet.pts is None else packet.pts
