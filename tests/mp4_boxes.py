"""MP4 files as programs make them that FFmpeg's own writer does not make: edit lists and joined fragments."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from pathlib import Path

import av


def boxes(content: bytes, first: int, stop: int) -> Iterator[tuple[bytes, int, int]]:
    """Yield the kind, the place and the length of the boxes of a file between two places."""
    while first + 8 <= stop:
        length, kind = struct.unpack(">I4s", content[first : first + 8])
        yield kind, first, length
        first += length


def with_edits(source: Path, target: Path, edits: Sequence[tuple[float, float]]) -> Path:
    """Write an MP4 with an edit list: how many seconds each part lasts, and where it begins in `source`."""
    content = bytearray(source.read_bytes())
    with av.open(str(source)) as file:
        stream = file.streams.video[0]
        ticks = stream.time_base.denominator
    moov = _find(content, b"moov", 0, len(content))
    trak = _find(content, b"trak", moov[0] + 8, sum(moov))
    old = _find(content, b"edts", trak[0] + 8, sum(trak))
    # The index lies at the end, so that no frame is moved; lengths are in thousandths of a second.
    rows = b"".join(
        struct.pack(">IiI", round(lasts * 1000), round(begins * ticks), 1 << 16) for lasts, begins in edits
    )
    table = struct.pack(">I4sII", 16 + len(rows), b"elst", 0, len(edits)) + rows
    new = struct.pack(">I4s", 8 + len(table), b"edts") + table
    content[old[0] : sum(old)] = new
    for place, length in (moov, trak):
        content[place : place + 4] = struct.pack(">I", length + len(new) - old[1])
    target.write_bytes(content)
    return target


def _find(content: bytes, kind: bytes, first: int, stop: int) -> tuple[int, int]:
    return next((place, length) for found, place, length in boxes(content, first, stop) if found == kind)


def in_fragments(source: Path, target: Path) -> Path:
    """Write the video as recorders do that may be stopped at any moment: an index for each part."""
    options = {"movflags": "frag_keyframe+empty_moov+default_base_moof"}
    with av.open(str(source)) as file, av.open(str(target), "w", format="mp4", options=options) as out:
        wanted = [*file.streams.video, *file.streams.audio]
        streams = {stream.index: out.add_stream_from_template(stream) for stream in wanted}
        for packet in file.demux(wanted):
            if packet.dts is not None:
                packet.stream = streams[packet.stream.index]
                out.mux(packet)
    return target


def fragments_of(path: Path) -> bytes:
    """Return the parts of such a file without its beginning."""
    content = path.read_bytes()
    return content[next(place for kind, place, _ in boxes(content, 0, len(content)) if kind == b"moof") :]
