"""Write video that plays everywhere: H.264 in MP4, the audio as it was."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from fractions import Fraction
from pathlib import Path
from typing import Any, BinaryIO

import av
import numpy as np
from av.container import OutputContainer
from av.video.reformatter import ColorRange

from bball_tag.files import replacing
from bball_tag.video.container import ffmpeg_errors
from bball_tag.video.reader import DecodedFrame, Reader
from bball_tag.video.segment import AudioPacket, Segment

log = logging.getLogger("bball_tag")
_COPIED_CODECS = {"aac", "mp3", "opus", "ac3", "eac3", "alac", "flac"}
"""Audio that players find in an MP4."""
_AAC_RATES = (96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8_000)
_GAME = {"preset": "superfast", "crf": "20", "profile": "high"}
"""A game is two hours long: half the work, for a somewhat larger file that looks the same."""
_OF_H264 = 1.25
"""Bit rate that our quick encoder may use, of that of a video in H.264."""
_LEAST_BITS = 0.015
"""Bits of a pixel that are always allowed: half of what a frugal stream of a game has."""
_OF_OTHER_CODECS = 2.0
"""Bit rate that H.264 needs to look like HEVC, VP9 or AV1, at most: older codecs need more than H.264."""
_KEY_FRAME_INTERVAL_S = 2
"""Seconds between key frames, so that a player can jump."""


@contextmanager
def open_mp4(target: Path | BinaryIO) -> Iterator[OutputContainer]:
    """Open an MP4 to write to.

    A path gets its index at the front, and appears whole or not at all.

    Raises:
        BballTagError: It cannot be written.
    """
    with ExitStack() as stack:
        is_path = isinstance(target, Path)
        file = str(stack.enter_context(replacing(target))) if isinstance(target, Path) else target
        # To move the index, FFmpeg reads the file again, which it can do by name only.
        options = {"movflags": "faststart"} if is_path else {}
        stack.enter_context(ffmpeg_errors(f"write {target if is_path else 'a video'}"))
        yield stack.enter_context(av.open(file, "w", format="mp4", options=options))


def write_images(
    target: Path | BinaryIO,
    images: Iterable[np.ndarray],
    fps: Fraction | int,
    *,
    crf: int = 23,
    preset: str = "medium",
) -> None:
    """Write images as a video without audio.

    Args:
        target: The MP4.
        images: uint8 RGB arrays, all of one shape (H, W, 3), H and W even.
        fps: Images per second.
        crf: Quality, from 0 (lossless) to 51.
        preset: x264's name for how much time it takes to make the file small.

    Raises:
        BballTagError: It cannot be written.
    """
    with open_mp4(target) as output:
        stream: av.VideoStream | None = None
        for index, image in enumerate(images):
            if stream is None:
                options = {"crf": f"{crf}", "preset": preset}
                stream = _add_h264(output, Fraction(fps), (image.shape[1], image.shape[0]), options)
            frame = av.VideoFrame.from_ndarray(image, format="rgb24")
            frame.pts, frame.time_base = index, 1 / Fraction(fps)
            output.mux(stream.encode(frame))
        if stream is not None:
            output.mux(stream.encode(None))


class VideoWriter:
    """A video being written; frames and audio go in as they come, on the clock of their source."""

    def __init__(self, output: OutputContainer, like: Segment, *, is_near_source: bool = False) -> None:
        self._output = output
        self._source = source = like.reader
        rate = 1 / source.step
        first = like.upright(source.first_frame)
        options = {**_GAME, **(_limits(source) if is_near_source else {})}
        self._video = _add_h264(output, rate, (first.width, first.height), options)
        context = self._video.codec_context
        context.time_base = source.tick
        context.gop_size = max(1, min(round(_KEY_FRAME_INTERVAL_S * rate), 250))
        context.color_range = ColorRange.MPEG
        context.colorspace = first.colorspace
        context.color_primaries = source.first_frame.color_primaries
        context.color_trc = source.first_frame.color_trc
        self._audio = [self._add_audio(stream) for stream in like.audio]
        if len(self._audio) < len(source.container.streams.audio):
            log.warning("%s: sound of an unknown codec is left out.", source.path.name)
        if title := source.title:
            output.metadata["title"] = title

    def add_frame(self, decoded: DecodedFrame, shift: Fraction) -> None:
        """Write a frame that `Segment.upright` has made, `shift` seconds before its own time."""
        frame = decoded.frame
        frame.pts, frame.time_base = round((decoded.pts - shift) / self._source.tick), self._source.tick
        self._output.mux(self._video.encode(frame))

    def add_audio(self, audio: AudioPacket, shift: Fraction) -> None:
        """Write a packet of audio, `shift` seconds before its own time."""
        self._audio[audio.stream_index].add(audio.packet, shift)

    def finish(self) -> None:
        """Write what the encoders still hold."""
        self._output.mux(self._video.encode(None))
        for audio in self._audio:
            audio.finish()

    def _add_audio(self, stream: av.AudioStream) -> CopiedStream | _EncodedAudio:
        if can_be_copied(stream):
            return CopiedStream(self._output, stream)
        name = stream.codec_context.name
        log.info("An MP4 cannot hold the audio of %s (%s): written as AAC.", self._source.path.name, name)
        return _EncodedAudio(self._output, stream)


@contextmanager
def open_writer(path: Path, like: Segment, *, is_near_source: bool = False) -> Iterator[VideoWriter]:
    """Open a video to write to, its frames and audio like those of `like`; it appears whole or not at all.

    With `is_near_source` its bit rate stays near that of `like`.

    Raises:
        BballTagError: It cannot be written.
    """
    with open_mp4(path) as output:
        writer = VideoWriter(output, like, is_near_source=is_near_source)
        yield writer
        writer.finish()


def _limits(source: Reader) -> dict[str, str]:
    """Return x264's options for a bit rate near that of a video; none where it is not known."""
    known = source.stream.bit_rate or source.container.bit_rate
    if not known:
        return {}
    first = source.first_frame
    least = _LEAST_BITS * first.width * first.height / float(source.step)
    most = max(known * (_OF_H264 if source.stream.codec_context.name == "h264" else _OF_OTHER_CODECS), least)
    return {"maxrate": f"{most:.0f}", "bufsize": f"{most:.0f}"}


