"""What decides what comes out of a training run, and on what it runs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from bball_tag.clips import ClipSpec
from train.augment import Augmentation
from train.clipset import ClipSet
from train.splits import Split

Balance = Literal["none", "undersample", "weighted", "class-weights"]
Schedule = Literal["cosine", "constant"]


@dataclass(frozen=True, slots=True)
class TrainConfig:
    """The recipe: two runs with the same recipe, data and precision come to the same weights."""

    spec: ClipSpec = field(default_factory=ClipSpec)
    width: int = 64
    clip_fps: float | None = 25.0
    """True rate of the clips; None believes their containers."""
    init: str = "kinetics"
    """`kinetics`, `none`, or the path of a checkpoint or of Kinetics weights."""
    epochs: int = 15
    batch_size: int = 16
    """Clips of one batch, over all processes together."""
    accumulate: int = 1
    """Batches whose gradients are added up before a step."""
    rate: float = 1e-3
    """Peak learning rate of AdamW."""
    weight_decay: float = 0.05
    warmup: float = 0.1
    """Share of all steps in which the rate rises."""
    schedule: Schedule = "cosine"
    """What the rate does after the warm-up: falls to nothing, or stays."""
    layer_decay: float = 1.0
    """Factor of the rate from each block to the one below it."""
    unfreezing: Mapping[int, int] = field(default_factory=dict)
    """From which epoch blocks from which number on are trained; empty trains all from the start."""
    dropout: float = 0.5
    """Share of the features that the last layer does not see while learning."""
    label_smoothing: float = 0.0
    ema: float = 0.0
    """Decay of the averaged weights that are validated and kept; 0 keeps the last ones."""
    clip_norm: float = 1.0
    """Largest norm of the gradients; 0 does not clip."""
    patience: int = 0
    """Epochs without a better validation macro F1 before the run stops; 0 never stops early."""
    balance: Balance = "class-weights"
    """What is done about rare labels; `undersample` was done when the clips were divided."""
    augmentation: Augmentation = field(default_factory=Augmentation)
    seed: int = 0
    precision: str = "auto"
    """`32-true`, `bf16-mixed`, `16-mixed`, or `auto`: 16 bits where the device is fast in them."""
    name: str = "trained"
    half: bool = False
    """Store the checkpoint in 16 bits."""


@dataclass(frozen=True, slots=True)
class Machine:
    """What a run is computed on; another machine may take it up where this one stopped."""

    device: str = "auto"
    devices: int = 1
    """Processes on each node, a device for each."""
    nodes: int = 1
    threads: int = 0
    """Threads of the network on a processor; 0 leaves it to torch."""
    workers: int = 0
    """Processes that decode and change clips; 0 does it in a thread beside the network."""
    cache_bytes: int = 6 << 30
    """Decoded clips are kept in memory up to this size."""


@dataclass(frozen=True, slots=True)
class TrainingJob:
    """What a run works on."""

    clipset: ClipSet
    split: Split
    """What is learnt from, chosen by and judged on."""
    config: TrainConfig
    folder: Path
    """Where everything about the run is written."""
    machine: Machine = field(default_factory=Machine)
    tensorboard: bool = False


@contextmanager
def uncounted(name: str, total: int) -> Iterator[Callable[[int], None]]:
    """Show nothing."""
    yield lambda done: None


@dataclass(frozen=True, slots=True)
class Callbacks:
    """Who is told how a run goes; by default nobody."""

    tell: Callable[[str], None] = lambda message: None
    """Takes the lines of the log."""
    count: Callable[[str, int], AbstractContextManager[Callable[[int], None]]] = uncounted
    """Shows progress up to a total, as `bball_tag.console.count_progress` does."""
