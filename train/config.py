"""From options to a recipe with nothing left open."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass, field, fields
from functools import partial
from pathlib import Path
from typing import Any, get_args

from bball_tag.checkpoint.contract import STREAMS, Precision, Stream, in_order, read_contract
from bball_tag.checkpoint.default import SAMPLE
from bball_tag.checks import check_choice
from bball_tag.clips import CHUNK, ClipSpec, SubjectKind
from bball_tag.console import count_progress
from bball_tag.errors import CheckpointError, OptionError
from bball_tag.train_options import AUGMENTATIONS, Balance, Hyperparameters, Machine, Schedule, TrainOptions
from train.clipset import ClipSet
from train.schedule import NUM_BLOCKS, REFERENCE_UNFREEZING
from train.splits import Split

KINETICS_WIDTH = 64
_TORCH_SUFFIXES = (".pyth", ".pth", ".pt")
_CHOICES = {"balance": Balance, "schedule": Schedule, "precision": Precision, "subject": SubjectKind}
Progress = Callable[[str, int], AbstractContextManager[Callable[[int], None]]]
"""Shows progress up to a total, as `bball_tag.console.count_progress` does."""
silent: Progress = partial(count_progress, shown=False)
"""Shows no progress."""


@dataclass(frozen=True, kw_only=True)
class Recipe(Hyperparameters):
    """Everything that decides the weights: with one recipe, data and device, runs are alike to the bit."""

    clip: ClipSpec
    source_fps: float | None
    """True frames per second of the stored clips; None trusts the files."""
    init: str
    """kinetics, sample, none, or the path of a checkpoint or of Kinetics weights."""
    layer_decay: float
    unfreeze: Mapping[int, int]
    """From which epoch blocks from which number on are trained; empty trains all from the start."""
    augment: tuple[str, ...]
    streams: tuple[Stream, ...]
    """What is looked at."""
    precision: Precision
    """auto until the device has been checked."""
    fp32_stem: bool = False
    """Compute the stem in fp32 although the precision is bf16, since its gradients would be wrong."""

    def settings(self) -> dict[str, Any]:
        """Return the recipe as plain JSON by the names of the options, without the machine's own paths."""
        known: dict[str, Any] = json.loads(json.dumps(asdict(self)))
        del known["clip"]
        return {
            "frames": self.clip.num_frames,
            "sample_fps": self.clip.fps,
            "context": self.clip.context_frames,
            "size": f"{self.clip.width}x{self.clip.height}",
            "subject": self.clip.subject,
            **known,
            "init": Path(self.init).name,
        }


@dataclass(frozen=True, slots=True)
class TrainingJob:
    """What is trained on what, by which recipe, on which machine."""

    clipset: ClipSet
    split: Split
    recipe: Recipe
    machine: Machine = field(default_factory=Machine)


def resolve(options: TrainOptions, true_fps: float | None) -> Recipe:
    """Decide what depends on the data or on other options, and check what was asked for.

    Args:
        options: What the user asked for.
        true_fps: Frames per second of the clips where their containers are known to be wrong.

    Raises:
        OptionError: An option makes no sense.
        CheckpointError: The initial weights cannot be used.
    """
    check_choices(options)
    init = str(options.init or ("kinetics" if options.width == KINETICS_WIDTH else "none"))
    _check_init(init, options.width)
    is_fresh = init == "none"
    source_fps = true_fps if options.source_fps is None else options.source_fps
    return Recipe(
        **{field.name: getattr(options, field.name) for field in fields(Hyperparameters)},
        clip=parse_clip(options),
        source_fps=source_fps or None,
        init=init,
        layer_decay=(1.0 if is_fresh else 0.75) if options.layer_decay is None else options.layer_decay,
        unfreeze=parse_unfreezing(options.unfreeze, {} if is_fresh else REFERENCE_UNFREEZING),
        augment=parse_augment(options.augment),
        streams=_trained_streams(options),
        precision=options.precision,
    )


def check_choices(options: TrainOptions) -> None:
    """Refuse what is not one of an option's words.

    Raises:
        OptionError: The message names the words.
    """
    for name, choices in _CHOICES.items():
        check_choice(name, getattr(options, name), get_args(choices))


def init_path(init: str) -> Path:
    """Return the file of initial weights that are not downloaded."""
    return SAMPLE if init == "sample" else Path(init)


