"""`bball-tag suggest`: what to judge next."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Annotated

import typer

import bball_tag
from bball_tag import console
from bball_tag.cli import options as opt
from bball_tag.timecode import counted

log = logging.getLogger("bball_tag")


def suggest(
    games: Annotated[list[Path], typer.Argument(metavar="GAME...", help="Videos that were annotated.")],
    count: Annotated[
        int, typer.Option(min=1, metavar="N", help="How many clips, of all games together.")
    ] = 20,
    out: Annotated[
        list[Path] | None,
        typer.Option(metavar="FILE", help="Output file; the suffix picks the format. Repeatable."),
    ] = None,
    out_dir: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Output folder for several games, one file each.")
    ] = None,
    format_: Annotated[
        str | None,
        typer.Option(
            "--format", metavar="NAME", help="Format, where the suffix does not say.", show_default="xlsx"
        ),
    ] = None,
    judged: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="FILE", help="A table that was judged: nothing in it is suggested again. Repeatable."
        ),
    ] = None,
    scores: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="FILE",
            help="The stored scores and features of a game. Repeatable: one for each game.",
            show_default="those beside the video",
        ),
    ] = None,
    overwrite: opt.Overwrite = False,
) -> None:
    """Find what to judge next: `bball-tag suggest game.mp4 --count 20 --out judge.xlsx`.

    Half of the clips are those that the checkpoint is least sure of, half are unlike all others. Correct the
    labels in the table, delete what you cannot judge, and give it to `bball-tag learn`.
    """
    from bball_tag.annotations.outputs import plan_outputs

    if bool(out) == bool(out_dir):
        raise typer.BadParameter("Say where to write: --out FILE, or --out-dir DIR for several games.")
    if out and len(games) > 1:
        raise typer.BadParameter("Several games need --out-dir DIR, not --out FILE.")
    outputs = plan_outputs(games, out or [], out_dir, format_, overwrite=overwrite)
    found = bball_tag.suggest(games, count=count, judged=judged or (), scores=scores or ())
    for annotation, paths in zip(found, outputs, strict=True):
        for path in annotation.write(*paths, format=format_, overwrite=overwrite):
            console.print_result(path)
    log.info("Suggested %s.", counted(sum(map(len, found)), "clip"))
