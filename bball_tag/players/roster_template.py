"""Write a table of the tracks to correct, and a page that shows each of them."""

from __future__ import annotations

import base64
import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

import numpy as np

from bball_tag.files import replacing, write_text
from bball_tag.palette import ink_on
from bball_tag.players.appearance import ATTIRE
from bball_tag.players.crop import Box
from bball_tag.players.identify import Identities, Player
from bball_tag.players.pieces import Piece
from bball_tag.players.roster import COLUMNS
from bball_tag.players.tracks import overlaps
from bball_tag.timecode import format_clock

PAGE = ".html"
"""Suffix of the page beside a roster."""
_STYLE = """body{font:15px system-ui,sans-serif;margin:2em;background:#f6f6f4;color:#111}
main{display:flex;flex-wrap:wrap;gap:1em}figure{margin:0;background:#fff;border-radius:8px;overflow:hidden;
width:150px;box-shadow:0 1px 3px #0003}img{display:block;width:150px;height:210px;object-fit:contain;
background:#000}figcaption{padding:.5em .7em}b{font-size:1.3em}i{font-style:normal;border-radius:4px;
padding:.1em .5em}"""


@dataclass(frozen=True, slots=True)
class Sighting:
    """Where a player is seen most clearly."""

    instant: int
    """Grid index."""
    box: Box
    """In pixels of the frame."""


def clearest(identities: Identities, pieces: Sequence[Piece]) -> dict[str, Sighting]:
    """Return where each player is seen most clearly: large, surely detected, and beside the others.

    Args:
        identities: Who is who.
        pieces: All pieces.
    """
    known = {piece.id: piece for piece in pieces}
    usual = _usual_looks(identities, known)
    at_instant: dict[int, list[tuple[int, list[float]]]] = {}
    for piece in pieces:
        for instant, box in zip(piece.instants.tolist(), piece.boxes.tolist(), strict=True):
            at_instant.setdefault(instant, []).append((piece.id, box))
    best: dict[str, tuple[float, Sighting]] = {}
    for share in identities.shares:
        piece = known[share.piece]
        low, high = np.searchsorted(piece.instants, (share.first, share.last + 1)).tolist()
        worth = piece.scores[low:high] * np.sqrt(piece.boxes[low:high, 3])
        # Where a track passed to somebody else for a moment, they look otherwise.
        away = np.linalg.norm(piece.colours[low:high, :ATTIRE] - usual[share.player], axis=1)
        worth = worth * np.exp(-away / max(float(np.median(away)), 1.0))
        # Of each share the best few are compared with whoever stands in the way.
        for index in (low + np.argsort(-worth, kind="stable")[:5]).tolist():
            instant, box = int(piece.instants[index]), piece.boxes[index].astype(np.float64)
            others = [other for owner, other in at_instant[instant] if owner != piece.id]
            hidden = overlaps(np.reshape(others, (-1, 4)), box).max(initial=0.0)
            value = float(worth[index - low] * (1 - hidden))
            if share.player not in best or value > best[share.player][0]:
                best[share.player] = (value, Sighting(instant, Box(*box.tolist())))
    return {player: sighting for player, (_, sighting) in best.items()}


def _usual_looks(identities: Identities, known: Mapping[int, Piece]) -> dict[str, np.ndarray]:
    """Return what each player looks like most of the time: a median descriptor of their boxes."""
    looks: dict[str, list[np.ndarray]] = {}
    for share in identities.shares:
        piece = known[share.piece]
        low, high = np.searchsorted(piece.instants, (share.first, share.last + 1)).tolist()
        looks.setdefault(share.player, []).append(piece.colours[low:high, :ATTIRE])
    return {player: np.median(np.concatenate(parts), axis=0) for player, parts in looks.items()}


def write_template(
    path: Path,
    identities: Identities,
    pieces: Sequence[Piece],
    images: Mapping[str, np.ndarray],
    fps: float,
) -> Path:
    """Write a roster to correct, and beside it a page with an image of each track.

    Args:
        path: The CSV file; the page has the same name and `.html`.
        identities: Who was found.
        pieces: All pieces.
        images: What each player looks like where `clearest` says, by id: uint8 RGB arrays.
        fps: Instants of the grid per second.

    Returns:
        The path of the page.

    Raises:
        BballTagError: A file cannot be written.
    """
    seen = clearest(identities, pieces)
    with replacing(path) as draft, draft.open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(COLUMNS)
        for player in identities.players:
            sighting = seen[player.id]
            box = sighting.box
            sides = [f"{side:.1f}" for side in (box.left, box.top, box.width, box.height)]
            # What is filled in is a correction, and would hold against --teams.
            facts = (player.id, "", "", "", "", "")
            table.writerow((*facts, f"{sighting.instant / fps:.2f}", *sides))
    page = path.with_suffix(PAGE)
    cards = [
        _card(player, seen[player.id].instant / fps, images.get(player.id)) for player in identities.players
    ]
    write_text(page, _page(path.name, cards))
    return page


def _page(name: str, cards: Sequence[str]) -> str:
    help_text = (
        f"Write into {escape(name)}: the player of each track. Tracks with one name become one player. "
        "Role <em>none</em> is not a player, <em>other</em> is a referee."
    )
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{escape(name)}</title>'
        f"<style>{_STYLE}</style><h1>{len(cards)} tracks</h1><p>{help_text}</p><main>{''.join(cards)}"
        "</main></html>\n"
    )


def _card(player: Player, seconds: float, image: np.ndarray | None) -> str:
    paint, ink = (f"rgb{colour}" for colour in (player.colour, ink_on(player.colour)))
    what = escape(player.team or player.role)
    shown = "" if image is None else f'<img alt="" src="data:image/jpeg;base64,{_jpeg(image)}">'
    return (
        f"<figure>{shown}<figcaption><b>{escape(player.id)}</b> "
        f'<i style="background:{paint};color:{ink}">{what}</i><br>seen at {format_clock(seconds)}<br>'
        f"{player.sureness:.0%} sure</figcaption></figure>"
    )


def _jpeg(image: np.ndarray) -> str:
    import cv2

    _, data = cv2.imencode(".jpg", np.ascontiguousarray(image[..., ::-1]), [cv2.IMWRITE_JPEG_QUALITY, 85])
    return base64.b64encode(data.tobytes()).decode("ascii")
