"""Does the appearance tell people apart on real video? A measure without labels.

    python -m benchmarks.appearance VIDEO...

People are found and followed. Two looks of one track, at least 1.5 s apart, are mostly of one person; two
looks of tracks that are there at once are of two. Printed is how often the former are more alike than the
latter (AUC), of people in shirts of one colour: by what they wear alone, and with their appearance. How looks
vary is measured on every second track, and the others are judged by it.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import fields, replace
from pathlib import Path

import cv2
import numpy as np

from bball_tag.players.appearance import Appearance
from bball_tag.players.camera import CameraMotion
from bball_tag.players.choose_tiles import choose_tiles
from bball_tag.players.detect import NANO, open_detector
from bball_tag.players.kits import COLOURS, SHIRT
from bball_tag.players.looks import clear_views, looks_of, measure_likeness
from bball_tag.players.observation import BLANK, Observation
from bball_tag.players.pieces import Piece
from bball_tag.players.track import Follower, pieces_of
from bball_tag.video.video import Video

FPS = 12.5
APART_S, AT_ONCE_S = 1.5, 0.4
ONE_COLOUR = 18.0
"""Shirts that differ by less, in CIE units, are of one colour."""


def main() -> None:
    """Print a row for each video."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("videos", type=Path, nargs="+")
    cv2.setNumThreads(1)
    print("video                    seconds  same  other  colours  with appearance")
    for path in parser.parse_args().videos:
        pieces = followed(Video(path))
        for seconds in (0.8, 1.6):
            looks = [look for piece in pieces for look in short_looks(piece, round(seconds * FPS))]
            bare = [
                [replace(one, colours=one.colours[:, :COLOURS]) for one in each] for each in (pieces, looks)
            ]
            rows = [told_apart(*both) for both in (bare, (pieces, looks))]
            if rows[0] is not None and rows[1] is not None:
                same, other, colours = rows[0]
                print(
                    f"{path.stem:<24} {seconds:7} {same:5} {other:6} {colours:8.3f} {rows[1][2]:8.3f}",
                    flush=True,
                )


def followed(video: Video) -> list[Piece]:
    """Return whom the detector finds, followed; the videos have no cuts."""
    detector, appearance, camera, follower = open_detector(NANO), Appearance(), CameraMotion(), Follower(FPS)
    duration = float(video.info.duration)
    images = video.images_at([duration * (part + 0.5) / 6 for part in range(6)])
    tiling = choose_tiles(detector, [image for image in images if image is not None])
    seen, ids = [], []
    for frame in video.frames(FPS):
        found = detector.detect(frame.image, tiling)
        worn, moved = appearance.describe(frame.image, found.boxes), camera.step(frame.image, found.boxes)
        seen.append(Observation(frame.index, found, worn, moved, BLANK))
        ids.append(follower.update(seen[-1], new_shot=frame.index == 0))
    return [piece for piece in pieces_of(seen, ids, FPS) if np.median(piece.scores) > 0.3]


def short_looks(piece: Piece, length: int) -> Iterator[Piece]:
    """Yield parts of a piece of `length` clear views each."""
    _, rows = clear_views(piece)
    names = [field.name for field in fields(piece) if field.name != "id"]
    for first in range(0, len(rows) - length + 1, length):
        own = rows[first : first + length]
        yield replace(piece, **{name: getattr(piece, name)[own] for name in names})


def told_apart(pieces: Sequence[Piece], looks: Sequence[Piece]) -> tuple[int, int, float] | None:
    """Return the number of pairs of one track and of two, and the AUC; None without either."""
    seen = looks_of(looks)
    track = np.array([look.id for look in looks])
    when = np.array([look.instants[len(look.instants) // 2] for look in looks]) / FPS
    one, two = np.triu_indices(len(looks), 1)
    scores = np.zeros(len(one))
    for half in (0, 1):
        alike = measure_likeness([piece for piece in pieces if piece.id % 2 != half], FPS)
        ratios = alike.log_ratio(seen.means, seen.counts)[one, two]
        scores = np.where(track[one] % 2 == half, ratios, scores)
    away = np.abs(when[one] - when[two])
    shirts = np.linalg.norm(seen.means[one][:, SHIRT] - seen.means[two][:, SHIRT], axis=1)
    same = np.sort(scores[(track[one] == track[two]) & (away >= APART_S)])
    other = scores[(track[one] != track[two]) & (away <= AT_ONCE_S) & (shirts < ONE_COLOUR)]
    if not len(same) or not len(other):
        return None
    below = (np.searchsorted(same, other, "left") + np.searchsorted(same, other, "right")) / 2
    return len(same), len(other), float(1 - below.mean() / len(same))


if __name__ == "__main__":
    main()
