"""The streams beside the images: which are looked at, and what they add to the answer."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor, nn

from bball_tag.checkpoint.checkpoint import Checkpoint
from bball_tag.checkpoint.contract import Stream, in_order
from bball_tag.checkpoint.streams import side_logits
from bball_tag.scoring.runs import Clip


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

    def join(self, logits: np.ndarray, clips: Sequence[Clip]) -> tuple[np.ndarray, list[tuple[Stream, ...]]]:
        """Add what these streams say to the logits of the images.

        Args:
            logits: Of the images of each clip, (N, K).
            clips: What there is of each; a stream that sees nothing of a clip is left out for it alone.

        Returns:
            The sums, float32 (N, K), and the streams that are in each.
        """
        summed, at_hand = logits.astype(np.float32), [{"rgb"} for _ in clips]
        for stream in self._streams:
            inputs = {
                row: values for row, clip in enumerate(clips) if (values := _input(clip, stream)) is not None
            }
            if not inputs:
                continue
            rows = list(inputs)
            summed[rows] += self._logits(stream, torch.from_numpy(np.stack(list(inputs.values()))))
            for row in rows:
                at_hand[row].add(stream)
        return summed, [in_order(streams) for streams in at_hand]

    @torch.inference_mode()
    def _logits(self, stream: str, batch: Tensor) -> np.ndarray:
        keypoints, rows = (batch, None) if stream == "pose" else (None, batch)
        found = side_logits(self._model, keypoints, rows)
        assert found is not None
        return found.numpy()


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
