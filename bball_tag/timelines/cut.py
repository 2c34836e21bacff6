"""Timelines are cut into labelled spans, each as long as a clip."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from bball_tag.annotations.reviewed import REVIEWED
from bball_tag.clips import ClipSpec, grid_range
from bball_tag.events import Event
from bball_tag.learning.judged import BACKGROUND, COVER, Spans, judge, trusted_events
from bball_tag.players.tracks import Track
from bball_tag.timecode import counted, listed
from bball_tag.timelines.opened import Timeline
from bball_tag.timelines.silence import silent_places

log = logging.getLogger("bball_tag")
_ROUNDING = 1e-6


@dataclass(frozen=True, slots=True)
class LabelledSpan:
    """A span of a video, as long as a clip, in which one thing is done."""

    timeline: Timeline
    label: str
    first: int
    """Grid index of its first instant."""
    track: Track | None
    """The player whom it is about; None for the whole frame."""


@dataclass(frozen=True, slots=True)
class _Whose:
    """Somebody whose clips are cut, and when they are seen without a break, as grid instants."""

    track: Track | None
    seen: tuple[range, ...]

    @property
    def name(self) -> str:
        """As events name them; empty for the whole frame."""
        return self.track.id if self.track else ""


def cut_spans(timelines: Sequence[Timeline], spec: ClipSpec) -> list[LabelledSpan]:
    """Return the labelled spans of timelines, and log how many there are and what gave none.

    An event gives as many clips as fit into it side by side, evenly spread, while its player is seen; one
    that is shorter than a clip gives the clip round its middle, and so does one of no length. As in `learn`,
    a clip has a label if 78 % of it or more lie in events of that label, and in those of no other.

    Where a person reviewed everything and nobody does anything, clips are background: evenly spread over all
    timelines, as many as the commonest label has at most. Without reviewed spans there is no background.
    """
    left_out: Counter[str] = Counter()
    spans: list[LabelledSpan] = []
    silent: list[LabelledSpan] = []
    for timeline in timelines:
        whose = list(_subjects(timeline, spec))
        events = [_seen(event, spec) for event in trusted_events(timeline.annotation)]
        found = [span for one in whose for span in _labelled(timeline, events, one, spec)]
        left_out += _without_clip(events, whose, found, spec)
        spans += found
        silent += sorted(_silent(timeline, whose, spec), key=lambda span: span.first)
    most = max(Counter(span.label for span in spans).values(), default=0)
    count = min(len(silent), most)
    background = [silent[number * len(silent) // count] for number in range(count)]
    _report(timelines, [*spans, *background], left_out)
    return [*spans, *background]


def side_by_side(first: int, stop: int, length: int) -> Iterator[int]:
    """Yield where clips of `length` begin that lie side by side in [first, stop), evenly; at least one."""
    count = max(1, (stop - first) // length)
    for index in range(count):
        middle = first + (stop - first) * (2 * index + 1) / (2 * count)
        yield max(round(middle - length / 2), 0)


def _subjects(timeline: Timeline, spec: ClipSpec) -> Iterator[_Whose]:
    if spec.subject == "frame":
        yield _Whose(None, (grid_range(0, timeline.annotation.end(), spec.fps),))
    for track in timeline.tracks if spec.subject == "player" else ():
        yield _Whose(track, tuple(grid_range(*stretch, spec.fps) for stretch in track.stretches()))


def _seen(event: Event, spec: ClipSpec) -> Event:
    """Return an event as clips see it: of nobody in particular in the whole frame, and never of no length."""
    if event.end - event.start < _ROUNDING:
        middle, half = max(event.start, spec.duration / 2), spec.duration / 2
        event = replace(event, start=middle - half, end=middle + half)
    return replace(event, player="") if spec.subject == "frame" else event


def _labelled(
    timeline: Timeline, events: Sequence[Event], whose: _Whose, spec: ClipSpec
) -> Iterator[LabelledSpan]:
    """Yield the spans of one subject's events."""
    own = [event for event in events if event.player == whose.name]
    firsts = np.array(sorted({place for event in own for place in _places(event, whose, spec)}), np.int64)
    clips = Spans(np.full(len(firsts), whose.name), firsts / spec.fps, (firsts + spec.num_frames) / spec.fps)
    judged = judge(replace(timeline.annotation, events=own, reviewed=()), clips, ())
    for first, label in zip(firsts.tolist(), judged.labels.tolist(), strict=True):
        if label:
            yield LabelledSpan(timeline, label, first, whose.track)


