"""Tiny ONNX files with the input and output of a YOLOX, which answer the same whatever they see."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np

_FLOAT = 1


def num_cells(height: int, width: int) -> int:
    """Rows of the output of a YOLOX with an input of that size."""
    return sum((height // stride) * (width // stride) for stride in (8, 16, 32))


def output_for(height: int, width: int, num_classes: int, rows: dict[int, list[float]]) -> np.ndarray:
    """An output of zeros but for some rows: centre in cells, size as logarithm, objectness, classes."""
    output = np.zeros((1, num_cells(height, width), 5 + num_classes), np.float32)
    for index, values in rows.items():
        output[0, index] = values
    return output


def write_model(
    path: Path,
    size: tuple[int, int],
    output: np.ndarray,
    *,
    open_size: bool = False,
    batch: int = 1,
    beside: str = "",
) -> Path:
    """Write a model with the input `images`, (batch, 3, height, width), that always gives `output`.

    `beside` is the name of a file for its values, in the same folder.
    """
    height, width = size
    # The mean of the image times nought is added, so that the output hangs on the input.
    nodes = [
        _node("ReduceMean", ["images"], "mean", _attribute("keepdims", 0)),
        _node("Mul", ["mean", "nought"], "nothing"),
        _node("Add", ["constant", "nothing"], "output"),
    ]
    weights = [_tensor("constant", output, beside), _tensor("nought", np.zeros((), np.float32))]
    if beside:
        (path.parent / beside).write_bytes(output.tobytes())
    shape = [batch, 3, "height", "width"] if open_size else [batch, 3, height, width]
    graph = b"".join(_bytes(1, node) for node in nodes) + _bytes(2, b"graph")
    graph += b"".join(_bytes(5, weight) for weight in weights)
    graph += _bytes(11, _value("images", shape)) + _bytes(12, _value("output", list(output.shape)))
    path.write_bytes(_number(1, 8) + _bytes(7, graph) + _bytes(8, _number(2, 13)))
    return path


def _node(kind: str, inputs: list[str], output: str, attribute: bytes = b"") -> bytes:
    names = b"".join(_bytes(1, name.encode()) for name in inputs) + _bytes(2, output.encode())
    return names + _bytes(3, f"make_{output}".encode()) + _bytes(4, kind.encode()) + attribute


def _attribute(name: str, value: int) -> bytes:
    return _bytes(5, _bytes(1, name.encode()) + _number(3, value) + _number(20, 2))


def _tensor(name: str, values: np.ndarray, beside: str = "") -> bytes:
    about = (
        b"".join(_number(1, size) for size in values.shape) + _number(2, _FLOAT) + _bytes(8, name.encode())
    )
    if beside:
        return about + _bytes(13, _bytes(1, b"location") + _bytes(2, beside.encode())) + _number(14, 1)
    return about + _bytes(9, values.tobytes())


def _value(name: str, shape: list[int | str]) -> bytes:
    dimensions = b"".join(
        _bytes(1, _number(1, size) if isinstance(size, int) else _bytes(2, size.encode())) for size in shape
    )
    return _bytes(1, name.encode()) + _bytes(2, _bytes(1, _number(1, _FLOAT) + _bytes(2, dimensions)))


def _number(field: int, value: int) -> bytes:
    return _varint(field << 3) + _varint(value)


def _bytes(field: int, content: bytes) -> bytes:
    return _varint(field << 3 | 2) + _varint(len(content)) + content


def _varint(value: int) -> bytes:
    result = b""
    while value > 127:
        result += struct.pack("B", value & 127 | 128)
        value >>= 7
    return result + struct.pack("B", value)
