"""`bball-tag bench`: how fast is it here, and with which setting?"""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bball_tag import console
from bball_tag.cli import options as opt

if TYPE_CHECKING:
    from bball_tag.bench import BenchReport

log = logging.getLogger("bball_tag")


def bench(
    video: Annotated[
        Path | None,
        typer.Argument(metavar="[VIDEO]", help="A video.", show_default="a made-up one of 1280x720"),
    ] = None,
    checkpoint: opt.Checkpoint = None,
    device: opt.Device = "auto",
    stride: opt.Stride = None,
    seconds: Annotated[float, typer.Option(min=1, help="How much of the video to annotate.")] = 8,
) -> None:
    """Measure how fast videos are annotated on this machine, and recommend a setting.

    It takes a minute or a few. Close other programs first.
    """
    from bball_tag import bench as library

    report = library.bench(video, checkpoint=checkpoint, device=device, stride=stride, seconds=seconds)
    info, engine = report.video, report.best.engine
    log.info(
        "Reading %dx%d alone: %.0f frames per second, %.1f× real time.",
        info.width,
        info.height,
        report.decoding_fps,
        report.decoding_fps / float(info.fps),
    )
    _show(report, "found players" if report.finds else f"{library.PLAYERS} players")
    log.info("Busy with players, the recommended setting: %s.", report.best.stages)
    log.info(
        "Recommended, of the settings that keep at least %s of the labels: --backend %s --precision %s.",
        f"{library.KEEPS_LABELS:.1%}",
        engine.backend,
        engine.precision,
    )


def _show(report: BenchReport, players: str) -> None:
    rows = [
        {
            "setting": speed.name.partition(" (")[0],
            "clips/s": f"{speed.model_speed:.1f}",
            "full frame": f"{speed.full_frame_speed:.1f}×",
            "beside a busy program": f"{speed.busy_speed:.1f}×",
            players: f"{speed.players_speed:.2f}×",
            "labels of fp32": f"{report.agreement(speed):.1%}",
            "memory": f"{speed.peak_bytes / 2**20:.0f} MB" if speed.peak_bytes else "–",
        }
        for speed in report.speeds
    ]
    console.show_table([*rows[0]], [[*row.values()] for row in rows])
    for speed in report.speeds:
        if "(" in speed.name:
            log.info("Measured as %s.", speed.name)
    log.info(
        "clips/s: the model alone. Full frame and players: from file to scores, in times real time. "
        "The busy program keeps one core busy while the full frame is annotated."
    )
