"""How many of the people in labelled images does a detector find, and how many of its boxes are labelled?

    python benchmarks/detection.py DATA_DIR [--detector nano] [--tiles none 2x1 auto] [--on images]

DATA_DIR has `players_boxes/valid/images` and `labels` (YOLO text: class, then centre and size as shares of
the image). Not every person there is labelled, so that precision is a lower bound. `--on panorama` pastes
copies of the wide ones side by side, 450 pixels high. `--on windows` looks for the labelled players of
`real_windows/spans.csv` in their videos. One at a time is labelled there: recall only. `--on rendered` draws
frames of the sample court, and looks for players of whom most is seen.
"""

from __future__ import annotations

import argparse
import csv
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice, pairwise
from pathlib import Path

import cv2
import numpy as np

from bball_tag.players.choose_tiles import choose_tiles
from bball_tag.players.detect import Detector, open_detector
from bball_tag.players.tiles import parse_tiles
from bball_tag.players.tracks import overlaps
from bball_tag.video.video import Video

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "sample_videos"))

from court.choose import clip_game, recorded
from court.coverage import covered
from court.record import expose
from court.render import Court
from court.scene import make_scene

SCORES = (0.1, 0.3, 0.5)
"""From which score on a box counts."""
LEAST_IOU = 0.5
HEIGHTS = (0, 32, 48, 64, 96, 10_000)
"""Edges of the classes of heights, in pixels of the model's input."""
PANORAMA_HEIGHT = 450
SHARES_OF_SPAN = (0.0, 0.5, 1.0)
"""Which boxes of a labelled span are looked for."""

GAMES = (9101, 9102, 9103)
TIMES = np.array([8.0, 20.0])
LEAST_SEEN = 0.7
"""Part of a rendered player that must be seen for them to be looked for."""

Labelled = list[tuple[str, np.ndarray, np.ndarray]]
"""Group, image, and left, top, width, height of its labelled people."""


