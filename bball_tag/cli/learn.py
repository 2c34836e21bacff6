"""`bball-tag learn`: from corrected tables to a checkpoint."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Annotated

import typer

import bball_tag
from bball_tag import console
from bball_tag.cli import options as opt

log = logging.getLogger("bball_tag")


def learn(
    corrected: Annotated[
        list[Path],
        typer.Argument(metavar="CORRECTED...", help="Tables of events that a person corrected."),
    ],
    out: Annotated[Path, typer.Option(metavar="FILE", help="The new checkpoint: mine.safetensors.")],
    checkpoint: opt.Checkpoint = None,
    video: opt.TableVideos = None,
    scores: opt.TableStores = None,
    rename: opt.Rename = None,
    drop: Annotated[
        list[str] | None, typer.Option(metavar="LABEL", help="Leave a label out from now on. Repeatable.")
    ] = None,
    target_precision: Annotated[
        float | None,
        typer.Option(
            metavar="P",
            min=0.5,
            max=0.999,
            help="Choose thresholds at which events are right with this probability.",
            show_default="thresholds with the best F1",
        ),
    ] = None,
    overwrite: opt.Overwrite = False,
) -> None:
    """Teach a checkpoint your labels: `bball-tag learn corrected.xlsx --out mine.safetensors`.

    It takes what a person judged and the features that `annotate` stored, and no video is read: a minute at
    most. Annotate the games again with the new checkpoint: stored features give its labels in seconds.
    """
    # The options are the keywords of the library.
    report = bball_tag.learn(**{**locals(), "rename": dict(opt.parse_pairs("--rename", rename, "OLD=NEW"))})
    log.info("%s", report)
    console.print_result(out)
