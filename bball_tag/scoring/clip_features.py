"""The features of a short video that shows one clip, as labelled clips do."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from bball_tag.checkpoint.checkpoint import Checkpoint
from bball_tag.clips import grid_range
from bball_tag.errors import BballTagError, OptionError
from bball_tag.players.images import wanted_for
from bball_tag.players.subjects import whole_frame
from bball_tag.scoring.backends import Engine
from bball_tag.scoring.features import FeatureKind
from bball_tag.video.video import Video


def clip_features(
    video: Video, checkpoint: Checkpoint, kind: FeatureKind, device: str = "auto"
) -> tuple[np.ndarray, np.ndarray]:
    """Return the features, float16 (N, D), of the clips in a short video, and their known streams, (N, S).

    How a player moves through the frame is not known of a video that shows nobody else.

    Args:
        video: Cut like the clips that checkpoints are trained on.
        checkpoint: One with the backbone of `kind`.
        kind: What the features are.
        device: Where to compute.

    Raises:
        BballTagError: The checkpoint made other features, or the video does not show a single player.
    """
    from bball_tag.scoring.backends.pytorch import TorchScorer
    from bball_tag.scoring.inference import read_images, score_images
    from bball_tag.scoring.precision import checked
    from bball_tag.scoring.sides import open_sides

    info, spec, name = video.info, checkpoint.contract.clip, video.path.name
    if checkpoint.backbone.id != kind.backbone:
        raise BballTagError(
            f"The games were annotated with another model than {checkpoint.title}: name the checkpoint that "
            "they were annotated with (--checkpoint)."
        )
    if spec.subject == "player" and info.width > info.height:
        raise OptionError(
            f"{name} is wider than high, so it shows more than one player. Give a clip of one, such as "
            "`bball-tag render --clips DIR --as-dataset` cuts, or a time of the game and a player."
        )
    streams = tuple(stream for stream in kind.streams if stream != "motion")
    engine = Engine("torch", device)
    scorer = checked(checkpoint, lambda precision: TorchScorer(checkpoint, device, precision), engine)
    subjects = whole_frame(info, None, grid_range(0.0, info.duration or spec.duration, spec.fps))
    stride = spec.stride_frames(spec.duration / 2)
    sides = open_sides(checkpoint, streams)
    with read_images(video, subjects, spec, wanted=wanted_for(streams)) as images:
        own = replace(kind, streams=streams, sizes=kind.sizes[: len(streams)])
        chunks = score_images(images, scorer, stride=stride, sides=sides, features=own)
        clips = [clip for chunk in chunks for clip in chunk.clips]
    if not clips:
        raise BballTagError(f"No frame of {name} can be read.")
    values = np.zeros((len(clips), sum(kind.stored_sizes)), np.float16)
    values[:, : sum(own.stored_sizes)] = [clip.features for clip in clips]
    known = np.array([[stream in clip.streams for stream in kind.streams] for clip in clips])
    return values, known
