"""Open a file with FFmpeg as a file and nothing else, and turn what FFmpeg raises into sentences.

To FFmpeg a path is an address: `a:b.mp4` names a protocol, `%03d` numbered images, and the content of a
playlist further files. It is given the opened file instead, and may open nothing more.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import av
from av.container import InputContainer

from bball_tag.errors import VideoError
from bball_tag.video.fragments import Mended, fragments_of

REWRAP = "If it plays elsewhere, re-wrap it: ffmpeg -i IN -c copy OUT.mp4"
_NO_VIDEO = (av.error.InvalidDataError, av.error.EOFError)
_PYAV = int(av.__version__.split(".")[0])
_TAGS: dict[str, Any] = {"metadata_errors": "replace"} if _PYAV < 19 else {}
"""Tags need not be UTF-8. PyAV 19 opens such files anyway, and no longer has the option."""
_LISTS = (b"#EXTM3U", b"ffconcat", b"v=0", b"<?xml", b"<MPD", b"[playlist]")
"""How files begin that only say where a video is."""
_ARCHIVE = b"PK\x03\x04"
"""How workbooks begin, and other archives."""
_LOOKED_AT = 512
_PLAIN_SUFFIX = re.compile(r"\.[A-Za-z0-9]{1,10}")


class _File:
    """An opened file as PyAV reads it. FFmpeg sees the suffix of its name, which tells raw streams apart."""

    def __init__(self, file: BinaryIO | Mended, suffix: str) -> None:
        self.name = f"video{suffix}" if _PLAIN_SUFFIX.fullmatch(suffix) else "video"
        # Methods of the file itself: in one of Python's own, called by PyAV, a Ctrl-C would be lost.
        self.read, self.seek, self.tell = file.read, file.seek, file.tell


@contextmanager
def open_container(path: Path) -> Iterator[InputContainer]:
    """Open a video file.

    Raises:
        VideoError: There is no such file, it is not a video, or it is a list of other files.
    """
    with ffmpeg_errors(f"read {path}"):
        if path.is_dir():
            raise VideoError(f"Cannot read {path}: it is a folder. Give the video file.")
        if not path.exists():
            raise VideoError(f"Cannot read {path}: there is no such file.")
        if path.stat().st_size == 0:
            raise VideoError(f"Cannot read {path}: the file is empty.")
        file = path.open("rb")
    with file, _opened(file, path) as container:
        if not container.streams:
            raise _not_a_video(path)
        if not container.streams.video:
            raise VideoError(f"Cannot read {path}: the file has no video, only audio or data.")
        yield container


def frame_stream(container: InputContainer) -> av.VideoStream:
    """Return the stream of the frames: not that of a cover, wherever it stands."""
    best = container.streams.best("video")
    return best if isinstance(best, av.VideoStream) else container.streams.video[0]


@contextmanager
def ffmpeg_errors(
    what: str, *, advice: str = "", passed_on: tuple[type[Exception], ...] = ()
) -> Iterator[None]:
    """Turn what FFmpeg and the system raise into a sentence.

    Args:
        what: What is done, such as "read game.mp4".
        advice: What to try.
        passed_on: Errors that the caller handles.

    Raises:
        VideoError: FFmpeg or the system failed, or there is not enough memory.
    """
    try:
        yield
    except passed_on:
        raise
    except (av.error.FFmpegError, OSError, MemoryError) as error:
        reason = getattr(error, "strerror", None) or str(error) or "not enough memory"
        raise VideoError(f"Cannot {what}: {reason}. {advice}".rstrip()) from error


def _opened(file: BinaryIO, path: Path) -> InputContainer:
    try:
        with ffmpeg_errors(f"read {path}", passed_on=_NO_VIDEO):
            begin = file.read(16).lstrip(b"\xef\xbb\xbf \t\r\n")
            if begin.startswith(_LISTS):
                raise VideoError(
                    f"Cannot read {path}: it is a list that says where a video is. Other files and addresses "
                    "are not opened for it. Give the video itself, or make one of the list: "
                    "ffmpeg -i LIST -c copy OUT.mp4"
                )
            mended = fragments_of(path).bytes_at
            file.seek(0)
            options = {"protocol_whitelist": "none"}
            opened: InputContainer = av.open(
                _File(Mended(file, mended) if mended else file, path.suffix),
                io_open=_refuse,
                container_options=options,
                **_TAGS,
            )
            return opened
    except _NO_VIDEO as error:
        raise _not_a_video(path) from error


def _refuse(url: str, flags: int, options: dict[str, str]) -> BinaryIO:
    raise PermissionError(1, f"it asks for another file or address ({url[:80]!r}), which is not opened")


def _not_a_video(path: Path) -> VideoError:
    with path.open("rb") as file:
        begin = file.read(_LOOKED_AT)
    if begin.startswith(_ARCHIVE) or (begin and _is_text(begin)):
        return VideoError(
            f"Cannot read {path}: it is not a video but a table, a text or an archive. A command "
            "that takes both takes the video first."
        )
    return VideoError(
        f"Cannot read {path}: it is not a video, or its index is missing because the recording or the "
        f"download was cut short. {REWRAP}"
    )


def _is_text(begin: bytes) -> bool:
    try:
        # The last character may be cut off.
        text = codecs.getincrementaldecoder("utf-8")().decode(begin)
    except UnicodeDecodeError:
        return False
    return all(character.isprintable() or character in "\t\r\n\f\ufeff" for character in text)
