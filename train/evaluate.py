"""Evaluate a checkpoint on labelled clips."""

from __future__ import annotations

from pathlib import Path

from bball_tag.checkpoint.checkpoint import Checkpoint
from bball_tag.checkpoint.contract import Stream
from bball_tag.errors import CheckpointError, DataError, OptionError
from bball_tag.files import make_folder
from bball_tag.train_options import ClipSource, TrainOptions
from train.clip_check import readable_clips
from train.clip_images import Loading
from train.coded_games import read_source
from train.config import Progress, check_choices, parse_streams
from train.dataset import ClipDataset
from train.devices import picked_precision, placed, predict_clips, start_fabric
from train.evaluation import Evaluation
from train.seen import num_seen
from train.side_inputs import known_of
from train.splits import read_split
from train.world import world_of_clips


def evaluate(
    data: ClipSource,
    checkpoint: Checkpoint,
    split: Path | None,
    options: TrainOptions,
    progress: Progress,
    out: Path | None,
) -> Evaluation:
    """Run a checkpoint over labelled clips.

    Args:
        data: The clips.
        checkpoint: What to evaluate.
        split: A run's `split.json`: evaluate on its test clips, not on every clip.
        options: Of these, streams, rate of the clips, bad clips, batch size, device, precision and threads
            count.
        progress: Shows how far it is.
        out: Folder for the report; made once everything that is asked for is known to make sense.

    Raises:
        OptionError: An option does not fit this machine or the checkpoint, or makes no sense.
        DataError: The clips cannot be used.
        CheckpointError: The checkpoint does not know their labels, or gives values that are not finite.
        BballTagError: The folder cannot be written into.
    """
    check_choices(options)
    precision = picked_precision(options, options.precision)
    contract = checkpoint.contract
    streams = _streams(checkpoint, options)
    given = read_source(data, contract.clip)
    clipset = given.named_as(contract.labels)
    clipset = readable_clips(clipset, contract.clip, progress, skip_bad=options.skip_bad)
    clips = clipset.clips if split is None else read_split(clipset, split).test
    if not clips:
        raise DataError(f"There is no clip in the test part of {split}.")
    if out is not None:
        make_folder(out)
    contract = contract.on(world_of_clips(clips))
    source_fps = clipset.true_fps if options.source_fps is None else options.source_fps
    loading = Loading(contract.clip, source_fps or None, known_of(clips, streams))
    dataset = ClipDataset(clips, loading)
    fabric = start_fabric(options, precision, options.batch_size, finds_unused=False)
    model = placed(checkpoint.load(), fabric, fp32_stem=False)
    with progress("Evaluating", -(-len(clips) // options.batch_size)) as show:
        try:
            found = predict_clips(fabric, model, dataset, precision, options.batch_size, show)
        except FloatingPointError as error:
            raise CheckpointError(
                f"Cannot use {checkpoint.path}: {error}, even in fp32. "
                "Its weights are damaged, or its training diverged."
            ) from error
    # With a split, the clips are those that the run kept apart; a whole set says nothing of them.
    fingerprint = "" if split else given.fingerprint
    evaluation = Evaluation(contract, found, dataset, num_seen(clips, fingerprint, contract.provenance))
    if out is not None:
        evaluation.write(out)
    return evaluation


def _streams(checkpoint: Checkpoint, options: TrainOptions) -> tuple[Stream, ...]:
    """Return which streams of a checkpoint are asked for; all, where none is named."""
    wanted, own = parse_streams(options.streams), checkpoint.contract.streams
    if missing := [stream for stream in wanted if stream not in own]:
        raise OptionError(f"{checkpoint.path} does not look at {missing[0]}. Its streams: {','.join(own)}.")
    return wanted or own
