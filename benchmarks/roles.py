"""Who is taken for what: players, referees, coaches and substitutes of rendered games, as `track` finds them.

    python -m benchmarks.roles WORK_DIR [--seeds 21 22 23]

WORK_DIR holds the games that `benchmarks/rendered_games.py --video` has drawn. Everybody of whom half or more
can be seen counts, twice a second; a box of a track is theirs from an IoU of 0.5 on.
"""

from __future__ import annotations

import argparse
import csv
from collections import Counter, defaultdict
from pathlib import Path

import numpy as np
from scipy.optimize import linear_sum_assignment

import bball_tag
from bball_tag.players.tracks import overlaps

FPS, STEP = 25, 12
"""Frames a second of the games, and how many lie between those that are looked at."""
VISIBLE, SAME = 0.5, 0.5


def main() -> None:
    """Print a table of true against found roles for each game."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("work", type=Path)
    parser.add_argument("--seeds", type=int, nargs="+", default=[21, 22, 23])
    arguments = parser.parse_args()
    print("| game | who | boxes | player | other | no track |\n|---|---|---|---|---|---|")
    for seed in arguments.seeds:
        counts = roles(arguments.work / f"game{seed}")
        for role in sorted(counts):
            found, total = counts[role], counts[role].total()
            cells = [f"{found[name] / total:.2f}" for name in ("player", "other", "")]
            print(f"| {seed} | {role} | {total} | {' | '.join(cells)} |", flush=True)


def roles(folder: Path) -> dict[str, Counter[str]]:
    """Return, for each true role, how often people of that role were found in which."""
    with (folder / "people.csv").open(encoding="utf-8") as file:
        role_of = {row["id"]: row["role"] for row in csv.DictReader(file)}
    truth: dict[int, list[tuple[str, list[float]]]] = defaultdict(list)
    with (folder / "boxes.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            frame = int(row["frame"]) - 1
            if frame % STEP == 0 and float(row["visibility"]) >= VISIBLE:
                role = role_of[row["id"]]
                role = "substitute" if role == "player" and row["playing"] != "1" else role
                truth[frame].append((role, [float(row[side]) for side in ("left", "top", "width", "height")]))
    found: dict[int, list[tuple[str, np.ndarray]]] = defaultdict(list)
    for track in bball_tag.track(folder / "game.mp4", progress=False):
        for time, box in zip(track.times, track.boxes, strict=True):
            found[round(time * FPS)].append((track.role, box))
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for frame, people in truth.items():
        there = found.get(frame, [])
        same = overlaps(
            np.reshape([box for _, box in people], (-1, 1, 4)),
            np.reshape([box for _, box in there], (1, -1, 4)),
        )
        pairs = dict(zip(*linear_sum_assignment(-same), strict=True))
        for at, (role, _) in enumerate(people):
            other = pairs.get(at)
            is_found = other is not None and same[at, other] >= SAME
            counts[role][there[other][0] if is_found else ""] += 1
    return counts


if __name__ == "__main__":
    main()