def can_be_copied(audio: av.AudioStream) -> bool:
    """Return whether players find such audio in an MP4."""
    name = audio.codec_context.name
    return name in _COPIED_CODECS or name.startswith("mp3")


class CopiedStream:
    """A stream whose packets are written as they are."""

    def __init__(self, output: OutputContainer, stream: av.AudioStream | av.VideoStream) -> None:
        self._output = output
        self._stream = output.add_stream_from_template(stream)
        self._last: int | None = None

    def add(self, packet: av.Packet[Any], shift: Fraction) -> None:
        """Write a packet, `shift` seconds before its own time."""
        offset = round(shift / packet.time_base)
        assert packet.pts is not None
        dts = (packet.pts if packet.dts is None else packet.dts) - offset
        if self._last is not None and dts <= self._last:
            # Damage, or the joint of two parts: a muxer refuses to go back.
            return
        self._last = dts
        packet.pts, packet.dts, packet.stream = packet.pts - offset, dts, self._stream
        self._output.mux_one(packet)

    def finish(self) -> None:
        """Do nothing: no packet is held back."""


class _EncodedAudio:
    """Audio that is decoded and written as AAC."""

    def __init__(self, output: OutputContainer, stream: av.AudioStream) -> None:
        context = stream.codec_context
        self._output = output
        rate = context.sample_rate if context.sample_rate in _AAC_RATES else 48_000
        layout = "mono" if context.channels == 1 else "stereo"
        self._stream = output.add_stream("aac", rate=rate, layout=layout)
        self._resampler = av.AudioResampler("fltp", layout, rate, frame_size=1024)

    def add(self, packet: av.Packet[av.AudioStream], shift: Fraction) -> None:
        """Write the audio of a packet, `shift` seconds before its own time."""
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


def _add_h264(
    output: OutputContainer, rate: Fraction, size: tuple[int, int], options: dict[str, str]
) -> av.VideoStream:
    """Add a stream of H.264, `size` being width and height."""
    stream = output.add_stream("libx264", rate=rate, options=options)
    context = stream.codec_context
    context.width, context.height, context.pix_fmt = *size, "yuv420p"
    return stream