def _places(event: Event, whose: _Whose, spec: ClipSpec) -> Iterator[int]:
    """Yield where clips of an event begin, as far as its player is seen throughout."""
    span = grid_range(event.start, event.end, spec.fps)
    for seen in whose.seen:
        first, stop = max(span.start, seen.start), min(span.stop, seen.stop)
        if first < stop and len(seen) >= spec.num_frames:
            for place in side_by_side(first, stop, spec.num_frames):
                yield min(max(place, seen.start), seen.stop - spec.num_frames)


def _silent(timeline: Timeline, whose: Sequence[_Whose], spec: ClipSpec) -> Iterator[LabelledSpan]:
    """Yield the spans in which nobody does anything, where a person looked."""
    annotation = timeline.annotation
    if not annotation.reviewed:
        return
    annotation = replace(annotation, events=[_seen(event, spec) for event in annotation])
    for one in whose:
        for seen in one.seen:
            for first in silent_places(annotation, one.name, seen, spec.num_frames, spec.fps):
                yield LabelledSpan(timeline, BACKGROUND, first, one.track)


def _without_clip(
    events: Sequence[Event], whose: Sequence[_Whose], found: Sequence[LabelledSpan], spec: ClipSpec
) -> Counter[str]:
    """Return how many events give no clip, by the reason."""
    by_name = {one.name: one for one in whose}
    given: dict[tuple[str, str], set[int]] = {}
    for span in found:
        given.setdefault((span.track.id if span.track else "", span.label), set()).add(span.first)
    left_out: Counter[str] = Counter()
    for event in events:
        one = by_name.get(event.player)
        if one is None:
            left_out[
                "of a player who is not in the tracks" if event.player else "without the name of a player"
            ] += 1
        elif event.end - event.start < COVER * spec.duration - _ROUNDING:
            left_out[f"shorter than {COVER * spec.duration:.2f} s"] += 1
        elif not (places := set(_places(event, one, spec))):
            left_out["whose player is not seen for the length of a clip"] += 1
        elif not places & given.get((event.player, event.label), set()):
            left_out["at the same time as another of that player, or hardly seen"] += 1
    return left_out


def _report(timelines: Sequence[Timeline], spans: Sequence[LabelledSpan], left_out: Counter[str]) -> None:
    counts = Counter(span.label for span in spans)
    labels = ", ".join(f"{label} {counts[label]}" for label in sorted(counts))
    events = counted(sum(len(one.annotation) for one in timelines), "event")
    log.info("%s of %s: %s.", counted(len(spans), "clip"), events, labels or "none")
    for why, number in left_out.items():
        log.warning("No clip comes of %s %s.", counted(number, "event"), why)
    unreviewed = [one for one in timelines if not one.annotation.reviewed]
    if trusted := sum(event.num_clips > 0 for one in unreviewed for event in one.annotation):
        log.warning(
            "Nothing says what was looked at in %s, so %s that a model made and nobody changed count as "
            "right. List what was reviewed in a sheet %s.",
            _named(unreviewed),
            counted(trusted, "event"),
            REVIEWED,
        )
    if unreviewed and BACKGROUND not in counts:
        log.warning(
            "There are no clips of %s, as nothing says what was looked at in %s: a checkpoint that is "
            "trained on actions alone finds actions everywhere, and evaluated on them alone it does not show "
            "that. List what was reviewed in a sheet %s, or in NAME.reviewed.csv beside each timeline.",
            BACKGROUND,
            _named(unreviewed),
            REVIEWED,
        )


def _named(timelines: Sequence[Timeline]) -> str:
    # Those of a game in several files have one table.
    return listed(list(dict.fromkeys(one.path.name for one in timelines)), 3)
