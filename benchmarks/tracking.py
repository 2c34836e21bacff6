"""How well are people followed? True boxes are degraded as a detector does, followed, compared with truth.

    python -m benchmarks.tracking TRUTH_DIR [--fps 30] [--size 1280 720] [--rates 25 12.5 8.3 5] [--seeds 3]
        [--identify] [--videos DIR]

TRUTH_DIR holds one file for each video in MOTChallenge form: frame,id,left,top,width,height,1,1,visibility,
with -1 where the visibility is unknown. Nothing is seen of the videos themselves: motion alone. If a
`NAME.camera.npy` of shape (frames, 2, 3) lies beside NAME.txt, it is the camera's movement from frame to
frame; otherwise the camera stands still. With `--identify`, pieces are then joined into players: by place
and time, and with `--videos DIR` also by what they wear in DIR/NAME/game.mp4.

For the games of `benchmarks/rendered_games.py`, TRUTH_DIR is WORK_DIR/tracking and DIR is WORK_DIR. `ids` is
ids per true player, `impure` the percentage of boxes that belong to somebody else than most of their id's.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np

from bball_tag.players.appearance import Appearance
from bball_tag.players.identify import identify
from bball_tag.players.observation import Observation
from bball_tag.players.track import pieces_of
from bball_tag.video.video import Video
from benchmarks.degrade import Degraded, DetectorFaults, TrueFrame, degrade
from benchmarks.followers import TRACKERS, Tracking, open_follower
from benchmarks.tracking_figures import Followed, figures, wrong_joins


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
    print("tracker      rate  HOTA  AssA  IDF1 sw/min   ids impure wrong joins")
    for rate in options.rates:
        scenes = [
            scene
            for path in paths
            for scene in degraded_scenes(at_rate(read_truth(path, options.fps), rate), options)
        ]
        seen = [(truth, found, observations(truth, found, options.videos)) for truth, found in scenes]
        for name in options.trackers:
            ids = [follow(one[2], open_follower(name, rate)) for one in seen]
            _print(name, rate, seen, ids)
            if options.identify:
                joined = [
                    identified(one[2], given, one[0], options.size)
                    for one, given in zip(seen, ids, strict=True)
                ]
                _print(f"{name} +", rate, seen, joined, pieces=ids)


def _print(
    name: str,
    rate: float,
    seen: Sequence[tuple[Truth, list[Degraded], list[Observation]]],
    ids: Sequence[list[np.ndarray]],
    pieces: Sequence[list[np.ndarray]] | None = None,
) -> None:
    """Print the figures of one tracker; of joining too, where the ids of pieces are given."""
    videos = [
        Followed(
            truth.frames,
            [one.detections.boxes[given > 0] for one, given in zip(found, each, strict=True)],
            [given[given > 0] for given in each],
            [one.owners[given > 0] for one, given in zip(found, each, strict=True)],
            truth.fps,
        )
        for (truth, found, _), each in zip(seen, ids, strict=True)
    ]
    of = figures(videos)
    print(
        f"{name:<11} {rate:5.1f} {of.hota:5.1f} {of.assa:5.1f} {of.idf1:5.1f} {of.switches:6.1f} "
        f"{of.ids:5.2f} {of.impure:6.1f}",
        end="",
    )
    if pieces is not None:
        counts = [
            wrong_joins(players, before, [one.owners for one in found])
            for players, before, (_, found, _) in zip(ids, pieces, seen, strict=True)
        ]
        joins, wrong = np.sum(counts, axis=0)
        print(f" {wrong:4}/{joins}", end="")
    print(flush=True)


def read_truth(path: Path, fps: float) -> Truth:
    """Read a file of MOTChallenge form."""
    rows = np.loadtxt(path, delimiter=",", usecols=(0, 1, 2, 3, 4, 5, 8), ndmin=2)
    numbers = rows[:, 0].astype(int)
    frames = []
    for number in range(numbers.min(), numbers.max() + 1):
        here = rows[numbers == number]
        visible = here[:, 6] if (rows[:, 6] >= 0).all() else None
        frames.append(TrueFrame(here[:, 1].astype(int), here[:, 2:6], visible))
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


def observations(truth: Truth, found: Sequence[Degraded], videos: Path | None) -> list[Observation]:
    """Make observations of what was found, with what people wear where there are videos."""
    nothing = np.zeros((2, 2, 3), np.uint8)
    appearance = Appearance()
    colours = (
        [np.zeros((len(one.detections), 0), np.float32) for one in found]
        if videos is None
        else [
            appearance.describe(frame.image, one.detections.boxes)
            for frame, one in zip(
                Video(videos / truth.name / "game.mp4").frames(truth.fps), found, strict=False
            )
        ]
    )
    return [
        Observation(index, one.detections, worn, camera.astype(np.float32), nothing)
        for index, (one, worn, camera) in enumerate(zip(found, colours, truth.cameras, strict=True))
    ]


def follow(seen: Sequence[Observation], tracking: Tracking) -> list[np.ndarray]:
    """Return the id of each detection in one video without cuts."""
    return [tracking.update(one, new_shot=one.index == 0) for one in seen]


def identified(
    seen: Sequence[Observation], ids: Sequence[np.ndarray], truth: Truth, size: tuple[int, int]
) -> list[np.ndarray]:
    """Join pieces into players; return the player of each detection, counted from 1, 0 for nobody."""
    found = identify(pieces_of(seen, ids, truth.fps), truth.fps, size, camera=truth.cameras)
    numbers = {player.id: number for number, player in enumerate(found.players, start=1)}
    players = [np.zeros_like(one) for one in ids]
    for share in found.shares:
        for index in range(share.first, share.last + 1):
            players[index][ids[index] == share.piece] = numbers[share.player]
    return players


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
    parser.add_argument("--identify", action="store_true", help="join pieces into players, and measure again")
    parser.add_argument("--videos", type=Path, help="folder of NAME/game.mp4: join by what players wear too")
    cv2.setNumThreads(1)
    return parser.parse_args()


if __name__ == "__main__":
    main()
