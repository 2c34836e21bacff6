"""The part of a file that is worth damaging: hardly an archive or header damaged anywhere is opened."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from dataclasses import dataclass

_SHEET = "xl/worksheets/sheet1.xml"
_LENGTH = 8
"""Bytes before the header of a safetensors file."""


@dataclass(frozen=True, slots=True)
class Part:
    """How a part is taken out of a file, and how another one is put in its place."""

    taken: Callable[[bytes], bytes]
    put: Callable[[bytes, bytes], bytes]


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
