"""What computes an ONNX model: ONNX Runtime, on a GPU where its build for one is installed; else OpenCV."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import cache
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

import cv2
import numpy as np

from bball_tag.players.onnx_file import with_open_sizes

if TYPE_CHECKING:
    import onnxruntime

Forward = Callable[[np.ndarray], np.ndarray]
"""From the model's one input to its one output; a `ValueError` says that it cannot compute this input."""
_GPUS = {
    # Trying out which way is quickest would let timing decide on the last digits.
    "CUDAExecutionProvider": {"cudnn_conv_algo_search": "HEURISTIC", "use_tf32": "0"},
    "ROCMExecutionProvider": {},
    "DmlExecutionProvider": {},
}
"""What computes on a GPU, and how. Apple's is left out: it computes only parts of a model of open size."""
_CPU = "CPUExecutionProvider"
_QUIET = 4
"""Of ONNX Runtime's own messages, errors are raised too, and warnings are about sizes."""

log = logging.getLogger("bball_tag")


def open_forward(path: Path, example: np.ndarray, *, is_small: bool = False) -> tuple[str, Forward]:
    """Return the name of what computes the model here, and the model as a function.

    The function takes input of any size, where the model itself does. Several threads may call it, and it
    lets others run meanwhile.

    Args:
        path: The ONNX file.
        example: Input that the model has to take.
        is_small: It is too small to be divided, and computed by one thread of the processor.

    Raises:
        ValueError: The model cannot be loaded.
    """
    try:
        name, forward = _in_onnx_runtime(path, is_small=is_small)
        forward(example)
    except (ImportError, ValueError) as error:
        try:
            forward = _in_opencv(path)
        except ValueError:
            raise ValueError(f"neither ONNX Runtime ({error}) nor OpenCV can load it") from error
        what = "be loaded" if isinstance(error, ImportError) else f"compute {path.name}"
        _warn_once(f"ONNX Runtime cannot {what} ({error}). OpenCV computes, which takes twice as long.")
        return "opencv", forward
    return name, forward


def _in_onnx_runtime(path: Path, *, is_small: bool) -> tuple[str, Forward]:
    import onnxruntime
    from onnxruntime.capi import onnxruntime_pybind11_state as state

    # Its builds for Windows would report their use to Microsoft.
    onnxruntime.disable_telemetry_events()
    onnxruntime.set_default_logger_severity(_QUIET)
    # Its errors have no base of their own.
    errors = tuple(
        kind for kind in vars(state).values() if isinstance(kind, type) and issubclass(kind, Exception)
    )
    there = [] if is_small else onnxruntime.get_available_providers()
    gpus = {name: how for name, how in _GPUS.items() if name in there}
    if gpus:
        # It brings CUDA's libraries, which are looked for when a session is opened.
        import torch  # noqa: F401

    try:
        session = onnxruntime.InferenceSession(
            with_open_sizes(path) or str(path),
            _options(1 if is_small else max(1, cv2.getNumThreads())),
            providers=[*gpus.items(), (_CPU, {})],
        )
    except errors as error:
        raise ValueError(_reason(error)) from error
    used, name = session.get_providers()[0], session.get_inputs()[0].name
    # Without the driver's libraries it falls back on the processor by itself.
    if gpus and used not in gpus:
        _warn_once(f"ONNX Runtime finds no GPU that works: the processor computes {path.name}.")

    def forward(values: np.ndarray) -> np.ndarray:
        try:
            output: np.ndarray = session.run(None, {name: values})[0]
        except errors as error:
            raise ValueError(_reason(error)) from error
        return output

    return used, forward


def _options(threads: int) -> onnxruntime.SessionOptions:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = _QUIET
    # Those that this process was given: its own choice would be all cores of the machine.
    options.intra_op_num_threads = threads
    # Threads that wait would take a core from what else is at work.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return options


def _in_opencv(path: Path) -> Forward:
    try:
        net = cv2.dnn.readNetFromONNX(str(path))
    except cv2.error as error:
        raise ValueError(_first_line(error)) from error
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


@cache
def _warn_once(message: str) -> None:
    """Warn, but not for each of many games."""
    log.warning("%s", message)


def _reason(error: Exception) -> str:
    """Return what ONNX Runtime says, without the number and the name of the error before it."""
    return " ".join(str(error).split()).split(" : ", 3)[-1].rstrip(".")


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0]
