"""The files of a game as our JSON holds them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from bball_tag.annotations.escaping import path_text
from bball_tag.annotations.game_files import GameFile
from bball_tag.json_files import as_number, as_rate, as_text, as_whole, field
from bball_tag.timecode import LONGEST_S
from bball_tag.video.info import VideoInfo

_LARGEST_SIDE = 1_000_000
"""No frame has a side of more pixels."""


def as_json(file: GameFile) -> dict[str, Any]:
    """Return a file of a game: where it lies, its part of the game, and what is known of its frames."""
    video = file.video
    size = {"width": video.width, "height": video.height} if video.width else {}
    return {
        "path": path_text(file.path),
        "start_s": file.start,
        "duration_s": file.duration,
        **({"fps": str(video.fps)} if video.fps else {}),
        **size,
        **({"starts_s": video.starts} if video.starts else {}),
    }


def from_json(item: dict[str, Any]) -> GameFile:
    """Return the file that `as_json` gave.

    Raises:
        FormError: A field is invalid.
    """
    path = as_text(field(item, "path"))
    start, duration = (as_number(field(item, name), LONGEST_S) for name in ("start_s", "duration_s"))
    rate = as_rate(item.get("fps", "0"))
    width, height = (as_whole(item.get(name, 0), _LARGEST_SIDE) for name in ("width", "height"))
    starts = as_number(item.get("starts_s", 0.0), LONGEST_S)
    plain = VideoInfo.unknown(Path(path) if path else None, rate, duration)
    info = replace(plain, width=width, height=height, starts=starts)
    return GameFile(info.path, start, duration, info)
