"""What computes the model: PyTorch everywhere, OpenVINO on the CPU where it is installed."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Literal, Protocol

from bball_tag.checkpoint.contract import Contract, Precision
from bball_tag.errors import BballTagError, OptionError

if TYPE_CHECKING:
    import numpy as np

    from bball_tag.checkpoint.checkpoint import Checkpoint
    from bball_tag.scoring.precision import CheckedScorer

Backend = Literal["auto", "torch", "openvino"]
"""`auto` takes OpenVINO for long jobs, where it is installed and the CPU computes, else PyTorch."""
DEFAULT_BATCH_SIZE = 8
_DEVICES = ("auto", "cpu", "cuda", "mps")
_MIN_CLIPS_TO_QUANTISE = 1000
"""From this many clips on, quantising a checkpoint (half a minute) pays. Whether it was quantised before does
not count: a job that is stopped and resumed must compute alike, whatever was done in between."""

log = logging.getLogger("bball_tag")


@dataclass(frozen=True, slots=True)
class Engine:
    """How a checkpoint is to be computed."""

    backend: Backend = "auto"
    device: str = "auto"
    precision: Precision = "auto"
    batch_size: int = DEFAULT_BATCH_SIZE
    """Clips computed at once by PyTorch."""

    @property
    def is_prepared_once(self) -> bool:
        """Whether one worker is to convert the checkpoint for OpenVINO before others begin.

        Weights of 8 bits depend on the video by whose clips they are made. Converting to floats costs each
        worker time that only the first one has to spend.
        """
        return self.backend == "openvino" or (
            self.backend == "auto" and self.precision == "auto" and has_openvino()
        )


class Scorer(Protocol):
    """A checkpoint ready to compute, in its two halves: what a backend provides."""

    contract: Contract

    @property
    def precision(self) -> str:
        """fp32, bf16, fp16 or int8."""

    name: str
    """Backend, device and precision, for the record of a run."""

    def features_of(self, batches: Sequence[np.ndarray]) -> list[Any]:
        """Return what the per-frame half makes of each image of several arrays, such as those of all players.

        The more there is in one call, the better a backend keeps all cores busy.

        Args:
            batches: Each uint8 RGB, shape (n, H, W, 3).

        Returns:
            For each, an array or tensor of shape (n, C, h, w).
        """

    def frame_outputs(self, runs: Sequence[Sequence[Any]]) -> list[np.ndarray]:
        """Return the logits of every frame of runs of consecutive frames, and what they are made of.

        Args:
            runs: For each run, the features of its frames; without context, a run is a clip.

        Returns:
            For each run, a float32 array of shape (frames, K + C): the logits, and behind them what goes
            into the last layer.
        """


def has_openvino() -> bool:
    """Say whether the extra `bball-tag[openvino]` is installed."""
    return find_spec("openvino") is not None and find_spec("nncf") is not None


def open_scorer(
    checkpoint: Checkpoint, engine: Engine, num_clips: int, sample: Callable[[], np.ndarray]
) -> CheckedScorer:
    """Load a checkpoint as `engine` says; 16-bit numbers are used only if they are right on this machine.

    Args:
        checkpoint: What to load.
        engine: What should compute it.
        num_clips: About how many clips the whole job has.
        sample: Returns clips of the user's own video, uint8 (N, T, H, W, 3); called only when the
            checkpoint is quantised for the first time.

    Raises:
        CheckpointError: It cannot be used.
        BballTagError: The engine does not exist here.
    """
    from bball_tag.scoring.backends.pytorch import TorchScorer
    from bball_tag.scoring.halving import HalvingScorer
    from bball_tag.scoring.precision import checked

    if takes_openvino(engine, num_clips):
        from bball_tag.scoring.backends.openvino import OpenvinoScorer

        try:
            return checked(
                checkpoint,
                lambda precision: HalvingScorer(OpenvinoScorer(checkpoint, precision, sample)),
                engine,
            )
        except BballTagError as error:
            if engine.backend == "openvino":
                raise
            log.warning("%s PyTorch takes over.", error)
    return checked(
        checkpoint,
        lambda precision: HalvingScorer(TorchScorer(checkpoint, engine.device, precision, engine.batch_size)),
        engine,
    )


def takes_openvino(engine: Engine, num_clips: int) -> bool:
    """Say whether OpenVINO computes a job of about `num_clips` clips.

    Raises:
        BballTagError: It was asked for and cannot do that here.
    """
    from bball_tag.scoring.precision import pick_device

    if engine.backend == "openvino":
        check_backend(engine.backend, engine.device, engine.precision)
        return True
    pays = engine.backend == "auto" and num_clips >= _MIN_CLIPS_TO_QUANTISE and engine.precision != "fp16"
    return pays and has_openvino() and pick_device(engine.device).type == "cpu"


def check_device(name: str) -> None:
    """Do nothing if there is a kind of device called `name`; whether there is one here is not looked at.

    Raises:
        OptionError: There is none.
    """
    kind, _, number = str(name).partition(":")
    if kind not in _DEVICES or (number and kind == "auto"):
        raise OptionError(f"Unknown device {name!r}. Use {', '.join(_DEVICES[:-1])}, cuda:1 or mps.")


def check_backend(backend: Backend, device: str, precision: Precision) -> None:
    """Do nothing if this computer has what was asked for, and it can compute like that.

    Raises:
        BballTagError: OpenVINO cannot.
    """
    if backend != "openvino":
        return
    if not has_openvino():
        raise BballTagError("OpenVINO is not installed. Try: pip install 'bball-tag[openvino]'.")
    if device not in ("auto", "cpu"):
        raise BballTagError(f"OpenVINO computes on the CPU here, not on {device!r}. Try --backend torch.")
    if precision == "fp16":
        raise BballTagError("OpenVINO cannot compute in fp16 on the CPU. Try --precision bf16 or auto.")
