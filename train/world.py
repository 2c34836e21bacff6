"""Whether labelled clips show rendered players or real ones."""

from __future__ import annotations

from collections.abc import Sequence

from bball_tag.checkpoint.contract import World
from bball_tag.checkpoint.world import world_of
from bball_tag.errors import VideoError
from train.clipset import LabelledClip

_MOST_OPENED = 200
"""Opening a file takes milliseconds, and a set may have tens of thousands."""


def world_of_clips(clips: Sequence[LabelledClip]) -> World:
    """Return the world of most of the files that `clips` come from, by the titles in them.

    Of many files only some are opened, evenly spaced; one that cannot be opened counts as real.
    """
    files = [clip for _, clip in sorted({clip.path: clip for clip in clips}.items())]
    opened = files[:: -(-len(files) // _MOST_OPENED) or 1]
    rendered = sum(world_of(_title(clip)) == "rendered" for clip in opened)
    return "rendered" if 2 * rendered > len(opened) else "real"


def _title(clip: LabelledClip) -> str:
    try:
        return clip.video.info.title
    except VideoError:
        return ""
