"""When each frame of a file is shown: read from all of its packets, without decoding any."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, replace
from fractions import Fraction
from functools import lru_cache
from pathlib import Path
from typing import Any

import av
import numpy as np
from av.container import InputContainer

from bball_tag.errors import VideoError
from bball_tag.timecode import COMMON_RATES, format_clock
from bball_tag.video.clock import Clock
from bball_tag.video.container import REWRAP, ffmpeg_errors, frame_stream, open_container
from bball_tag.video.fragments import fragments_of
from bball_tag.video.frame_packets import FramePackets
from bball_tag.video.packed import packed, unpacked

log = logging.getLogger("bball_tag")
DAMAGE = (av.error.InvalidDataError, av.error.BlockingIOError)
MAX_FAILURES_IN_A_ROW = 5000
"""A file that gives nothing but errors for this many packets is not a damaged video but another thing."""
_ROUNDING_S = 0.0015
"""Containers round times to their tick (Matroska's is a millisecond): regular times differ by less."""
_REST, _LEAST_REST = 0.1, 4096
"""Part of a file, and bytes, behind its last packet: an index at the end is shorter."""
_JOIN = "Join them with FFmpeg instead: ffmpeg -f concat -i LIST -c copy OUT.mp4"
_COMPLETE_S = 1.0
"""Seconds before the end that a file claims, up to which something must reach, or it was cut short."""


_KEPT = 64
"""Files whose timelines are kept in memory."""


@dataclass(frozen=True, slots=True)
class Timeline:
    """The times of a file's frames."""

    ticks: np.ndarray
    """When frames are shown, ascending, on the clock of the file's beginning: int64 array of shape (N,)."""
    tick: Fraction
    """Seconds of one."""
    rate: Fraction
    """Frames per second; their mean where the rate varies."""
    is_regular: bool
    """Whether every frame is shown when that rate says."""
    step: Fraction
    """Seconds from a frame to the next, as a rule."""
    claimed: float
    """Seconds from the first frame to the end of the last, as the file claims where it was cut short, else as
    its frames say."""
    joints: tuple[float, ...]
    """Seconds from the first frame to where the file's clock starts again or jumps."""
    entries: tuple[tuple[int, int], ...]
    """For a file with joints: of each key frame its tick, and how many packets lie before it."""

    def __reduce__(self) -> tuple[Any, ...]:
        own = {each.name: getattr(self, each.name) for each in fields(self) if each.name != "ticks"}
        return _received, (packed(self.ticks), own)


def _received(ticks: bytes, others: dict[str, Any]) -> Timeline:
    """Return a timeline that another process has sent."""
    return Timeline(ticks=unpacked(ticks), **others)


_brought: dict[tuple[Path, tuple[int, ...]], Timeline] = {}
"""Timelines that another process has read, by file and its version."""


def timeline_of(path: Path) -> Timeline:
    """Return the times of a file's frames; each file is read once while it stays the same.

    Raises:
        VideoError: It cannot be read.
    """
    with ffmpeg_errors(f"read {path}"):
        status = path.stat() if path.is_file() else None
    version = (status.st_size, status.st_mtime_ns) if status else ()
    return _brought.get((path, version)) or _timeline(path, version)


def bring_timeline(path: Path, version: tuple[int, ...], timeline: Timeline) -> None:
    """Take the times of a file's frames from a process that has read them.

    Args:
        path: The file.
        version: Its size, and the time of its last change in nanoseconds, when they were read.
        timeline: The times.
    """
    _brought[path, version] = timeline
    if len(_brought) > _KEPT:
        del _brought[next(iter(_brought))]


@lru_cache(maxsize=_KEPT)
def _timeline(path: Path, _version: tuple[int, ...]) -> Timeline:
    with open_container(path) as container:
        timeline = _from_index(container) or _from_packets(path, container)
    recorded = fragments_of(path)
    if recorded.joints:
        first = float(int(timeline.ticks[0]) * timeline.tick) if len(timeline.ticks) else 0.0
        timeline = replace(timeline, joints=tuple(joint - first for joint in recorded.joints))
    elif recorded.recordings > 1:
        log.warning(
            "%s: %d recordings are joined in it byte by byte, of which one is read. %s",
            *(path.name, recorded.recordings, _JOIN),
        )
    if timeline.joints:
        places = ", ".join(map(format_clock, timeline.joints[:5]))
        log.warning(
            "%s: its clock starts again at %s%s, as if recordings were joined. They are read one behind the "
            "other, and times count on.",
            path.name,
            places,
            " …" if len(timeline.joints) > 5 else "",
        )
    return timeline


def packets_of(
    path: Path, container: InputContainer, streams: Sequence[Any], clock: Clock
) -> Iterator[tuple[av.Packet[Any] | None, int]]:
    """Yield the packets of some streams on one rising clock, also those behind damage.

    Yields:
        A packet and the index of the clock it came with, or None and 0 for one that could not be read.
    """
    failures, is_last = 0, False
    while failures < MAX_FAILURES_IN_A_ROW and not is_last:
        try:
            with ffmpeg_errors(f"read {path}", passed_on=DAMAGE):
                for packet in container.demux(streams):
                    # Empty ones come at the end: with them decoders hand out what they hold back.
                    failures, is_last = 0, packet.size == 0 and packet.dts is None
                    number = clock.mend(packet)
                    yield packet, number
        except DAMAGE:
            failures += 1
            yield None, 0
        except IndexError:
            # PyAV does not know a stream that begins within the file; it is none of those that are wanted.
            failures += 1
        else:
            return


def _from_index(container: InputContainer) -> Timeline | None:
    """Return the times by the index of an MP4, where it has all frames at one rate; reads no packet."""
    stream = frame_stream(container)
    if "mp4" not in container.format.name.split(",") or not stream.frames:
        return None
    if _is_edited(container):
        return None
    entries = [one.timestamp for one in getattr(stream, "index_entries", ()) if not one.is_discard]
    ticks, tick = np.array(entries, np.int64), Fraction(stream.time_base or 1)
    if len(ticks) < 2 or len(ticks) > stream.frames or not _is_regular(ticks, tick):
        return None
    if ticks[0] == ticks[-1]:
        # An index without times.
        return None
    rate = _rate(stream, ticks, tick)
    # The index has times of decoding, which may be earlier than those of showing.
    ticks += (stream.start_time or 0) - ticks[0]
    claimed = float(len(ticks) / rate)
    return Timeline(ticks, tick, rate, is_regular=True, step=1 / rate, claimed=claimed, joints=(), entries=())


def _is_edited(container: InputContainer) -> bool:
    """Return whether an edit list of an MP4 shows parts in another order, or twice."""
    entries = getattr(frame_stream(container), "index_entries", ())
    ticks = np.array([one.timestamp for one in entries], np.int64)
    return "mp4" in container.format.name.split(",") and bool((np.diff(ticks) < 0).any())


def _from_packets(path: Path, container: InputContainer) -> Timeline:
    """Return the times by all packets."""
    stream, frames = frame_stream(container), FramePackets()
    tick = Fraction(stream.time_base or Fraction(1, 1000))
    reach, last_byte, is_edited = 0.0, 0, _is_edited(container)
    clock = Clock(container, stream.index)
    for packet, number in packets_of(path, container, [stream, *container.streams.audio], clock):
        if packet is None or not packet.size:
            continue
        last_byte = max(last_byte, (packet.pos or 0) + packet.size)
        if packet.pts is not None:
            reach = max(reach, float((packet.pts + (packet.duration or 0)) * packet.time_base))
        if packet.stream.index == stream.index:
            frames.add(packet, number)
    ticks = frames.ticks()
    if frames.count and not len(ticks):
        raise VideoError(f"Cannot read {path}: it does not say when its frames are shown. {REWRAP}")
    if len(ticks) == 1 < frames.count:
        raise VideoError(
            f"Cannot read {path}: all of its {frames.count} frames claim to be shown at the same time. Give "
            "it the rate at which it was recorded: ffmpeg -r 30 -i IN OUT.mp4"
        )
    _warn_of_rest(path, last_byte)
    rate = _rate(stream, ticks, tick)
    first = int(ticks[0]) if len(ticks) else 0
    last, length = frames.last
    is_regular = _is_regular(ticks, tick)
    step = 1 / rate if is_regular else int(np.median(np.diff(ticks))) * tick
    end = float((last - first) * tick + (length * tick or step))
    joints = tuple(float((time - first) * tick) for time in frames.joints())
    # Where the clock jumps for one packet alone, what a search finds is no better.
    entries = tuple(frames.keys) if any(frames.clocks) or is_edited else ()
    claimed = end if joints else _claimed(container, stream, end, reach)
    return Timeline(ticks, tick, rate, is_regular, step, claimed, joints, entries)


def _warn_of_rest(path: Path, last_byte: int) -> None:
    """Warn of a file of which much lies behind all that was read."""
    size = path.stat().st_size
    if last_byte and size - last_byte > max(_REST * size, _LEAST_REST):
        log.warning(
            "%s: nothing was found in its last %.0f %%, as if recordings were joined byte by byte. %s",
            *(path.name, 100 * (size - last_byte) / size, _JOIN),
        )


def _claimed(container: InputContainer, stream: av.VideoStream, end: float, reach: float) -> float:
    """Return `end`, or what a file claims that was cut short."""
    begins = (container.start_time or 0) / av.time_base
    whole, reached = (container.duration or 0) / av.time_base, reach - begins
    if "matroska" in container.format.name.split(","):
        # FFmpeg writes where the clock ends as the duration, however late it begins.
        whole -= max(begins, 0)
    if reached >= whole - _COMPLETE_S:
        # Some other stream is longer than the frames, or none is.
        return end
    return float(stream.duration * Fraction(stream.time_base or 0)) if stream.duration else whole


def _is_regular(ticks: np.ndarray, tick: Fraction) -> bool:
    """Say whether times are those of one rate, but for rounding."""
    if len(ticks) < 2:
        return True
    line = np.linspace(ticks[0], ticks[-1], len(ticks))
    return bool(np.abs(ticks - line).max() * float(tick) <= max(_ROUNDING_S, float(tick)))


def _rate(stream: av.VideoStream, ticks: np.ndarray, tick: Fraction) -> Fraction:
    """Return the frames per second, exactly where they are what the header says or a common rate."""
    # PyAV 19 has rationals of its own.
    header = [Fraction(rate) for rate in (stream.guessed_rate, stream.average_rate) if rate]
    if len(ticks) < 2:
        return header[0] if header else Fraction(25)
    span = int(ticks[-1] - ticks[0]) * tick
    mean = (len(ticks) - 1) / span
    near = max(2 * Fraction(_ROUNDING_S), tick)
    fitting = (rate for rate in (*header, *COMMON_RATES) if abs((len(ticks) - 1) / rate - span) <= near)
    return next(fitting, mean.limit_denominator(1001))
