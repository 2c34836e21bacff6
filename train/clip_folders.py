"""Folders of clips, one for each label: what in them is a label and what a video."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from bball_tag.timecode import listed
from bball_tag.video.video import VIDEO_SUFFIXES

log = logging.getLogger("bball_tag")
_NO_LABELS = {"cache", "lost+found", "system volume information"}
"""Folders that programs and systems make, beside those that begin with one of these signs."""
_NO_LABEL_SIGNS = (".", "__", "@", "$", "~")
_NO_VIDEO_SIGNS = (".", "~")
_MOST_NAMED = 8


def videos_by_label(folder: Path) -> dict[str, dict[str, Path]]:
    """Return the videos in each folder of a label, by a name that no other of them has.

    What is neither label nor video is left out; a warning names it, if it is not hidden.
    """
    videos: dict[str, dict[str, Path]] = {}
    left_out = []
    for child in sorted(folder.iterdir()):
        if not child.is_dir() or child.name.startswith("."):
            continue
        is_label = child.name.lower() not in _NO_LABELS and not child.name.startswith(_NO_LABEL_SIGNS)
        files = [path for path in sorted(child.iterdir()) if not path.name.startswith(_NO_VIDEO_SIGNS)]
        found = [path for path in files if path.suffix.lower() in VIDEO_SUFFIXES and path.is_file()]
        if is_label and found:
            videos[child.name] = _named(found)
            left_out += [path for path in files if path not in set(found)]
        else:
            left_out.append(child)
    if left_out:
        names = [f"{path.relative_to(folder)}{'/' if path.is_dir() else ''}" for path in left_out]
        log.warning("%s: left out what is no clip: %s.", folder, listed(names, _MOST_NAMED))
    return videos


def _named(videos: Sequence[Path]) -> dict[str, Path]:
    """Return videos by their names, with the suffix where two differ in that alone."""
    stems = Counter(path.stem for path in videos)
    return {path.stem if stems[path.stem] == 1 else path.name: path for path in videos}