def parse_clip(options: TrainOptions) -> ClipSpec:
    """Return the clip that the options describe.

    Raises:
        OptionError: There is no such clip, or annotate could not use a model of such clips.
    """
    size = options.size
    try:
        width, height = map(int, size.lower().split("x") if isinstance(size, str) else map(str, size))
    except (TypeError, ValueError) as error:
        raise OptionError(f"Cannot read the size {size!r}: write WIDTHxHEIGHT, such as 128x176.") from error
    try:
        clip = ClipSpec(
            num_frames=options.frames,
            fps=options.sample_fps,
            height=height,
            width=width,
            subject=options.subject,
            context_frames=options.context,
        )
    except ValueError as error:
        raise OptionError(f"Cannot train on such clips: {error}.") from error
    if clip.num_seen > CHUNK:
        # Refused before hours of training, and not by the first `annotate` after them.
        raise OptionError(
            f"Cannot train on such clips: the model would see {clip.num_seen} frames for each, and annotate "
            f"can give it {CHUNK} at most. Lower --frames or --context."
        )
    return clip


def parse_unfreezing(plan: str | Mapping[int, int] | None, default: Mapping[int, int]) -> dict[int, int]:
    """Read `5:4,7:3,9:2`; `none` trains every block from the start, None is the default.

    Raises:
        OptionError: It is neither, or there is no such epoch or block.
    """
    if plan is None:
        return dict(default)
    if isinstance(plan, Mapping):
        plan = ",".join(f"{epoch}:{block}" for epoch, block in plan.items()) or "none"
    try:
        pairs = [] if plan == "none" else [part.split(":") for part in str(plan).split(",")]
        first = {int(epoch): int(block) for epoch, block in pairs}
    except ValueError as error:
        raise OptionError(f"Cannot read --unfreeze {plan!r}: write 5:4,7:3,9:2 or none.") from error
    if any(epoch < 1 or not 0 <= block < NUM_BLOCKS for epoch, block in first.items()):
        raise OptionError(
            f"Cannot use --unfreeze {plan!r}: epochs count from 1, and blocks from 0 to {NUM_BLOCKS - 1}."
        )
    return first


def parse_augment(names: str | Sequence[str]) -> tuple[str, ...]:
    """Read `flip,colour` or a sequence of names, in any order; `none` is none.

    Raises:
        OptionError: There is no such augmentation.
    """
    wanted = _names(names, "augment", "flip,colour or none")
    wanted = [] if wanted == ["none"] else wanted
    if unknown := [name for name in wanted if name not in AUGMENTATIONS]:
        raise OptionError(
            f"There is no augmentation called {unknown[0]!r}. Known: {', '.join(AUGMENTATIONS)}, or none."
        )
    return tuple(name for name in AUGMENTATIONS if name in wanted)


def parse_streams(names: str | Sequence[str] | None) -> tuple[Stream, ...]:
    """Read `rgb,motion` or a sequence of names, in any order; None is none of them.

    Raises:
        OptionError: There is no such stream, or the images are not among them.
    """
    wanted = [] if names is None else _names(names, "streams", "rgb,pose,motion")
    if unknown := [name for name in wanted if name not in STREAMS]:
        raise OptionError(f"There is no stream called {unknown[0]!r}. Known: {', '.join(STREAMS)}.")
    if names is not None and "rgb" not in wanted:
        raise OptionError(f"The streams {','.join(wanted)} lack rgb: the images are always looked at.")
    return in_order(wanted)


def _trained_streams(options: TrainOptions) -> tuple[Stream, ...]:
    streams = parse_streams(options.streams) or ("rgb",)
    if len(streams) > 1 and options.subject == "frame":
        raise OptionError(
            f"The stream {streams[-1]} is about one player: it does not go with --subject frame."
        )
    return streams


def _names(given: str | Sequence[str], option: str, example: str) -> list[str]:
    try:
        return [name.strip() for name in given.split(",")] if isinstance(given, str) else list(given)
    except TypeError as error:
        raise OptionError(f"Cannot read --{option} {given!r}: write {example}.") from error


def _check_init(init: str, width: int) -> None:
    """Refuse initial weights of another width before any work."""
    if init == "none":
        return
    found = KINETICS_WIDTH
    path = init_path(init)
    if init != "kinetics" and not path.is_file():
        raise CheckpointError(
            f"Cannot use --init {init}: there is no such file. Write kinetics, sample, none, or a file name."
        )
    if path.suffix == ".safetensors":
        found = read_contract(path).width
    elif init != "kinetics" and path.suffix not in _TORCH_SUFFIXES:
        raise CheckpointError(
            f"Cannot use --init {init}: it is not a file of weights "
            f"({', '.join(('.safetensors', *_TORCH_SUFFIXES))})."
        )
    if found != width:
        raise OptionError(
            f"The initial weights {init} have width {found}, and width {width} was asked for. "
            f"Pass --width {found}, or other weights with --init."
        )
