"""The comparing half of the face: `bball_tag.compare`."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from bball_tag.api import open_video, read
from bball_tag.checks import as_path
from bball_tag.errors import BballTagError, OptionError, explained_imports
from bball_tag.files import scores_beside
from bball_tag.scoring.run_subjects import stored_players
from bball_tag.timecode import counted, parse_time

if TYPE_CHECKING:
    from bball_tag.annotations import Annotation
    from bball_tag.comparison import Comparison
    from bball_tag.video.video import Video

log = logging.getLogger("bball_tag")
Events: TypeAlias = "str | Path | Annotation"
"""A file of events, or the events themselves."""
Games: TypeAlias = "str | Path | Annotation | Sequence[str | Path | Annotation]"
"""Those of one game, or of several."""


@explained_imports
def compare(
    actions: Games,
    truth: Games,
    *,
    format: str | None = None,
    truth_format: str | None = None,
    video: str | Path | Sequence[str | Path] = (),
    tracks: str | Path | Sequence[str | Path] = (),
    truth_tracks: str | Path | Sequence[str | Path] = (),
    fps: str | float | None = None,
    rename: Mapping[str, str] | None = None,
    start: str | float | None = None,
    end: str | float | None = None,
) -> Comparison:
    """Say how well events agree with the truth, of one game or of several together.

    If a truth says what was reviewed, only that is judged. Events of background labels (`no_action`) are left
    out on both sides, as silence says the same.

    Args:
        actions: The events to be measured: a file that `read` takes, or an annotation; a list for several
            games.
        truth: The true ones, of the same games in the same order.
        format: The format of `actions`, where the suffix does not say.
        truth_format: The format of `truth`, where the suffix does not say.
        video: The video of each game, for what the files lack and for the page; none takes those they name.
        tracks: The boxes of the players of each game's events; none takes those that the files have, or those
            of the stored scores beside them.
        truth_tracks: Those of the true players. Where both are known, they say who is who, whatever the
            players are called.
        fps: Frames per second, where nothing else says so.
        rename: New names of labels, by the old ones, on both sides; two labels may become one.
        start: Judge only from here on: seconds, or text as on the command line (`0:12:00`, `374f`).
        end: Judge only up to here.

    Returns:
        The figures, with and without regard to who did what, and what was missed or found in error.

    Raises:
        BballTagError: A file cannot be read, or there are not as many true ones as others.
    """
    from bball_tag.comparison import compare_games, compared_game

    found, true = _list(actions), _list(truth)
    if len(found) != len(true) or not found:
        raise OptionError(
            f"There are {counted(len(found), 'file')} of events and {len(true)} of true ones: give one truth "
            "for each."
        )
    videos = _one_each("video", video, len(found))
    boxes = (
        _one_each("file of tracks", tracks, len(found)),
        _one_each("file of true tracks", truth_tracks, len(found)),
    )
    games = []
    for number, (own, other) in enumerate(zip(found, true, strict=True)):
        seen = None if videos[number] is None else open_video(as_path("video", videos[number]))
        sides = (
            _opened(own, format, seen, fps, boxes[0][number]),
            _opened(other, truth_format, seen, fps, boxes[1][number]),
        )
        path = _video_of(own, sides, seen)
        sides = _with_stored_boxes(sides[0], sides[1], own, path), sides[1]
        name = path.name if path else Path(own).name if isinstance(own, str | Path) else sides[0].video.name
        first = 0.0 if start is None else _seconds(start, sides)
        stop = None if end is None else _seconds(end, sides)
        games.append(compared_game(*sides, name, rename, path, first, stop))
    return compare_games(games)


def _opened(
    events: Events, kind: str | None, video: Video | None, fps: str | float | None, tracks: Any
) -> Annotation:
    if isinstance(events, str | Path):
        return read(events, format=kind, video=video, fps=fps, tracks=tracks)
    if tracks is not None:
        raise OptionError("A file of tracks goes with a file of events: these are in memory already.")
    return events


def _with_stored_boxes(
    found: Annotation, truth: Annotation, source: Events, video: Path | None
) -> Annotation:
    """Return the events found with the boxes of their players, where they are needed and lie beside."""
    if found.tracks or not truth.tracks or video is None or not isinstance(source, str | Path):
        return found
    store = scores_beside(as_path("actions", source))
    # In another run's scores, the numbers of the players are of other people.
    if not store.exists():
        return found
    try:
        return replace(found, tracks=stored_players(open_video(video), store).tracks)
    except BballTagError as error:
        log.warning("Players are matched by name: the boxes beside %s cannot be used. %s", source, error)
        return found


def _video_of(events: Events, sides: Sequence[Annotation], video: Video | None) -> Path | None:
    """Return where the video lies: what was given, or what a file names, seen from here or from the file."""
    if video is not None:
        return video.path
    folder = Path(events).parent if isinstance(events, str | Path) else Path()
    named = [side.video.path for side in sides if side.video.path is not None]
    places = [place for path in named for place in (path, folder / path, folder / path.name)]
    return next((place for place in places if place.is_file()), None)


def _seconds(time: str | float, sides: Sequence[Annotation]) -> float:
    rates = [side.video.fps for side in sides if side.video.fps]
    if isinstance(time, str) and time.strip().endswith("f") and not rates:
        raise OptionError(f"The frame rate is not known, which {time} needs: give fps or the video.")
    return parse_time(time, rates[0] if rates else Fraction(1))


def _one_each(what: str, given: Any, games: int) -> list[Any]:
    """Return what was given for each game; None for each where nothing was."""
    every = _list(given)
    if len(every) not in (0, games):
        raise OptionError(
            f"There are {counted(games, 'game')} and {counted(len(every), what)}: give one for each, or none."
        )
    return every or [None] * games


def _list(given: Any) -> list[Any]:
    """Return what was given as a list: one thing is one game."""
    return list(given) if isinstance(given, Sequence) and not isinstance(given, str) else [given]
