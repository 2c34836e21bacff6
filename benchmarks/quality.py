"""How right are the events? Render fresh games, annotate them with their tracks, compare with the truth.

    python benchmarks/quality.py WORK_DIR [--seeds 9001 9002 9003] [--checkpoint FILE]

The seeds must be ones that the checkpoint was not trained on. A true event is cut to where its player's track
is, and dropped where the player is out of the frame, as nothing can be seen of it.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections import defaultdict
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

from bball_tag.annotations import read_annotation
from bball_tag.events import DEFAULT_RULES, Event
from bball_tag.events.compare import Match, match_events, total
from bball_tag.players.track_files import read_tracks
from bball_tag.players.tracks import Track
from bball_tag.video.video import Video

ROOT = Path(__file__).parents[1]
LEAST_SEEN = 0.3
"""Seconds that must remain of a true event that is cut at the edge of the frame, for it to be looked for."""


def main() -> None:
    """Print a table over all games, and one line for each."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("work", type=Path)
    parser.add_argument("--seeds", type=int, nargs="+", default=[9001, 9002, 9003])
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--checkpoint", type=Path)
    parser.add_argument("--annotate", default="", help="further options for annotate, in one string")
    arguments = parser.parse_args()
    extra = arguments.annotate.split()
    if arguments.checkpoint:
        extra += ["--checkpoint", str(arguments.checkpoint)]
    everything: dict[str, list[Match]] = defaultdict(list)
    for seed in arguments.seeds:
        found, truth = one_game(arguments.work, seed, arguments.seconds, extra)
        matches = match_events(found, truth)
        print(f"seed {seed}: {describe(total(matches))}")
        for match in matches:
            everything[match.label].append(match)
    by_label = [replace(total(group), label=label) for label, group in sorted(everything.items())]
    for match in [*by_label, total(by_label)]:
        print(f"{match.label:14s} {describe(match)}")
    micro = total(by_label).f1
    macro = sum(match.f1 for match in by_label) / len(by_label)
    print(json.dumps({"micro_f1": round(micro, 4), "macro_f1": round(macro, 4)}))


def one_game(work: Path, seed: int, seconds: float, extra: list[str]) -> tuple[list[Event], list[Event]]:
    """Return the events found in a rendered game, and the true ones that can be seen."""
    folder = rendered_game(work, seed, seconds)
    video, out, tracks = (folder / name for name in ("game.mp4", "actions.csv", "game.tracks.csv"))
    command = [sys.executable, "-m", "bball_tag", "--quiet", "annotate", str(video), "--tracks", str(tracks)]
    subprocess.run(
        [*command, "--out", str(out), "--overwrite", *extra], check=True, stdout=subprocess.DEVNULL
    )
    fps = Video(video).info.fps
    return list(read_annotation(out, fps=fps).events), true_events(folder, fps)


def rendered_game(work: Path, seed: int, seconds: float) -> Path:
    """Return the folder of a game; it is rendered unless it is there."""
    folder = work / f"game{seed}"
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / "game.truth.csv").exists():
        court = [sys.executable, str(ROOT / "sample_videos" / "make_court.py"), "--seed", str(seed)]
        subprocess.run([*court, "--seconds", str(seconds), "--out", str(folder)], check=True)
    return folder


def true_events(folder: Path, fps: Fraction) -> list[Event]:
    """Return the true events of a game that can be seen: see `seen`."""
    truth = read_annotation(folder / "game.truth.csv", fps=fps).events
    acted = [event for event in truth if event.label not in DEFAULT_RULES.background]
    return seen(acted, read_tracks(folder / "game.tracks.csv", fps))


def seen(truth: list[Event], tracks: list[Track]) -> list[Event]:
    """Cut each true event to where its player is in the frame; drop what becomes too short."""
    spans = {track.id: track.stretches() for track in tracks}
    kept = []
    for event in truth:
        for start, end in spans.get(event.player, []):
            cut = replace(event, start=max(event.start, start), end=min(event.end, end))
            if cut.end - cut.start >= LEAST_SEEN:
                kept.append(cut)
    return kept


def describe(match: Match) -> str:
    """Return counts and figures in one line."""
    return (
        f"true {match.num_true:4d}  found {match.num_found:4d}  right {match.num_right:4d}  "
        f"precision {match.precision:.3f}  recall {match.recall:.3f}  F1 {match.f1:.3f}"
    )


if __name__ == "__main__":
    main()
