"""The streams beside the images: which are looked at, and what they add to the answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np
import torch
from torch import nn

from bball_tag.checkpoint.backbone import LAST_LAYERS
from bball_tag.checkpoint.checkpoint import Checkpoint
from bball_tag.checkpoint.contract import Stream, in_order
from bball_tag.checkpoint.streams import side_outputs
from bball_tag.scoring.runs import Clip


@dataclass(frozen=True, slots=True)
class JoinedClips:
    """What all streams together say of clips."""

    logits: np.ndarray
    """The sums, float32 (N, K)."""
    streams: list[tuple[Stream, ...]]
    """Those that are in each sum."""
    pooled: list[np.ndarray]
    """Of each stream beside the images, what goes into its last layer, float32 (N, C); 0 without input."""


class SideModels:
    """The models of keypoints and of motion, in fp32 on the CPU, whatever computes the images."""

    def __init__(self, checkpoint: Checkpoint, streams: Sequence[Stream]) -> None:
        """Load those of `streams`.

        Raises:
            CheckpointError: The checkpoint cannot be used.
        """
        model = checkpoint.load()
        # The images are computed elsewhere.
        del model.blocks
        self._model: nn.Module = model
        self._streams: list[Stream] = [stream for stream in streams if stream != "rgb"]
        layers = {stream: model.get_submodule(LAST_LAYERS[stream]) for stream in self._streams}
        self._sizes = {stream: cast("nn.Linear", layer).in_features for stream, layer in layers.items()}

    def join(self, logits: np.ndarray, clips: Sequence[Clip]) -> JoinedClips:
        """Add what these streams say to the logits of the images.

        Args:
            logits: Of the images of each clip, (N, K).
            clips: What there is of each; a stream that sees nothing of a clip is left out for it alone.
        """
        summed, at_hand = logits.astype(np.float32), [{"rgb"} for _ in clips]
        pooled = []
        for stream in self._streams:
            inputs = {
                row: values for row, clip in enumerate(clips) if (values := _input(clip, stream)) is not None
            }
            pooled.append(np.zeros((len(clips), self._sizes[stream]), np.float32))
            if not inputs:
                continue
            rows = list(inputs)
            with torch.inference_mode():
                batch = torch.from_numpy(np.stack(list(inputs.values())))
                added, features = side_outputs(self._model, stream, batch)
            summed[rows] += added.numpy()
            pooled[-1][rows] = features.numpy()
            for row in rows:
                at_hand[row].add(stream)
        return JoinedClips(summed, [in_order(streams) for streams in at_hand], pooled)


def open_sides(checkpoint: Checkpoint, streams: Sequence[Stream]) -> SideModels | None:
    """Load what computes `streams`; None where they are the images alone.

    Raises:
        CheckpointError: The checkpoint cannot be used.
    """
    return SideModels(checkpoint, streams) if len(streams) > 1 else None


def _input(clip: Clip, stream: Stream) -> np.ndarray | None:
    """Return what a stream looks at in a clip; None where there is nothing: no keypoint, no known instant."""
    values = clip.keypoints if stream == "pose" else clip.rows
    return values if values is not None and values[..., -1].any() else None
