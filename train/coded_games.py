"""Timelines that people coded become labelled clips."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from bball_tag.clips import ClipSpec
from bball_tag.errors import OptionError
from bball_tag.players.spans import TrackedVideo
from bball_tag.timecode import counted
from bball_tag.timelines.cut import LabelledSpan, cut_spans
from bball_tag.timelines.opened import is_timeline, open_timelines
from bball_tag.train_options import ClipSource
from train.clipset import ClipSet, LabelledClip, checked, is_table_of_spans, read_clipset

log = logging.getLogger("bball_tag.train")
FEWEST_GAMES = 3
"""Games from which on each part of a split has whole games of its own."""
STRETCH_S = 10.0
"""What of fewer games is kept together in a split, in seconds."""


def read_source(source: ClipSource, spec: ClipSpec) -> ClipSet:
    """Read labelled clips: a folder or a table of clips, or timelines, which are cut into clips of `spec`.

    Raises:
        OptionError: Several folders or tables, or options that they do not take.
        DataError: The clips cannot be used, or videos or players of timelines are missing.
        BballTagError: A file cannot be read.
    """
    timelines = [path for path in source.paths if _is_timeline(path)]
    if timelines and len(timelines) == len(source.paths):
        return _read_timelines(source, spec)
    if len(source.paths) != 1:
        other = next((path for path in source.paths if path not in timelines), None)
        raise OptionError(
            f"Several timelines can be given at once, and {other} is none: clips are one folder or one table."
            if other
            else "Name the clips: a folder, a table of spans, or timelines."
        )
    if source.videos or source.tracks:
        raise OptionError(
            f"--videos and --tracks are about timelines, and {source.paths[0]} names its own videos."
        )
    return read_clipset(source.paths[0])


def has_few_games(clipset: ClipSet) -> bool:
    """Return whether clips are of timelines of fewer games than a split by game needs."""
    return clipset.of_timelines and len({clip.path for clip in clipset.clips}) < FEWEST_GAMES


def _is_timeline(path: Path) -> bool:
    return is_timeline(path) and not is_table_of_spans(path)


def _read_timelines(source: ClipSource, spec: ClipSpec) -> ClipSet:
    timelines = open_timelines(source.paths, source.videos, source.tracks, spec.subject)
    spans = cut_spans(timelines, spec)
    names = _game_names(spans)
    labels = tuple(sorted({span.label for span in spans}))
    tracked = {timeline: TrackedVideo(timeline.video, timeline.tracks) for timeline in timelines}
    found: dict[str, LabelledClip] = {}
    differing: set[str] = set()
    for span in spans:
        clip = replace(_clip(span, names, labels, spec), tracked=tracked[span.timeline])
        tracked[span.timeline].spans.append((clip.start, clip.start + spec.duration))
        # Two timelines may be of one game.
        if found.setdefault(clip.key, clip).label != clip.label:
            differing.add(clip.key)
    clips = tuple(found[key] for key in sorted(found.keys() - differing))
    if differing:
        log.warning("Left out: %s that two timelines call differently.", counted(len(differing), "clip"))
    path = source.paths[0] if len(source.paths) == 1 else source.paths[0].parent
    return checked(ClipSet(path, labels, clips, of_timelines=True))


def _game_names(spans: Sequence[LabelledSpan]) -> dict[Path, str]:
    """Return a name for each video that no other has: its own, where that is enough."""
    names: dict[Path, str] = {}
    for path in sorted({span.timeline.video.path.resolve() for span in spans}):
        count = sum(name.rpartition("~")[0] == path.stem or name == path.stem for name in names.values())
        names[path] = f"{path.stem}~{count + 1}" if count else path.stem
    return names


def _clip(span: LabelledSpan, names: dict[Path, str], labels: Sequence[str], spec: ClipSpec) -> LabelledClip:
    game = names[span.timeline.video.path.resolve()]
    start = span.first / spec.fps
    stretch = f"@{int(start // STRETCH_S)}" if len(names) < FEWEST_GAMES else ""
    return LabelledClip(
        key=f"{game}/{span.track.id if span.track else 'frame'}/{span.first:07d}",
        path=span.timeline.video.path,
        label=labels.index(span.label),
        group=f"{game}{stretch}",
        start=start,
        end=(span.first + spec.num_frames) / spec.fps,
        track=span.track,
    )
