"""Whether labelled clips show rendered players or real ones."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from bball_tag.checkpoint.contract import World
from bball_tag.checkpoint.world import world_of
from bball_tag.errors import VideoError
from bball_tag.video.video import Video
from train.clipset import LabelledClip

_MOST_OPENED = 200
"""Opening a file takes milliseconds, and a set may have tens of thousands."""


def world_of_clips(clips: Sequence[LabelledClip]) -> World:
    """Return the world of most of the files that `clips` come from, by the titles in them.

    Of many files only some are opened, evenly spaced; one that cannot be opened counts as real.
    """
    paths = sorted({clip.path for clip in clips})
    opened = paths[:: -(-len(paths) // _MOST_OPENED) or 1]
    rendered = sum(world_of(_title(path)) == "rendered" for path in opened)
    return "rendered" if 2 * rendered > len(opened) else "real"


def _title(path: Path) -> str:
    try:
        return Video(path).info.title
    except VideoError:
        return ""
