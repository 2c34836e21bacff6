"""Write a film that plays everywhere: H.264 in MP4, the sound as it was."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from av.video.reformatter import ColorRange, Interpolation

from bball_tag.errors import VideoError
from bball_tag.files import replacing
from bball_tag.render.canvas import plane_of
from bball_tag.video.segment import Picture, Segment, Sound

log = logging.getLogger("bball_tag")
_COPIED_CODECS = {"aac", "mp3", "opus", "ac3", "eac3", "alac", "flac"}
"""Sound that players find in an MP4."""
_AAC_RATES = (96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8_000)
_ENCODER = {"preset": "superfast", "crf": "20", "profile": "high"}
"""A game is two hours long: half the work for a somewhat larger file at the same sight."""
_KEY_FRAMES = 2
"""Seconds between key frames, so that a player can jump."""
_BT709 = 1


def upright(frame: av.VideoFrame, segment: Segment) -> av.VideoFrame:
    """Return a copy of `frame` to paint on: yuv420p, upright, square pixels, even sides.

    A side of odd length gets one more row or column like its last.
    """
    first, rotation = segment.first_frame, segment.first_frame.rotation % 360
    aspect = segment.video.sample_aspect_ratio
    width = max(1, round(first.width * aspect)) if aspect else first.width
    plain = _as_yuv420p(frame, width, first.height)
    even = (width + width % 2, first.height + first.height % 2)
    copy = av.VideoFrame(*(even[::-1] if rotation in (90, 270) else even), "yuv420p")
    for index in range(3):
        plane = plane_of(plain, index)
        halved = index > 0
        missing = ((even[1] >> halved) - plane.shape[0], (even[0] >> halved) - plane.shape[1])
        if any(missing):
            plane = np.pad(plane, ((0, missing[0]), (0, missing[1])), mode="edge")
        plane_of(copy, index)[:] = np.rot90(plane, rotation // 90) if rotation else plane
    copy.colorspace = plain.colorspace
    return copy


def _as_yuv420p(frame: av.VideoFrame, width: int, height: int) -> av.VideoFrame:
    is_plain = frame.format.name == "yuv420p" and frame.color_range != ColorRange.JPEG
    if is_plain and (frame.width, frame.height) == (width, height):
        return frame
    plain = frame.reformat(
        width=width,
        height=height,
        format="yuv420p",
        interpolation=Interpolation.BICUBIC,
        dst_colorspace=_BT709 if frame.format.is_rgb else None,
        dst_color_range=ColorRange.MPEG,
    )
    plain.colorspace = _BT709 if frame.format.is_rgb else frame.colorspace
    return plain


def can_be_copied(sound: av.AudioStream) -> bool:
    """Return whether players find such sound in an MP4."""
    name = sound.codec_context.name
    return name in _COPIED_CODECS or name.startswith("mp3")


class Film:
    """A film being written; pictures and sound go in as they come, in the clock of their source."""

    def __init__(self, output: av.container.OutputContainer, like: Segment) -> None:
        self._output = output
        self._like = like
        rate = Fraction(like.video.average_rate or like.video.guessed_rate or 25)
        self._video = output.add_stream("libx264", rate=rate, options=dict(_ENCODER))
        context = self._video.codec_context
        frame = upright(like.first_frame, like)
        context.width, context.height, context.pix_fmt = frame.width, frame.height, "yuv420p"
        context.time_base = like.tick
        context.gop_size = max(1, min(round(_KEY_FRAMES * rate), 250))
        context.color_range = ColorRange.MPEG
        context.colorspace = frame.colorspace
        context.color_primaries = like.first_frame.color_primaries
        context.color_trc = like.first_frame.color_trc
        self._sounds = [self._sound(stream) for stream in like.sounds]
        if title := like.container.metadata.get("title"):
            output.metadata["title"] = title

    def add_picture(self, picture: Picture, shift: Fraction) -> None:
        """Write a picture that `upright` has made; it is shown at its own time less `shift` seconds."""
        frame = picture.frame
        frame.pts, frame.time_base = round((picture.pts - shift) / self._like.tick), self._like.tick
        self._output.mux(self._video.encode(frame))

    def add_sound(self, sound: Sound, shift: Fraction) -> None:
        """Write a packet of sound, `shift` seconds before its own time."""
        self._sounds[sound.track].add(sound.packet, shift)

    def finish(self) -> None:
        """Write what the encoders still hold."""
        self._output.mux(self._video.encode(None))
        for sound in self._sounds:
            sound.finish()

    def _sound(self, stream: av.AudioStream) -> CopiedStream | _NewSound:
        if can_be_copied(stream):
            return CopiedStream(self._output, stream)
        name = stream.codec_context.name
        log.info("The sound of %s (%s) has no place in an MP4: written as AAC.", self._like.path.name, name)
        return _NewSound(self._output, stream)


class CopiedStream:
    """A stream whose packets go over as they are."""

    def __init__(self, output: av.container.OutputContainer, stream: av.AudioStream | av.VideoStream) -> None:
        self._output = output
        self._stream = output.add_stream_from_template(stream)
        self._last: int | None = None

    def add(self, packet: av.Packet[Any], shift: Fraction) -> None:
        """Write a packet, `shift` seconds before its own time."""
        offset = round(shift / packet.time_base)
        assert packet.pts is not None
        dts = (packet.pts if packet.dts is None else packet.dts) - offset
        if self._last is not None and dts <= self._last:
            # Damage, or the seam of two parts: a muxer refuses to go back.
            return
        self._last = dts
        packet.pts, packet.dts, packet.stream = packet.pts - offset, dts, self._stream
        self._output.mux_one(packet)

    def finish(self) -> None:
        """Do nothing: no packet is held back."""


class _NewSound:
    """Sound that is decoded and written as AAC."""

    def __init__(self, output: av.container.OutputContainer, stream: av.AudioStream) -> None:
        context = stream.codec_context
        self._output = output
        rate = context.sample_rate if context.sample_rate in _AAC_RATES else 48_000
        layout = "mono" if context.channels == 1 else "stereo"
        self._stream = output.add_stream("aac", rate=rate, layout=layout)
        self._resampler = av.AudioResampler("fltp", layout, rate, frame_size=1024)
        self._tick = Fraction(1, rate)

    def add(self, packet: av.Packet[av.AudioStream], shift: Fraction) -> None:
        """Write the sound of a packet, `shift` seconds before its own time."""
        try:
            frames = packet.decode()
        except (av.error.InvalidDataError, av.error.BlockingIOError):
            return
        for frame in frames:
            if frame.pts is not None and frame.time_base is not None:
                frame.pts -= round(shift / frame.time_base)
            self._write(self._resampler.resample(frame))

    def finish(self) -> None:
        """Write what the resampler and the encoder still hold."""
        self._write(self._resampler.resample(None))
        self._output.mux(self._stream.encode(None))

    def _write(self, frames: list[av.AudioFrame]) -> None:
        for frame in frames:
            self._output.mux(self._stream.encode(frame))


@contextmanager
def new_film(path: Path, like: Segment) -> Iterator[Film]:
    """Open a film to be written, its pictures and sound like those of `like`.

    It appears whole or not at all.

    Raises:
        BballTagError: It cannot be written.
    """
    with new_mp4(path) as output:
        film = Film(output, like)
        yield film
        film.finish()


@contextmanager
def new_mp4(path: Path) -> Iterator[av.container.OutputContainer]:
    """Open an MP4 whose index will be at its front; it appears whole or not at all.

    Raises:
        BballTagError: It cannot be written.
    """
    with replacing(path) as draft:
        try:
            with av.open(str(draft), "w", format="mp4", options={"movflags": "faststart"}) as output:
                yield output
        except av.error.FFmpegError as error:
            raise VideoError(f"Cannot write {path}: {error.strerror or error}.") from error
