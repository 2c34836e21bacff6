"""How many labels it takes: macro F1 against judged clips, for `bball-tag suggest` and for random choice.

    python benchmarks/learning.py WORK_DIR [--seeds 6101 6102 6103 6104] [--seconds 60] [--new shoot defense]
        [--budgets 10 25 50 100 200] [--repeats 3] [--sample]

Games of unseen seeds are rendered (`sample_videos/make_court.py`) and annotated once with the sample
checkpoint and their true tracks, so that features are stored; both are kept in WORK_DIR. The labels of
`--new` are then taken out of the checkpoint's head. Half of the games are the pool in which clips are judged,
by the truth, as a user would: in rounds, after each of which the head is fitted anew and the pool is scored
again. The other half measures: macro F1 over all labels, clip by clip. Repeats differ in which 70 % of the
players of the pool may be judged. The last figure is how many labels each way needs for the macro F1 that
random choice has at the end.

With `--sample`, nothing is rendered: the pool is the first half of the sample game, and the second half
measures. That is quick, and says little of rare labels.
"""

from __future__ import annotations

import argparse
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from sklearn.metrics import f1_score

import bball_tag
from bball_tag.annotations import read_annotation
from bball_tag.checkpoint.backbone import read_backbone
from bball_tag.checkpoint.checkpoint import Checkpoint
from bball_tag.checkpoint.default import SAMPLE
from bball_tag.learning.calibration import probabilities_of
from bball_tag.learning.fit import Clips
from bball_tag.learning.games import Game, open_game
from bball_tag.learning.heads import Head, head_of
from bball_tag.learning.held_out import fit_held_out, groups_to_test_on, moments
from bball_tag.learning.judged import judge
from bball_tag.learning.suggest import Candidates, suggest

ROOT = Path(__file__).parents[1]


@dataclass(frozen=True, slots=True)
class Labelled:
    """Clips whose true label is known, of several games."""

    inputs: np.ndarray
    labels: np.ndarray
    games: np.ndarray
    players: np.ndarray
    starts: np.ndarray
    ends: np.ndarray

    def __getitem__(self, chosen: np.ndarray) -> Labelled:
        """Return some of the clips."""
        return Labelled(*(getattr(self, name)[chosen] for name in self.__slots__))


def rendered(folder: Path, seed: int, seconds: int) -> Game:
    """Render and annotate a game, unless that is done."""
    video, store = folder / "game.mp4", folder / "actions.xlsx.scores.db"
    if seconds and not (folder / "game.truth.csv").exists():
        maker = [sys.executable, str(ROOT / "sample_videos/make_court.py"), "--kind", "game"]
        subprocess.run(
            [*maker, "--seed", str(seed), "--seconds", str(seconds), "--out", str(folder)], check=True
        )
    bball_tag.annotate(
        video, checkpoint=SAMPLE, tracks=folder / "game.tracks.csv", scores=store, precision="fp32"
    )
    return open_game(video, store)


def labelled(folders: Sequence[Path], games: Sequence[Game], head: Head) -> Labelled:
    """Return all clips of games that lie in one event of the truth."""
    parts = []
    for number, (folder, game) in enumerate(zip(folders, games, strict=True)):
        truth = read_annotation(folder / "game.truth.csv")
        labels = judge(truth, game.clips, head.labels).labels
        rows = np.flatnonzero(labels != "")
        clips = game.clips
        parts.append(
            (
                game.inputs(rows, head),
                labels[rows],
                np.full(len(rows), number),
                clips.players[rows],
                clips.starts[rows],
                clips.ends[rows],
            )
        )
    return Labelled(*(np.concatenate(values) for values in zip(*parts, strict=True)))


def sample_halves(work: Path, head: Head) -> tuple[Labelled, Labelled]:
    """Return the clips of the first half of the sample game, and those of the second."""
    folder = work / "sample"
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("game.mp4", "game.tracks.csv", "game.truth.csv"):
        shutil.copy(ROOT / "sample_videos" / name, folder / name)
    whole = labelled([folder], [rendered(folder, 0, 0)], head)
    middle = float(whole.ends.max()) / 2
    return whole[whole.ends <= middle], whole[whole.starts >= middle]


def games_apart(options: argparse.Namespace, head: Head) -> tuple[Labelled, Labelled]:
    """Return the clips of half of the games, and those of the others."""
    folders = [options.work / f"game{seed}" for seed in options.seeds]
    games = [
        rendered(folder, seed, options.seconds) for folder, seed in zip(folders, options.seeds, strict=True)
    ]
    half = len(games) // 2
    return labelled(folders[:half], games[:half], head), labelled(folders[half:], games[half:], head)


def fitted(judged: Labelled, start: Head, labels: Sequence[str]) -> Head:
    """Return what `bball-tag learn` would fit."""
    target = np.array([labels.index(label) for label in judged.labels.tolist()], np.int64)
    moment = moments(judged.games, judged.players, judged.starts, judged.ends)
    groups, _ = groups_to_test_on(target, judged.games, moment)
    return fit_held_out(Clips(judged.inputs, target), groups, start.relabelled(labels, {})).head


