"""`bball-tag align`: rows of a play-by-play feed, and their seconds of video."""

from __future__ import annotations

import logging
from collections import Counter
from pathlib import Path
from typing import Annotated

import typer

import bball_tag
from bball_tag import console
from bball_tag.cli import options as opt
from bball_tag.timecode import counted

log = logging.getLogger("bball_tag")


def align(
    actions: Annotated[
        Path,
        typer.Argument(metavar="GAME", help="The events of a game, in any format that `convert` reads."),
    ],
    feed: Annotated[
        Path,
        typer.Argument(
            metavar="FEED",
            help="NBA live play-by-play JSON, FIBA LiveStats JSON, or a CSV: period, clock, team, player, "
            "event and perhaps wall_clock.",
        ),
    ],
    out: Annotated[
        list[Path],
        typer.Option(metavar="FILE", help="A table of the rows: .xlsx, .csv or .json. Repeatable."),
    ],
    periods: opt.Periods = None,
    period: opt.OnePeriod = None,
    actions_out: Annotated[
        Path | None,
        typer.Option(
            "--actions",
            metavar="FILE",
            help="The rows as events with the names of the feed, for `render --clips` and `convert`.",
        ),
    ] = None,
    seeds: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Clips to be judged for `learn`: the likeliest one for each row that was not seen. Needs "
            "the scores of the game.",
        ),
    ] = None,
    link: Annotated[
        list[str] | None,
        typer.Option(
            metavar="KIND=LABEL",
            help="Events that a kind of row is about (shot, free throw, block, assist, turnover), where "
            "their label is not SpaceJam's. Repeatable.",
        ),
    ] = None,
    team: Annotated[
        list[str] | None,
        typer.Option(metavar="CODE=NAME", help="What GAME calls a team of FEED: LAL=white. Repeatable."),
    ] = None,
    before: Annotated[
        float,
        typer.Option(metavar="SECONDS", min=0, help="How long before its clock a row may have happened."),
    ] = 6.0,
    after: Annotated[
        float, typer.Option(metavar="SECONDS", min=0, help="How long after its clock it may have.")
    ] = 1.0,
    from_: Annotated[
        str | None,
        typer.Option("--from", metavar="NAME", help="Format of GAME, where the suffix does not say."),
    ] = None,
    video: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="VIDEO",
            help="The video, where GAME does not know its length or place. Repeatable for --seeds: those of "
            "the game in their order.",
        ),
    ] = None,
    scores: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="FILE",
            help="Stored scores for --seeds. Repeatable: of each video.",
            show_default="beside VIDEO or GAME",
        ),
    ] = None,
    overwrite: opt.Overwrite = False,
) -> None:
    """Link a play-by-play feed to the video: `bball-tag align actions.xlsx feed.json --periods periods.csv`.

    Each shot, free throw, block, assist and turnover gets its seconds, and what was seen there: matched,
    missed or extra. Nothing is fetched: FEED is a file that you have.
    """
    from bball_tag.annotations.outputs import check_outputs

    check_outputs([path for path in (actions_out, seeds) if path], None, 0.0, 0.0, overwrite=overwrite)
    links: dict[str, list[str]] = {}
    for kind, label in opt.parse_pairs("--link", link, "KIND=LABEL"):
        links.setdefault(kind, []).append(label)
    found = bball_tag.align(
        actions,
        feed,
        periods=opt.given_periods(periods, period),
        video=video[0] if video and len(video) == 1 else None,
        format=from_,
        before=before,
        after=after,
        links=links,
        teams=dict(opt.parse_pairs("--team", team, "CODE=NAME")),
    )
    # What needs stored scores comes first, so that nothing is written where these are missing.
    to_judge = None if seeds is None else found.seeds(video or (), scores or ())
    written = found.write(*out, overwrite=overwrite)
    if actions_out is not None:
        written += found.actions().write(actions_out, overwrite=overwrite)
    if seeds is not None and to_judge is not None:
        written += to_judge.write(seeds, overwrite=overwrite)
    console.print_result(*written)
    by_status = Counter(one.status for one in found)
    words = [f"{count} {status}" for status, count in by_status.most_common()]
    log.info("Of %s: %s; %d extra.", counted(len(found), "row"), ", ".join(words), len(found.extra))
