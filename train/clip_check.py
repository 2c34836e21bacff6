"""Open every clip once before the first step, and remember which were readable."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import platformdirs

from bball_tag.clips import ClipSpec
from bball_tag.errors import BballTagError, DataError, VideoError
from bball_tag.faults import FormError
from bball_tag.files import write_text
from bball_tag.json_files import as_list, as_text, load_json
from train.clip_images import span_fault
from train.clipset import ClipSet, LabelledClip
from train.config import Progress

log = logging.getLogger("bball_tag.train")
_MAX_BAD = 0.01
"""Fraction of unreadable clips from which something is wrong with the data as a whole."""
_MAX_LISTED = 50
_TINY = (32, 32)
_MOST_BYTES = 256 << 20
"""Of the list of clips that were found good: more than a million."""
# A file whose last seconds are missing still claims them; a frame more or less is no fault.
_MIN_READABLE = 0.85

Fault = tuple[LabelledClip, str]


def readable_clips(clipset: ClipSet, spec: ClipSpec, progress: Progress, *, skip_bad: bool) -> ClipSet:
    """Open every clip, log those that cannot be used as `spec` wants them, and return the others.

    Raises:
        DataError: More than one in a hundred cannot be used, and `skip_bad` is false.
    """
    total = len(clipset.clips)
    with progress("Checking clips", total) as show:
        bad = find_bad(clipset.clips, spec, show)
    if bad:
        listed = [f"{clip.key}: {reason}" for clip, reason in bad[:_MAX_LISTED]]
        if len(bad) > _MAX_LISTED:
            listed.append(f"and {len(bad) - _MAX_LISTED} more")
        log.warning("%d of %d clips cannot be used:\n  %s", len(bad), total, "\n  ".join(listed))
    return without_bad(clipset, bad, skip_bad=skip_bad)


def find_bad(
    clips: Sequence[LabelledClip], spec: ClipSpec, on_progress: Callable[[int], None]
) -> list[Fault]:
    """Decode every clip once and return those that cannot be used, each with the reason.

    Files that were readable before and have kept their size and time are not opened again.

    Args:
        clips: What to open.
        spec: What the model wants to see.
        on_progress: Gets how many are done.
    """
    path = _cache_path(clips)
    known = _read_marks(path)

    def fault(clip: LabelledClip) -> str:
        return span_fault(clip, spec) or ("" if _mark(clip) in known else _file_fault(clip))

    bad: list[Fault] = []
    readable: set[str] = set()
    with ThreadPoolExecutor() as pool:
        for done, (clip, reason) in enumerate(zip(clips, pool.map(fault, clips), strict=True), start=1):
            if reason:
                bad.append((clip, reason))
            else:
                readable.add(_mark(clip))
            on_progress(done)
    if readable != known:
        _write_marks(path, readable - {""})
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


def _file_fault(clip: LabelledClip) -> str:
    """Return why the file of a clip cannot be used, or nothing."""
    try:
        video = clip.video
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


def _cache_path(clips: Sequence[LabelledClip]) -> Path:
    """Return where it is kept which of these clips were readable.

    Opening a clip takes 13 to 20 ms, ten minutes for all of SpaceJam, and every process of a run, `--resume`
    and `evaluate` would do it again; looking it up takes a tenth of a millisecond.
    """
    paths = sorted({str(clip.path.resolve()) for clip in clips})
    digest = hashlib.sha256("\n".join(paths).encode()).hexdigest()[:16]
    return platformdirs.user_cache_path("bball-tag", appauthor=False) / "checked" / f"{digest}.json"


def _mark(clip: LabelledClip) -> str:
    """Return what changes when the span or the file of a clip does; nothing if the file is missing."""
    try:
        status = clip.path.stat()
    except OSError:
        return ""
    return "\t".join(
        map(str, (clip.path.resolve(), clip.start, clip.end, status.st_size, status.st_mtime_ns))
    )


def _read_marks(path: Path) -> set[str]:
    try:
        return set(map(as_text, as_list(load_json(path, _MOST_BYTES))))
    except (OSError, FormError):
        # Nothing is known, or the file is damaged: everything is opened again.
        return set()


def _write_marks(path: Path, marks: set[str]) -> None:
    # A cache that cannot be written costs time at the next run, nothing else.
    with suppress(OSError, BballTagError):
        path.parent.mkdir(parents=True, exist_ok=True)
        write_text(path, json.dumps(sorted(marks)))