def curve(
    pool: Labelled, test: Labelled, start: Head, budgets: Sequence[int], way: str, seed: int
) -> list[float]:
    """Return the macro F1 on `test` after each number of judged clips."""
    rng = np.random.default_rng(seed)
    labels = tuple(sorted({*pool.labels.tolist(), *test.labels.tolist(), *start.labels}))
    people = sorted({(int(game), str(player)) for game, player in zip(pool.games, pool.players, strict=True)})
    kept = {people[index] for index in rng.permutation(len(people))[: round(0.7 * len(people))]}
    own = [(int(game), str(player)) in kept for game, player in zip(pool.games, pool.players, strict=True)]
    pool = pool[np.array(own)]
    head, names, done, found = start, start.labels, np.zeros(len(pool.labels), bool), []
    for budget in budgets:
        count = budget - int(done.sum())
        if way == "random":
            chosen = rng.choice(np.flatnonzero(~done), count, replace=False)
        else:
            probabilities = probabilities_of(head.logits(pool.inputs))
            clips = Candidates(pool.games, pool.players, pool.starts, probabilities, done)
            chosen = np.array([one.index for one in suggest(clips, count, pool.inputs.__getitem__, seed)])
        done[chosen] = True
        head = fitted(pool[done], start, labels)
        names = head.labels
        predicted = np.array(names)[head.logits(test.inputs).argmax(axis=1)]
        found.append(float(f1_score(test.labels, predicted, average="macro", zero_division=0)))
    return found


def timed(pool: Labelled, start: Head, count: int = 2000) -> str:
    """Return what fitting many clips takes: those of the pool again and again, a little changed."""
    rng = np.random.default_rng(0)
    many = pool[rng.integers(0, len(pool.labels), count)]
    values = many.inputs * rng.normal(1, 0.1, many.inputs.shape).astype(np.float32)
    labels = tuple(sorted({*pool.labels.tolist(), *start.labels}))
    began, computed = time.monotonic(), time.process_time()
    fitted(
        replace(many, inputs=values, starts=np.arange(count) * 5.0, ends=np.arange(count) * 5.0),
        start,
        labels,
    )
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    seconds = f"{time.monotonic() - began:.1f} s ({time.process_time() - computed:.1f} s of one core)"
    return f"fitting {count} clips and testing them held out: {seconds}, {peak:.0f} MiB at most"


def needed(budgets: Sequence[int], curve: Sequence[float], wanted: float) -> float:
    """Return the number of labels at which a curve reaches `wanted`, between its points; inf if never."""
    for index, value in enumerate(curve):
        if value >= wanted:
            if index == 0:
                return float(budgets[0])
            low, high = curve[index - 1], value
            return float(
                budgets[index - 1] + (wanted - low) / (high - low) * (budgets[index] - budgets[index - 1])
            )
    return float("inf")


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("work", type=Path)
    parser.add_argument("--seeds", type=int, nargs="+", default=[6101, 6102, 6103, 6104])
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--new", nargs="+", default=["shoot", "defense"], help="labels taken out of the head")
    parser.add_argument("--budgets", type=int, nargs="+", default=[10, 25, 50, 100, 200])
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--sample", action="store_true", help="two halves of the sample game")
    options = parser.parse_args()
    contract, backbone = Checkpoint(SAMPLE).contract, read_backbone(SAMPLE)
    whole = head_of(backbone.layers, contract.labels, backbone.projection())
    whole = Head(whole.labels, whole.sizes, whole.matrix / contract.temperature)
    start = whole.relabelled([label for label in whole.labels if label not in options.new], {})
    pool, test = sample_halves(options.work, whole) if options.sample else games_apart(options, whole)
    counts = ", ".join(f"{label} {(test.labels == label).sum()}" for label in np.unique(test.labels))
    print(f"{len(pool.labels)} clips to judge, {len(test.labels)} to test on: {counts}")
    for name, head in (("all labels", whole), ("without the new ones", start)):
        predicted = np.array(head.labels)[head.logits(test.inputs).argmax(axis=1)]
        macro = f1_score(test.labels, predicted, average="macro", zero_division=0)
        print(f"start, {name}: macro F1 {macro:.3f}")
    print(timed(pool, start))
    means = {}
    print(f"{'':10}" + "".join(f"{budget:>15}" for budget in options.budgets))
    for way in ("random", "suggest"):
        began = time.monotonic()
        curves = np.array(
            [curve(pool, test, start, options.budgets, way, seed) for seed in range(options.repeats)]
        )
        means[way] = curves.mean(axis=0)
        cells = zip(means[way], curves.std(axis=0), strict=True)
        shown = "".join(f"{mean:9.3f} ±{spread:.3f}" for mean, spread in cells)
        print(f"{way:10}{shown}   {time.monotonic() - began:.0f} s")
    wanted = float(means["random"][-1])
    counts_needed = {way: needed(options.budgets, list(values), wanted) for way, values in means.items()}
    print(
        f"labels for a macro F1 of {wanted:.3f}: "
        + ", ".join(f"{way} {n:.0f}" for way, n in counts_needed.items())
    )


if __name__ == "__main__":
    main()
