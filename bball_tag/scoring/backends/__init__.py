"""What computes the network: PyTorch everywhere, OpenVINO on processors where it is installed."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING, Literal

from bball_tag.checkpoint.contract import Precision
from bball_tag.errors import BballTagError

if TYPE_CHECKING:
    import numpy as np

    from bball_tag.checkpoint.checkpoint import Checkpoint
    from bball_tag.scoring.inference import Scorer

Backend = Literal["auto", "torch", "openvino"]
"""`auto` takes OpenVINO for long jobs, where it is installed and the processor computes, else PyTorch."""

_MIN_CLIPS_FOR_INT8 = 1000
"""Clips from which quantising a checkpoint, half a minute, pays. What was quantised before does not count:
a job that is stopped and resumed must be computed alike, whatever was done in between."""

log = logging.getLogger("bball_tag")


DEFAULT_BATCH_SIZE = 8


@dataclass(frozen=True, slots=True)
class Engine:
    """How a checkpoint is to be computed."""

    backend: Backend = "auto"
    device: str = "auto"
    precision: Precision = "auto"
    batch_size: int = DEFAULT_BATCH_SIZE
    """Clips computed at once by PyTorch."""


def has_openvino() -> bool:
    """Say whether the extra `bball-tag[openvino]` is installed."""
    return find_spec("openvino") is not None and find_spec("nncf") is not None


def open_scorer(
    checkpoint: Checkpoint, engine: Engine, num_clips: int, sample: Callable[[], np.ndarray]
) -> Scorer:
    """Load a checkpoint as `engine` says.

    Args:
        checkpoint: The file.
        engine: What should compute it.
        num_clips: About how many clips the whole job has.
        sample: Returns clips of the user's own film, uint8 (N, T, H, W, 3); asked for only when the
            checkpoint is quantised for the first time.

    Raises:
        CheckpointError: It cannot be used.
        BballTagError: The engine does not exist here.
    """
    from bball_tag.scoring.backends.pytorch import TorchScorer
    from bball_tag.scoring.inference import pick_device

    wanted = engine.backend
    if wanted == "openvino":
        _refuse_openvino(engine)
    elif (
        wanted == "auto"
        and num_clips >= _MIN_CLIPS_FOR_INT8
        and engine.precision != "fp16"
        and has_openvino()
    ):
        wanted = "openvino" if pick_device(engine.device).type == "cpu" else "torch"
    if wanted == "openvino":
        from bball_tag.scoring.backends.openvino import OpenvinoScorer

        try:
            return OpenvinoScorer(checkpoint, engine.precision, sample)
        except BballTagError as error:
            if engine.backend == "openvino":
                raise
            log.warning("%s PyTorch takes over.", error)
    return TorchScorer(
        checkpoint, device=engine.device, precision=engine.precision, batch_size=engine.batch_size
    )


def _refuse_openvino(engine: Engine) -> None:
    """Say why OpenVINO cannot do what is asked for, if so."""
    if not has_openvino():
        raise BballTagError("OpenVINO is not installed. Try: pip install 'bball-tag[openvino]'.")
    if engine.device not in ("auto", "cpu"):
        raise BballTagError(
            f"OpenVINO computes on the processor here, not on {engine.device!r}. Try --backend torch."
        )
    if engine.precision == "fp16":
        raise BballTagError("OpenVINO computes no fp16 on a processor. Try --precision bf16 or auto.")
