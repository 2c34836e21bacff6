"""Does the whole job work on real video: are labelled players found, and labelled rightly?

    python benchmarks/real_found.py TABLE [--work DIR] [--checkpoint FILE]

TABLE has spans of videos with players, as `bball-tag evaluate` takes it. `benchmarks/real.py` cuts the
players out by the boxes of the table; here each video is annotated as `bball-tag annotate VIDEO` does it, and
the boxes only say whom a span is about: whoever was found in the same place for at least half of it. Printed
are how many spans have such a player, how many have a right label by the probabilities over the span, of
those found and of all, and how many by the event that covers most of it. Nothing is fitted.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np

import bball_tag
from bball_tag.annotations import Annotation
from bball_tag.events.decide import Curve, curves_of
from bball_tag.players.tracks import Track, overlaps
from benchmarks.real import LEAST_CLIPS, macro_f1
from train.clipset import LabelledClip, read_clipset
from train.predictions import Predictions

LEAST_IOU = 0.4
"""Of a found box with one of the table, which are drawn more loosely."""


def main() -> None:
    """Annotate the videos of a table and print the figures."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("table", type=Path)
    parser.add_argument("--work", type=Path, help="a folder that keeps the scores")
    parser.add_argument("--checkpoint", type=Path)
    options = parser.parse_args()
    clips = read_clipset(options.table)
    with tempfile.TemporaryDirectory() as scratch:
        work = options.work or Path(scratch)
        work.mkdir(parents=True, exist_ok=True)
        games = {
            path: bball_tag.annotate(
                path, scores=work / f"{path.stem}.scores.db", checkpoint=options.checkpoint, progress=False
            )
            for path in sorted({clip.path for clip in clips.clips})
        }
    labels = next(iter(games.values())).labels
    target = np.array([labels.index(clips.labels[clip.label]) for clip in clips.clips])
    owners = [owner_of(clip, games[clip.path].tracks) for clip in clips.clips]
    rows = [
        np.zeros(len(labels)) if owner is None else probabilities_of(clip, owner, games[clip.path])
        for clip, owner in zip(clips.clips, owners, strict=True)
    ]
    scored = np.array([row.any() for row in rows])
    given = [
        event_label(clip, owner, games[clip.path]) for clip, owner in zip(clips.clips, owners, strict=True)
    ]
    is_right = scored & (np.array(given) == np.array(labels)[target])
    found = Predictions(np.array(rows, np.float32)[scored], target[scored])
    counted = np.flatnonzero(np.bincount(target, minlength=len(labels)) >= LEAST_CLIPS).tolist()
    print(f"{len(target)} spans: {scored.sum()} of them have a player who was found and counts as one")
    print(f"accuracy {found.accuracy:.3f} of those, {found.accuracy * scored.mean():.3f} of all")
    print(f"macro F1 {macro_f1(found, counted):.3f} of {', '.join(labels[index] for index in counted)}")
    print(
        f"{is_right.sum()} are right by what the events say: a label, or nothing where it is the background"
    )
    for path in games:
        own = np.array([clip.path == path for clip in clips.clips])
        counts = f"{(own & scored).sum():3d} of {own.sum():3d} found, {(own & is_right).sum():3d} right"
        print(f"  {counts}  {path.name}")


def owner_of(clip: LabelledClip, tracks: Sequence[Track]) -> Track | None:
    """Return whoever plays and was found where the clip's player is for half of it or more."""
    assert clip.track is not None
    best, most = None, 0.5
    for track in (each for each in tracks if each.role == "player"):
        during = (track.times >= clip.start) & (track.times < clip.start + seconds_of(clip))
        boxes = [clip.track.box_at(time) for time in track.times[during].tolist()]
        if boxes:
            true = np.array([[box.left, box.top, box.width, box.height] for box in boxes])
            step = float(np.median(np.diff(track.times))) if len(track.times) > 1 else 0.0
            share = float((overlaps(track.boxes[during], true) >= LEAST_IOU).sum()) * step / seconds_of(clip)
            if share >= most:
                best, most = track, share
    return best


def seconds_of(clip: LabelledClip) -> float:
    """Return how long a clip is."""
    assert clip.end is not None
    return clip.end - clip.start


def probabilities_of(clip: LabelledClip, owner: Track, game: Annotation) -> np.ndarray:
    """Return the mean probability of each label over a clip; zeros where its player was not scored."""
    assert game.scores is not None
    fps = game.scores.fps
    instants = range(round(clip.start * fps), round((clip.start + seconds_of(clip)) * fps))
    rows = [
        row
        for curve in curves_of(game.scores)
        if curve.subject == owner.id
        for row in curve.values[_within(curve, instants)]
    ]
    return np.mean(rows, axis=0) if rows else np.zeros(len(game.labels))


def _within(curve: Curve, instants: range) -> slice:
    first, stop = (max(at - curve.first, 0) for at in (instants.start, instants.stop))
    return slice(first, stop)


def event_label(clip: LabelledClip, owner: Track | None, game: Annotation) -> str:
    """Return the label of the player's event that covers most of a clip; where none does, the background."""
    stop = clip.start + seconds_of(clip)
    covers = {
        event.label: min(event.end, stop) - max(event.start, clip.start)
        for event in game
        if owner is not None and event.player == owner.id and event.start < stop and event.end > clip.start
    }
    return max(covers, key=lambda label: covers[label], default=next(iter(game.rules.background), ""))


if __name__ == "__main__":
    main()