def main() -> None:
    """Print a markdown table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", type=Path)
    parser.add_argument("--detector", nargs="+", default=["nano"])
    parser.add_argument("--tiles", nargs="+", default=["none", "2x1", "2x2", "auto"])
    parser.add_argument("--on", choices=KINDS, default="images")
    arguments = parser.parse_args()
    cv2.setNumThreads(1)
    labelled = list(KINDS[arguments.on](arguments.data))
    head = ["detector", "tiles", "chosen", "CPU ms an image", *(f"recall ({score:g})" for score in SCORES)]
    head += [] if arguments.on == "windows" else [f"precision ({score:g})" for score in SCORES]
    head += [f"recall (0.3), {low} to {high} px high" for low, high in pairwise(HEIGHTS)]
    print(f"| {' | '.join(head)} |\n|{'---|' * len(head)}")
    for name in arguments.detector:
        detector = open_detector(name)
        for tiles in arguments.tiles:
            cells = row(detector, labelled, tiles, with_precision=arguments.on != "windows")
            print(f"| {' | '.join([name, tiles, *cells])} |", flush=True)


def row(detector: Detector, labelled: Labelled, tiles: str, *, with_precision: bool) -> list[str]:
    """Return the cells of one detector with one tiling."""
    groups = defaultdict(list)
    for group, image, _ in labelled:
        groups[group].append(image)
    tilings = {group: parse_tiles(tiles) or choose_tiles(detector, few) for group, few in groups.items()}
    best, seen, heights, seconds = [], [], [], 0.0
    for group, image, truth in labelled:
        began = time.process_time()
        found = detector.detect(image, tilings[group])
        seconds += time.process_time() - began
        best.append(matched_scores(truth, found.boxes, found.scores))
        seen.append(found.scores)
        heights.append(truth[:, 3] * detector.scale_of(*image.shape[:2]))
    best, seen, heights = (np.concatenate(values) for values in (best, seen, heights))
    chosen = sorted({str(tiling) for tiling in tilings.values()})
    cells = [
        ", ".join(chosen),
        f"{1000 * seconds / len(labelled):.0f}",
        *(f"{np.mean(best >= score):.2f}" for score in SCORES),
    ]
    if with_precision:
        cells += [f"{np.sum(best >= score) / max(np.sum(seen >= score), 1):.2f}" for score in SCORES]
    for low, high in pairwise(HEIGHTS):
        among = best[(heights >= low) & (heights < high)]
        cells.append(f"{np.mean(among >= 0.3):.2f} of {len(among)}" if len(among) else "-")
    return cells


def matched_scores(truth: np.ndarray, boxes: np.ndarray, scores: np.ndarray) -> np.ndarray:
    """Return the score of the box that is matched to each labelled person, the surest first; 0 for none."""
    result = np.zeros(len(truth))
    for index in np.argsort(-scores):
        shared = np.where(result > 0, 0, overlaps(truth, boxes[index]))
        if len(truth) and shared.max() >= LEAST_IOU:
            result[np.argmax(shared)] = scores[index]
    return result


def images(data: Path) -> Iterator[tuple[str, np.ndarray, np.ndarray]]:
    """Yield each labelled image, a group of its own."""
    for path in sorted((data / "players_boxes" / "valid" / "images").iterdir()):
        image = cv2.cvtColor(cv2.imread(str(path)), cv2.COLOR_BGR2RGB)
        height, width = image.shape[:2]
        values = np.loadtxt(path.parents[1] / "labels" / f"{path.stem}.txt", ndmin=2)[:, 1:]
        sizes = values[:, 2:] * (width, height)
        yield path.name, image, np.concatenate([values[:, :2] * (width, height) - sizes / 2, sizes], axis=1)


def panorama(data: Path) -> Iterator[tuple[str, np.ndarray, np.ndarray]]:
    """Yield each labelled image of a whole scene, four times side by side as one wide image."""
    for name, image, truth in images(data):
        height, width = image.shape[:2]
        if width > height * 4 / 3:
            scale = PANORAMA_HEIGHT / height
            size = (round(width * scale), PANORAMA_HEIGHT)
            part = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
            copies = [truth * scale + (index * size[0], 0, 0, 0) for index in range(4)]
            yield name, np.hstack([part] * 4), np.concatenate(copies)


def window_frames(data: Path) -> Iterator[tuple[str, np.ndarray, np.ndarray]]:
    """Yield three frames of each labelled span, grouped by video."""
    folder = data / "real_windows"
    boxes = defaultdict(list)
    for tracks in sorted((folder / "tracks").iterdir()):
        for row in rows_of(tracks):
            values = [float(row[name]) for name in ("left", "top", "width", "height")]
            boxes[row["player"]].append((float(row["time_s"]), values))
    for span in rows_of(folder / "spans.csv"):
        of_span = boxes[span["player"]]
        for time_s, values in (of_span[round(share * (len(of_span) - 1))] for share in SHARES_OF_SPAN):
            # A box stands for the frame that is shown at its time, to a hundredth of a second.
            reader = Video(folder / span["path"]).frames(100, time_s, time_s + 0.01)
            for frame in islice(reader, 1):
                yield span["group"], frame.image, np.array(values, ndmin=2)


def rendered(_data: Path) -> Iterator[tuple[str, np.ndarray, np.ndarray]]:
    """Yield frames of rendered games, each recorded by cameras of all kinds, grouped by recording."""
    for seed in GAMES:
        for number, court in enumerate(recorded(clip_game(seed, 0), seed, 0)):
            yield from rendered_frames(f"{seed}, recording {number}", court, np.random.default_rng(seed))


def rendered_frames(
    group: str, court: Court, rng: np.random.Generator
) -> Iterator[tuple[str, np.ndarray, np.ndarray]]:
    """Yield frames of a recording with those who are wholly in the frame."""
    look = court.look
    court = replace(court, planes=make_scene(look))
    frames = expose(court, TIMES, [(0, 0, look.width, look.height)] * len(TIMES), rng)
    figures = court.shot(TIMES).figures
    for time_index, frame in enumerate(frames):
        box = figures.box[time_index]
        inside = (box[:, :2] >= 0).all(axis=1) & (box[:, 2:] <= (look.width, look.height)).all(axis=1)
        wanted = box[inside & (covered(figures, time_index, look)[0] >= LEAST_SEEN)]
        if len(wanted):
            image = np.ascontiguousarray(frame[:, :, ::-1])
            yield group, image, np.concatenate([wanted[:, :2], wanted[:, 2:] - wanted[:, :2]], axis=1)


def rows_of(path: Path) -> list[dict[str, str]]:
    """Return the rows of a CSV file."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


KINDS = {"images": images, "panorama": panorama, "windows": window_frames, "rendered": rendered}

if __name__ == "__main__":
    main()
