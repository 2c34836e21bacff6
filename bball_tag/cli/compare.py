"""`bball-tag compare`: how right events are."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Annotated

import typer

import bball_tag
from bball_tag import console
from bball_tag.cli import options as opt

log = logging.getLogger("bball_tag")


def compare(
    files: Annotated[
        list[Path],
        typer.Argument(
            metavar="ACTIONS TRUTH",
            help="Events found and true ones, in any format that `convert` reads; pair by pair.",
        ),
    ],
    out: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="FILE",
            help="Figures (.json), misses and false alarms (.csv), or both (.xlsx). Repeatable.",
        ),
    ] = None,
    html: Annotated[
        Path | None,
        typer.Option("--html", metavar="FILE", help="A page with both timelines and the video."),
    ] = None,
    from_: opt.From = None,
    truth_from: Annotated[
        str | None, typer.Option(metavar="NAME", help="Format of TRUTH, where the suffix does not say.")
    ] = None,
    video: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="VIDEO",
            help="The video, for what the files lack and for the page. Repeatable: one for each game.",
            show_default="the one that the files name",
        ),
    ] = None,
    tracks: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="FILE",
            help="Boxes of the players of ACTIONS. Repeatable, as VIDEO.",
            show_default="those in ACTIONS, or of the scores beside it",
        ),
    ] = None,
    truth_tracks: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="FILE",
            help="Boxes of the true players: with these, boxes say who is who. Repeatable, as VIDEO.",
            show_default="those in TRUTH",
        ),
    ] = None,
    fps: Annotated[
        str | None,
        typer.Option(metavar="RATE", help="Frames per second, where nothing else says so: 25, 29.97."),
    ] = None,
    rename: opt.Rename = None,
    start: opt.Start = None,
    end: opt.End = None,
    overwrite: opt.Overwrite = False,
) -> None:
    """Measure events against the truth: `bball-tag compare actions.xlsx corrected.xlsx --html compared.html`.

    If TRUTH says what was reviewed, only that is judged. Figures come with and without regard to who did
    what. Several pairs (ACTIONS TRUTH ACTIONS TRUTH) are judged together.
    """
    from bball_tag.comparison.files import check_files

    if len(files) < 2 or len(files) % 2:
        raise typer.BadParameter("Name the events found and the true ones: ACTIONS TRUTH, pair by pair.")
    if html is not None and html.suffix.lower() != ".html":
        raise typer.BadParameter(f"The page is an .html file: name it {html.with_suffix('.html')}.")
    outputs = [*(out or []), *([html] if html else [])]
    check_files(outputs, overwrite=overwrite)
    options = {**locals(), "format": from_, "truth_format": truth_from}
    options["rename"] = dict(opt.parse_pairs("--rename", rename, "OLD=NEW"))
    comparison = bball_tag.compare(files[::2], files[1::2], **opt.given_to(bball_tag.compare, options))
    for text in comparison.cautions:
        log.warning("%s", text)
    log.info("%s", comparison)
    console.print_result(*comparison.write(*outputs, overwrite=overwrite))
