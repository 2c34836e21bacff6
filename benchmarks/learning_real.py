"""How many labels it takes on real players: macro F1 against judged clips of other videos, by stream.

    python benchmarks/learning_real.py SPANS [CLIPS] [--checkpoint FILE] [--budgets 10 25 50 75]
        [--splits 10] [--even]

SPANS is a table of spans of several videos with players, as `bball-tag evaluate` takes it, CLIPS a folder of
labelled clips without groups. Of SPANS whole videos are taken to judge, in random order, until they hold at
least half of the clips; the others measure. Of CLIPS a random half is judged. What is chosen is chosen at
random, as so few clips leave `suggest` nothing to choose. The macro F1 is that of the labels with five clips
or more in the whole table. Nothing is tuned on these clips, but the temperature that the sample checkpoint
has on real video was fitted on `real_windows`. The start has it and the shares of the labels, as for `learn`;
not with `--even`, which is for clips that were chosen so that all labels are about as common.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
import torch
from learning_data import whole_head
from sklearn.metrics import f1_score
from torch import Tensor, nn

import bball_tag
from bball_tag.checkpoint.backbone import LAST_LAYERS, read_backbone
from bball_tag.checkpoint.checkpoint import Checkpoint
from bball_tag.checkpoint.contract import Stream
from bball_tag.checkpoint.default import SAMPLE
from bball_tag.checkpoint.model import normalise
from bball_tag.learning.fit import Clips
from bball_tag.learning.heads import Head, as_inputs
from bball_tag.learning.held_out import fit_held_out, groups_to_test_on
from bball_tag.scoring.malloc import keep_freed_memory
from train.evaluation import Evaluation
from train.loader import stacked
from train.predictions import predict
from train.side_inputs import known_streams

LEAST_CLIPS = 5
"""Of a label, for its F1 to count."""
SETS: Sequence[tuple[Stream, ...]] = (
    ("rgb",),
    ("rgb", "pose"),
    ("rgb", "motion"),
    ("rgb", "pose", "motion"),
)


@dataclass(frozen=True, slots=True)
class Real:
    """Labelled clips with their features."""

    inputs: np.ndarray
    """What a `Head` is multiplied with, float32 (N, P)."""
    target: np.ndarray
    """Indices of the checkpoint's labels, int64 (N,)."""
    videos: np.ndarray
    """The video of each clip, or its own number where it stands alone, (N,)."""

    def counted(self) -> np.ndarray:
        """Return the labels whose F1 counts."""
        return np.flatnonzero(np.bincount(self.target) >= LEAST_CLIPS)


def read(data: Path, checkpoint: Path, head: Head, source_fps: float | None = None) -> Real:
    """Compute the features of labelled clips."""
    found: Evaluation = bball_tag.evaluate(
        data, checkpoint=checkpoint, source_fps=source_fps, precision="fp32", progress=False
    )
    clips, streams = found.dataset, found.found.streams
    model = Checkpoint(checkpoint).load().eval()
    sizes = dict(zip(head.sizes, read_backbone(checkpoint).sizes, strict=True))
    vectors: dict[Stream, np.ndarray] = {
        stream: np.zeros((len(clips), size), np.float32) for stream, size in sizes.items()
    }
    known = np.zeros((len(clips), len(sizes)), bool)
    caught: dict[Stream, np.ndarray] = {}
    for stream in streams:
        model.get_submodule(LAST_LAYERS[stream]).register_forward_pre_hook(partial(_catch, caught, stream))
    for index in range(len(clips)):
        caught.clear()
        batch = stacked([clips[index]])
        predict(model, [replace(batch, clips=normalise(batch.clips, clips.loading.spec))])
        known[index] = known_streams(clips.sides(index), tuple(sizes))
        for stream, vector in caught.items():
            vectors[stream][index] = vector
    projection = read_backbone(checkpoint).projection()
    if projection is not None:
        vectors["rgb"] = vectors["rgb"] @ projection.T
    values = np.concatenate([vectors[stream] for stream in head.sizes], axis=1)
    paths = [str(clip.path) for clip in clips.clips]
    alone = len(set(paths)) == len(paths)
    videos = np.arange(len(paths)) if alone else np.unique(paths, return_inverse=True)[1]
    return Real(as_inputs(values, known, head.sizes), found.found.target, videos)


