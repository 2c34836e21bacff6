"""Open every clip once before the first step, and remember which were readable."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import platformdirs

from bball_tag.errors import BballTagError, DataError, VideoError
from bball_tag.files import replacing
from bball_tag.video.video import Video
from train.clipset import ClipSet, LabelledClip
from train.config import Progress

log = logging.getLogger("bball_tag.train")
_MAX_BAD = 0.01
"""Fraction of unreadable clips from which something is wrong with the data as a whole."""
_MAX_LISTED = 50
_TINY = (32, 32)
# A file whose last seconds are missing still claims them; a frame more or less is no fault.
_MIN_READABLE = 0.85

Fault = tuple[LabelledClip, str]


def readable_clips(clipset: ClipSet, progress: Progress, *, skip_bad: bool) -> ClipSet:
    """Open every clip, log those that cannot be used, and return the others.

    Raises:
        DataError: More than one in a hundred cannot be used, and `skip_bad` is false.
    """
    total = len(clipset.clips)
    with progress("Checking clips", total) as show:
        bad = find_bad(clipset.clips, show)
    if bad:
        listed = [f"{clip.key}: {reason}" for clip, reason in bad[:_MAX_LISTED]]
        if len(bad) > _MAX_LISTED:
            listed.append(f"and {len(bad) - _MAX_LISTED} more")
        log.warning("%d of %d clips cannot be used:\n  %s", len(bad), total, "\n  ".join(listed))
    return without_bad(clipset, bad, skip_bad=skip_bad)


def find_bad(clips: Sequence[LabelledClip], on_progress: Callable[[int], None]) -> list[Fault]:
    """Decode every clip once and return those that cannot be used, each with the reason.

    Files that were readable before and have kept their size and time are not opened again.

    Args:
        clips: What to open.
        on_progress: Gets how many are done.
    """
    known = _KnownFiles(clips)
    bad: list[Fault] = []
    with ThreadPoolExecutor() as pool:
        reasons = pool.map(lambda clip: "" if clip in known else _fault(clip), clips)
        for done, (clip, reason) in enumerate(zip(clips, reasons, strict=True), start=1):
            if reason:
                bad.append((clip, reason))
            else:
                known.add(clip)
            on_progress(done)
    known.save()
    return bad


def without_bad(clipset: ClipSet, bad: Sequence[Fault], *, skip_bad: bool) -> ClipSet:
    """Return the set without its bad clips.

    Raises:
        DataError: They are more than one in a hundred, and `skip_bad` is false.
    """
    total = len(clipset.clips)
    if len(bad) > _MAX_BAD * total and not skip_bad:
        raise DataError(
            f"{len(bad)} of {total} clips in {clipset.source} cannot be used (more than 1 %). "
            "Mend them, or skip them with --skip-bad."
        )
    return clipset.without([clip for clip, _ in bad])


def _fault(clip: LabelledClip) -> str:
    """Return why a clip cannot be used, or nothing."""
    try:
        video = Video(clip.path)
        info = video.info
        reader = video.frames(float(info.fps), clip.start, clip.end, size=_TINY)
        num_frames = sum(1 for _ in reader)
    except VideoError as error:
        return str(error)
    if not num_frames:
        return f"its span begins at {clip.start:g} s, after the end of {clip.path} ({info.duration:g} s)"
    wanted = min(info.duration, clip.end or info.duration)
    if reader.end - clip.start < (wanted - clip.start) * _MIN_READABLE or reader.damaged_packets:
        return f"{clip.path} is truncated or damaged: {reader.end:.2f} s of {wanted:.2f} s can be read"
    return ""


class _KnownFiles:
    """Which clips were readable, by size and time of change; kept in the user's cache folder.

    Opening a clip takes 13 to 20 ms, ten minutes for all of SpaceJam, and every process of a run, `--resume`
    and `evaluate` would do it again; looking it up takes a tenth of a millisecond.
    """

    def __init__(self, clips: Sequence[LabelledClip]) -> None:
        paths = sorted({str(clip.path.resolve()) for clip in clips})
        digest = hashlib.sha256("\n".join(paths).encode()).hexdigest()[:16]
        folder = platformdirs.user_cache_path("bball-tag", appauthor=False) / "checked"
        self._path = folder / f"{digest}.json"
        self._readable: dict[str, list[float]] = {}
        try:
            stored = json.loads(self._path.read_text(encoding="utf-8"))
            self._before = stored if isinstance(stored, dict) else {}
        except (OSError, ValueError):
            # Nothing is known, or the file is damaged: everything is opened again.
            self._before = {}

    def __contains__(self, clip: LabelledClip) -> bool:
        state = _state(clip)
        return state is not None and self._before.get(_name(clip)) == state

    def add(self, clip: LabelledClip) -> None:
        if state := _state(clip):
            self._readable[_name(clip)] = state

    def save(self) -> None:
        if self._readable == self._before:
            return
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with replacing(self._path) as draft:
                draft.write_text(json.dumps(self._readable), encoding="utf-8")
        except (OSError, BballTagError):
            # A cache that cannot be written costs time at the next run, nothing else.
            return


def _name(clip: LabelledClip) -> str:
    return f"{clip.path.resolve()}\t{clip.start}\t{clip.end}"


def _state(clip: LabelledClip) -> list[float] | None:
    try:
        status = Path(clip.path).stat()
    except OSError:
        return None
    return [status.st_size, status.st_mtime_ns]
