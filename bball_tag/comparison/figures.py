"""The figures of a comparison, over all games together: of every label, and overall."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from bball_tag.comparison.games import ComparedGame
from bball_tag.events.average_precision import (
    COARSE_IOUS,
    FINE_IOUS,
    LOOSE_S,
    TIGHT_S,
    area_under,
    span_precisions,
    spot_precisions,
)
from bball_tag.events.compare import Match, Timeline, total
from bball_tag.events.segments import F1_IOUS, edit_score, segment_matches
from bball_tag.events.shared_time import SharedTime, Span, agreement

ALL_IOUS = tuple(sorted({*COARSE_IOUS, *FINE_IOUS}))
ALL_TOLERANCES_S = tuple(sorted({*TIGHT_S, *LOOSE_S}))


@dataclass(frozen=True, slots=True)
class LabelFigures:
    """How right one label is."""

    matches: Mapping[float, Match]
    """Segments that agree, by the least temporal IoU."""
    precisions: Mapping[float, float] | None
    """Average precision by the least temporal IoU; None where there are no true events."""
    spots: Mapping[float, float] | None
    """Average precision of spots by the tolerance, in seconds; None likewise."""
    time: SharedTime

    def mean_precision(self, ious: Sequence[float]) -> float | None:
        """Return the mean of the average precisions at these IoUs."""
        return None if self.precisions is None else float(np.mean([self.precisions[iou] for iou in ious]))

    def mean_spot_precision(self, tolerances: Sequence[float]) -> float | None:
        """Return the mean average precision of spots over these tolerances, by the trapezoidal rule."""
        return None if self.spots is None else area_under([self.spots[seconds] for seconds in tolerances])


@dataclass(frozen=True, slots=True)
class Figures:
    """How right everything is, with or without regard to who did it."""

    by_player: bool
    """Whether an event must be of the right player."""
    labels: Mapping[str, LabelFigures]
    matches: Mapping[float, Match]
    """Segments of all labels that agree, by the least temporal IoU."""
    edit: float | None
    frame_accuracy: float | None
    judged_s: float
    """Seconds that were compared, of all timelines together."""

    def mean_precision(self, ious: Sequence[float]) -> float | None:
        """Return the mean average precision over labels and IoUs; None where there are no true events."""
        return _mean([one.mean_precision(ious) for one in self.labels.values()])

    def mean_spot_precision(self, tolerances: Sequence[float]) -> float | None:
        """Return the mean average precision of spots over labels and tolerances; None likewise."""
        return _mean([one.mean_spot_precision(tolerances) for one in self.labels.values()])

    def f1(self, iou: float) -> float | None:
        """Return the F1 of all segments; None where there are none on either side."""
        return f1_of(self.matches[iou])


def f1_of(match: Match) -> float | None:
    """Return the F1, None where there is nothing on either side."""
    return match.f1 if match.num_true + match.num_found else None


def figures_of(games: Sequence[ComparedGame], *, by_player: bool) -> Figures:
    """Return all figures of games, pooled: events of all games are ranked together.

    Args:
        games: What is compared.
        by_player: Whether an event must be of the right player; otherwise of the right game is enough.
    """
    timelines = [timeline for game in games for timeline in game.timelines(by_player=by_player)]
    matches = {iou: segment_matches(timelines, iou) for iou in F1_IOUS}
    by_label = {iou: {match.label: match for match in every} for iou, every in matches.items()}
    precisions = span_precisions(timelines, ALL_IOUS)
    spots = spot_precisions(timelines, ALL_TOLERANCES_S)
    times = agreement(*_judged(games, by_player=by_player))
    labels = {
        label: LabelFigures(
            {iou: by_label[iou][label] for iou in F1_IOUS},
            _named(ALL_IOUS, precisions.get(label)),
            _named(ALL_TOLERANCES_S, spots.get(label)),
            times.labels.get(label, SharedTime()),
        )
        for label in by_label[F1_IOUS[0]]
    }
    overall = {iou: total(every) for iou, every in matches.items()}
    return Figures(by_player, labels, overall, edit_score(timelines), times.accuracy, times.judged)


def _judged(games: Sequence[ComparedGame], *, by_player: bool) -> tuple[list[Timeline], list[list[Span]]]:
    """Return all timelines, cut to what was judged, and the spans that were."""
    timelines, spans = [], []
    for game in games:
        for timeline in game.timelines(by_player=by_player):
            found, truth = (tuple(game.judged_parts(events)) for events in (timeline.found, timeline.truth))
            timelines.append(Timeline(found, truth, timeline.player))
            spans.append(game.judged_spans(timeline.player if by_player else None))
    return timelines, spans


def _named(marks: Sequence[float], values: Sequence[float] | None) -> Mapping[float, float] | None:
    return None if values is None else dict(zip(marks, values, strict=True))


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return float(np.mean(known)) if known else None


def has_one_confidence(games: Sequence[ComparedGame]) -> bool:
    """Say whether every event found has the same confidence, so that nothing can be ranked."""
    confidences = {event.confidence for game in games for event in game.found}
    return len(confidences) == 1
