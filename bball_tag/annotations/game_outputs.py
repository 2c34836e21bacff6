"""A game in several videos, in formats that know one: each video gets a file of its own."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from fractions import Fraction
from pathlib import Path

from bball_tag.annotations.annotation import Annotation
from bball_tag.annotations.formats import GAMES, Format, format_for
from bball_tag.annotations.game_files import of_file
from bball_tag.annotations.video_names import names_of_videos
from bball_tag.files import check_output, fitting_name

log = logging.getLogger("bball_tag")


def paths_of_videos(path: Path, videos: Sequence[Path | None]) -> list[Path]:
    """Return a file for each video: `out.first.eaf` and `out.second.eaf` for `out.eaf`."""
    return [
        path.with_name(fitting_name(f"{path.stem}.{name}", path.suffix)) for name in names_of_videos(videos)
    ]


def check_paths_of_videos(
    paths: Sequence[Path], videos: Sequence[Path], format_name: str | None, *, overwrite: bool
) -> None:
    """Refuse files of single videos of a game that could not be written later.

    Raises:
        BballTagError: One exists, or cannot be written; or a video cannot be read whose rate matters.
    """
    from bball_tag.video.video import Video

    for path in paths:
        chosen = format_for(path, format_name)
        if not chosen.has(GAMES) or not _has_room(chosen, (Video(video).info.fps for video in videos)):
            for one in paths_of_videos(path, videos):
                check_output(one, overwrite=overwrite)


def parts_of(
    annotation: Annotation, path: Path, format_name: str | None = None
) -> list[tuple[Annotation, Path]]:
    """Return what is written where: all to `path`, or of a game each video's part to a file of its own."""
    chosen = format_for(path, format_name)
    if not annotation.files or holds(chosen, annotation):
        return [(annotation, path)]
    paths = paths_of_videos(path, [file.path for file in annotation.files])
    why = "whose videos must have one frame rate" if chosen.has(GAMES) else "which is about one video"
    log.info(
        "The format %s, %s, has a file for each video of the game, in its own seconds: %s.",
        chosen.name,
        why,
        ", ".join(one.name for one in paths),
    )
    return [(of_file(annotation, index), one) for index, one in enumerate(paths)]


def holds(chosen: Format, game: Annotation) -> bool:
    """Say whether a format holds a game in several videos."""
    return chosen.has(GAMES) and _has_room(chosen, (file.video.fps for file in game.files))


def _has_room(chosen: Format, rates: Iterable[Fraction]) -> bool:
    # Editors and their files count the frames of a timeline at one rate.
    return "fps" not in chosen.needs or len(set(rates)) == 1
