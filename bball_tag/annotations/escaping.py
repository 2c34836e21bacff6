"""Text in the forms that formats accept: no formulas, no control characters, one line; names and links."""

from __future__ import annotations

import os
import re
from pathlib import Path
from urllib.parse import quote

from bball_tag.events import Event
from bball_tag.storage import Address

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
SHEET_ERRORS = ("#REF!", "#NAME?", "#VALUE!", "#DIV/0!", "#N/A", "#NUM!", "#NULL!", "#SPILL!", "#CALC!")
"""What spreadsheets show where a formula fails."""
_NOT_IN_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_NUMBERED = re.compile(r"player (\d+)")


def escape_formula(text: str) -> str:
    """Return `text`, with an apostrophe in front if to a spreadsheet it is a formula or the error of one."""
    return f"'{text}" if _needs_apostrophe(text) else text


def unescape_formula(text: str) -> str:
    """Undo `escape_formula`."""
    return text[1:] if text.startswith("'") and _needs_apostrophe(text) else text


def _needs_apostrophe(text: str) -> bool:
    # Text that already has one gets another, so that reading always gives back the original.
    plain = text.lstrip("'")
    return plain.startswith(_FORMULA) or plain in SHEET_ERRORS


def printable(text: str) -> str:
    """Return `text` with line ends as newlines, and U+FFFD for what XML forbids."""
    return _NOT_IN_XML.sub("\N{REPLACEMENT CHARACTER}", text.replace("\r\n", "\n").replace("\r", "\n"))


def one_line(text: str) -> str:
    """Return `text` on one line, without tabs or control characters."""
    return " ".join(printable(text).split())


def path_text(path: Path | None) -> str:
    """Return a path as text, empty for None; bytes that are not UTF-8 become U+FFFD."""
    return "" if path is None else os.fsencode(path).decode("utf-8", "replace")


def video_name(path: Path | None) -> str:
    """Return what to call a video: the name of its file without the suffix, or `video` if it is unknown."""
    return path_text(Path(path.stem)) if path and path.stem else "video"


def media_url(path: Path) -> str:
    """Return where a program finds the file: a file: URL, relative if `path` is, or its address."""
    if isinstance(path, Address):
        return quote(str(path), safe=":/")
    raw = os.fsencode(path.as_posix())
    return f"file://{quote(raw)}" if path.is_absolute() else quote(raw)


def player_name(player: str) -> str:
    """Return what to call a player where the id stands alone: `player 7` for the number 7."""
    return f"player {player}" if player.isdecimal() else player


def player_id(name: str) -> str:
    """Undo `player_name`."""
    match = _NUMBERED.fullmatch(name)
    return match[1] if match else name


def title(event: Event) -> str:
    """Return what happened on one line: `player 7: shoot`, or `shoot`."""
    who = f"{player_name(event.player)}: " if event.player else ""
    return one_line(f"{who}{event.label}")
