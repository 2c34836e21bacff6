"""`bball-tag bench`: how fast is it here, and by which setting?"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bball_tag import console
from bball_tag.cli.annotate import _pick_checkpoint
from bball_tag.cli.options import Checkpoint, Device

if TYPE_CHECKING:
    from bball_tag.bench import Speed


def bench(
    video: Annotated[
        Path | None,
        typer.Argument(metavar="[VIDEO]", help="A film.", show_default="a made-up one of 1280x720"),
    ] = None,
    checkpoint: Checkpoint = None,
    device: Device = "auto",
    stride: Annotated[
        float | None,
        typer.Option(metavar="SECONDS", min=0.001, help="Time between clips.", show_default="half a clip"),
    ] = None,
    seconds: Annotated[float, typer.Option(min=1, help="How much of the film is annotated.")] = 8,
) -> None:
    """Measure how fast films are annotated on this machine, and say which setting is best.

    Takes a minute or a few. Do nothing else on the machine meanwhile.
    """
    from bball_tag.bench import engines, made_up_film, measure_alone
    from bball_tag.checkpoint.contract import read_contract

    used = _pick_checkpoint(checkpoint)
    spec = read_contract(used).clip
    steps = spec.stride_frames(spec.duration / 2 if stride is None else stride)
    with tempfile.TemporaryDirectory() as folder:
        film = video or Path(folder) / "made_up.mp4"
        if video is None:
            made_up_film(film, seconds)
        _say_decoding(film, spec.fps, seconds)
        candidates = engines(device)
        with console.count_progress("settings", len(candidates)) as show:
            speeds = []
            for engine in candidates:
                speeds.append(measure_alone(used, film, seconds, steps, engine))
                show(len(speeds))
    _show(speeds)


def _say_decoding(film: Path, fps: float, seconds: float) -> None:
    from bball_tag.bench import decoding_speed
    from bball_tag.video.video import Video

    info = Video(film).info
    speed = decoding_speed(film, fps, seconds)
    console.say(
        f"Decoding {info.width}x{info.height} alone: {speed:.0f} frames per second, "
        f"{speed / float(info.fps):.1f}× real time."
    )


def _show(speeds: list[Speed]) -> None:
    """Print the table on stderr and the best setting."""
    from bball_tag.bench import KEEPS_LABELS, PLAYERS, agreement, best_of

    header = (
        "setting",
        "clips/s",
        "whole picture",
        f"{PLAYERS} players",
        "labels of fp32",
        "of peak",
        "memory",
    )
    rows = [
        (
            speed.name.partition(" (")[0],
            f"{speed.clips:.1f}",
            f"{speed.whole:.1f}×",
            f"{speed.players:.2f}×",
            f"{agreement(speed, speeds[0]):.1%}",
            "–" if speed.share is None else f"{speed.share:.0%}",
            f"{speed.megabytes:.0f} MB" if speed.megabytes else "–",
        )
        for speed in speeds
    ]
    console.show_table(header, rows)
    for speed in speeds:
        if "(" in speed.name:
            console.say(f"Measured for it: {speed.name}.")
    best = best_of(speeds)
    engine = best.engine
    console.say(
        "clips/s: the network alone. Whole picture and players: from file to scores, in times real time. "
        "Of peak: multiply-adds, against a large matrix product in the same numbers."
    )
    console.say(
        f"Best here, of those that keep at least {KEEPS_LABELS:.1%} of the labels: "
        f"--backend {engine.backend} --precision {engine.precision}."
    )
