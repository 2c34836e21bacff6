"""`bball-tag doctor`: does it work here, and with this video?"""

from __future__ import annotations

import json
import logging
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from bball_tag import console
from bball_tag.cli import options as opt


def doctor(
    video: Annotated[
        Path | None, typer.Argument(metavar="[VIDEO]", help="A video to look at too.", show_default="none")
    ] = None,
    checkpoint: opt.Checkpoint = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")] = False,
) -> None:
    """Say what works here, what a video is, and about how long annotating it takes.

    Ends with 1 if something will not work. With a video it takes a minute or so.
    """
    from bball_tag.doctor import diagnose

    # What the steps log on their way is not the answer.
    console.log.setLevel(max(console.log.level, logging.ERROR))
    found = []
    for finding in diagnose(video, checkpoint):
        found.append(finding)
        if not as_json:
            mark = "ok  " if finding.works else "FAIL"
            console.print_line(console.harmless(f"{mark}  {finding.name:12s} {finding.value}"))
    works = all(finding.works for finding in found)
    if as_json:
        console.print_line(json.dumps({"works": works, "findings": [*map(asdict, found)]}, indent=2))
    if not works:
        raise typer.Exit(1)
