"""What is made to go wrong within a run: called by name in its process."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

MOST_ROOM = 3
"""Images, and clips, for which there is memory."""


def little_memory() -> None:
    """Let the card have memory for a few clips."""
    _memory_for(MOST_ROOM)


def no_memory() -> None:
    """Let the card have no memory at all."""
    _memory_for(0)


def a_thread_that_runs_out_of_memory() -> None:
    """Let what decodes in a thread run out of memory after some frames."""
    from bball_tag.video.frames import FrameReader

    real = FrameReader.__iter__

    def few(self: FrameReader) -> Iterator[Any]:
        for count, frame in enumerate(real(self)):
            if count == 40:
                raise MemoryError
            yield frame

    FrameReader.__iter__ = few  # type: ignore[method-assign]


def _memory_for(room: int) -> None:
    import torch

    from bball_tag.scoring.backends.pytorch import TorchScorer

    outputs, features = TorchScorer.frame_outputs, TorchScorer.features_of

    def check(count: int) -> None:
        if count > room:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 GiB.")

    def frame_outputs(self: TorchScorer, runs: Sequence[Any]) -> Any:
        check(len(runs))
        return outputs(self, runs)

    def features_of(self: TorchScorer, batches: Sequence[Any]) -> Any:
        check(sum(map(len, batches)))
        return features(self, batches)

    TorchScorer.frame_outputs, TorchScorer.features_of = frame_outputs, features_of  # type: ignore[method-assign]
