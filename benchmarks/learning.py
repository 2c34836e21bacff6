"""How many labels it takes: macro F1 against judged clips, for `bball-tag suggest` and for random choice.

    python benchmarks/learning.py WORK_DIR [--seeds 9101 9102 9103 9104] [--seconds 60] [--new shoot defense]
        [--drive] [--checkpoint FILE] [--budgets 10 25 50 100 200] [--repeats 3] [--sample]

Games of unseen seeds are rendered (`sample_videos/make_court.py`) and annotated once with the checkpoint and
their true tracks, so that features are stored; both are kept in WORK_DIR. The labels of `--new` are then
taken out of the checkpoint's head. With `--drive` there is one more label that it never had: who dribbles
faster than 2 metres a second drives. Half of the games are the pool in which clips are judged, by the truth,
as a user would: in rounds of at most 25, after each of which the head is fitted anew and the pool is scored
again. The other half measures: macro F1 over all labels, clip by clip. Repeats differ in which 70 % of the
players of the pool may be judged. The last figure is how many labels each way needs for the macro F1 that
random choice has at the end.

With `--sample`, nothing is rendered: the pool is the first half of the sample game, and the second half
measures. That is quick, and says little of rare labels.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from learning_data import Labelled, games_apart, sample_halves, whole_head
from sklearn.metrics import f1_score

from bball_tag.checkpoint.answer import softmax
from bball_tag.checkpoint.default import SAMPLE
from bball_tag.learning.fit import Clips
from bball_tag.learning.heads import Head
from bball_tag.learning.held_out import fit_held_out, groups_to_test_on, moments
from bball_tag.learning.suggest import Candidates, suggest
from bball_tag.scoring.malloc import keep_freed_memory

ROUND = 25
"""Clips that are judged before the head is fitted anew."""


def fitted(judged: Labelled, start: Head) -> Head:
    """Return what `bball-tag learn` would fit."""
    labels = (*start.labels, *sorted({*judged.labels.tolist()} - {*start.labels}))
    target = np.array([labels.index(label) for label in judged.labels.tolist()], np.int64)
    moment = moments(judged.games, judged.players, judged.starts, judged.ends)
    groups, _ = groups_to_test_on(target, judged.games, moment)
    return fit_held_out(Clips(judged.inputs, target), groups, start.relabelled(labels, {})).head


def curve(
    pool: Labelled, test: Labelled, start: Head, budgets: Sequence[int], way: str, seed: int
) -> list[float]:
    """Return the macro F1 on `test` after each number of judged clips."""
    rng = np.random.default_rng(seed)
    people = sorted({(int(game), str(player)) for game, player in zip(pool.games, pool.players, strict=True)})
    kept = {people[index] for index in rng.permutation(len(people))[: round(0.7 * len(people))]}
    own = [(int(game), str(player)) in kept for game, player in zip(pool.games, pool.players, strict=True)]
    pool = pool[np.array(own)]
    head, done, found = start, np.zeros(len(pool), bool), []
    for budget in budgets:
        while (count := min(budget - int(done.sum()), ROUND)) > 0:
            done[chosen(way, head, pool, done, count, rng)] = True
            head = fitted(pool[done], start)
        found.append(macro_f1(head, test))
    return found


def chosen(
    way: str, head: Head, pool: Labelled, done: np.ndarray, count: int, rng: np.random.Generator
) -> np.ndarray:
    """Return the clips to be judged next; at random where `suggest` finds too few that are apart."""
    free = np.flatnonzero(~done)
    some = []
    if way == "suggest":
        probabilities = softmax(head.logits(pool.inputs))
        clips = Candidates(pool.games, pool.players, pool.starts, probabilities, done)
        some = [one.index for one in suggest(clips, count, pool.inputs.__getitem__)]
    more = rng.permutation(np.setdiff1d(free, some))[: count - len(some)]
    return np.array([*some, *more.tolist()], np.int64)


def macro_f1(head: Head, test: Labelled) -> float:
    """Return the mean F1 of the labels that occur or are predicted."""
    predicted = np.array(head.labels)[head.logits(test.inputs).argmax(axis=1)]
    return float(f1_score(test.labels, predicted, average="macro", zero_division=0))


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
    parser.add_argument("--seeds", type=int, nargs="+", default=[9101, 9102, 9103, 9104])
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--new", nargs="*", default=["shoot", "defense"], help="labels taken out of the head")
    parser.add_argument("--drive", action="store_true", help="a label that no checkpoint has")
    parser.add_argument("--checkpoint", type=Path, default=SAMPLE)
    parser.add_argument("--budgets", type=int, nargs="+", default=[10, 25, 50, 100, 200])
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--sample", action="store_true", help="two halves of the sample game")
    options = parser.parse_args()
    keep_freed_memory()
    whole = whole_head(options.checkpoint)
    start = whole.relabelled([label for label in whole.labels if label not in options.new], {})
    if options.sample:
        pool, test = sample_halves(options.work, whole, options.checkpoint)
    else:
        seeds, length = options.seeds, options.seconds
        pool, test = games_apart(options.work, seeds, length, whole, options.checkpoint, drives=options.drive)
    counts = ", ".join(f"{label} {(test.labels == label).sum()}" for label in np.unique(test.labels))
    print(f"{len(pool)} clips to judge, {len(test)} to test on: {counts}")
    for name, head in (("all labels", whole), ("without the new ones", start)):
        print(f"start, {name}: macro F1 {macro_f1(head, test):.3f}")
    print(f"all {len(pool)} clips judged: macro F1 {macro_f1(fitted(pool, start), test):.3f}")
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
