"""`bball-tag train`: from labelled clips to a checkpoint."""

from __future__ import annotations

import typer

import bball_tag
from bball_tag import console
from bball_tag.cli import train_options as opt
from bball_tag.cli.options import parse_by_label
from bball_tag.train_options import DEFAULTS, is_helper
from bball_tag.training import preview


def train(
    data: opt.Data,
    out: opt.Out = None,
    frames: opt.Frames = DEFAULTS.frames,
    sample_fps: opt.SampleFps = DEFAULTS.sample_fps,
    context: opt.Context = DEFAULTS.context,
    size: opt.Size = str(DEFAULTS.size),
    subject: opt.Subject = DEFAULTS.subject,
    source_fps: opt.SourceFps = DEFAULTS.source_fps,
    split: opt.Split = str(DEFAULTS.split),
    skip_bad: opt.SkipBad = DEFAULTS.skip_bad,
    init: opt.Init = None,
    width: opt.Width = DEFAULTS.width,
    epochs: opt.Epochs = DEFAULTS.epochs,
    batch_size: opt.BatchSize = DEFAULTS.batch_size,
    accumulate: opt.Accumulate = DEFAULTS.accumulate,
    lr: opt.Lr = DEFAULTS.lr,
    schedule: opt.Schedule = DEFAULTS.schedule,
    warmup: opt.Warmup = DEFAULTS.warmup,
    weight_decay: opt.WeightDecay = DEFAULTS.weight_decay,
    clip_norm: opt.ClipNorm = DEFAULTS.clip_norm,
    layer_decay: opt.LayerDecay = DEFAULTS.layer_decay,
    unfreeze: opt.Unfreeze = None,
    dropout: opt.Dropout = DEFAULTS.dropout,
    label_smoothing: opt.LabelSmoothing = DEFAULTS.label_smoothing,
    ema: opt.Ema = DEFAULTS.ema,
    patience: opt.Patience = DEFAULTS.patience,
    seed: opt.Seed = DEFAULTS.seed,
    balance: opt.Balance = DEFAULTS.balance,
    cap: opt.Cap = None,
    augment: opt.Augment = str(DEFAULTS.augment),
    device: opt.Device = DEFAULTS.device,
    devices: opt.Devices = DEFAULTS.devices,
    nodes: opt.Nodes = DEFAULTS.nodes,
    precision: opt.Precision = DEFAULTS.precision,
    threads: opt.Threads = DEFAULTS.threads,
    workers: opt.Workers = DEFAULTS.workers,
    cache_gb: opt.CacheGb = DEFAULTS.cache_gb,
    name: opt.Name = DEFAULTS.name,
    half: opt.Half = DEFAULTS.half,
    resume: opt.Resume = DEFAULTS.resume,
    overwrite: opt.Overwrite = DEFAULTS.overwrite,
    set_default: opt.SetDefault = DEFAULTS.set_default,
    tensorboard: opt.TensorBoard = DEFAULTS.tensorboard,
    dry_run: opt.DryRun = False,
) -> None:
    """Train a checkpoint on labelled clips: `bball-tag train spacejam/ --out run/`."""
    # The options are the keywords of the library.
    given = {key: value for key, value in locals().items() if key not in ("data", "out", "dry_run")}
    given["cap"] = parse_by_label("--cap", cap or [], int, "426")
    if dry_run:
        preview(data, **given)
        return
    if out is None:
        raise typer.BadParameter("Missing option '--out': the folder for the checkpoint and its reports.")
    run = bball_tag.train(data, out=out, **given)
    if not is_helper():
        console.print_result(run.checkpoint)
