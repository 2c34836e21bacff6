"""The video as a browser plays it: the file itself, or a proxy of it that every browser plays."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import platformdirs

from bball_tag.console import video_progress
from bball_tag.files import make_folder
from bball_tag.render.cut import plays_everywhere
from bball_tag.render.transcode import Paint, paint_nothing, write_part
from bball_tag.video.reader import Reader, open_reader
from bball_tag.video.video import Video
from bball_tag.video.writer import CopiedStream, open_mp4

log = logging.getLogger("bball_tag")
_TYPES = {
    ".mp4": "video/mp4",
    ".m4v": "video/mp4",
    # Browsers take QuickTime files as the MP4 that most of them are.
    ".mov": "video/mp4",
    ".webm": "video/webm",
}
_CODECS = {
    "video/mp4": frozenset(("h264", "av1", "vp9")),
    "video/webm": frozenset(("vp8", "vp9", "av1")),
}
_SOUNDS = frozenset(("aac", "mp3", "opus", "vorbis", "flac"))
_PIXELS = frozenset(("yuv420p", "yuvj420p"))
"""What every browser decodes: 8 bits, and a quarter of the colour."""


@dataclass(frozen=True, slots=True)
class Playback:
    """What a browser plays, and how its clock and ours differ."""

    path: Path
    media_type: str
    offset: float
    """Seconds on the browser's clock at which the first frame is shown."""
    is_proxy: bool
    is_blurred: bool
    frame_times: tuple[float, ...] | None
    """When each frame is shown, in our seconds, where the rate varies."""

    def as_json(self, video: Video) -> dict[str, Any]:
        """Return what the page knows of it; where the video and its frame times are, the server says."""
        info = video.info
        return {
            "width": info.width,
            "height": info.height,
            "duration": info.duration,
            "fps": float(info.fps),
            "has_audio": info.has_audio,
            "offset": self.offset,
            "is_proxy": self.is_proxy,
            "is_blurred": self.is_blurred,
        }


def open_playback(video: Video, blur: Paint | None = None, *, progress: bool = True) -> Playback:
    """Return what a browser can play of a video: a proxy is made where it cannot play the file.

    Proxies lie in the user's cache folder, whole or not at all, and are made once for each video. Frames keep
    their times.

    Args:
        video: The video.
        blur: What hides the faces in a frame; always makes a proxy, which is made anew each time.
        progress: Whether a bar is shown.

    Raises:
        BballTagError: The video cannot be read, or the proxy not be written.
    """
    with open_reader(video.path) as reader:
        # Players count from where the container begins, which may be a part of a frame before the first.
        offset = round(float(reader.origin - reader.players_zero), 6)
        reason = _unplayable(reader)
    times = video.info.times
    known = None if times is None else tuple(round(float(time), 6) for time in times.times)
    if blur is None and not reason:
        return Playback(
            video.path,
            _TYPES[video.path.suffix.lower()],
            offset,
            is_proxy=False,
            is_blurred=False,
            frame_times=known,
        )
    folder = platformdirs.user_cache_path("bball-tag", appauthor=False) / "proxies"
    path = folder / f"{video.content_id}{'-blurred' if blur else ''}.mp4"
    if blur is not None or not path.exists():
        make_folder(folder)
        why = "faces are blurred" if blur else f"browsers cannot play {reason}"
        log.info("Making a copy of %s for the page, as %s.", video.path.name, why)
        if blur is not None or not _copied(video, path):
            with video_progress(video.path.name, video.info.duration, shown=progress) as show:
                write_part(video, path, paint=blur or paint_nothing, is_near_source=True, on_progress=show)
    return Playback(path, "video/mp4", offset, is_proxy=True, is_blurred=blur is not None, frame_times=known)


def _copied(video: Video, path: Path) -> bool:
    """Put the packets of a video into an MP4 as they are, and say whether that was possible.

    Only its container is in the way then: of a long game this takes seconds, not hours.
    """
    with video.segment() as segment:
        if not plays_everywhere(segment) or segment.reader.timeline.joints:
            return False
        source = segment.reader.stream
        with open_mp4(path) as output:
            streams = {source.index: CopiedStream(output, source)}
            streams |= {stream.index: CopiedStream(output, stream) for stream in segment.audio}
            for packet in segment.packets():
                if packet.pts is not None:
                    streams[packet.stream.index].add(packet, segment.begin)
    return True


def _unplayable(reader: Reader) -> str:
    """Return what in a video some browser cannot play; empty if all can."""
    kind = _TYPES.get(reader.path.suffix.lower(), "")
    formats = set(reader.container.format.name.split(","))
    if not kind or not formats & {"mp4", "webm"}:
        return f"{reader.path.suffix or 'such'} files"
    codec = reader.stream.codec_context.codec.canonical_name
    if codec not in _CODECS[kind]:
        return f"its codec ({codec})"
    if reader.stream.codec_context.pix_fmt not in _PIXELS:
        return f"its pixels ({reader.stream.codec_context.pix_fmt})"
    if reader.timeline.joints:
        return "joined recordings, whose clock begins again"
    sounds = [stream.codec_context for stream in reader.container.streams.audio]
    silent = [sound.name if sound is not None else "unknown" for sound in sounds]
    if unheard := [name for name in silent if not name.startswith(tuple(_SOUNDS))]:
        return f"its sound ({unheard[0]})"
    return ""
