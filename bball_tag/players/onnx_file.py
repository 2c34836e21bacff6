"""What an ONNX file says about its input and output, read and changed without loading the model.

OpenCV does not tell the shapes of a model's input, and the `onnx` package is large. These few lines follow
the wire format of protocol buffers to the fields that matter, as onnx.proto numbers them: ModelProto.graph
(7), GraphProto.initializer (5), input (11), output (12) and value_info (13).
"""

from __future__ import annotations

import mmap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_GRAPH, _INITIALIZER, _INPUT, _OUTPUT, _BETWEEN = 7, 5, 11, 12, 13
_TENSOR_NAME, _TENSOR_LOCATION = 8, 14
_VALUE_NAME, _VALUE_TYPE = 1, 2
_DENOTATION = 3 << 3 | 2
"""The key of a dimension's remark, which says nothing of its size."""
_LEAST_SIZE = 32
"""Batches and colours are fewer; images are not smaller."""
_LONGEST_REMARK = 128
"""Whose length still is one byte."""
_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
"""Wire types of a field."""

Buffer = mmap.mmap | bytes


@dataclass(frozen=True, slots=True)
class Value:
    """One input or output of a model."""

    name: str
    shape: tuple[int, ...]
    """Its dimensions; 0 where the file leaves one open."""


def read_values(path: Path) -> tuple[list[Value], list[Value]]:
    """Return the inputs and outputs of an ONNX file; weights that are listed as inputs are left out.

    Raises:
        OSError: The file cannot be read.
        ValueError: It is not an ONNX file, or ends too soon.
    """
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        try:
            parts = _graph(data)
            weights = {_text(data, span, _TENSOR_NAME) for field, span in parts if field == _INITIALIZER}
            inputs = [_value(data, span) for field, span in parts if field == _INPUT]
            outputs = [_value(data, span) for field, span in parts if field == _OUTPUT]
        except IndexError as error:
            raise ValueError("it ends too soon") from error
    return [value for value in inputs if value.name not in weights], outputs


def with_open_sizes(path: Path) -> bytes | None:
    """Return the content of an ONNX file with dimensions from 32 up left open, or None to use it as it is.

    Sizes of images are written down when a model is exported, and runtimes insist on them, though most
    models compute any size. (One that does not fails when it is asked to.) A model without such sizes needs
    no change, and one with weights in other files finds them from its own folder alone.

    Raises:
        OSError: The file cannot be read.
        ValueError: It is not an ONNX file.
    """
    data = path.read_bytes()
    content = bytearray(data)
    parts = _graph(data)
    if any(field == _INITIALIZER and _lies_elsewhere(data, span) for field, span in parts):
        return None
    values = [span for field, span in parts if field in (_INPUT, _OUTPUT, _BETWEEN)]
    for start, stop in (dim for span in values for dim in _dimensions(data, span)):
        # As long as the number was, so that all that lies around it stays where it is.
        length = stop - start - 2
        if _dimension(data, (start, stop)) >= _LEAST_SIZE and length < _LONGEST_REMARK:
            content[start:stop] = bytes([_DENOTATION, length]) + b"-" * length
    return None if content == data else bytes(content)


def _lies_elsewhere(data: Buffer, span: tuple[int, int]) -> bool:
    """Say whether a TensorProto has its values in another file: data_location (14)."""
    return any(
        field == _TENSOR_LOCATION and _varint(data, inner[0])[0] == 1 for field, inner in _fields(data, *span)
    )


def _graph(data: Buffer) -> list[tuple[int, tuple[int, int]]]:
    """Return the number of each field of the graph, and where its content lies."""
    graphs = [span for field, span in _fields(data, 0, len(data)) if field == _GRAPH]
    if len(graphs) != 1:
        raise ValueError("it has no graph")
    return list(_fields(data, *graphs[0]))


def _value(data: Buffer, span: tuple[int, int]) -> Value:
    """Read a ValueInfoProto: name (1), type (2)."""
    sizes = tuple(_dimension(data, dim) for dim in _dimensions(data, span))
    return Value(_text(data, span, _VALUE_NAME), sizes)


def _dimensions(data: Buffer, span: tuple[int, int]) -> list[tuple[int, int]]:
    """Return where a ValueInfoProto has its dimensions: type (2) . tensor_type (1) . shape (2) . dim (1)."""
    spans = [inner for field, inner in _fields(data, *span) if field == _VALUE_TYPE]
    for wanted in (1, 2, 1):
        spans = [inner for outer in spans for field, inner in _fields(data, *outer) if field == wanted]
    return spans


def _dimension(data: Buffer, span: tuple[int, int]) -> int:
    """Read a dimension that is a number (1); 0 for one that has only a name."""
    return next((_varint(data, inner[0])[0] for field, inner in _fields(data, *span) if field == 1), 0)


def _text(data: Buffer, span: tuple[int, int], wanted: int) -> str:
    spans = [inner for field, inner in _fields(data, *span) if field == wanted]
    return bytes(data[slice(*spans[0])]).decode("utf-8", "replace") if spans else ""


def _fields(data: Buffer, start: int, end: int) -> Iterator[tuple[int, tuple[int, int]]]:
    """Yield the number of each field between `start` and `end`, and where its content lies."""
    while start < end:
        key, start = _varint(data, start)
        kind = key & 7
        if kind == _VARINT:
            stop = _varint(data, start)[1]
        elif kind == _BYTES:
            length, start = _varint(data, start)
            stop = start + length
        elif kind in (_FIXED32, _FIXED64):
            stop = start + (4 if kind == _FIXED32 else 8)
        else:
            raise ValueError("it is another kind of file")
        if stop > end:
            raise ValueError("it ends too soon, or is another kind of file")
        yield key >> 3, (start, stop)
        start = stop


def _varint(data: Buffer, start: int) -> tuple[int, int]:
    """Return a number in base 128, the lowest seven bits first, and where it ends."""
    value = shift = 0
    while True:
        byte = data[start]
        value |= (byte & 127) << shift
        start, shift = start + 1, shift + 7
        if byte < 128:
            return value, start
        if shift > 63:
            raise ValueError("it is another kind of file")
