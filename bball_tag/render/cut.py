"""Cut events out of a video, each to a file of its own."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av

from bball_tag.checks import as_path
from bball_tag.errors import BballTagError
from bball_tag.events import Event
from bball_tag.files import check_output, make_folder, safe_name
from bball_tag.render.transcode import Paint, write_part
from bball_tag.render.visible import shown_end
from bball_tag.timecode import counted, format_clock
from bball_tag.video.info import TIME_TOLERANCE_S
from bball_tag.video.pixels import Turn, turn_of
from bball_tag.video.segment import Segment
from bball_tag.video.video import Video
from bball_tag.video.writer import CopiedStream, can_be_copied, open_mp4

log = logging.getLogger("bball_tag")
_EARLY_S, _LONG_S = 5.0, 30.0
"""Seconds after which it is known how long the rest takes, and from which on it is shown."""
_READ_AHEAD_S = 2
"""Seconds behind a part up to which packets are looked at: some of it may be stored that late."""


def span_of(event: Event, lead: float, lag: float, duration: float) -> tuple[float, float]:
    """Return what is cut for an event: from `lead` seconds before it to `lag` after, inside the video.

    Args:
        event: What is cut out.
        lead: Seconds before it.
        lag: Seconds after it.
        duration: Of the video, in seconds; 0 is unknown.
    """
    stop = shown_end(event) + lag
    return max(event.start - lead, 0.0), min(stop, duration) if duration > 0 else stop


def clip_name(number: int, event: Event) -> str:
    """Return the file name of an event's clip, such as `0001_shoot_player7_0m12.480s.mp4`."""
    minutes, seconds = divmod(round(event.start * 1000), 60_000)
    parts = [f"{number:04d}", safe_name(event.label)]
    if event.player:
        parts.append(f"player{safe_name(event.player)}")
    parts.append(f"{minutes}m{seconds / 1000:06.3f}s.mp4")
    return "_".join(part for part in parts if part)


def clip_paths(folder: Path, events: Sequence[Event], *, overwrite: bool) -> list[Path]:
    """Return where the clips of `events` go, and make the folder.

    Raises:
        BballTagError: One cannot be written, or exists and `overwrite` is false.
    """
    make_folder(folder)
    paths = [folder / clip_name(number, event) for number, event in enumerate(events, start=1)]
    for path in paths:
        check_output(path, overwrite=overwrite)
    return paths


def clip_folder(folder: str | Path) -> Path:
    """Return the folder for clips, which need not exist.

    Raises:
        BballTagError: It is a file.
    """
    path = as_path("folder", folder)
    if path.is_file():
        raise BballTagError(f"Cannot write into {path}: it is a file. Give the name of a folder.")
    return path


def extent(video: Video, spans: Sequence[tuple[float, float]]) -> str:
    """Return how many clips these spans are, how much video, and about how large, at the video's bit rate."""
    seconds = sum(stop - start for start, stop in spans)
    duration = video.info.duration
    size = video.path.stat().st_size / duration * seconds / 1e6 if duration else 0.0
    about = f", about {max(size, 1):,.0f} MB" if size else ""
    return f"{counted(len(spans), 'clip')}: {format_clock(seconds)} of video{about}"


def write_clip(
    video: Video, out: Path, span: tuple[float, float], *, spare: tuple[float, float] = (0.0, 0.0)
) -> bool:
    """Write the part `span` of a video to `out`.

    The packets are copied if the part begins with a key frame and ends where no frame needs a later one;
    otherwise it is encoded anew, exact to its first and last frame, at a bit rate near the video's.

    Args:
        video: What to read.
        out: The MP4; it appears whole or not at all.
        span: Start and end in seconds.
        spare: Seconds by which the clip may begin earlier and end later where it can be copied for that.

    Returns:
        Whether the packets were copied.

    Raises:
        BballTagError: The video cannot be read, or the clip not written.
    """
    with video.segment(max(span[0] - spare[0], 0.0), span[1]) as segment:
        packets = _packets_to_copy(segment, span, spare[1]) if plays_everywhere(segment) else []
        if packets:
            _copy(segment, packets, out)
            return True
    write_part(video, out, span, is_near_source=True)
    return False


def plays_everywhere(segment: Segment) -> bool:
    """Return whether every player can show the frames and play the audio as they are."""
    first, codec = segment.reader.first_frame, segment.reader.stream.codec_context.name
    is_plain = codec == "h264" and first.format.name == "yuv420p" and turn_of(first) == Turn()
    return is_plain and all(map(can_be_copied, segment.audio))


