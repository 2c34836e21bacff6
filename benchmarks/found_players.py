"""What does finding the players oneself cost? Events with true tracks, with found ones, and what explains it.

    python benchmarks/found_players.py WORK_DIR [--seeds 21 22 23] [--errors 0.02 0.04] [--checkpoint FILE]

Every game (`rendered_games.py`, drawn here unless it lies in WORK_DIR already) is annotated several times,
and each time one more thing is left to the tool:

    true tracks               the truth, at every frame
    where found               true boxes under true ids, only at instants at which the player was found
    found boxes               boxes as they were found, under true ids
    found tracks              tracks as they were found, of those who play
    all that was found        and of those who don't: what annotate does when it gets no tracks

Each step from one line to the next is the cost of that one thing: missed players, inexact boxes, broken and
mistaken ids, false players. With --errors, the boxes of the second line are put off by parts of the player's
height, too: how exact must they be for this checkpoint?

An event belongs to the true player behind most of its boxes (`ownership.py`). A true event is cut to where
its player is in the frame. The seeds are none that the sample checkpoint was trained on.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path

import cv2
import numpy as np

import bball_tag
from bball_tag.annotations import read_annotation
from bball_tag.events import DEFAULT_RULES, Event
from bball_tag.events.compare import Match, match_events, total
from bball_tag.players.choose_tiles import choose_tiles
from bball_tag.players.detect import open_detector
from bball_tag.players.track_files import read_tracks, write_tracks
from bball_tag.players.tracks import Track
from bball_tag.video.video import Video
from benchmarks import ownership
from benchmarks.quality import seen
from benchmarks.rendered_games import FPS, Boxes, read_boxes, write_game

STEPS = ("true tracks", "where found", "found boxes", "found tracks", "all that was found")
TRUE_TRACKS = "players.mot.csv"
LOOKS = 1.0
"""Frames a second that the detector alone is tried on."""
SCORES = (0.1, 0.3, 0.5)
"""Least scores at which the detector's recall is shown."""


@dataclass(frozen=True, slots=True)
class Game:
    """A rendered game and its truth."""

    folder: Path
    video: Path
    boxes: Boxes
    events: Sequence[Event]
    """Those to be found, cut to where their players are in the frame."""


def main() -> None:
    """Print the figures of every game, and of all games together."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("work", type=Path)
    parser.add_argument("--seeds", type=int, nargs="+", default=[21, 22, 23])
    parser.add_argument("--minutes", type=float, default=1.25, help="length of games that are drawn now")
    parser.add_argument("--errors", type=float, nargs="*", default=[], help="put true boxes off by these")
    parser.add_argument("--checkpoint", type=Path)
    options = parser.parse_args()
    cv2.setNumThreads(1)
    matches: dict[str, list[Match]] = defaultdict(list)
    findings = []
    for seed in options.seeds:
        game = open_game(options.work, seed, options.minutes)
        print(f"game {seed}: {detector_recall(game)}", flush=True)
        annotation = bball_tag.annotate(game.video, checkpoint=options.checkpoint, progress=False)
        owned = ownership.owners(annotation.tracks, game.boxes)
        playing = [one for one in owned if one.track.role == "player"]
        findings.append(ownership.describe_finding(playing, game.boxes, _step(annotation.tracks)))
        print(describe_finding(findings[-1:]), flush=True)
        matches[STEPS[0]] += match_events(with_tracks(game, TRUE_TRACKS, options.checkpoint), game.events)
        for step, tracks in step_tracks(playing, game.boxes, options.errors).items():
            path = game.folder / f"{step.replace(' ', '_')}.csv"
            write_tracks(tracks, path, FPS)
            events = with_tracks(game, path.name, options.checkpoint)
            if step == STEPS[3]:
                events = ownership.named_truly(events, owned)
            matches[step] += match_events(events, game.events)
        matches[STEPS[-1]] += match_events(ownership.named_truly(annotation.events, owned), game.events)
    print(f"all games: {describe_finding(findings)}")
    print("| players from | true | found | precision | recall | F1 |\n|---|---|---|---|---|---|")
    for step, own in matches.items():
        print(row(step, total(own)))


def open_game(work: Path, seed: int, minutes: float) -> Game:
    """Return a game, drawn now unless it is there."""
    folder = work / f"game{seed}"
    video = folder / "game.mp4"
    if not video.exists():
        write_game(work, seed, 60.0 * minutes, video=True)
    truth = read_annotation(folder / "events.csv", fps=FPS).events
    acted = [event for event in truth if event.label not in DEFAULT_RULES.background]
    tracks = read_tracks(folder / TRUE_TRACKS, FPS)
    return Game(folder, video, read_boxes(folder / "boxes.csv"), seen(acted, tracks))


def with_tracks(game: Game, tracks: str, checkpoint: Path | None) -> list[Event]:
    """Return the events that annotate finds with a file of tracks in the game's folder."""
    annotation = bball_tag.annotate(
        game.video, tracks=game.folder / tracks, checkpoint=checkpoint, progress=False
    )
    return list(annotation.events)


