"""Split clips into training, validation and test, without the same moment on two sides; balance labels."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from sklearn.utils.class_weight import compute_class_weight

from bball_tag.checks import is_number
from bball_tag.errors import DataError
from bball_tag.events.rules import EVERY_LABEL
from bball_tag.faults import FormError
from bball_tag.files import why, write_text
from bball_tag.json_files import as_list, as_text, as_whole, parse_json
from bball_tag.text_files import read_text
from train.clipset import ClipSet, LabelledClip

PARTS = ("train", "val", "test")
_SEVERAL = -1
"""In place of the label of a group that has several."""


@dataclass(frozen=True, slots=True)
class Split:
    """Training, validation and test clips."""

    train: tuple[LabelledClip, ...]
    val: tuple[LabelledClip, ...]
    test: tuple[LabelledClip, ...]
    num_removed: int = 0
    """Training clips that were removed because the test shows the same moment."""

    @property
    def num_leaking(self) -> int:
        """Test clips whose group is also in training."""
        groups = {clip.group for clip in self.train}
        return sum(clip.group in groups for clip in self.test)

    def keys(self) -> dict[str, list[str]]:
        """Return the keys of each part."""
        return {part: [clip.key for clip in getattr(self, part)] for part in PARTS}


def grouped(clips: Sequence[LabelledClip], *, val: float, test: float, seed: int) -> Split:
    """Split by group, stratified by label: whole groups belong to one part.

    Groups with several labels, such as whole games, are a stratum of their own.
    """
    by_label: dict[int, dict[str, list[LabelledClip]]] = defaultdict(lambda: defaultdict(list))
    labels_of: dict[str, set[int]] = defaultdict(set)
    for clip in clips:
        labels_of[clip.group].add(clip.label)
    for clip in clips:
        label = clip.label if len(labels_of[clip.group]) == 1 else _SEVERAL
        by_label[label][clip.group].append(clip)
    parts: dict[str, list[LabelledClip]] = {part: [] for part in PARTS}
    rng = np.random.default_rng([seed, 1])
    for label in sorted(by_label):
        groups = [by_label[label][name] for name in sorted(by_label[label])]
        order = [groups[index] for index in rng.permutation(len(groups))]
        num_val, num_test = _number(len(order), val), _number(len(order), test)
        for index, group in enumerate(order):
            part = "test" if index < num_test else "val" if index < num_test + num_val else "train"
            parts[part] += group
    return _split(parts)


def random_clips(clips: Sequence[LabelledClip], *, val: float, test: float, seed: int) -> Split:
    """Split clip by clip, as the reference run did: mirrored copies land on both sides."""
    alone = [replace(clip, group=clip.key) for clip in clips]
    original = {clip.key: clip for clip in clips}
    split = grouped(alone, val=val, test=test, seed=seed)
    return _split({part: [original[key] for key in keys] for part, keys in split.keys().items()})


def official(clips: Sequence[LabelledClip], test_keys: Iterable[str], *, val: float, seed: int) -> Split:
    """Use a published list of test keys; training clips that show the same moments are removed."""
    wanted = set(test_keys)
    test = [clip for clip in clips if clip.key in wanted]
    if not test:
        raise DataError("None of the keys in the test list is a clip of this data.")
    groups = {clip.group for clip in test}
    rest = [clip for clip in clips if clip.key not in wanted]
    kept = [clip for clip in rest if clip.group not in groups]
    inner = grouped(kept, val=val, test=0.0, seed=seed)
    return Split(inner.train, inner.val, tuple(test), num_removed=len(rest) - len(kept))


def read_keys(path: Path) -> list[str] | dict[str, list[str]]:
    """Read a published test list (a JSON array of keys, or one key a line), or a run's split.json.

    Raises:
        DataError: The file cannot be read, or is neither.
    """
    try:
        text = read_text(path)
        keys = parse_json(text) if text.lstrip()[:1] in ("[", "{") else text.split()
        if isinstance(keys, dict) and all(part in keys for part in PARTS):
            return {part: _keys(keys[part]) for part in PARTS}
        if not isinstance(keys, list) or not keys:
            raise FormError("it is neither a list of test keys nor a run's split.json")
        return _keys(keys)
    except (FormError, OSError) as error:
        raise DataError(f"Cannot read the split {path}: {why(error)}.") from error


def _keys(values: object) -> list[str]:
    """Return keys of clips; some lists have them as numbers."""
    return [str(as_whole(value)) if is_number(value) else as_text(value) for value in as_list(values)]


def write_split(split: Split, path: Path) -> None:
    """Write the keys of each part as JSON, so that a run can be repeated on them."""
    write_text(path, json.dumps(split.keys(), indent=0) + "\n")


def read_split(clipset: ClipSet, path: Path) -> Split:
    """Split as an earlier run did.

    Raises:
        DataError: The file cannot be read, is a list of test keys, or names clips that are missing.
    """
    named = read_keys(path)
    if isinstance(named, list):
        raise DataError(f"Cannot use the split {path}: it is not a run's split.json.")
    return split_by_keys(clipset, named, path)


def split_by_keys(clipset: ClipSet, named: Mapping[str, Sequence[str]], path: Path) -> Split:
    """Split by the keys of each part, which `path` names.

    Raises:
        DataError: Clips are missing.
    """
    clips = {clip.key: clip for clip in clipset.clips}
    missing = [key for part in PARTS for key in named[part] if key not in clips]
    if missing:
        raise DataError(
            f"The split {path} names {len(missing)} clips that are not there, such as {missing[0]!r}."
        )
    return _split({part: [clips[key] for key in named[part]] for part in PARTS})


def undersample(
    clips: Sequence[LabelledClip], labels: Sequence[str], caps: Mapping[str, int], seed: int
) -> list[LabelledClip]:
    """Keep a limited number of clips of each label, chosen at random.

    Args:
        clips: From which to choose.
        labels: Names of the labels.
        caps: Maximum clips of single labels, and of all others (`*`); without it, what the rarest has.
        seed: Of the choice.
    """
    by_label: dict[int, list[LabelledClip]] = defaultdict(list)
    for clip in clips:
        by_label[clip.label].append(clip)
    most = caps.get(EVERY_LABEL, min(map(len, by_label.values())))
    rng = np.random.default_rng([seed, 2])
    kept: list[LabelledClip] = []
    for label in sorted(by_label):
        group = by_label[label]
        order = rng.permutation(len(group))[: caps.get(labels[label], most)]
        kept += [group[index] for index in sorted(order.tolist())]
    return kept


def label_weights(clips: Sequence[LabelledClip], num_labels: int) -> np.ndarray:
    """Return a weight for each label, inverse to its frequency, with a mean of 1 over the clips."""
    labels = np.array([clip.label for clip in clips])
    present = np.unique(labels)
    weights = np.zeros(num_labels, np.float32)
    weights[present] = compute_class_weight("balanced", classes=present, y=labels)
    return weights


def sampling_probabilities(clips: Sequence[LabelledClip], num_labels: int) -> np.ndarray:
    """Return how likely each clip is drawn so that every label is drawn equally often, shape (N,)."""
    weights = label_weights(clips, num_labels)[[clip.label for clip in clips]].astype(np.float64)
    likely: np.ndarray = weights / weights.sum()
    return likely


def _number(count: int, fraction: float) -> int:
    """Return how many of `count` groups make up `fraction`; at least one if there are three or more."""
    return max(round(count * fraction), 1 if fraction > 0 and count > 2 else 0)


def _split(parts: Mapping[str, Sequence[LabelledClip]]) -> Split:
    train, val, test = (tuple(sorted(parts[part], key=lambda clip: clip.key)) for part in PARTS)
    return Split(train, val, test)
