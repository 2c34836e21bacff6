"""Games whose every clip has a true label and stored features: rendered, or the sample game in two halves."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import numpy as np

import bball_tag
from bball_tag.annotations import Annotation, read_annotation
from bball_tag.checkpoint.backbone import read_backbone
from bball_tag.checkpoint.checkpoint import Checkpoint
from bball_tag.checkpoint.contract import World
from bball_tag.events import Event
from bball_tag.learning.games import Game, open_game
from bball_tag.learning.heads import Head, head_of
from bball_tag.learning.judged import judge

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "sample_videos"))

FPS = Fraction(25)
DRIVE, DRIVE_SPEED = "drive", 2.0
"""Who dribbles faster than this, in metres per second of the simulated game, drives."""


@dataclass(frozen=True, slots=True)
class Labelled:
    """Clips whose true label is known, of several games."""

    inputs: np.ndarray
    """What a `Head` is multiplied with, float32 (N, P)."""
    labels: np.ndarray
    """True labels, str (N,)."""
    games: np.ndarray
    """Number of each clip's game, int64 (N,)."""
    players: np.ndarray
    starts: np.ndarray
    ends: np.ndarray

    def __getitem__(self, chosen: np.ndarray) -> Labelled:
        """Return some of the clips."""
        return Labelled(*(getattr(self, name)[chosen] for name in self.__slots__))

    def __len__(self) -> int:
        return len(self.labels)


def joined(parts: Sequence[Labelled]) -> Labelled:
    """Return the clips of all parts."""
    return Labelled(*(np.concatenate([getattr(one, name) for one in parts]) for name in Labelled.__slots__))


def whole_head(checkpoint: Path, world: World = "rendered") -> Head:
    """Return the head of a checkpoint with the temperature and the shares that it has on video of `world`."""
    contract, backbone = Checkpoint(checkpoint).contract.on(world), read_backbone(checkpoint)
    head = head_of(backbone.layers, contract.labels, backbone.projection())
    matrix = head.matrix / contract.temperature
    if contract.shares:
        shares = np.array([contract.shares[label] for label in contract.labels])
        matrix[head.rows("rgb").stop - 1] += np.log(shares / shares.sum())
    return replace(head, matrix=matrix)


def rendered(folder: Path, seed: int, seconds: float, checkpoint: Path) -> Game:
    """Render and annotate a game with its true tracks, unless that is done."""
    if not (folder / "game.truth.csv").exists():
        maker = [sys.executable, str(ROOT / "sample_videos/make_court.py"), "--kind", "game"]
        options = ["--seed", str(seed), "--seconds", str(seconds), "--fps", str(FPS), "--out", str(folder)]
        subprocess.run([*maker, *options], check=True)
    return annotated(folder, checkpoint)


def annotated(folder: Path, checkpoint: Path) -> Game:
    """Annotate the game in a folder, so that its features are stored."""
    store = folder / "actions.xlsx.scores.db"
    bball_tag.annotate(
        folder / "game.mp4",
        checkpoint=checkpoint,
        tracks=folder / "game.tracks.csv",
        scores=store,
        precision="fp32",
    )
    return open_game(folder / "game.mp4", store)


def labelled(number: int, game: Game, truth: Annotation, head: Head) -> Labelled:
    """Return all clips of a game that lie in one event of the truth."""
    labels = judge(truth, game.clips, head.labels).labels
    rows = np.flatnonzero(labels != "")
    clips = game.clips
    return Labelled(
        game.inputs(rows, head),
        labels[rows],
        np.full(len(rows), number),
        clips.players[rows],
        clips.starts[rows],
        clips.ends[rows],
    )


def sample_halves(work: Path, head: Head, checkpoint: Path) -> tuple[Labelled, Labelled]:
    """Return the clips of the first half of the sample game, and those of the second."""
    folder = work / "sample"
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("game.mp4", "game.tracks.csv", "game.truth.csv"):
        shutil.copy(ROOT / "sample_videos" / name, folder / name)
    truth = read_annotation(folder / "game.truth.csv")
    whole = labelled(0, annotated(folder, checkpoint), truth, head)
    middle = float(whole.ends.max()) / 2
    return whole[whole.ends <= middle], whole[whole.starts >= middle]


def games_apart(
    work: Path, seeds: Sequence[int], seconds: float, head: Head, checkpoint: Path, *, drives: bool
) -> tuple[Labelled, Labelled]:
    """Return the clips of half of the games, and those of the others.

    Args:
        work: Where videos and scores are kept.
        seeds: Of the games.
        seconds: Length of each.
        head: Of the checkpoint.
        checkpoint: What they are annotated with.
        drives: Whether fast dribbling has a label of its own: see `with_drives`.
    """
    parts = []
    for number, seed in enumerate(seeds):
        folder = work / f"game{seed}"
        game = rendered(folder, seed, seconds, checkpoint)
        truth = read_annotation(folder / "game.truth.csv")
        parts.append(labelled(number, game, with_drives(truth, seed) if drives else truth, head))
    half = len(parts) // 2
    return joined(parts[:half]), joined(parts[half:])


def with_drives(truth: Annotation, seed: int) -> Annotation:
    """Return the truth of a rendered game in which who dribbles faster than `DRIVE_SPEED` drives.

    The simulation is run once more, as speeds on the floor are not in the files of the game.
    """
    from court.game import simulate
    from court.look import make_look

    rng = np.random.default_rng([seed, 0])
    last = max(event.end for event in truth)
    line = simulate(rng, make_look(rng, fps=FPS), last)
    events: list[Event] = []
    for event in truth:
        if event.label != "dribble":
            events.append(event)
            continue
        times = np.arange(round(event.start * 25), round(event.end * 25)) / 25
        speeds = np.linalg.norm(line.mixed("velocity", times)[:, int(event.player) - 1], axis=1)
        edges = [0, *(np.flatnonzero(np.diff(speeds > DRIVE_SPEED)) + 1).tolist(), len(times)]
        for first, stop in pairwise(edges):
            label = DRIVE if speeds[first] > DRIVE_SPEED else "dribble"
            events.append(
                replace(event, label=label, start=float(times[first]), end=times[first] + (stop - first) / 25)
            )
    return replace(truth, events=tuple(events))
