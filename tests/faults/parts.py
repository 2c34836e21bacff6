"""A reader with its file, and the part of that which is worth damaging.

Hardly an archive or a header that is damaged anywhere is opened.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

_SHEET = "xl/worksheets/sheet1.xml"
_LENGTH = 8
"""Bytes before the header of a safetensors file."""


@dataclass(frozen=True, slots=True)
class Part:
    """How a part is taken out of a file, and how another one is put in its place."""

    taken: Callable[[bytes], bytes]
    put: Callable[[bytes, bytes], bytes]


@dataclass(frozen=True, slots=True)
class Reader:
    """A reader, and a file for it."""

    name: str
    """Of the file, with its suffix."""
    make: Callable[[Path], object]
    """Writes the file."""
    read: Callable[[Path], object]
    """Reads one; a `BballTagError` is all that it may raise."""
    part: Part | None = None
    """What is worth damaging alone, beside the whole file."""


def text_of(content: str) -> Callable[[Path], object]:
    """Return what writes a file of text."""
    return lambda path: path.write_text(content, encoding="utf-8")


def _sheet(workbook: bytes) -> bytes:
    with zipfile.ZipFile(io.BytesIO(workbook)) as file:
        return file.read(_SHEET)


def _with_sheet(workbook: bytes, sheet: bytes) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(workbook)) as old, zipfile.ZipFile(packed, "w") as new:
        for name in old.namelist():
            new.writestr(name, sheet if name == _SHEET else old.read(name))
    return packed.getvalue()


def _metadata(weights: bytes) -> tuple[dict[str, object], str]:
    """Return the header of a safetensors file, and the name of the longest text in it."""
    header = json.loads(weights[_LENGTH : _LENGTH + int.from_bytes(weights[:_LENGTH], "little")])
    texts = header["__metadata__"]
    return header, max(texts, key=lambda name: len(texts[name]))


def _text(weights: bytes) -> bytes:
    header, name = _metadata(weights)
    found: str = header["__metadata__"][name]  # type: ignore[index]
    return found.encode()


def _with_text(weights: bytes, text: bytes) -> bytes:
    header, name = _metadata(weights)
    header["__metadata__"][name] = text.decode("utf-8", "replace")  # type: ignore[index]
    written = json.dumps(header).encode()
    tensors = weights[_LENGTH + int.from_bytes(weights[:_LENGTH], "little") :]
    return len(written).to_bytes(_LENGTH, "little") + written + tensors


FIRST_SHEET = Part(_sheet, _with_sheet)
"""The first sheet of a workbook."""
METADATA = Part(_text, _with_text)
"""What a safetensors file says of itself, beside its weights."""