def _catch(caught: dict[Stream, np.ndarray], stream: Stream, _: nn.Module, given: tuple[Tensor, ...]) -> None:
    caught[stream] = given[0].detach().reshape(-1).float().numpy()


def without(real: Real, head: Head, streams: Sequence[Stream]) -> Real:
    """Return the clips with only some streams known."""
    inputs = real.inputs.copy()
    for stream in head.sizes:
        if stream not in streams:
            inputs[:, head.rows(stream)] = 0
    return replace(real, inputs=inputs)


def halves(real: Real, splits: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield indices of clips to judge, in random order, and of clips of other videos."""
    for seed in range(splits):
        rng = np.random.default_rng(seed)
        order = rng.permutation(np.unique(real.videos))
        counts = np.cumsum([(real.videos == video).sum() for video in order])
        taken = order[: int(np.searchsorted(counts, len(real.videos) / 2)) + 1][: len(order) - 1]
        is_judged = np.isin(real.videos, taken)
        yield rng.permutation(np.flatnonzero(is_judged)), np.flatnonzero(~is_judged)


def scores(real: Real, test: np.ndarray, predicted: np.ndarray) -> tuple[float, float]:
    """Return accuracy and macro F1 on some of the clips."""
    target = real.target[test]
    labels = np.intersect1d(real.counted(), target)
    return float((predicted == target).mean()), float(
        f1_score(target, predicted, labels=labels, average="macro", zero_division=0)
    )


def curve(real: Real, head: Head, budgets: Sequence[int], splits: int) -> None:
    """Print accuracy and macro F1 of the commonest label, of the start and after each number of labels."""
    rows: dict[str, list[tuple[float, float]]] = {}
    for judged, test in halves(real, splits):
        common = np.bincount(real.target[judged]).argmax()
        rows.setdefault("commonest", []).append(scores(real, test, np.full(len(test), common)))
        rows.setdefault("start", []).append(scores(real, test, head.logits(real.inputs[test]).argmax(axis=1)))
        for budget in budgets:
            some = judged[:budget]
            if len(some) < budget or len(np.unique(real.target[some])) < 2:
                continue
            target = real.target[some]
            groups, _ = groups_to_test_on(target, real.videos[some], np.arange(budget))
            fitted = fit_held_out(Clips(real.inputs[some], target), groups, head).head
            predicted = fitted.logits(real.inputs[test]).argmax(axis=1)
            rows.setdefault(str(budget), []).append(scores(real, test, predicted))
    for name, values in rows.items():
        mean, spread = np.mean(values, axis=0), np.std(values, axis=0)
        print(
            f"  {name:>9}: accuracy {mean[0]:.3f} ±{spread[0]:.3f}, macro F1 {mean[1]:.3f} ±{spread[1]:.3f}"
            f"  ({len(values)} splits)",
            flush=True,
        )


def main() -> None:
    """Measure, and print a table for each set of streams."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", type=Path, nargs="+")
    parser.add_argument("--checkpoint", type=Path, default=SAMPLE)
    parser.add_argument("--budgets", type=int, nargs="+", default=[10, 25, 50, 75])
    parser.add_argument("--splits", type=int, default=10)
    parser.add_argument("--even", action="store_true", help="labels are as common as they were chosen to be")
    options = parser.parse_args()
    keep_freed_memory()
    torch.set_num_threads(1)
    head = whole_head(options.checkpoint, "rendered" if options.even else "real")
    for data in options.data:
        real = read(data, options.checkpoint, head)
        names = ", ".join(head.labels[index] for index in real.counted())
        print(f"{data}: {len(real.target)} clips of {len(np.unique(real.videos))} videos; F1 of {names}")
        for streams in SETS:
            print(" + ".join(streams))
            curve(without(real, head, streams), head, options.budgets, options.splits)


if __name__ == "__main__":
    main()