def _packets_to_copy(segment: Segment, span: tuple[float, float], later: float) -> list[av.Packet[Any]]:
    """Return the packets that make up the part, or none if it cannot be copied; the first is of a key frame.

    It begins with the last key frame from the segment's begin to the start of the span. The end may move by
    one frame, or by up to `later` seconds, to where every frame before it is stored before all later ones.
    """
    origin, step = segment.reader.origin, segment.reader.step
    earliest, last = max(segment.begin, origin), origin + Fraction(span[1])
    latest = max(earliest, origin + Fraction(span[0] + TIME_TOLERANCE_S))
    frames, audio = _packets_until(segment, earliest, last + Fraction(later) + _READ_AHEAD_S)
    keys = [number for number, one in enumerate(frames) if one.is_keyframe and _shown_at(one) <= latest]
    frames = frames[keys[-1] :] if keys else []
    times = [_shown_at(packet) for packet in frames]
    # A frame shown before the key frame but stored after it belongs to what came before.
    if not times or min(times) < times[0]:
        return []
    further = (last + number * step for number in range(2, int(Fraction(later) / step) + 1))
    for stop in (last, last + step, last - step, *further):
        before = [time < stop - step / 8 for time in times]
        if any(before) and before == sorted(before, reverse=True):
            heard = [one for one in audio if times[0] < _heard_until(one) and _shown_at(one) < stop]
            return sorted([*frames[: sum(before)], *heard], key=_decoded_at)
    return []


def _packets_until(
    segment: Segment, begin: Fraction, stop: Fraction
) -> tuple[list[av.Packet[Any]], list[av.Packet[Any]]]:
    """Return the packets of frames from the first key frame shown at `begin` or later, and those of audio."""
    frames: list[av.Packet[Any]] = []
    audio: list[av.Packet[Any]] = []
    for packet in segment.packets():
        if packet.pts is None:
            continue
        time = _shown_at(packet)
        if time > stop:
            break
        if not isinstance(packet.stream, av.VideoStream):
            audio.append(packet)
        elif frames or (packet.is_keyframe and time >= begin):
            frames.append(packet)
    return frames, audio


def _shown_at(packet: av.Packet[Any]) -> Fraction:
    assert packet.pts is not None
    return Fraction(packet.pts * packet.time_base)


def _heard_until(packet: av.Packet[Any]) -> Fraction:
    return _shown_at(packet) + Fraction((packet.duration or 0) * packet.time_base)


def _decoded_at(packet: av.Packet[Any]) -> Fraction:
    return _shown_at(packet) if packet.dts is None else Fraction(packet.dts * packet.time_base)


def _copy(segment: Segment, packets: Sequence[av.Packet[Any]], out: Path) -> None:
    # A part from the start keeps the container's clock, in which audio may come before the first frame.
    begin = next(_shown_at(one) for one in packets if isinstance(one.stream, av.VideoStream))
    shift = segment.begin if segment.start <= 0 and begin <= segment.reader.origin else begin
    with open_mp4(out) as output:
        streams = {segment.reader.stream.index: CopiedStream(output, segment.reader.stream)}
        streams |= {stream.index: CopiedStream(output, stream) for stream in segment.audio}
        for packet in packets:
            streams[packet.stream.index].add(packet, shift)


def write_clips(
    video: Video,
    paths: Sequence[Path],
    spans: Sequence[tuple[float, float]],
    spare: tuple[float, float],
    *,
    paint: Paint | None,
    on_progress: Callable[[int], None],
) -> int:
    """Write each span to its file, and return how many were copied. If it takes long, say once how long.

    What `paint` is to draw on has to be encoded anew. `on_progress` gets the number of clips done.
    """
    began, num_copied, is_announced = time.monotonic(), 0, False
    for number, (path, span) in enumerate(zip(paths, spans, strict=True), start=1):
        if paint is not None:
            write_part(video, path, span, paint=paint, is_near_source=True)
        else:
            num_copied += write_clip(video, path, span, spare=spare)
        on_progress(number)
        took = time.monotonic() - began
        left = took / number * (len(paths) - number)
        if not is_announced and took > _EARLY_S and left > _LONG_S:
            is_announced = True
            log.info("About %s left. Fewer clips: --label, --player or --max-clips.", format_clock(left))
    return num_copied
