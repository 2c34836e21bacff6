"""`bball-tag similar`: more of the same."""

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


def similar(
    games: Annotated[list[Path], typer.Argument(metavar="GAME...", help="Videos that were annotated.")],
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
    label: Annotated[str, typer.Option(metavar="NAME", help="What to call what is found.")] = "similar",
    scores: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="FILE",
            help="The stored scores and features of a game. Repeatable: one for each game.",
            show_default="those beside the video",
        ),
    ] = None,
    checkpoint: opt.Checkpoint = None,
    device: opt.Device = "auto",
    overwrite: opt.Overwrite = False,
) -> None:
    """Find more of the same: `bball-tag similar game.mp4 --like 12:31 --player 7 --out more.xlsx`.

    The most similar clips become events, which `render --overlay`, `--clips` and `--reel similar` take too.
    The video is not read. --checkpoint and --device are for --like CLIP: what the games were annotated with.
    """
    from bball_tag.annotations.outputs import plan_outputs

    if bool(out) == bool(out_dir):
        raise typer.BadParameter("Say where to write: --out FILE, or --out-dir DIR for several games.")
    if out and len(games) > 1:
        raise typer.BadParameter("Several games need --out-dir DIR, not --out FILE.")
    outputs = plan_outputs(games, out or [], out_dir, format_, overwrite=overwrite)
    found = bball_tag.similar(
        games,
        like=like,
        player=player,
        count=count,
        label=label,
        scores=scores or (),
        checkpoint=checkpoint,
        device=device,
    )
    for annotation, paths in zip(found, outputs, strict=True):
        for path in annotation.write(*paths, format=format_, overwrite=overwrite):
            console.print_result(path)
    log.info("Found %s.", counted(sum(map(len, found)), "similar clip"))
