"""`bball-tag similar`: more of the same."""

from __future__ import annotations

import logging
from typing import Annotated

import typer

import bball_tag
from bball_tag import console
from bball_tag.cli import options as opt
from bball_tag.timecode import counted

log = logging.getLogger("bball_tag")


def similar(
    games: opt.Games,
    like: Annotated[
        str,
        typer.Option(
            metavar="TIME | CLIP",
            help="What to look for: a time of the first game, or a video of one player.",
        ),
    ],
    player: Annotated[
        str | None, typer.Option(metavar="ID", help="Whose clip is meant at that time.")
    ] = None,
    count: opt.Count = 20,
    out: opt.Out = None,
    out_dir: opt.OutDir = None,
    format_: opt.Format = None,
    label: Annotated[str, typer.Option(metavar="NAME", help="What to call what is found.")] = "similar",
    scores: opt.Stores = None,
    checkpoint: opt.Checkpoint = None,
    device: opt.Device = "auto",
    overwrite: opt.Overwrite = False,
) -> None:
    """Find more of the same: `bball-tag similar game.mp4 --like 12:31 --player 7 --out more.xlsx`.

    The most similar clips become events, which `render --overlay`, `--clips` and `--reel similar` take too.
    The video is not read. --checkpoint and --device are for --like CLIP: what the games were annotated with.
    """
    from bball_tag.annotations.outputs import plan_outputs

    opt.check_places(games, out, out_dir)
    outputs = plan_outputs(games, out or [], out_dir, format_, overwrite=overwrite)
    found = bball_tag.similar(games, **opt.given_to(bball_tag.similar, locals()))
    for annotation, paths in zip(found, outputs, strict=True):
        console.print_result(*annotation.write(*paths, format=format_, overwrite=overwrite))
    log.info("Found %s.", counted(sum(map(len, found)), "similar clip"))
