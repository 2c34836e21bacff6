"""Are changes of shot found, and what only looks like one left alone?

    python -m benchmarks.cuts VIDEO... [--seeds 3] [--first-seed 0] [--wipes 4] [--distractions 3]
        [--write FILE.mp4]

A video is edited out of the given ones and of painted halls, with 20 cuts, 6 dissolves, 10 whip pans and 5
flashes for each seed, and with wipes and distractions of each kind as asked for. It is searched as `annotate`
searches: in windows of thumbnails, 12.5 a second.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from bball_tag.clips import CHUNK
from bball_tag.players.find import CUTS_AHEAD_S
from bball_tag.players.follow import AHEAD_S
from bball_tag.video.cuts import Transition, cuts_in, thumbnail
from bball_tag.video.writer import write_images
from benchmarks.cut_video import FPS, Change, Counts, at_grid, make_video, read_source, synthetic_source
from benchmarks.wipe_video import WIPES

RATE = 12.5
_AHEAD, _CUTS_AHEAD = round(AHEAD_S * RATE), round(CUTS_AHEAD_S * RATE)
"""Instants by which tracking is ahead of a chunk's end, and the search for cuts ahead of that."""
_SOUGHT = ("cut", "dissolve", *WIPES)


def main() -> None:
    """Print what was found of each kind, and what was found wrongly."""
    options = _options()
    sources = [read_source(path) for path in options.videos]
    counts = Counts(wipes=options.wipes, distractions=options.distractions)
    kinds = _SOUGHT if options.wipes else _SOUGHT[:2]
    print(" seed", *(f"{kind:>8}" for kind in kinds), "  part false  what the false ones are")
    for seed in range(options.first_seed, options.first_seed + options.seeds):
        painted = [synthetic_source(1000 * seed + number) for number in range(options.painted)]
        changes: list[Change] = []
        if options.write:
            write_images(options.write, make_video([*sources, *painted], seed, changes, counts), FPS)
            changes.clear()
        frames = make_video([*sources, *painted], seed, changes, counts)
        found = search([thumbnail(image) for image in at_grid(frames, RATE)])
        print(f"{seed:5}", _row(found, changes, kinds), flush=True)
        if options.verbose:
            for change in changes:
                if change.kind in _SOUGHT and not any(_fits(one, change) for one in found):
                    print("     missed", change)


def _row(found: Sequence[Transition], changes: Sequence[Change], kinds: Sequence[str]) -> str:
    hits, parts, false = compare(found, changes)
    due = Counter(change.kind for change in changes)
    wrong = ", ".join(f"{near} {one.first / RATE:.2f}-{one.last / RATE:.2f}" for one, near in false)
    shares = " ".join(f"{hits[kind]:5}/{due[kind]:<2}" for kind in kinds)
    return f"{shares} {parts:6} {len(false):5}  {wrong}"


def search(thumbnails: Sequence[np.ndarray]) -> list[Transition]:
    """Search window by window: the chunk before, the chunk, and what the search is ahead."""
    found: list[Transition] = []
    tracked = 0
    for begin in range(0, len(thumbnails), CHUNK):
        first = max(begin - CHUNK, 0)
        until = begin + CHUNK + _AHEAD
        until = len(thumbnails) if begin + CHUNK >= len(thumbnails) else until
        window = thumbnails[first : begin + CHUNK + _AHEAD + _CUTS_AHEAD]
        here = [Transition(one.first + first, one.last + first) for one in cuts_in(window, RATE, first)]
        found += [one for one in here if tracked <= one.start < until]
        tracked = until
    return found


def compare(
    found: Sequence[Transition], changes: Sequence[Change]
) -> tuple[Counter[str], int, list[tuple[Transition, str]]]:
    """Count the changes of each kind that were found.

    Returns:
        How many were found of each kind; how often a part of a wipe was found, or one for a second time; and
        what else was found, with the kind of what happens nearest to it.
    """
    hits: Counter[str] = Counter()
    parts, false = 0, []
    open_changes = [change for change in changes if change.kind in _SOUGHT]
    for one in found:
        match = next((change for change in open_changes if _fits(one, change)), None)
        if match is not None:
            hits[match.kind] += 1
            open_changes.remove(match)
        elif any(change.kind in WIPES and _touch(one, change) for change in changes):
            parts += 1
        else:
            nearest = min(changes, key=lambda change: abs(change.start - one.first / RATE))
            false.append((one, nearest.kind))
    return hits, parts, false


def _touch(one: Transition, change: Change) -> bool:
    return one.first < change.end * RATE and one.last >= change.start * RATE - 1


def _fits(one: Transition, change: Change) -> bool:
    """Whether a new shot begins within an instant of a cut; or whether most of another change is covered."""
    start, end = change.start * RATE, change.end * RATE
    if change.kind == "cut":
        return abs(one.start - np.ceil(start - 1e-6)) <= 1
    return min(one.last + 1, end) - max(one.first, start) >= 0.5 * (end - start)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("videos", type=Path, nargs="*")
    parser.add_argument("--painted", type=int, default=3, help="number of painted halls among the sources")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("--wipes", type=int, default=0, help="number of wipes of each kind")
    parser.add_argument("--distractions", type=int, default=0, help="number of distractions of each kind")
    parser.add_argument("--write", type=Path, help="write the (last) video to this MP4")
    parser.add_argument("--verbose", action="store_true", help="name what was missed")
    cv2.setNumThreads(1)
    return parser.parse_args()


if __name__ == "__main__":
    main()
