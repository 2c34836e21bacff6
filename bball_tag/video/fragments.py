"""MP4 in fragments, as recorders write it that may be stopped: one rising clock where several were joined.

Each fragment says when it begins. Where recordings were joined byte by byte, or a recorder began to count
again, FFmpeg drops fragments whose time was there before: it is given later times in their place.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from functools import lru_cache
from pathlib import Path
from typing import BinaryIO

_BACK_S = Fraction(1, 2)
"""If a fragment begins more than this before the end of the last one, its clock is another."""
_MOST_BYTES = 16 << 20
"""No index of a fragment, and none of a video in fragments, is larger."""
_ABSOLUTE, _HAS_DURATION, _HAS_DESCRIPTION = 1, 8, 2
"""Flags of a fragment's header: where its frames lie in the whole file, how long each is shown."""
_FIRST = {b"ftyp", b"styp", b"moov", b"moof", b"wide", b"mdat", b"free", b"skip", b"pnot"}
"""With what MP4 begins, and QuickTime, which need not say what it is."""
_PLAIN_BYTES = {b"vide": 78, b"soun": 28}
"""Of the description of frames and of sound, before the boxes in it."""
_Place = tuple[bytes, int, int]
"""Kind of a box, where its content begins, and where it ends."""


@dataclass(frozen=True, slots=True)
class Fragments:
    """What must be read in place of what stands in a file."""

    bytes_at: Mapping[int, bytes] = field(default_factory=dict)
    """By the place in the file; nothing where its clock rises, or where joined recordings differ."""
    joints: tuple[float, ...] = ()
    """Seconds, on the clock of the file's beginning, at which another recording begins."""
    recordings: int = 0
    """Indices of whole recordings in the file."""


class Mended:
    """An opened file that is read with other bytes at some places."""

    def __init__(self, file: BinaryIO, bytes_at: Mapping[int, bytes]) -> None:
        self._file, self._bytes_at, self._places = file, bytes_at, sorted(bytes_at)
        self.seek, self.tell = file.seek, file.tell

    def read(self, size: int = -1) -> bytes:
        """Read on."""
        first = self._file.tell()
        found = bytearray(self._file.read(size))
        # One may begin before what was read.
        for place in self._places[max(bisect_left(self._places, first) - 1, 0) :]:
            if place >= first + len(found):
                break
            for at, byte in enumerate(self._bytes_at[place], start=place - first):
                if 0 <= at < len(found):
                    found[at] = byte
        return bytes(found)


def fragments_of(path: Path) -> Fragments:
    """Return what to read of a file in place of what stands there; each file is looked at once.

    Raises:
        OSError: It cannot be read.
    """
    status = path.stat()
    return _fragments(path, status.st_size, status.st_mtime_ns)


@lru_cache(maxsize=64)
def _fragments(path: Path, _size: int, _time: int) -> Fragments:
    with path.open("rb") as file:
        if file.read(8)[4:] not in _FIRST:
            return Fragments()
        indices = [box for box in _whole_boxes(file) if box[0] in (b"moov", b"moof")]
        kinds = Counter(kind for kind, _, _ in indices)
        if not kinds[b"moof"]:
            return Fragments(recordings=kinds[b"moov"])
        clock = _Clock()
        try:
            for kind, first, stop in indices:
                file.seek(first)
                content = file.read(min(stop - first, _MOST_BYTES))
                clock.begin(content) if kind == b"moov" else clock.take(content, first)
        except (_DifferentError, IndexError, ValueError):
            # Damaged, or of several kinds: it is read as it is.
            return Fragments(recordings=kinds[b"moov"])
    return Fragments(clock.bytes_at, tuple(map(float, clock.joints)), kinds[b"moov"])


def _whole_boxes(file: BinaryIO) -> Iterator[_Place]:
    place = file.seek(0)
    while len(head := file.read(16)) >= 8:
        length, start = int.from_bytes(head[:4]), 8
        if length == 1:
            length, start = int.from_bytes(head[8:16]), 16
        if length < start:
            return
        yield head[4:8], place + start, place + length
        place = file.seek(place + length)


class _DifferentError(Exception):
    """Recordings were joined that FFmpeg cannot read as one."""


@dataclass(slots=True)
class _Track:
    ticks: int
    """In a second."""
    description: bytes
    """What its frames are."""
    duration: int = 0
    """Ticks of a frame, where a fragment does not say."""
    clock: int = 0
    ends: Fraction = Fraction(0)
    """When its last fragment ends, on the one clock."""

    @property
    def kind(self) -> tuple[int, bytes]:
        """What must be alike for recordings to be read as one."""
        return self.ticks, self.description


