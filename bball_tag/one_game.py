"""A game in several files, as functions: each file annotated or read on its own, all on one clock."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bball_tag.api import annotate, open_video
from bball_tag.checks import NONE, Outside, Paths, as_paths
from bball_tag.errors import OptionError, explained_imports

if TYPE_CHECKING:
    from bball_tag.annotations import Annotation
    from bball_tag.given import Chains, Periods
    from bball_tag.video.video import Video


@explained_imports
def annotate_game(
    videos: Sequence[str | Path | Video],
    *,
    periods: Periods | None = None,
    outside: Outside = "keep",
    chains: Chains | None = None,
    scores: Sequence[str | Path] | None = None,
    **options: Any,
) -> Annotation:
    """Label the actions in a game that has several files, as halves or the chapters of a camera.

    Times are seconds of the game: the second file begins where the first ends. Players who are found, and not
    named in a roster, are others in each file.

    Args:
        videos: The files in order, or open videos.
        periods: The periods of the game, or a file of them. Its rows may name a `file` (a number or a name),
            whose times they have; those of other rows are seconds of the game.
        outside: What becomes of events outside of all periods: keep, mark or drop.
        chains: Rules of actions that follow each other, or a file of them; None takes the usual ones.
        scores: Where the scores of each file are kept; None keeps them in memory.
        options: Those of `annotate`, for every file; no `tracks`, which are those of one.

    Raises:
        BballTagError: A file cannot be used, or an option does not fit.
    """
    from bball_tag.annotations.game_files import files_of, joined
    from bball_tag.annotations.stamps import check_fits
    from bball_tag.given import given_chains, given_periods
    from bball_tag.video.info import VideoInfo

    opened = [open_video(video) for video in videos]
    stores: Sequence[str | Path | None] = scores if scores is not None else [None] * len(opened)
    if not opened or len(stores) != len(opened):
        raise OptionError("A game needs at least one video, and for each a file of scores or for none.")
    if len(opened) > 1 and options.get("tracks") not in (None, NONE):
        raise OptionError("A file of tracks is about one video, and this game has several.")
    files = files_of([video.info for video in opened])
    game, chain_rules = given_periods(periods, files), given_chains(chains)
    check_fits(game, VideoInfo.unknown(duration=files[-1].end))
    pairs = zip(opened, stores, strict=True)
    parts = [annotate(video, scores=store, **options) for video, store in pairs]
    whole = replace(joined(parts, files), chain_rules=chain_rules)
    return whole.with_periods(game, outside) if game else whole


@explained_imports
def read_game(
    tables: Paths,
    *,
    format: str | None = None,
    video: Paths = (),
    fps: str | float | None = None,
    periods: Periods | None = None,
    outside: Outside = "keep",
    chains: Chains | None = None,
) -> Annotation:
    """Read tables of the files of a game, as halves or the chapters of a camera, as one game.

    Args:
        tables: A file of events for each file of the game, in order.
        format: The format of all of them, where the suffix does not say.
        video: The videos in their order, where the tables do not know how long they are.
        fps: Frames per second of all videos.
        periods: As in `annotate_game`; without them those that the tables have.
        outside: What becomes of events outside of all periods: keep, mark or drop.
        chains: Rules of actions that follow each other, or a file of them; None takes the usual ones.

    Raises:
        BballTagError: A file cannot be used, or nothing says how long one of the videos is.
    """
    from bball_tag.annotations.game_files import files_of, joined
    from bball_tag.annotations.stamps import check_fits
    from bball_tag.api import read
    from bball_tag.given import given_chains, given_periods

    paths, videos = as_paths("tables", tables), as_paths("video", video)
    if videos and len(videos) != len(paths):
        raise OptionError(f"There are {len(paths)} tables and {len(videos)} videos: each has its own.")
    named: Sequence[Path | None] = videos or [None] * len(paths)
    parts = [read(path, format=format, video=one, fps=fps) for path, one in zip(paths, named, strict=True)]
    for path, part in zip(paths, parts, strict=True):
        if part.files:
            raise OptionError(f"{path} is about a game in several files already.")
    files = files_of([part.video for part in parts])
    game, chain_rules = given_periods(periods, files), given_chains(chains)
    whole = replace(joined(parts, files), chain_rules=chain_rules)
    check_fits(whole.periods, whole.video)
    return whole.with_periods(game, outside) if game else whole
