"""A game as one file to look at and to send: the same page, which cannot save."""

from __future__ import annotations

import base64
import shutil
from pathlib import Path
from typing import Any
from urllib.parse import quote

from bball_tag.errors import BballTagError, ScoresError
from bball_tag.files import check_output, relative_path, replacing, write_text
from bball_tag.review.bundle import one_page
from bball_tag.review.columns import CHUNK_S, BoxColumns, ScoreColumns
from bball_tag.review.document import game_json, totals_json
from bball_tag.review.material import Material
from bball_tag.review.playback import Playback
from bball_tag.review.state import State

MOST_EMBEDDED = 300 << 20
"""Bytes of a video within a page: browsers take little more."""
_COPY = ".video.mp4"
_MOST_CLIPS = 100_000
"""Clips whose scores are put into a page."""


def write_page(
    path: Path,
    material: Material,
    state: State,
    playback: Playback,
    *,
    embeds: bool = False,
    overwrite: bool = False,
) -> list[Path]:
    """Write a game as one HTML file, and return what was written.

    Args:
        path: The file.
        material: The game.
        state: Its events, judged or not.
        playback: What browsers play of it; a copy that was made for them is put beside the page.
        embeds: Whether the video is put into the page; else the page says where it lies.
        overwrite: Replace a copy of the video that lies beside the page.

    Raises:
        BballTagError: The video is too large to be put into a page, or a file cannot be written.
    """
    written = [path]
    if embeds:
        source = _embedded(playback)
    else:
        video = playback.path
        if playback.is_proxy:
            # Never the name of the video itself, which may be that of the page.
            video = path.with_name(f"{path.stem}{_COPY}")
            check_output(video, overwrite=overwrite)
            if video.exists() and video.samefile(material.video.path):
                raise BballTagError(
                    f"Cannot write {video}: it is the video of the page. Choose another --out."
                )
            with replacing(video) as draft:
                shutil.copyfile(playback.path, draft)
            written.append(video)
        source = quote(relative_path(video.resolve(), path.resolve().parent).as_posix())
    document = {**report_json(material, state, playback), "notes": []}
    document["video"]["src"] = source
    write_text(path, one_page(document))
    return written


def report_json(material: Material, state: State, playback: Playback) -> dict[str, Any]:
    """Return all that the page shows, with boxes and scores."""
    boxes = BoxColumns(material.annotation.tracks)
    scores = _scores(material)
    return {
        **game_json(material, state),
        "read_only": True,
        "statistics": totals_json(material, state),
        "revision": 0,
        "by": "",
        "video": {"frame_times": playback.frame_times, **playback.as_json(material.video)},
        "boxes": {
            "chunk_s": CHUNK_S,
            "num_chunks": boxes.num_chunks,
            "max_gap": boxes.max_gap,
            "chunks": [boxes.chunk(number) for number in range(boxes.num_chunks)],
        },
        "scores": {
            "has": scores is not None,
            "labels": [] if scores is None else list(scores.labels),
            "players": None if scores is None else {one: scores.of(one) for one in scores.players()},
        },
        "can": {"edit": False, "learn": False, "suggest": False, "export": False},
        "can_undo": False,
        "can_redo": False,
        "why_not": {},
        "formats": [],
        "export_name": "",
    }


def _scores(material: Material) -> ScoreColumns | None:
    """Return the scores; None where there are none, or too many for a page."""
    try:
        game = material.game()
    except ScoresError:
        return None
    return ScoreColumns(game) if len(game.rows) <= _MOST_CLIPS else None


def _embedded(playback: Playback) -> str:
    size = playback.path.stat().st_size
    if size > MOST_EMBEDDED:
        raise BballTagError(
            f"The video has {size >> 20} MB, and a page can hold {MOST_EMBEDDED >> 20}. Leave --embed "
            "out: the page then plays the video that lies where it does now."
        )
    data = base64.b64encode(playback.path.read_bytes()).decode("ascii")
    return f"data:{playback.media_type};base64,{data}"
