"""The options of `bball_tag.train` and their defaults, which stand here and nowhere else."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from math import inf, isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from bball_tag.errors import OptionError

if TYPE_CHECKING:
    from bball_tag.checkpoint.contract import Precision
    from bball_tag.clips import SubjectKind

Balance = Literal["none", "undersample", "weighted", "class-weights"]
Schedule = Literal["cosine", "constant"]
AUGMENTATIONS = ("flip", "move", "colour", "blur")
"""Random changes to a clip that keep its label, in the order in which they are made."""
_RANGES = {
    **dict.fromkeys(("frames", "epochs", "accumulate", "devices", "nodes"), (1, inf)),
    **dict.fromkeys(("context", "patience", "threads", "workers", "cache_gb"), (0, inf)),
    **dict.fromkeys(("lr", "weight_decay", "clip_norm", "source_fps"), (0, inf)),
    **dict.fromkeys(("label_smoothing", "dropout"), (0, 0.95)),
    "width": (4, inf),
    "batch_size": (2, inf),
    "sample_fps": (0.1, inf),
    "warmup": (0, 1),
    "ema": (0, 0.9999),
    "seed": (0, 2**32 - 1),
    "layer_decay": (0.01, 1),
}
"""Smallest and largest value of each number."""
_KINDS = {
    "int": ((int,), "a whole number"),
    "float": ((int, float), "a number"),
    "float | None": ((int, float, type(None)), "a number"),
    "bool": ((bool,), "True or False"),
    "str": ((str,), "text"),
}
"""What a field may hold, by its annotation."""


@dataclass(frozen=True, slots=True)
class ClipSource:
    """Where labelled clips come from."""

    paths: tuple[Path, ...]
    """One folder or table of clips, or timelines of games."""
    videos: Path | None = None
    """Folder of the timelines' videos, or the only one."""
    tracks: Path | None = None
    """Folder of the players' boxes in them, or the only file."""


@dataclass(frozen=True, kw_only=True)
class Machine:
    """What a run is computed on; another machine can resume it."""

    device: str = "auto"
    """auto, cpu, cuda, cuda:1 or mps."""
    devices: int = 1
    """Processes on each node, one device each."""
    nodes: int = 1
    """Computers, under torchrun or fabric run."""
    threads: int = 0
    """CPU threads of the model; 0 leaves it to torch."""
    workers: int = 0
    """Processes that decode and augment clips; 0 uses a thread."""
    cache_gb: float = 6.0
    """Memory for decoded clips, in GiB."""


@dataclass(frozen=True, kw_only=True)
class Hyperparameters:
    """What decides the weights, whatever the data and the machine."""

    width: int = 64
    """Channels after the stem: 64 is slow_r50, 16 a small sibling."""
    epochs: int = 15
    """Passes over the training clips."""
    batch_size: int = 16
    """Clips in a batch, over all processes together."""
    accumulate: int = 1
    """Batches per optimiser step."""
    lr: float = 1e-3
    """Peak learning rate of AdamW, of the head."""
    schedule: Schedule = "cosine"
    """What the learning rate does after the warm-up: fall to zero, or stay."""
    warmup: float = 0.1
    """Fraction of all steps in which the learning rate rises."""
    weight_decay: float = 0.05
    clip_norm: float = 1.0
    """Largest norm of the gradients; 0 does not clip."""
    dropout: float = 0.5
    """Dropout before the classifier."""
    label_smoothing: float = 0.0
    ema: float = 0.0
    """Decay of averaged weights, which are validated and kept in place of the last ones; 0 for none."""
    patience: int = 0
    """Epochs without a better validation macro F1 before the run stops; 0 never stops early."""
    balance: Balance = "class-weights"
    """How to handle rare labels."""
    seed: int = 0
    name: str = "trained"
    """What the checkpoint is called."""
    half: bool = False
    """Store the weights in 16 bits."""


@dataclass(frozen=True, kw_only=True)
class TrainOptions(Hyperparameters, Machine):
    """What a user says about a run; `train.config.resolve` decides what stands for None."""

    frames: int = 8
    """Frames in a clip."""
    sample_fps: float = 12.5
    """Frames of a clip per second of video."""
    context: int = 0
    """Extra frames the model sees on each side of a clip."""
    streams: str | Sequence[str] | None = None
    """What is looked at: rgb (images), pose (keypoints), motion. None is rgb for training, and for
    evaluation all that the checkpoint looks at."""
    size: str | tuple[int, int] = "128x176"
    """Width and height of the model's input, in pixels."""
    subject: SubjectKind = "player"
    """What the clips show."""
    source_fps: float | None = None
    """True frames per second of the stored clips; 0 trusts the files. None is 25 for SpaceJam's layout,
    else 0."""
    split: str | Path = "grouped"
    """grouped, official, random, a list of test keys, or an earlier run's split.json."""
    skip_bad: bool = False
    """Skip unreadable clips, however many they are."""

    init: str | Path | None = None
    """Initial weights: kinetics, sample, none, or a file. None is kinetics at width 64, else none."""
    layer_decay: float | None = None
    """Factor of the learning rate from each block to the one below. None is 0.75 with initial weights,
    else 1."""
    unfreeze: str | Mapping[int, int] | None = None
    """From which epoch blocks from which number on are trained, as EPOCH:BLOCK,… or none. None is 5:4,7:3,9:2
    with initial weights, else none."""

    cap: int | Mapping[str, int] | None = None
    """Maximum clips per label, or for each label named (`*` for all others), with undersampling. None is as
    many as the rarest label has."""
    augment: str | Sequence[str] = "flip,colour"
    """Random changes to training clips, of `AUGMENTATIONS`; none for none."""

    precision: Precision = "auto"
    """Numeric precision; auto picks the fastest that trains correctly."""
    resume: bool = False
    """Resume after the last finished epoch in the run folder."""
    overwrite: bool = False
    """Begin again in a run folder that exists."""
    set_default: bool = False
    """Make the checkpoint the default of the other commands."""
    tensorboard: bool = False
    """Also write TensorBoard events."""

    def __post_init__(self) -> None:
        for field in fields(self):
            value, (kinds, meant) = getattr(self, field.name), _KINDS.get(str(field.type), ((), ""))
            if kinds and (not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds)):
                raise OptionError(f"The option {_spelt(field.name)} must be {meant}, not {value!r}.")
        for name, (least, most) in _RANGES.items():
            value = getattr(self, name)
            if value is not None and not (least <= value <= most and isfinite(value)):
                limits = f"at least {least:g}" if most == inf else f"from {least:g} to {most:g}"
                raise OptionError(f"The option {_spelt(name)} must be {limits}, not {value}.")


def _spelt(name: str) -> str:
    return name.replace("_", "-")


DEFAULTS = TrainOptions()


def is_helper() -> bool:
    """Return whether this is a further process of a run on several devices: it works, and is silent."""
    return any(os.environ.get(name, "0") != "0" for name in ("RANK", "LOCAL_RANK", "NODE_RANK"))
