"""How busy are all cores, and how much faster is `annotate` than another version of it? In turns.

    git archive REVISION | tar -x -C OTHER
    python benchmarks/cores.py OTHER [--runs 5] [--precision auto] [--seconds 40] [--wide-seconds 8]

The sample game with its given tracks: first with the other version's sample checkpoint (narrow), then with a
random one of full width; both versions compute the same weights. Each run is a process of its own. `whole` is
the process from start to end, `scoring` what comes after loading: decoding, cutting out the players and
computing. Busy is processor time over time.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
GAME = ROOT / "sample_videos" / "game.mp4"
TRACKS = ROOT / "sample_videos" / "game.tracks.csv"
SAMPLE = Path("bball_tag") / "checkpoint" / "sample.safetensors"
Run = dict[str, float]
"""What one run took."""
_SCORE = """
import json, logging, os, sys, time
import bball_tag

def now():
    spent = os.times()
    return time.perf_counter(), spent.user + spent.system

class Began(logging.Handler):
    def emit(self, record):
        if record.getMessage().startswith("Computing with"):
            self.moment, self.name = now(), record.getMessage()

began = Began()
logging.getLogger("bball_tag").setLevel(logging.INFO)
logging.getLogger("bball_tag").addHandler(began)
video, checkpoint, tracks, precision, end = sys.argv[1:]
bball_tag.annotate(
    video, checkpoint=checkpoint, tracks=tracks, precision=precision, end=end, backend="torch", progress=False
)
(first, spent_first), (last, spent_last) = began.moment, now()
print(json.dumps([last - first, spent_last - spent_first, began.name]))
"""
_WRITE = """
import sys, torch
from pathlib import Path
from bball_tag.checkpoint.contract import Contract
from bball_tag.checkpoint.model import build_model, save_checkpoint
from bball_tag.clips import ClipSpec
torch.manual_seed(0)
labels = tuple(f"label{number}" for number in range(10))
save_checkpoint(Path(sys.argv[1]), build_model(len(labels), ClipSpec()), Contract(labels, ClipSpec()))
"""
"""Writes a random checkpoint of full width; what it predicts does not matter here."""


def main() -> None:
    """Measure both versions with both checkpoints and print a table for each."""
    arguments = _arguments()
    print(f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores, {arguments.precision}")
    with tempfile.TemporaryDirectory() as folder:
        wide = Path(folder) / "wide.safetensors"
        write_full_width(wide, arguments.other)
        for name, checkpoint, end in (
            ("narrow", arguments.other / SAMPLE, arguments.seconds),
            ("full width", wide, arguments.wide_seconds),
        ):
            if end:
                report(name, measured(arguments, checkpoint, end))


def measured(
    arguments: argparse.Namespace, checkpoint: Path, end: float
) -> dict[str, list[dict[str, float]]]:
    """Return the runs of both versions, taken in turns."""
    runs: dict[str, list[dict[str, float]]] = {"other": [], "this": []}
    for _ in range(arguments.runs):
        for version, root in (("other", arguments.other), ("this", ROOT)):
            runs[version].append(run(root, checkpoint, arguments.precision, end))
    return runs


def run(root: Path, checkpoint: Path, precision: str, end: float) -> Run:
    """Annotate once with the code in `root`, and return seconds, cores busy and memory."""
    command = [
        sys.executable,
        "-c",
        _SCORE,
        str(GAME),
        str(checkpoint),
        str(TRACKS),
        precision,
        str(end),
    ]
    began = time.perf_counter()
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, env={**os.environ, "PYTHONPATH": str(root)}, cwd=root
    ) as process:
        output = process.stdout.read() if process.stdout else b""
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    whole = time.perf_counter() - began
    if process.returncode:
        raise SystemExit(f"The version in {root} failed.")
    scoring, spent, _ = json.loads(output)
    return {
        "whole, s": whole,
        "scoring, s": scoring,
        "busy while scoring": spent / scoring,
        "processor time, s": usage.ru_utime + usage.ru_stime,
        "peak memory, MB": usage.ru_maxrss / 1024,
    }


def report(title: str, runs: dict[str, list[Run]]) -> None:
    """Print the medians of both versions, and how many times the other's they are."""
    print(
        f"\n{title}, medians of {len(runs['this'])}\n\n| | other | this | other / this |\n|---|---|---|---|"
    )
    for key in runs["this"][0]:
        other, this = (statistics.median(each[key] for each in runs[name]) for name in ("other", "this"))
        print(f"| {key} | {other:.2f} | {this:.2f} | {other / this:.2f} |", flush=True)


def write_full_width(path: Path, root: Path) -> None:
    """Write a random checkpoint of slow_r50's own width by the version in `root`; both versions read it."""
    subprocess.run(
        [sys.executable, "-c", _WRITE, str(path)],
        env={**os.environ, "PYTHONPATH": str(root)},
        cwd=root,
        check=True,
    )


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument(
        "other", type=lambda text: Path(text).resolve(), help="folder of the version to compare with"
    )
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--precision", default="auto")
    parser.add_argument("--seconds", type=float, default=40, help="of video with the narrow model; 0: none")
    parser.add_argument("--wide-seconds", type=float, default=8, help="with the full model; 0: none")
    return parser.parse_args()


if __name__ == "__main__":
    main()
