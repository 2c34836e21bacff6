"""How long a minute of 1280x720 takes with the players that are found in it, and where the time goes.

    python benchmarks/finding_speed.py VIDEO [--runs 3] [--seconds 60]
    python benchmarks/finding_speed.py VIDEO --streams

VIDEO, which should show ten players, is scaled and repeated to a minute. It is annotated in turn with the
sample checkpoint and with an untrained model of full width, each time in another process, and
`bball-tag track` finds and follows alone: its processor time, decoding and starting included, is set against
theirs. (Stages share the cores, and seem longer than they are.) With --streams, it is annotated with a
checkpoint of the sample's width that reads all streams, of which more and more are looked at. "Cores busy" is
processor time over the wall time of the whole run, start included; waiting threads sleep, and do not count.
"""

from __future__ import annotations

import argparse
import random
import re
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain, islice, repeat
from pathlib import Path

import cv2
import numpy as np

from bball_tag.checkpoint.checkpoint import Checkpoint
from bball_tag.checkpoint.contract import STREAMS, Contract
from bball_tag.checkpoint.default import SAMPLE
from bball_tag.checkpoint.model import build_model, save_checkpoint
from bball_tag.clips import ClipSpec
from bball_tag.labels import SPACEJAM_LABELS
from bball_tag.video.video import Video
from bball_tag.video.writer import write_images

FPS, SIZE = 25, (1280, 720)
FULL_WIDTH = 64
FINDING = ("finding", "camera and kits", "following")
"""Stages that finding and following players add."""
TRACK = "track"
"""Finding and following alone."""


@dataclass(frozen=True, slots=True)
class Run:
    """How one run went, in seconds."""

    wall: float
    processor: float
    stages: dict[str, float]


def main() -> None:
    """Make the minute and the model, annotate, and print a markdown table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("video", type=Path)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--streams", action="store_true", help="compare streams instead of checkpoints")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        minute = folder / "minute.mp4"
        write_images(minute, _repeated(arguments.video, arguments.seconds), FPS, preset="veryfast")
        ways = _streams(folder) if arguments.streams else {TRACK: None, **_checkpoints(folder)}
        runs: dict[str, list[Run]] = {title: [] for title in ways}
        for number in range(arguments.runs):
            # In another order each time, as the machine may have other things to do now and then.
            for title, options in random.Random(number).sample(list(ways.items()), len(ways)):
                out = folder / f"{len(runs[title])}{title}.csv"
                runs[title].append(
                    _tracked(minute, out) if options is None else _annotated(minute, options, out)
                )
    print(_table(runs))


def _checkpoints(folder: Path) -> dict[str, list[str] | None]:
    """Return the options of `annotate` for checkpoints of two widths."""
    full = folder / "full.safetensors"
    model = build_model(len(SPACEJAM_LABELS), ClipSpec(), FULL_WIDTH)
    save_checkpoint(full, model, Contract(tuple(SPACEJAM_LABELS), ClipSpec(), FULL_WIDTH))
    return {
        "sample checkpoint": ["--checkpoint", str(SAMPLE)],
        "full width, untrained": ["--checkpoint", str(full)],
    }


def _streams(folder: Path) -> dict[str, list[str] | None]:
    """Return the options of `annotate` for more and more streams of one untrained checkpoint."""
    sample, path = Checkpoint(SAMPLE).contract, folder / "streams.safetensors"
    contract = Contract(sample.labels, sample.clip, sample.width, streams=STREAMS)
    save_checkpoint(path, build_model(len(sample.labels), sample.clip, sample.width, STREAMS), contract)
    chosen = ("rgb", "rgb,motion", "rgb,pose", "rgb,pose,motion")
    return {streams: ["--checkpoint", str(path), "--streams", streams] for streams in chosen}


def _repeated(path: Path, seconds: int) -> Iterator[np.ndarray]:
    """Yield the frames of a video, scaled, again and again for some seconds."""
    frames = chain.from_iterable(Video(path).frames(FPS) for _ in repeat(None))
    for frame in islice(frames, seconds * FPS):
        yield cv2.resize(frame.image, SIZE, interpolation=cv2.INTER_LINEAR)


def _annotated(video: Path, options: Sequence[str], out: Path) -> Run:
    run, messages = _timed("annotate", video, "--out", out, "--backend", "torch", *options)
    (line,) = (line for line in messages.splitlines() if line.startswith("Busy: "))
    stages = re.findall(r"([a-z ]+) ([\d.]+) s", line.removeprefix("Busy:"))
    return replace(run, stages={stage.strip(): float(seconds) for stage, seconds in stages})


def _tracked(video: Path, out: Path) -> Run:
    return _timed("track", video, "--out", out)[0]


def _timed(*words: object) -> tuple[Run, str]:
    """Run a command; return how it went, without stages, and its messages."""
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    command = [sys.executable, "-m", "bball_tag", *map(str, words)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    wall, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    processor = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Run(wall, processor, {}), done.stderr


def _table(runs: dict[str, list[Run]]) -> str:
    """Return a markdown table of medians."""
    stages = list(dict.fromkeys(stage for those in runs.values() for stage in those[0].stages))
    head = ["", "wall s", "processor s", "cores busy", *(f"{stage} s" for stage in stages)]
    head += ["finding and following, of all stages", "track's processor time, of this"]
    lines = [f"| {' | '.join(head)} |", "|" + "---|" * len(head)]
    for title, those in runs.items():
        medians = {stage: statistics.median(run.stages.get(stage, 0.0) for run in those) for stage in stages}
        share = sum(medians[stage] for stage in FINDING) / (sum(medians.values()) or 1)
        wall = statistics.median(run.wall for run in those)
        processor = _processor(those)
        busy = statistics.median(run.processor / run.wall for run in those)
        cells = [title, f"{wall:.0f}", f"{processor:.1f}", f"{busy:.2f}"]
        cells += [f"{medians[stage]:.1f}" for stage in stages]
        alone = _processor(runs[TRACK]) / processor if TRACK in runs else 0
        lines.append(f"| {' | '.join([*cells, f'{share:.0%}', f'{alone:.0%}'])} |")
    return "\n".join(lines)


def _processor(runs: Sequence[Run]) -> float:
    return statistics.median(run.processor for run in runs)


if __name__ == "__main__":
    main()
