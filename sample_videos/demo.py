"""Annotate the sample game with its tracks, and compare the events with the truth."""

from __future__ import annotations

import subprocess
import sys
from fractions import Fraction
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bball_tag.annotations import read_annotation
from bball_tag.events import DEFAULT_RULES, Event
from bball_tag.events.compare import match_events, temporal_iou, total
from bball_tag.timecode import format_time

HERE = Path(__file__).parent
OUT = Path("demo")
FPS = Fraction(25)
NUM_SHOWN = 12


def main(arguments: list[str]) -> None:
    """Annotate the sample game, or the video given as VIDEO=… with the checkpoint given as CHECKPOINT=…."""
    given = dict(argument.split("=", 1) for argument in arguments)
    video = given.get("VIDEO", str(HERE / "game.mp4"))
    OUT.mkdir(exist_ok=True)
    sample = "VIDEO" not in given
    outputs = ("--out", str(OUT / "actions.xlsx"), "--out", str(OUT / "actions.csv"))
    command = ["annotate", video, *outputs, "--overwrite"]
    if sample:
        command += ["--tracks", str(HERE / "game.tracks.csv")]
    if "CHECKPOINT" in given:
        command += ["--checkpoint", given["CHECKPOINT"]]
    subprocess.run([sys.executable, "-m", "bball_tag", *command], check=True)
    events = read_annotation(OUT / "actions.csv", fps=FPS).events
    console = Console(width=100)
    truth = read_annotation(HERE / "game.truth.csv", fps=FPS).events if sample else []
    show_first(console, events, truth)
    if sample:
        show_agreement(console, events, truth)
    console.print(f"Open {OUT / 'actions.xlsx'} next.")


def show_first(console: Console, events: list[Event], truth: list[Event]) -> None:
    """Print the first events, each beside the true event of the same player that overlaps it most."""
    table = Table(title=f"The first {min(NUM_SHOWN, len(events))} of {len(events)} events")
    for header in ("start", "end", "player", "label", "confidence", "truth"):
        table.add_column(header)
    for event in events[:NUM_SHOWN]:
        same = [true for true in truth if true.player == event.player]
        best = max(same, key=lambda true: temporal_iou(event, true), default=None)
        target = best.label if best is not None and temporal_iou(event, best) > 0 else "-"
        start, end = format_time(event.start), format_time(event.end)
        table.add_row(start, end, event.player, event.label, f"{event.confidence:.2f}", target)
    console.print(table)


def show_agreement(console: Console, events: list[Event], truth: list[Event]) -> None:
    """Print, for each label, precision, recall and F1 against the truth."""
    expected = [event for event in truth if event.label not in DEFAULT_RULES.background]
    matches = match_events(events, expected)
    table = Table(title="Agreement with the truth (same player and label, temporal IoU at least 0.5)")
    for header in ("label", "true", "found", "correct", "precision", "recall", "F1"):
        table.add_column(header, justify="left" if header == "label" else "right")
    for match in [*matches, total(matches)]:
        counts = (str(match.num_true), str(match.num_found), str(match.num_right))
        figures = (f"{match.precision:.2f}", f"{match.recall:.2f}", f"{match.f1:.2f}")
        table.add_row(match.label, *counts, *figures)
    console.print(table)


if __name__ == "__main__":
    main(sys.argv[1:])
