"""What computes an ONNX model: ONNX Runtime, on a GPU where its build for one is installed; else OpenCV."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from threading import Lock

import cv2
import numpy as np

from bball_tag.players.onnx_file import with_open_sizes

Forward = Callable[[np.ndarray], np.ndarray]
"""From the model's one input to its one output; a `ValueError` says that it cannot compute this input."""
_GPUS = ("CUDAExecutionProvider", "ROCMExecutionProvider", "DmlExecutionProvider")
"""Not Apple's: it computes only parts of a model whose input is of any size."""
_CPU = "CPUExecutionProvider"
_QUIET = 4
"""Of ONNX Runtime's own messages, errors are raised too, and warnings are about sizes."""

log = logging.getLogger("bball_tag")


def open_forward(path: Path, threads: int = 0) -> tuple[str, Forward]:
    """Return the name of what computes the model here, and the model as a function.

    The function takes input of any size, where the model itself does. Several threads may call it.

    Args:
        path: The ONNX file.
        threads: How many threads compute one input on the processor; 0 is one for each core.

    Raises:
        ValueError: The model cannot be loaded.
    """
    try:
        return _in_onnx_runtime(path, threads)
    except (ImportError, ValueError) as error:
        forward = _in_opencv(path)
        log.warning(
            "ONNX Runtime cannot compute %s (%s). OpenCV does, in about twice the time.", path.name, error
        )
        return "opencv", forward


def _in_onnx_runtime(path: Path, threads: int) -> tuple[str, Forward]:
    import onnxruntime
    from onnxruntime.capi import onnxruntime_pybind11_state as state

    # Its errors have no base of their own.
    errors = tuple(
        kind for kind in vars(state).values() if isinstance(kind, type) and issubclass(kind, Exception)
    )
    gpus = [name for name in _GPUS if name in onnxruntime.get_available_providers()]
    options = onnxruntime.SessionOptions()
    options.log_severity_level = _QUIET
    options.intra_op_num_threads = threads
    # Threads that wait would take a core from what else is at work.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    try:
        session = onnxruntime.InferenceSession(with_open_sizes(path), options, providers=[*gpus, _CPU])
    except errors as error:
        raise ValueError(_first_line(error)) from error
    used, name = session.get_providers()[0], session.get_inputs()[0].name
    # Without the driver's libraries it falls back on the processor by itself.
    if gpus and used not in gpus:
        log.warning("ONNX Runtime finds no GPU that works: the processor computes %s.", path.name)

    def forward(values: np.ndarray) -> np.ndarray:
        try:
            output: np.ndarray = session.run(None, {name: values})[0]
        except errors as error:
            raise ValueError(_first_line(error)) from error
        return output

    return used, forward


def _in_opencv(path: Path) -> Forward:
    try:
        net = cv2.dnn.readNetFromONNX(str(path))
    except cv2.error as error:
        raise ValueError(f"OpenCV cannot load it either: {_first_line(error)}") from error
    one_at_a_time = Lock()

    def forward(values: np.ndarray) -> np.ndarray:
        try:
            with one_at_a_time:
                net.setInput(values)
                output: np.ndarray = net.forward()
        except cv2.error as error:
            raise ValueError(_first_line(error)) from error
        return output

    return forward


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0]
