"""A game in several files, as a function: each file annotated on its own, all on one clock."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bball_tag.api import annotate, open_video
from bball_tag.checks import NONE
from bball_tag.errors import OptionError, explained_imports

if TYPE_CHECKING:
    from bball_tag.annotations import Annotation
    from bball_tag.annotations.stamps import Outside
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
