"""What computes an ONNX model: OpenCV everywhere, ONNX Runtime on a GPU where both are there."""

from __future__ import annotations

import logging
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import cv2
import numpy as np

Forward = Callable[[np.ndarray], np.ndarray]
"""From the model's one input to its one output."""
OPENCV = "opencv"
_GPUS = ("CUDAExecutionProvider", "ROCMExecutionProvider", "DmlExecutionProvider", "CoreMLExecutionProvider")

log = logging.getLogger("bball_tag")


def open_forward(path: Path) -> tuple[str, Forward]:
    """Return the name of what computes the model here, and the model as a function.

    Pip's OpenCV computes on the processor only, so that a GPU is used by way of ONNX Runtime, if at all. A
    function belongs to one thread at a time. It lets other threads run meanwhile.

    Raises:
        ValueError: The model cannot be loaded.
    """
    return _on_gpu(path) or (OPENCV, _in_opencv(path))


def _in_opencv(path: Path) -> Forward:
    try:
        net = cv2.dnn.readNetFromONNX(str(path))
    except cv2.error as error:
        raise ValueError(f"OpenCV cannot load it: {str(error).strip().splitlines()[0]}") from error

    def forward(values: np.ndarray) -> np.ndarray:
        net.setInput(values)
        output: np.ndarray = net.forward()
        return output

    return forward


def _on_gpu(path: Path) -> tuple[str, Forward] | None:
    """Return the model on a GPU; None where ONNX Runtime is not installed, or finds none that works."""
    if find_spec("onnxruntime") is None:
        return None
    import onnxruntime
    from onnxruntime.capi import onnxruntime_pybind11_state as state

    providers = [name for name in _GPUS if name in onnxruntime.get_available_providers()]
    if not providers:
        return None
    # Its errors have no base of their own.
    errors = tuple(
        kind for kind in vars(state).values() if isinstance(kind, type) and issubclass(kind, Exception)
    )
    try:
        session = onnxruntime.InferenceSession(str(path), providers=[*providers, "CPUExecutionProvider"])
    except errors as error:
        log.warning("ONNX Runtime cannot load %s (%s). OpenCV computes it on the processor.", path, error)
        return None
    # Without the driver's libraries it falls back on the processor by itself.
    used = session.get_providers()[0]
    if used not in providers:
        log.warning("ONNX Runtime finds no GPU that works. OpenCV computes the detector on the processor.")
        return None
    name = session.get_inputs()[0].name

    def forward(values: np.ndarray) -> np.ndarray:
        output: np.ndarray = session.run(None, {name: values})[0]
        return output

    return used, forward
