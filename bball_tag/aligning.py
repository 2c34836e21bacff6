"""The play-by-play part of the face: `bball_tag.align`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from bball_tag.checks import as_path, check_number
from bball_tag.errors import OptionError, explained_imports
from bball_tag.given import Periods, given_periods

if TYPE_CHECKING:
    from bball_tag.annotations import Annotation
    from bball_tag.play_by_play.align import Alignment
    from bball_tag.play_by_play.feed import Kind
    from bball_tag.video.video import Video


@explained_imports
def align(
    actions: str | Path | Annotation,
    feed: str | Path,
    *,
    periods: Periods | None = None,
    video: str | Path | Video | None = None,
    format: str | None = None,
    before: float = 6.0,
    after: float = 1.0,
    links: Mapping[str, str | Sequence[str]] | None = None,
    teams: Mapping[str, str] | None = None,
) -> Alignment:
    """Link each shot, block, assist and turnover of a play-by-play feed to its seconds of video.

    Args:
        actions: What was seen: an annotation, or a file in any format that `read` takes.
        feed: The NBA's live play-by-play (JSON), FIBA LiveStats' data (JSON), or a CSV with the columns
            period, clock, team, player, event and perhaps wall_clock.
        periods: The periods of the game, or a file of them; None takes those of `actions`.
        video: The video, where `actions` lacks its length.
        format: The format of `actions`, where the suffix does not say.
        before: How long before its clock a row may have happened, in seconds.
        after: How long after it.
        links: Labels of the events that a kind (shot, free throw, block, assist, turnover) is about, where
            they are not SpaceJam's.
        teams: What the video calls a team, by what the feed calls it.

    Returns:
        Every row with its seconds and its event: iterate over `links`, or `write` tables.

    Raises:
        BballTagError: A file cannot be read, or nothing says where the rows are in the video.
    """
    from bball_tag.annotations import Annotation as Events
    from bball_tag.annotations.stamps import check_fits
    from bball_tag.api import read
    from bball_tag.game_time import regular_periods
    from bball_tag.play_by_play.align import align as align_rows
    from bball_tag.play_by_play.options import AlignOptions
    from bball_tag.play_by_play.reading import read_feed
    from bball_tag.video.video import VIDEO_SUFFIXES

    for name, number in (("before", before), ("after", after)):
        check_number(name, number, 0)
    options = AlignOptions(before, after, _links(links or {}), dict(teams or {}))
    if isinstance(actions, Events):
        seen = actions
    else:
        if as_path("actions", actions).suffix.lower() in VIDEO_SUFFIXES:
            raise OptionError(
                f"{actions} is a video: give its events (actions.xlsx), which `annotate` finds."
            )
        seen = read(actions, format=format, video=video)
    game = given_periods(periods, seen.files) or tuple(seen.periods)
    check_fits(game, seen.video)
    regular = regular_periods(period.name for period in game)
    return align_rows(seen, read_feed(as_path("feed", feed), regular), game, options)


def _links(given: Mapping[str, str | Sequence[str]]) -> dict[Kind, tuple[str, ...]]:
    from bball_tag.play_by_play.feed import KINDS

    if unknown := sorted(set(given) - set(KINDS)):
        raise OptionError(f"Unknown kind {unknown[0]!r} in the links. The kinds: {', '.join(KINDS)}.")
    by_kind: dict[Kind, tuple[str, ...]] = {}
    for kind in KINDS:
        if kind in given:
            labels = given[kind]
            by_kind[kind] = (labels,) if isinstance(labels, str) else tuple(labels)
    return by_kind
