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
    games: opt.Games,
    count: opt.Count = 20,
    out: opt.Out = None,
    out_dir: opt.OutDir = None,
    format_: opt.Format = None,
    judged: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="FILE", help="A table that was judged: nothing in it is suggested again. Repeatable."
        ),
    ] = None,
    scores: opt.Stores = None,
    overwrite: opt.Overwrite = False,
) -> None:
    """Find what to judge next: `bball-tag suggest game.mp4 --count 20 --out judge.xlsx`.

    Half of the clips are those that the checkpoint is least sure of, half are unlike all others. Correct the
    labels in the table, delete what you cannot judge, and give it to `bball-tag learn`.
    """
    from bball_tag.annotations.outputs import plan_outputs

    opt.check_places(games, out, out_dir)
    outputs = plan_outputs(games, out or [], out_dir, format_, overwrite=overwrite)
    found = bball_tag.suggest(games, **opt.given_to(bball_tag.suggest, locals()))
    for annotation, paths in zip(found, outputs, strict=True):
        console.print_result(*annotation.write(*paths, format=format_, overwrite=overwrite))
    log.info("Suggested %s.", counted(sum(map(len, found)), "clip"))
