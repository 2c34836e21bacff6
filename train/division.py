"""Decide which clips are learnt from, chosen by and judged on, and say what was decided."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from bball_tag.errors import DataError
from train.clipset import TEST_LIST, ClipSet, LabelledClip
from train.splits import (
    Split,
    grouped,
    is_split,
    official,
    random_clips,
    read_split,
    read_test_keys,
    undersample,
)

Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class SplitSpec:
    """How clips are divided."""

    how: str = "grouped"
    """`grouped`, `random`, `official`, or the path of a list of test keys or of an earlier split."""
    val: float = 0.15
    test: float = 0.15
    """Shares of all groups."""
    undersample: bool = False
    """Keep only as many clips of each label as the rarest has, or `cap`, or `caps`."""
    cap: int | None = None
    caps: Mapping[str, int] = field(default_factory=dict)
    """Most clips of every and of single labels."""
    seed: int = 0


def divide(clipset: ClipSet, division: SplitSpec, tell: Tell) -> Split:
    """Divide the clips, and tell the sizes, what was left out, and what leaks.

    A file that says which clips are for testing is obeyed to the letter; undersampling then thins out
    only what is learnt from. Otherwise all clips are thinned out before they are divided, as the
    reference run did.

    Raises:
        DataError: There are too few clips, or a file cannot be used.
    """
    if division.how in ("grouped", "random"):
        clips: Sequence[LabelledClip] = clipset.clips
        if division.undersample:
            clips = _thinned(clipset, clips, division, tell)
        make = grouped if division.how == "grouped" else random_clips
        split = make(clips, val=division.val, test=division.test, seed=division.seed)
    else:
        split = _by_file(clipset, division, tell)
        if division.undersample:
            split = replace(split, train=tuple(_thinned(clipset, split.train, division, tell)))
    if split.num_leaking:
        tell(
            f"This split leaks: of {len(split.test)} test clips, {split.num_leaking} "
            f"({split.num_leaking / len(split.test):.1%}) have another copy of the same moment in train. "
            "Its test figures say more than is true."
        )
    sizes = ", ".join(f"{len(keys)} {part}" for part, keys in split.keys().items())
    tell(f"{len(split.train) + len(split.val) + len(split.test)} clips: {sizes}.")
    return split


def check_enough(clipset: ClipSet, split: Split) -> None:
    """Refuse a split with an empty part.

    Raises:
        DataError: There is nothing to learn from, to choose by or to judge on.
    """
    if not split.train or not split.val or not split.test:
        raise DataError(
            f"{clipset.source} has too few clips to be divided: {len(split.train)} to learn from, "
            f"{len(split.val)} to choose by, {len(split.test)} to judge on. "
            "Every label needs clips of three different groups or more."
        )


def parse_caps(texts: Sequence[str], labels: Sequence[str]) -> tuple[int | None, dict[str, int]]:
    """Read `426` and `pass=1070`: the cap of every label, and those of single ones.

    Raises:
        ValueError: It is neither, or there is no such label.
    """
    general, single = None, {}
    for text in texts:
        label, equals, number = text.rpartition("=")
        if not number.isdigit() or (equals and label not in labels):
            raise ValueError(
                f"Cannot read --cap {text!r}: write 426 or pass=1070. Labels: {', '.join(labels)}."
            )
        if equals:
            single[label] = int(number)
        else:
            general = int(number)
    return general, single


def describe_labels(clips: Sequence[LabelledClip], labels: Sequence[str]) -> str:
    """Return how many clips each label has, such as `block 996, pass 1070`."""
    count = Counter(clip.label for clip in clips)
    return ", ".join(f"{label} {count[place]}" for place, label in enumerate(labels))


def _by_file(clipset: ClipSet, division: SplitSpec, tell: Tell) -> Split:
    path = clipset.source / TEST_LIST if division.how == "official" else Path(division.how)
    if division.how == "official" and not path.exists():
        raise DataError(
            f"There is no {TEST_LIST} in {clipset.source}. Give the published test list's path instead: "
            "--split FILE."
        )
    if is_split(path):
        return read_split(clipset, path)
    split = official(clipset.clips, read_test_keys(path), val=division.val, seed=division.seed)
    tell(f"{split.num_removed} clips were removed from train: the test list shows the same moments.")
    return split


def _thinned(
    clipset: ClipSet, clips: Sequence[LabelledClip], division: SplitSpec, tell: Tell
) -> list[LabelledClip]:
    kept = undersample(clips, clipset.labels, division.caps, division.cap, division.seed)
    tell(f"Before undersampling, {len(clips)} clips: {describe_labels(clips, clipset.labels)}.")
    tell(f"After undersampling, {len(kept)} clips: {describe_labels(kept, clipset.labels)}.")
    return kept
