"""How long does it take to decide a game of 2.5 hours with ten players? Scores are made up.

python benchmarks/deciding_speed.py
"""

from __future__ import annotations

import resource
import time

import numpy as np

from bball_tag.events import EventRules, Scores, find_events
from bball_tag.events.rules import Calibration
from bball_tag.labels import SPACEJAM_LABELS

SECONDS, FPS, NUM_FRAMES, STRIDE, PLAYERS = 2.5 * 3600, 12.5, 8, 4, 10
RULES = EventRules(calibration=Calibration(slope=1.5, offset=-1.0, duration=0.8, labels={"run": 0.5}))
"""As those of a checkpoint, which says how sure events are."""
HELD, LEAD = 6, 2.5
"""Clips for which a label is the likeliest, and by how much its logit is above the noise."""


def made_up_scores() -> Scores:
    """Return scores in which each player's label changes every two seconds."""
    rng = np.random.default_rng(0)
    starts = np.arange(0, int(SECONDS * FPS) - NUM_FRAMES, STRIDE)
    size, labels = (PLAYERS, len(starts)), SPACEJAM_LABELS
    held = rng.integers(0, len(labels), (PLAYERS, len(starts) // HELD + 1)).repeat(HELD, axis=1)
    logits = rng.normal(size=(*size, len(labels)))
    logits += LEAD * (held[:, : len(starts), None] == np.arange(len(labels)))
    exponentials = np.exp(logits).reshape(-1, len(labels))
    probabilities = (exponentials / exponentials.sum(axis=1, keepdims=True)).astype(np.float32)
    subjects = np.repeat([str(player + 1) for player in range(PLAYERS)], len(starts))
    starts = np.tile(starts, PLAYERS)
    return Scores(labels, FPS, NUM_FRAMES, SECONDS, subjects, starts, starts + NUM_FRAMES, probabilities)


def main() -> None:
    """Decide five times; print seconds and the most memory."""
    scores = made_up_scores()
    for _ in range(5):
        began = time.perf_counter()
        events = find_events(scores, RULES)
        print(f"{len(scores.starts):,} clips, {len(events):,} events: {time.perf_counter() - began:.2f} s")
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"at most {most:.0f} MiB, the made-up logits included")


if __name__ == "__main__":
    main()
