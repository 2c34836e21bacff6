"""Ways in which a file is damaged."""

from __future__ import annotations

import io
import random
import zipfile
from dataclasses import dataclass
from typing import Literal, get_args

Kind = Literal["flip", "cut", "splice", "repeat", "swap", "zero", "token"]
TOKENS = (
    *(b"1e308", b"-1", b"9" * 5000, b"NaN", b"Infinity", b"null", b"true", b"{}", b"[[[[", b'"', b"'", b";"),
    *(
        b"<",
        b"&#x0;",
        b"&amp;",
        b"\x00",
        b"\xff\xfe",
        b"\xef\xbb\xbf",
        b"\x1b[2J",
        b"\r",
        b"\n\n",
        b"0:01:23,5",
    ),
    *("\u202e".encode(), "投篮".encode(), b"=1+2", b"../../x", b"1e999999999", b"12:60", b"-0", b"\t"),
)
"""What readers stumble over."""


@dataclass(frozen=True, slots=True)
class Change:
    """One change, at a place given as a part of the file."""

    kind: Kind
    at: float
    size: int
    what: int
    """Which token, which bit, how often."""
    whence: float = 0.0
    """From where something is copied."""


def damaged(content: bytes, changes: list[Change]) -> bytes:
    """Return a file with changes; those of a ZIP archive are mostly made in what is packed."""
    if content.startswith(b"PK\x03\x04") and changes and changes[0].what % 4:
        return _repacked(content, changes)
    for change in changes:
        content = _changed(content, change)
    return content


def random_change(rng: random.Random) -> Change:
    """Return any change."""
    kind = rng.choice(get_args(Kind))
    return Change(kind, rng.random(), rng.choice((1, 2, 8, 64, 1000)), rng.randrange(1 << 16), rng.random())


def _changed(content: bytes, change: Change) -> bytes:
    at, size = int(change.at * len(content)), change.size
    before, part, after = content[:at], content[at : at + size], content[at + size :]
    whence = int(change.whence * len(content))
    if change.kind == "flip" and part:
        return before + bytes([part[0] ^ 1 << change.what % 8]) + part[1:] + after
    if change.kind == "cut":
        return before if change.what % 2 else before + after
    if change.kind == "splice":
        return before + content[whence : whence + size] + part + after
    if change.kind == "repeat":
        return before + part * (change.what % 100) + after
    if change.kind == "swap":
        other = content[whence : whence + len(part)]
        return before + other + after
    if change.kind == "zero":
        return before + bytes(len(part)) + after
    return before + TOKENS[change.what % len(TOKENS)] + (part if change.what % 2 else b"") + after


def _repacked(content: bytes, changes: list[Change]) -> bytes:
    packed = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(content)) as old,
        zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        names = old.namelist()
        chosen = names[changes[0].size % len(names)] if changes[0].what % 3 else names[-1]
        for name in names:
            data = old.read(name)
            if name == chosen:
                for change in changes:
                    data = _changed(data, change)
            new.writestr(name, data)
    return packed.getvalue()