def step_tracks(
    owned: Sequence[ownership.Owned], boxes: Boxes, errors: Sequence[float]
) -> dict[str, list[Track]]:
    """Return the tracks of the steps between the truth and all that was found."""
    where_found = ownership.true_boxes_where_found(owned, boxes)
    return {
        STEPS[1]: where_found,
        **{f"where found, off by {error:g}": ownership.off_by(where_found, error) for error in errors},
        STEPS[2]: ownership.found_boxes_of_players(owned),
        STEPS[3]: ownership.tracks_of_players(owned),
    }


def _step(tracks: Sequence[Track]) -> int:
    """Return how many frames of the truth lie between two instants at which somebody was looked for."""
    gaps = np.concatenate([np.diff(ownership.frames_of(track)) for track in tracks])
    return int(gaps.min())


def detector_recall(game: Game) -> str:
    """Try the detector alone, without tracks, on a frame a second."""
    detector = open_detector("nano")
    frames = list(Video(game.video).frames(LOOKS))
    tiling = choose_tiles(detector, [frame.image for frame in frames[:: max(len(frames) // 8, 1)]])
    found_scores, true_visible = [], []
    for frame in frames:
        here = detector.detect(frame.image, tiling)
        time = np.array([frame.index / LOOKS])
        lone = [Track(str(number), time, box[None]) for number, box in enumerate(here.boxes)]
        rows = [int(one.rows[0]) for one in ownership.owners(lone, game.boxes)]
        best = dict(zip(rows, here.scores.tolist(), strict=True))
        true = np.flatnonzero((game.boxes.frame == int(time[0] * FPS) + 1) & game.boxes.playing)
        found_scores += [best.get(row, 0.0) for row in true.tolist()]
        true_visible += game.boxes.visibility[true].tolist()
    scores, visible = np.array(found_scores), np.array(true_visible)
    parts = [f"{(scores >= least).mean():.2f} at score {least}" for least in SCORES]
    clear = (scores[visible >= 0.7] >= SCORES[1]).mean()
    return f"{detector.name}, tiles {tiling}: recall {', '.join(parts)}; in view {clear:.2f}"


def describe_finding(findings: Sequence[ownership.Finding]) -> str:
    """Return the mean of each figure over games."""
    names = [one.name for one in fields(ownership.Finding)]
    means = {name: np.mean([getattr(finding, name) for finding in findings]) for name in names}
    return ", ".join(f"{name.replace('_', ' ')} {mean:.2f}" for name, mean in means.items())


def row(step: str, match: Match) -> str:
    """Return a row of the table."""
    return (
        f"| {step} | {match.num_true} | {match.num_found} | {match.precision:.3f} | {match.recall:.3f} | "
        f"{match.f1:.3f} |"
    )


if __name__ == "__main__":
    main()
