"""What to call the videos of a game, no two alike."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import count
from pathlib import Path

from bball_tag.annotations.escaping import video_name


def names_of_videos(videos: Sequence[Path | None]) -> list[str]:
    """Return what to call the videos of a game: their files without suffix, numbered if alike."""
    return _told_apart([(video_name(path), "") for path in videos])


def file_names_of_videos(videos: Sequence[Path | None]) -> list[str]:
    """Return the names of the files of a game's videos, numbered before the suffix if alike: `GX01 2.mp4`."""
    return _told_apart([(video_name(path), path.suffix if path else "") for path in videos])


def _told_apart(names: Sequence[tuple[str, str]]) -> list[str]:
    """Return names with their endings; alike ones get the number of their place, or a later one."""
    counts = Counter(names)
    used = {name + ending for (name, ending), times in counts.items() if times == 1}
    told = []
    for place, (name, ending) in enumerate(names, start=1):
        whole = name + ending
        if counts[name, ending] > 1:
            numbered = (f"{name} {number}{ending}" for number in count(place))
            whole = next(one for one in numbered if one not in used)
            used.add(whole)
        told.append(whole)
    return told
