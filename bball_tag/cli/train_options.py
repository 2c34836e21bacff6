"""The options of `bball-tag train`, in the panels of its help; the library checks their limits."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from inspect import Parameter, Signature, signature
from pathlib import Path
from typing import Annotated, TypedDict, get_type_hints

import typer

from bball_tag import train_options
from bball_tag.checkpoint import contract
from bball_tag.clips import SubjectKind
from bball_tag.storage import located
from bball_tag.train_options import DEFAULTS

_clips = partial(typer.Option, rich_help_panel="The clips")
_recipe = partial(typer.Option, rich_help_panel="The recipe")
_balance = partial(typer.Option, rich_help_panel="Balance and augmentation")
_machine = partial(typer.Option, rich_help_panel="The machine")
_run = partial(typer.Option, rich_help_panel="The run")

Data = Annotated[
    list[Path],
    typer.Argument(
        metavar="DATA...",
        help="SpaceJam folder, a folder for each label, a CSV of spans, or timelines of games (Sportscode, "
        "ELAN, workbook, CSV, JSON, …).",
    ),
]
Videos = Annotated[
    Path | None,
    _clips(
        metavar="DIR",
        help="Folder of the timelines' videos, or the only one.",
        show_default="beside the timelines",
    ),
]
Tracks = Annotated[
    Path | None,
    _clips(
        metavar="DIR",
        help="Folder of the players' boxes in the timelines' videos, or the only file.",
        show_default="the players that `annotate` found",
    ),
]
SourceFps = Annotated[
    float | None,
    _clips(
        help="True frame rate of the stored clips; 0 trusts the files.",
        show_default="25 for SpaceJam's layout, else 0",
    ),
]
Streams = Annotated[
    str | None,
    _clips(
        metavar="rgb,pose,motion",
        help="What is looked at: images, keypoints of the body, how the player moves.",
        show_default="rgb for train, all of the checkpoint's for evaluate",
    ),
]
SkipBad = Annotated[bool, _clips("--skip-bad", help="Skip unreadable clips, however many they are.")]
Device = Annotated[str, _machine(help="auto, cpu, cuda, cuda:1 or mps.")]
Precision = Annotated[
    contract.Precision, _machine(help="Numeric precision; auto picks the fastest that is accurate.")
]
Threads = Annotated[int, _machine(help="CPU threads; 0 for all.")]
Out = Annotated[
    Path | None,
    _run(parser=located, metavar="RUN_DIR", help="Folder for the checkpoint and its reports. Required."),
]
DryRun = Annotated[bool, _run("--dry-run", help="Only show what would be trained, and how long it takes.")]


class TrainingOptions(TypedDict):
    """The keywords of `bball_tag.train`, as the command line has them."""

    frames: Annotated[int, _clips(help="Frames in a clip.")]
    sample_fps: Annotated[float, _clips(help="Frames of a clip per second of video.")]
    context: Annotated[int, _clips(help="Extra frames the model sees on each side of a clip.")]
    streams: Streams
    size: Annotated[str, _clips(metavar="WIDTHxHEIGHT", help="Size of the model's input, in pixels.")]
    subject: Annotated[SubjectKind, _clips(help="What the clips show.")]
    source_fps: SourceFps
    split: Annotated[
        str,
        _clips(
            metavar="grouped|official|random|FILE",
            help="How clips are split; FILE is a list of test keys or a run's split.json.",
        ),
    ]
    skip_bad: SkipBad

    init: Annotated[
        str | None,
        _recipe(
            metavar="kinetics|sample|none|FILE",
            help="Initial weights; FILE is a checkpoint or Kinetics weights.",
            show_default="kinetics at width 64, else none",
        ),
    ]
    width: Annotated[int, _recipe(help="Channels after the stem: 64 is slow_r50, 16 a small sibling.")]
    epochs: Annotated[int, _recipe(help="Passes over the training clips.")]
    batch_size: Annotated[int, _recipe(help="Clips in a batch, over all processes.")]
    accumulate: Annotated[int, _recipe(help="Batches per optimiser step.")]
    lr: Annotated[float, _recipe(help="Peak learning rate, of the head.")]
    schedule: Annotated[train_options.Schedule, _recipe(help="Learning rate after the warm-up.")]
    warmup: Annotated[float, _recipe(help="Fraction of all steps in which the learning rate rises.")]
    weight_decay: Annotated[float, _recipe(help="Weight decay of AdamW.")]
    clip_norm: Annotated[float, _recipe(help="Largest norm of the gradients; 0 does not clip.")]
    layer_decay: Annotated[
        float | None,
        _recipe(
            help="Factor of the learning rate from each block to the one below.",
            show_default="0.75 with initial weights, else 1",
        ),
    ]
    unfreeze: Annotated[
        str | None,
        _recipe(
            metavar="EPOCH:BLOCK,…|none",
            help="From EPOCH on, train the blocks from BLOCK on; before, only the head.",
            show_default="5:4,7:3,9:2 with initial weights, else none",
        ),
    ]
    dropout: Annotated[float, _recipe(help="Dropout before the classifier.")]
    label_smoothing: Annotated[float, _recipe(help="Label smoothing.")]
    ema: Annotated[float, _recipe(help="Decay of averaged weights; 0 for none.")]
    patience: Annotated[
        int, _recipe(help="Stop after this many epochs without improvement; 0 turns this off.")
    ]
    seed: Annotated[int, _recipe(help="Random seed.")]

    balance: Annotated[train_options.Balance, _balance(help="How to handle rare labels.")]
    cap: Annotated[
        list[str] | None,
        _balance(
            metavar="N|LABEL=N", help="Maximum clips per label, with --balance undersample. Repeatable."
        ),
    ]
    augment: Annotated[
        str,
        _balance(
            metavar="NAME,…|none",
            help=f"Random changes to training clips: {', '.join(train_options.AUGMENTATIONS)}.",
        ),
    ]

    device: Device
    devices: Annotated[int, _machine(help="Processes, one device each.")]
    nodes: Annotated[int, _machine(help="Computers, under torchrun or fabric run.")]
    precision: Precision
    threads: Threads
    workers: Annotated[int, _machine(help="Processes that prepare clips; 0 for a thread.")]
    cache_gb: Annotated[float, _machine(help="Memory for decoded clips, in GiB.")]

    name: Annotated[str, _run(help="Name of the checkpoint.")]
    half: Annotated[bool, _run("--half", help="Store the weights in 16 bits.")]
    resume: Annotated[bool, _run("--resume", help="Resume after the last finished epoch in RUN_DIR.")]
    overwrite: Annotated[bool, _run("--overwrite", help="Begin again in a RUN_DIR that exists.")]
    set_default: Annotated[bool, _run(help="Make the checkpoint the default of annotate.")]
    tensorboard: Annotated[bool, _run("--tensorboard", help="Also write TensorBoard events.")]


def with_training_options(command: Callable[..., None]) -> Callable[..., None]:
    """Spell out `**options` in the signature that Typer reads, with the defaults of the library."""
    own = list(signature(command, eval_str=True).parameters.values())[:-1]
    options = [
        Parameter(name, Parameter.KEYWORD_ONLY, default=getattr(DEFAULTS, name), annotation=kind)
        for name, kind in get_type_hints(TrainingOptions, include_extras=True).items()
    ]
    command.__signature__ = Signature([*own, *options])  # type: ignore[attr-defined]
    return command
