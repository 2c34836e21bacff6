"""The play-by-play part of the face: `bball_tag.align`."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from bball_tag.checks import as_path, check_number
from bball_tag.errors import OptionError, explained_imports
from bball_tag.given import Periods, given_periods
from bball_tag.timecode import listed

if TYPE_CHECKING:
    from bball_tag.annotations import Annotation
    from bball_tag.play_by_play.align import Alignment
    from bball_tag.play_by_play.feed import Feed, Kind
    from bball_tag.play_by_play.options import AlignOptions
    from bball_tag.video.video import Video

log = logging.getLogger("bball_tag")
_NAMED = 12
"""How many names a message lists."""


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
        BballTagError: A file cannot be read, nothing says where the rows are in the video, or `teams` names a
            team that the feed lacks.
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
    rows = read_feed(as_path("feed", feed), regular)
    _check_names(options, rows, seen)
    return align_rows(seen, rows, game, options)


def _check_names(options: AlignOptions, feed: Feed, seen: Annotation) -> None:
    """Say which of the names that were given mean nothing here.

    Raises:
        OptionError: The feed has no team of that name.
    """
    playing = sorted({row.team for row in feed.rows if row.team})
    for code in options.teams:
        if code not in playing:
            raise OptionError(
                f"The feed has no team {code!r}. Its teams: {listed(playing, _NAMED) or 'it names none'}."
            )
    teams = sorted({event.team for event in seen.events if event.team})
    if strange := sorted({name.casefold() for name in options.teams.values()} - {*map(str.casefold, teams)}):
        log.warning(
            "No event is of the team %r, so that it tells nothing. Teams of the events: %s.",
            strange[0],
            listed(teams, _NAMED) or "none",
        )
    labels = sorted({*seen.labels, *(event.label for event in seen.events)})
    for label in (label for kind in options.links.values() for label in kind):
        if label not in labels:
            log.warning("No event has the label %r. The labels: %s.", label, listed(labels, _NAMED) or "none")


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
