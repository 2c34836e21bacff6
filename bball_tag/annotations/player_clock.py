"""Two clocks: ours begins with the first frame, that of players and editors with a sound before it."""

from __future__ import annotations

import logging
from dataclasses import replace

from bball_tag.annotations.annotation import Annotation
from bball_tag.annotations.game_files import each_video, moved_by
from bball_tag.video.info import VideoInfo

PLAYED = frozenset(
    (
        *("sportscode", "hudl-csv", "vtt", "srt", "chapters", "audacity", "elan", "praat", "otio", "edl"),
        *("fcpxml", "label-studio", "boris", "boris-project", "losslesscut", "losslesscut-csv"),
    )
)
"""Formats of programs that play the video."""
log = logging.getLogger("bball_tag")


def for_players(annotation: Annotation, name: str) -> Annotation:
    """Return what a file called `name` says to programs that play the video, and speak of the difference."""

    def moved(part: Annotation) -> Annotation:
        if not part.video.starts:
            return part
        _say_late(part.video, name)
        return _moved(part, part.video.starts)

    return each_video(annotation, moved)


def _say_late(video: VideoInfo, name: str) -> None:
    log.warning(
        "%s begins with %.3f s without a frame. Times in %s count from there, as players do; tables and "
        "JSON count from the first frame.",
        video.name,
        video.starts,
        name,
    )


def from_players(annotation: Annotation, starts: float) -> Annotation:
    """Return what was read from a file of such a program; the first frame is shown `starts` seconds late.

    An event that begins before it begins with it.
    """
    return _moved(annotation, -starts) if starts else annotation


def _moved(annotation: Annotation, seconds: float) -> Annotation:
    video = annotation.video
    duration = max(0.0, video.duration + seconds) if video.duration else 0.0
    return replace(moved_by(annotation, seconds, {}), video=replace(video, duration=duration, times=None))
