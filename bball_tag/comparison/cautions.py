"""What is probably a mistake where two files of events are compared: other videos, labels or names."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence

from bball_tag.annotations.annotation import Annotation
from bball_tag.events import Event

_MOST_NAMED = 6
"""Names in a sentence."""
_RATES_APART = 1.01
"""By which factor its frame rates may, as one of them may be a guess."""
_SECONDS_APART = 2.0
"""By which the lengths of a video may differ, as two files say them."""


def cautions_about(
    found: Annotation, truth: Annotation, mine: Sequence[Event], true: Sequence[Event]
) -> Iterator[str]:
    """Yield a sentence for each thing that is probably a mistake.

    Args:
        found: The file of events found.
        truth: The file of true events.
        mine: Its events, with the labels that are compared.
        true: Those of the truth.
    """
    yield from _other_video(found, truth)
    if not true:
        yield "the truth has no events: whatever was found counts as a false alarm."
    if not mine:
        yield "no events were found."
    labels, true_labels = ({event.label for event in events} for events in (mine, true))
    for own, other in alike(labels, true_labels):
        yield (
            f"the label {own!r} that was found and the true label {other!r} count as two. If they are one: "
            f"--rename {shell(own)}={shell(other)}."
        )
    if mine and true and not labels & true_labels:
        yield f"no label is on both sides: found {listed(labels)}; true {listed(true_labels)}."
    for own, other in alike(names_of(mine), names_of(true)):
        yield f"the player {own!r} who was found and the true player {other!r} count as two."
    if true and all(event.start == event.end for event in true):
        yield "the true events are points, without a length: only the figures of spots say something."


def _other_video(found: Annotation, truth: Annotation) -> Iterator[str]:
    names = [annotation.video.name for annotation in (found, truth) if annotation.video.path]
    if len(set(names)) == 2:
        yield f"the events found are those of {names[0]}, the true ones of {names[1]}."
    lengths = [annotation.video.duration for annotation in (found, truth)]
    if all(lengths) and abs(lengths[0] - lengths[1]) > _SECONDS_APART:
        yield f"one video is {lengths[0]:.1f} s long, the other {lengths[1]:.1f} s."
    rates = [float(annotation.video.fps) for annotation in (found, truth)]
    if all(rates) and max(rates) > _RATES_APART * min(rates):
        yield f"one video has {rates[0]:.5g} frames per second, the other {rates[1]:.5g}."


def names_of(events: Iterable[Event]) -> set[str]:
    """Return the players that are named."""
    return {event.player for event in events} - {""}


def alike(own: Collection[str], other: Collection[str]) -> list[tuple[str, str]]:
    """Return pairs of names that differ in case, blanks or punctuation alone, and are not on both sides."""
    plain = {_plain(name): name for name in sorted(set(other) - set(own))}
    return [(name, plain[_plain(name)]) for name in sorted(set(own) - set(other)) if _plain(name) in plain]


def _plain(name: str) -> str:
    return re.sub(r"[\s_\-.]+", " ", name).strip().casefold()


def listed(names: Iterable[str]) -> str:
    """Return names in a line; of many the first."""
    every = sorted(names)
    more = f" and {len(every) - _MOST_NAMED} more" if len(every) > _MOST_NAMED else ""
    return ", ".join(every[:_MOST_NAMED]) + more


def shell(name: str) -> str:
    """Return a name as it is typed on a command line."""
    return name if re.fullmatch(r"[\w.\-]+", name) else f'"{name}"'
