"""How well are people followed? True boxes are degraded as a detector does, followed, compared with truth.

    python -m benchmarks.tracking TRUTH_DIR [--fps 30] [--size 1280 720] [--rates 25 12.5 8.3 5] [--seeds 3]

TRUTH_DIR holds one file for each video in MOTChallenge form: frame,id,left,top,width,height. Nothing is seen
of the videos themselves: motion alone. If a `NAME.camera.npy` of shape (frames, 2, 3) lies beside NAME.txt,
it is the camera's movement from frame to frame; otherwise the camera stands still.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np

from bball_tag.players.observation import Observation
from benchmarks.degrade import Degraded, DetectorFaults, TrueFrame, degrade
from benchmarks.followers import TRACKERS, Tracking, open_follower
from benchmarks.tracking_figures import Figures, Followed, figures


@dataclass(frozen=True)
class Truth:
    """Who is where in one video."""

    name: str
    frames: Sequence[TrueFrame]
    cameras: np.ndarray
    """Where the background of the frame before is, for each frame: (N, 2, 3)."""
    fps: float


def main() -> None:
    """Print a row for each tracker and detection rate."""
    options = _options()
    paths = sorted(options.truth.glob("*.txt"))
    paths = {"all": paths, "even": paths[::2], "odd": paths[1::2]}[options.half]
    print(f"{len(paths)} videos, {options.seeds} seeds")
    print("tracker     rate  HOTA  AssA  IDF1 sw/min   ids impure")
    for rate in options.rates:
        scenes = [
            scene
            for path in paths
            for scene in degraded_scenes(at_rate(read_truth(path, options.fps), rate), options)
        ]
        for name in options.trackers:
            followers = [open_follower(name, rate, options.size) for _ in scenes]
            found = figures([follow(*scene, one) for scene, one in zip(scenes, followers, strict=True)])
            print(f"{name:<10} {rate:5.1f} {row(found)}", flush=True)


def row(found: Figures) -> str:
    """Write figures as a row of the table."""
    return (
        f"{found.hota:5.1f} {found.assa:5.1f} {found.idf1:5.1f} {found.switches:6.1f} {found.ids:5.2f} "
        f"{found.impure:6.1f}"
    )


def read_truth(path: Path, fps: float) -> Truth:
    """Read a file of MOTChallenge form."""
    rows = np.loadtxt(path, delimiter=",", usecols=range(6), ndmin=2)
    numbers = rows[:, 0].astype(int)
    frames = [
        TrueFrame(rows[numbers == one, 1].astype(int), rows[numbers == one, 2:])
        for one in range(numbers.min(), numbers.max() + 1)
    ]
    beside = path.with_suffix(".camera.npy")
    cameras = np.load(beside) if beside.exists() else np.tile(np.eye(2, 3), (len(frames), 1, 1))
    return Truth(path.stem, frames, cameras, fps)


def at_rate(truth: Truth, rate: float) -> Truth:
    """Keep the frames nearest to a grid of `rate` instants a second."""
    count = int((len(truth.frames) - 1) * rate / truth.fps) + 1
    kept = np.round(np.arange(count) * truth.fps / rate).astype(int)
    cameras = [np.eye(2, 3)]
    for before, after in pairwise(kept.tolist()):
        moved = np.eye(3)
        for step in truth.cameras[before + 1 : after + 1]:
            moved = np.vstack([step, [0, 0, 1]]) @ moved
        cameras.append(moved[:2])
    return Truth(truth.name, [truth.frames[one] for one in kept], np.stack(cameras), rate)


def degraded_scenes(truth: Truth, options: argparse.Namespace) -> list[tuple[Truth, list[Degraded]]]:
    """Degrade one video's true boxes with each seed."""
    faults = DetectorFaults()
    return [
        (
            truth,
            degrade(
                truth.frames, np.random.default_rng(seed), fps=truth.fps, size=options.size, faults=faults
            ),
        )
        for seed in range(options.first_seed, options.first_seed + options.seeds)
    ]


def follow(truth: Truth, found: Sequence[Degraded], tracking: Tracking) -> Followed:
    """Follow what was found in one video."""
    boxes, ids, owners = [], [], []
    for observation, one in zip(observations(truth, found), found, strict=True):
        given = tracking.update(observation, new_shot=observation.index == 0)
        boxes.append(one.detections.boxes[given > 0])
        ids.append(given[given > 0])
        owners.append(one.owners[given > 0])
    return Followed(truth.frames, boxes, ids, owners, truth.fps)


def observations(truth: Truth, found: Sequence[Degraded]) -> list[Observation]:
    """Make observations of what was found: without colours, and nothing to see cuts in."""
    nothing = np.zeros((2, 2, 3), np.uint8)
    return [
        Observation(
            index,
            one.detections,
            np.zeros((len(one.detections), 0), np.float32),
            truth.cameras[index].astype(np.float32),
            nothing,
        )
        for index, one in enumerate(found)
    ]


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("truth", type=Path)
    parser.add_argument("--fps", type=float, default=30, help="frames per second of the truth")
    parser.add_argument(
        "--size", type=int, nargs=2, default=(1280, 720), help="width and height of the frames"
    )
    parser.add_argument(
        "--rates", type=float, nargs="+", default=[25, 12.5, 8.3, 5], help="detections a second"
    )
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("--half", choices=["all", "even", "odd"], default="all", help="which of the files")
    parser.add_argument("--trackers", nargs="+", choices=["ours", *TRACKERS], default=["ours", *TRACKERS])
    cv2.setNumThreads(1)
    return parser.parse_args()


if __name__ == "__main__":
    main()
