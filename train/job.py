"""From labelled clips and options to a finished run."""

from __future__ import annotations

import logging
from contextlib import nullcontext

from bball_tag.checkpoint.default import set_default
from bball_tag.errors import DataError
from bball_tag.train_options import ClipSource, TrainOptions, is_helper
from train.clip_check import readable_clips
from train.clipset import ClipSet
from train.coded_games import STRETCH_S, has_few_games, read_source
from train.config import Progress, Recipe, TrainingJob, check_choices, parse_clip, resolve, silent
from train.devices import picked_precision
from train.division import SplitSpec, divide, split_spec
from train.loader import named_workers
from train.recipe import train
from train.run_folder import RunFolder
from train.side_inputs import known_of

log = logging.getLogger("bball_tag.train")


def run(data: ClipSource, folder: RunFolder, options: TrainOptions, progress: Progress) -> None:
    """Train on the clips of `data`, and leave checkpoint and reports in `folder`.

    Every process of a run calls this; only the first writes and is heard.

    Raises:
        OptionError: An option makes no sense; nothing is written then.
        BballTagError: The data, the folder or the initial weights cannot be used, or training diverged.
    """
    helps = is_helper()
    if helps:
        logging.getLogger("bball_tag").setLevel(logging.ERROR)
        progress = silent
    else:
        folder.check(resume=options.resume, overwrite=options.overwrite)
    clipset, recipe, spec = _understood(data, options)
    if options.resume and folder.checkpoint.exists():
        folder.check_finished(recipe.settings())
        log.info("This run is finished already: nothing was trained. %s", _how_to_use(folder))
        return
    if options.resume:
        spec = SplitSpec(str(folder.split))
    if not helps:
        folder.prepare(resume=options.resume)
    with nullcontext() if helps else folder.kept_log(), named_workers():
        job = _job(clipset, recipe, spec, options, progress)
        train(job, folder, progress, resume=options.resume, tensorboard=options.tensorboard)
    if helps:
        return
    if options.set_default:
        target = set_default(folder.checkpoint)
        log.info("annotate now uses this checkpoint when none is named (%s).", target)
    else:
        log.info("%s", _how_to_use(folder))


def _how_to_use(folder: RunFolder) -> str:
    return f"Make it the default of annotate: bball-tag checkpoint set {folder.checkpoint}"


def plan(data: ClipSource, options: TrainOptions, progress: Progress) -> TrainingJob:
    """Return what would be trained on what.

    Raises:
        BballTagError: The data or an option cannot be used.
    """
    return _job(*_understood(data, options), options, progress)


def _understood(data: ClipSource, options: TrainOptions) -> tuple[ClipSet, Recipe, SplitSpec]:
    """Read the labels and check all options, before any work and before anything is written."""
    picked_precision(options, options.precision)
    check_choices(options)
    clipset = read_source(data, parse_clip(options))
    return clipset, resolve(options, clipset.true_fps), split_spec(options, clipset.labels)


def _job(
    clipset: ClipSet, recipe: Recipe, spec: SplitSpec, options: TrainOptions, progress: Progress
) -> TrainingJob:
    if known_of(clipset.clips, recipe.streams) != recipe.streams:
        raise DataError(
            f"Nothing in {clipset.source} says how the players move. Give spans with tracks (a CSV), or "
            "motion/KEY.npy beside the clips, or train without the stream motion."
        )
    if has_few_games(clipset):
        log.warning(
            "These are too few games to keep whole ones apart: the split keeps stretches of %g s together, "
            "so that validation and test show the same games as training. Figures on other games will be "
            "lower.",
            STRETCH_S,
        )
    clipset = readable_clips(clipset, recipe.clip, progress, skip_bad=options.skip_bad)
    return TrainingJob(clipset, divide(clipset, spec), recipe, options)
