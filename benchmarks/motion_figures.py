"""How fast the players of the sample court move through the frame, by label.

    python benchmarks/motion_figures.py --games 6

prints, for each label, how many windows of 0.64 s there are and the quartiles of the foot point's speed with
the camera taken out exactly, in body heights a second: what `motion_rows` measures on true boxes, its median
over the window. Real videos have 0.03-0.15 for no_action, 0.25-0.7 for walk, 0.5-1.5 for run and 0.2-0.85 for
defense.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "sample_videos")]

from court.boxes import around_joints
from court.choose import GAME_SECONDS, LENGTH, clip_game
from court.motion import LABELS
from court.render import Court
from court.skeleton import PELVIS
from court.timeline import bodies

from bball_tag.players.steps import motion_rows

FPS = 12.5
FRAMES = round(LENGTH * FPS)
LEAST_PIXELS = 40
"""Height of the smallest box that counts."""


def main() -> None:
    """Simulate games and print the quartiles."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--games", type=int, default=6)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    found: dict[int, list[float]] = {label: [] for label in range(len(LABELS))}
    for game in range(options.games):
        for label, speed in window_speeds(clip_game(options.seed, game)):
            found[label].append(speed)
    print(f"{'label':14}  windows   25 %   50 %   75 %")
    for label, speeds in found.items():
        low, middle, high = np.percentile(speeds or [np.nan], [25, 50, 75])
        print(f"{LABELS[label]:14} {len(speeds):8} {low:6.2f} {middle:6.2f} {high:6.2f}")


def window_speeds(court: Court) -> list[tuple[int, float]]:
    """Return label and speed of every window in the frame that shows one label and no other."""
    times = np.arange(0.5, GAME_SECONDS - 0.5, 1 / FPS)
    boxes, cameras, seen = boxes_and_cameras(court, times)
    labels = court.line.held("label", times)
    found = []
    for player in range(boxes.shape[1]):
        for first in range(0, len(times) - FRAMES, FRAMES):
            part = slice(first, first + FRAMES)
            shown = labels[part, player]
            if (shown == shown[0]).all() and seen[part, player].all():
                rows = motion_rows(boxes[part, player], cameras[part, player], seen[part, player], FPS)
                found.append((int(shown[0]), float(np.median(np.hypot(rows[1:, 0], rows[1:, 1])))))
    return found


def boxes_and_cameras(court: Court, times: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the boxes (T, F, 4), where the camera alone brings the feet (T, F, 2, 3), and who is seen."""
    joints, _ = bodies(court.line, court.look, times, np.arange(court.line.position.shape[1]))
    views = court.views(times)
    low, high = np.split(around_joints(joints, views), 2, axis=-1)
    ground = joints[:, :, PELVIS] * [1.0, 1.0, 0.0]
    cameras = np.tile(np.eye(2, 3), (*joints.shape[:2], 1, 1))
    # The floor below the player, seen one instant later by the camera as it is then.
    later = views.project(np.concatenate([ground[:1], ground[:-1]]))[0]
    cameras[1:, :, :, 2] = later[1:] - views.project(ground)[0][:-1]
    size = high - low
    look = court.look
    inside = ((low > 0) & (high < [look.camera.width, look.camera.height])).all(axis=-1)
    return np.concatenate([low, size], axis=-1), cameras, inside & (size[..., 1] > LEAST_PIXELS)


if __name__ == "__main__":
    main()
