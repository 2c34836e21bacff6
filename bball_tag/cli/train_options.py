"""The options of `bball-tag train`, in the panels of its help."""

from __future__ import annotations

from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

_clips = partial(typer.Option, rich_help_panel="The clips")
_recipe = partial(typer.Option, rich_help_panel="The recipe")
_changes = partial(typer.Option, rich_help_panel="Balance and changes")
_machine = partial(typer.Option, rich_help_panel="The machine")
_run = partial(typer.Option, rich_help_panel="The run")


class Balance(StrEnum):
    """What is done about rare labels."""

    none = "none"
    undersample = "undersample"
    weighted = "weighted"
    class_weights = "class-weights"


Data = Annotated[
    Path,
    typer.Argument(metavar="DATA", help="SpaceJam folder, a folder for each label, or a CSV of spans."),
]

Frames = Annotated[int, _clips(min=1, help="Frames in a clip.")]
Fps = Annotated[float, _clips(min=0.1, help="Frames of a clip per second of video.")]
Context = Annotated[int, _clips(min=0, help="Further frames on either side that the network looks at.")]
Picture = Annotated[str, _clips(metavar="WIDTHxHEIGHT", help="What the network sees.")]
Subject = Annotated[str, _clips(metavar="player|frame", help="What the clips show.")]
ClipFps = Annotated[
    float | None,
    _clips(
        min=0,
        help="True rate of the clips where their containers are wrong; 0 believes them.",
        show_default="25 for SpaceJam's layout, else 0",
    ),
]
SplitBy = Annotated[
    str,
    _clips(
        metavar="grouped|official|random|FILE",
        help="By group, by the published test list, by clip (leaks), a test list, or a run's split.json.",
    ),
]
SkipBad = Annotated[bool, _clips("--skip-bad", help="Leave unreadable clips out, however many.")]

Init = Annotated[
    str,
    _recipe(
        metavar="kinetics|none|FILE",
        help="Weights to begin with: Kinetics-400 (downloaded), none, or a file of either kind.",
        show_default="kinetics at width 64, else none",
    ),
]
Width = Annotated[int, _recipe(min=4, help="Channels after the stem: 64 is slow_r50, 16 a small sibling.")]
Epochs = Annotated[int, _recipe(min=1, help="Times that every clip is learnt from.")]
BatchSize = Annotated[int, _recipe(min=2, help="Clips of a batch, over all processes.")]
Accumulate = Annotated[int, _recipe(min=1, help="Batches whose gradients make one step.")]
Rate = Annotated[float, _recipe(min=0, help="Peak learning rate, of the head.")]
LayerDecay = Annotated[
    float | None,
    _recipe(
        min=0.01,
        max=1,
        help="Factor of the rate from each block to the one below it.",
        show_default="0.75 with weights to begin with, else 1",
    ),
]
Unfreeze = Annotated[
    str | None,
    _recipe(
        metavar="EPOCH:BLOCK,…|none",
        help="Train blocks from BLOCK on from EPOCH on; only the head before.",
        show_default="5:4,7:3,9:2 with weights to begin with, else none",
    ),
]
Dropout = Annotated[float, _recipe(min=0, max=0.95, help="Share of features hidden from the last layer.")]
Smoothing = Annotated[float, _recipe(min=0, max=0.9, help="Label smoothing.")]
Ema = Annotated[float, _recipe(min=0, max=0.9999, help="Decay of averaged weights; 0 for none.")]
Patience = Annotated[int, _recipe(min=0, help="Stop after so many epochs without gain; 0 never.")]
Seed = Annotated[int, _recipe(min=0, help="Of everything random.")]

BalanceBy = Annotated[Balance, _changes(help="What is done about rare labels.")]
Cap = Annotated[
    list[str] | None,
    _changes(metavar="N|LABEL=N", help="Most clips of every or one label, with undersample. Repeatable."),
]
Augment = Annotated[bool, _changes(help="Change clips without changing their labels: mirror, other colours.")]
Including = Annotated[
    list[str] | None,
    _changes(
        "--with",
        metavar="CHANGE",
        help="Make one more change: place, rotation, blur, compression, erasing, time. Repeatable.",
    ),
]
Without = Annotated[
    list[str] | None,
    _changes(metavar="CHANGE", help="Leave one change out: flip, colour. Repeatable."),
]
Mixup = Annotated[float, _changes(min=0, help="Alpha of mixup; 0 for none.")]

Device = Annotated[str, _machine(help="auto, cpu, cuda, cuda:1 or mps.")]
Devices = Annotated[int, _machine(min=1, help="Processes, one device each.")]
Nodes = Annotated[int, _machine(min=1, help="Machines, under torchrun or fabric run.")]
Precision = Annotated[str, _machine(help="auto, 32-true, bf16-mixed or 16-mixed.")]
Threads = Annotated[
    int,
    _machine(min=0, help="Of the network on a processor; 0 for all. 1 is faster where others compute too."),
]
Workers = Annotated[int, _machine(min=0, help="Processes that prepare clips; 0 for a thread.")]
CacheGb = Annotated[float, _machine(min=0, help="Memory for decoded clips, in GiB.")]

Out = Annotated[
    Path | None, _run(metavar="RUN_DIR", help="Folder for the checkpoint and its reports. Required.")
]
Name = Annotated[str, _run(help="What the checkpoint is called.")]
Half = Annotated[bool, _run("--half", help="Store the weights in 16 bits.")]
Resume = Annotated[bool, _run("--resume", help="Go on from the last finished epoch in RUN_DIR.")]
Overwrite = Annotated[bool, _run("--overwrite", help="Begin again in a RUN_DIR that exists.")]
Install = Annotated[bool, _run(help="Make it the checkpoint that annotate uses by default.")]
TensorBoard = Annotated[bool, _run("--tensorboard", help="Also write TensorBoard events.")]
DryRun = Annotated[bool, _run("--dry-run", help="Only say what would be trained, and how long it takes.")]