class _Clock:
    """Moves the times of fragments, in the order of the file, to the clock of the file's beginning."""

    def __init__(self) -> None:
        self.bytes_at: dict[int, bytes] = {}
        self.joints: list[Fraction] = []
        self._tracks: dict[int, _Track] = {}
        self._shifts = [Fraction(0)]
        self._begun = 0

    def begin(self, moov: bytes) -> None:
        """Take an index of a whole recording; another must be of the same kinds of frames."""
        found: dict[int, _Track] = {}
        for kind, first, stop in _boxes(moov, 0, len(moov)):
            if kind == b"trak":
                number, track = _track(moov, first, stop)
                found[number] = track
        for _, first, _ in _inside(moov, 0, len(moov), b"mvex", b"trex"):
            number = _number(moov, first + 4)
            if number in found:
                found[number].duration = _number(moov, first + 12)
        if self._tracks and {number: track.kind for number, track in found.items()} != {
            number: track.kind for number, track in self._tracks.items()
        }:
            raise _DifferentError
        self._tracks = self._tracks or found
        self._begun += 1

    def take(self, moof: bytes, place: int) -> None:
        """Take the index of a fragment, which lies at `place`."""
        for kind, first, stop in _boxes(moof, 0, len(moof)):
            if kind == b"traf":
                self._take_track(moof, first, stop, place)

    def _take_track(self, moof: bytes, first: int, stop: int, place: int) -> None:
        parts = {kind: at for kind, at, _ in _boxes(moof, first, stop)}
        if b"tfhd" not in parts or b"tfdt" not in parts:
            return
        head, time_at = parts[b"tfhd"], parts[b"tfdt"]
        track = self._tracks.get(_number(moof, head + 4))
        if track is None:
            return
        flags = int.from_bytes(moof[head + 1 : head + 4])
        if flags & _ABSOLUTE and self._begun > 1:
            # Its frames are looked for where they lay before it was joined.
            raise _DifferentError
        size = 8 if moof[time_at] else 4
        begins = Fraction(int.from_bytes(moof[time_at + 4 : time_at + 4 + size]), track.ticks)
        if begins + self._shifts[track.clock] < track.ends - _BACK_S:
            self._begin_again(track, begins)
        begins += self._shifts[track.clock]
        if track.clock:
            ticks = round(begins * track.ticks)
            if ticks >> 8 * size:
                raise _DifferentError
            self.bytes_at[place + time_at + 4] = ticks.to_bytes(size)
        length = _length(moof, (first, stop), head, flags, track.duration)
        track.ends = begins + Fraction(length, track.ticks)

    def _begin_again(self, track: _Track, begins: Fraction) -> None:
        if track.clock < len(self._shifts) - 1:
            # Another stream met the joint first.
            track.clock = len(self._shifts) - 1
            return
        end = max(other.ends for other in self._tracks.values())
        self._shifts.append(end - begins)
        self.joints.append(end)
        track.clock = len(self._shifts) - 1


def _track(moov: bytes, first: int, stop: int) -> tuple[int, _Track]:
    (_, header, _), *_ = _inside(moov, first, stop, b"tkhd")
    (_, media, _), *_ = _inside(moov, first, stop, b"mdia", b"mdhd")
    (_, kind, end), *_ = _inside(moov, first, stop, b"mdia", b"minf", b"stbl", b"stsd")
    number = _number(moov, header + (20 if moov[header] else 12))
    ticks = _number(moov, media + (20 if moov[media] else 12))
    (_, handler, _), *_ = _inside(moov, first, stop, b"mdia", b"hdlr")
    return number, _Track(max(ticks, 1), _described(moov, kind, end, moov[handler + 8 : handler + 12]))


def _described(moov: bytes, first: int, stop: int, kind: bytes) -> bytes:
    """Return what a decoder must know of frames or sound, and no bit rates, which differ every time."""
    entry = first + 8
    plain = entry + 8 + _PLAIN_BYTES.get(kind, 0)
    more = (moov[begin:end] for name, begin, end in _boxes(moov, plain, stop) if name.endswith(b"C"))
    return moov[entry + 4 : plain] + b"".join(more)


def _length(moof: bytes, span: tuple[int, int], head: int, flags: int, usual: int) -> int:
    """Return how many ticks the frames of a fragment last."""
    if flags & _HAS_DURATION:
        usual = _number(moof, head + 8 + 8 * bool(flags & _ABSOLUTE) + 4 * bool(flags & _HAS_DESCRIPTION))
    total = 0
    for _, at, _ in _inside(moof, *span, b"trun"):
        own, count = int.from_bytes(moof[at + 1 : at + 4]), _number(moof, at + 4)
        if not own & 0x100:
            total += usual * count
            continue
        width = 4 * (own >> 8 & 15).bit_count()
        rows = at + 8 + 4 * bool(own & 1) + 4 * bool(own & 4)
        total += sum(_number(moof, rows + width * row) for row in range(count))
    return total


def _inside(content: bytes, first: int, stop: int, *kinds: bytes) -> Iterator[_Place]:
    """Yield the boxes of the last kind that lie in boxes of the kinds before it."""
    for found in _boxes(content, first, stop):
        if found[0] == kinds[0]:
            yield from _inside(content, *found[1:], *kinds[1:]) if kinds[1:] else (found,)


def _boxes(content: bytes, first: int, stop: int) -> Iterator[_Place]:
    while first + 8 <= stop:
        length = _number(content, first)
        if length < 8 or first + length > stop:
            raise IndexError
        yield content[first + 4 : first + 8], first + 8, first + length
        first += length


def _number(content: bytes, at: int) -> int:
    if at + 4 > len(content):
        raise IndexError
    return int.from_bytes(content[at : at + 4])
