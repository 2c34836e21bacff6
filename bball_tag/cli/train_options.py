"""The options of `bball-tag train`, in the panels of its help; the library checks their limits."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from bball_tag import train_options
from bball_tag.checkpoint import contract
from bball_tag.clips import SubjectKind

_clips = partial(typer.Option, rich_help_panel="The clips")
_recipe = partial(typer.Option, rich_help_panel="The recipe")
_balance = partial(typer.Option, rich_help_panel="Balance and augmentation")
_machine = partial(typer.Option, rich_help_panel="The machine")
_run = partial(typer.Option, rich_help_panel="The run")

Data = Annotated[
    Path,
    typer.Argument(metavar="DATA", help="SpaceJam folder, a folder for each label, or a CSV of spans."),
]

Frames = Annotated[int, _clips(help="Frames in a clip.")]
SampleFps = Annotated[float, _clips(help="Frames of a clip per second of video.")]
Context = Annotated[int, _clips(help="Extra frames the model sees on each side of a clip.")]
Size = Annotated[str, _clips(metavar="WIDTHxHEIGHT", help="Size of the model's input, in pixels.")]
Subject = Annotated[SubjectKind, _clips(help="What the clips show.")]
SourceFps = Annotated[
    float | None,
    _clips(
        help="True frame rate of the stored clips; 0 trusts the files.",
        show_default="25 for SpaceJam's layout, else 0",
    ),
]
Split = Annotated[
    str,
    _clips(
        metavar="grouped|official|random|FILE",
        help="How clips are split; FILE is a list of test keys or a run's split.json.",
    ),
]
SkipBad = Annotated[bool, _clips("--skip-bad", help="Skip unreadable clips, however many they are.")]

Init = Annotated[
    str | None,
    _recipe(
        metavar="kinetics|sample|none|FILE",
        help="Initial weights; FILE is a checkpoint or Kinetics weights.",
        show_default="kinetics at width 64, else none",
    ),
]
Width = Annotated[int, _recipe(help="Channels after the stem: 64 is slow_r50, 16 a small sibling.")]
Epochs = Annotated[int, _recipe(help="Passes over the training clips.")]
BatchSize = Annotated[int, _recipe(help="Clips in a batch, over all processes.")]
Accumulate = Annotated[int, _recipe(help="Batches per optimiser step.")]
Lr = Annotated[float, _recipe(help="Peak learning rate, of the head.")]
Schedule = Annotated[train_options.Schedule, _recipe(help="Learning rate after the warm-up.")]
Warmup = Annotated[float, _recipe(help="Fraction of all steps in which the learning rate rises.")]
WeightDecay = Annotated[float, _recipe(help="Weight decay of AdamW.")]
ClipNorm = Annotated[float, _recipe(help="Largest norm of the gradients; 0 does not clip.")]
LayerDecay = Annotated[
    float | None,
    _recipe(
        help="Factor of the learning rate from each block to the one below.",
        show_default="0.75 with initial weights, else 1",
    ),
]
Unfreeze = Annotated[
    str | None,
    _recipe(
        metavar="EPOCH:BLOCK,…|none",
        help="From EPOCH on, train the blocks from BLOCK on; before, only the head.",
        show_default="5:4,7:3,9:2 with initial weights, else none",
    ),
]
Dropout = Annotated[float, _recipe(help="Dropout before the classifier.")]
LabelSmoothing = Annotated[float, _recipe(help="Label smoothing.")]
Ema = Annotated[float, _recipe(help="Decay of averaged weights; 0 for none.")]
Patience = Annotated[int, _recipe(help="Stop after this many epochs without improvement; 0 turns this off.")]
Seed = Annotated[int, _recipe(help="Random seed.")]

Balance = Annotated[train_options.Balance, _balance(help="How to handle rare labels.")]
Cap = Annotated[
    list[str] | None,
    _balance(metavar="N|LABEL=N", help="Maximum clips per label, with --balance undersample. Repeatable."),
]
Augment = Annotated[
    str,
    _balance(
        metavar="NAME,…|none",
        help=f"Random changes to training clips: {', '.join(train_options.AUGMENTATIONS)}.",
    ),
]

Device = Annotated[str, _machine(help="auto, cpu, cuda, cuda:1 or mps.")]
Devices = Annotated[int, _machine(help="Processes, one device each.")]
Nodes = Annotated[int, _machine(help="Computers, under torchrun or fabric run.")]
Precision = Annotated[
    contract.Precision, _machine(help="Numeric precision; auto picks the fastest that is accurate.")
]
Threads = Annotated[int, _machine(help="CPU threads; 0 for all.")]
Workers = Annotated[int, _machine(help="Processes that prepare clips; 0 for a thread.")]
CacheGb = Annotated[float, _machine(help="Memory for decoded clips, in GiB.")]

Out = Annotated[
    Path | None, _run(metavar="RUN_DIR", help="Folder for the checkpoint and its reports. Required.")
]
Name = Annotated[str, _run(help="Name of the checkpoint.")]
Half = Annotated[bool, _run("--half", help="Store the weights in 16 bits.")]
Resume = Annotated[bool, _run("--resume", help="Resume after the last finished epoch in RUN_DIR.")]
Overwrite = Annotated[bool, _run("--overwrite", help="Begin again in a RUN_DIR that exists.")]
SetDefault = Annotated[bool, _run(help="Make the checkpoint the default of annotate.")]
TensorBoard = Annotated[bool, _run("--tensorboard", help="Also write TensorBoard events.")]
DryRun = Annotated[bool, _run("--dry-run", help="Only show what would be trained, and how long it takes.")]
