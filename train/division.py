"""Decide which clips are for training, validation and test, and log what was decided."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from bball_tag.checks import check_number
from bball_tag.errors import DataError, OptionError
from bball_tag.events.rules import EVERY_LABEL
from bball_tag.train_options import TrainOptions
from train.clipset import TEST_LIST, ClipSet, LabelledClip
from train.splits import (
    Split,
    grouped,
    official,
    random_clips,
    read_keys,
    split_by_keys,
    undersample,
)

log = logging.getLogger("bball_tag.train")


@dataclass(frozen=True, slots=True)
class SplitSpec:
    """How clips are split."""

    how: str = "grouped"
    """`grouped`, `random`, `official`, or the path of a list of test keys or of an earlier split."""
    val: float = 0.15
    test: float = 0.15
    """Fractions of all groups."""
    undersample: bool = False
    """Keep only as many clips of each label as the rarest has, or as `caps` says."""
    caps: Mapping[str, int] = field(default_factory=dict)
    """Maximum clips of single labels, and of all others (`*`)."""
    seed: int = 0


def split_spec(options: TrainOptions, labels: Sequence[str]) -> SplitSpec:
    """Return what the options say about the split.

    Raises:
        OptionError: A cap is not a number of clips, or is for a label that no clip has.
    """
    cap = {} if options.cap is None else options.cap
    caps = cap if isinstance(cap, Mapping) else {EVERY_LABEL: cap}
    for most in caps.values():
        check_number("cap", most, 1, whole=True)
    if unknown := sorted(set(caps) - {*labels, EVERY_LABEL}):
        raise OptionError(f"Cannot cap {unknown[0]!r}: no clip has that label. Labels: {', '.join(labels)}.")
    return SplitSpec(
        str(options.split),
        undersample=options.balance == "undersample",
        caps=caps,
        seed=options.seed,
    )


def divide(clipset: ClipSet, spec: SplitSpec) -> Split:
    """Split the clips, and log the sizes, what was dropped, and what leaks.

    A file that names the test clips is obeyed to the letter; undersampling then drops training clips only.
    Otherwise all clips are undersampled before they are split, as the reference run did.

    Raises:
        DataError: There are no training, validation or test clips, or a file cannot be used.
    """
    if spec.how in ("grouped", "random"):
        clips: Sequence[LabelledClip] = clipset.clips
        if spec.undersample:
            clips = _undersampled(clipset, clips, spec)
        make = grouped if spec.how == "grouped" else random_clips
        split = make(clips, val=spec.val, test=spec.test, seed=spec.seed)
    else:
        split = _by_file(clipset, spec)
        if spec.undersample:
            split = replace(split, train=tuple(_undersampled(clipset, split.train, spec)))
    if split.num_leaking:
        log.warning(
            "This split leaks: of %d test clips, %d (%.1f %%) have another copy of the same moment "
            "in training. Its test figures are too good.",
            len(split.test),
            split.num_leaking,
            100 * split.num_leaking / len(split.test),
        )
    sizes = ", ".join(f"{len(keys)} {part}" for part, keys in split.keys().items())
    log.info("%d clips: %s.", len(split.train) + len(split.val) + len(split.test), sizes)
    if not split.train or not split.val or not split.test:
        raise DataError(
            f"{clipset.source} has too few clips to be split: {len(split.train)} for training, "
            f"{len(split.val)} for validation, {len(split.test)} for the test. "
            "Every label needs clips of three different groups or more."
        )
    return split


def describe_labels(clips: Sequence[LabelledClip], labels: Sequence[str]) -> str:
    """Return how many clips each label has, such as `block 996, pass 1070`."""
    count = Counter(clip.label for clip in clips)
    return ", ".join(f"{label} {count[index]}" for index, label in enumerate(labels))


def _by_file(clipset: ClipSet, spec: SplitSpec) -> Split:
    path = clipset.source / TEST_LIST if spec.how == "official" else Path(spec.how)
    if spec.how == "official" and not path.exists():
        raise DataError(
            f"There is no {TEST_LIST} in {clipset.source}. Give the published test list's path instead: "
            "--split FILE."
        )
    keys = read_keys(path)
    if isinstance(keys, dict):
        return split_by_keys(clipset, keys, path)
    split = official(clipset.clips, keys, val=spec.val, seed=spec.seed)
    log.info("%d clips were removed from training: the test list shows the same moments.", split.num_removed)
    return split


def _undersampled(clipset: ClipSet, clips: Sequence[LabelledClip], spec: SplitSpec) -> list[LabelledClip]:
    kept = undersample(clips, clipset.labels, spec.caps, spec.seed)
    log.info("Before undersampling, %d clips: %s.", len(clips), describe_labels(clips, clipset.labels))
    log.info("After undersampling, %d clips: %s.", len(kept), describe_labels(kept, clipset.labels))
    return kept
