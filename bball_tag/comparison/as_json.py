"""A comparison as plain JSON. `comparison.schema.json` describes it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import bball_tag
from bball_tag.annotations.escaping import path_text
from bball_tag.comparison.differences import Difference
from bball_tag.comparison.figures import Figures, LabelFigures, f1_of
from bball_tag.comparison.games import ComparedGame
from bball_tag.events import Event
from bball_tag.events.average_precision import COARSE_IOUS, FINE_IOUS, LOOSE_S, TIGHT_S
from bball_tag.events.compare import Match

if TYPE_CHECKING:
    from bball_tag.comparison.result import Comparison

KIND = "bball-tag comparison"
VERSION = 1
"""Raised when an older reader could misunderstand a file."""
_IOUS = {"0.3:0.1:0.7": COARSE_IOUS, "0.5:0.05:0.95": FINE_IOUS}
_TOLERANCES_S = {"tight": TIGHT_S, "loose": LOOSE_S}
_DECIMALS = 6


def as_json(comparison: Comparison) -> dict[str, Any]:
    """Return everything; the figures that come first stand at the top too."""
    main = _figures(comparison.main)
    del main["labels"]
    with_players = comparison.with_players
    return {
        "format": KIND,
        "format_version": VERSION,
        "version": bball_tag.__version__,
        "by_player": comparison.main.by_player,
        **main,
        "with_players": None if with_players is None else _figures(with_players),
        "without_players": _figures(comparison.without_players),
        "games": [_game(game) for game in comparison.games],
        "cautions": comparison.cautions,
        "notes": comparison.notes,
        "differences": [_difference(one) for one in comparison.differences],
    }


def _figures(figures: Figures) -> dict[str, Any]:
    return {
        **_matches(figures.matches),
        "map": {name: _rounded(figures.mean_precision(ious)) for name, ious in _IOUS.items()},
        "map_by_iou": {
            _key(iou): _rounded(figures.mean_precision([iou])) for iou in sorted({*COARSE_IOUS, *FINE_IOUS})
        },
        "spot_map": {
            name: _rounded(figures.mean_spot_precision(seconds)) for name, seconds in _TOLERANCES_S.items()
        },
        "spot_map_by_tolerance": {
            _key(seconds): _rounded(figures.mean_spot_precision([seconds]))
            for seconds in sorted({*TIGHT_S, *LOOSE_S})
        },
        "edit": _rounded(figures.edit),
        "frame_accuracy": _rounded(figures.frame_accuracy),
        "judged_s": round(figures.judged_s, 3),
        "labels": {label: _label(one) for label, one in figures.labels.items()},
    }


def _label(figures: LabelFigures) -> dict[str, Any]:
    time = figures.time
    return {
        **_matches(figures.matches),
        "ap": {name: _rounded(figures.mean_precision(ious)) for name, ious in _IOUS.items()},
        "ap_by_iou": _by_mark(figures.precisions),
        "spot_ap": {
            name: _rounded(figures.mean_spot_precision(seconds)) for name, seconds in _TOLERANCES_S.items()
        },
        "spot_ap_by_tolerance": _by_mark(figures.spots),
        "frame_precision": _rounded(time.both / time.found) if time.found else None,
        "frame_recall": _rounded(time.both / time.true) if time.true else None,
        "found_s": round(time.found, 3),
        "true_s": round(time.true, 3),
    }


def _matches(matches: Mapping[float, Match]) -> dict[str, Any]:
    counts = next(iter(matches.values()))
    return {
        "num_true": counts.num_true,
        "num_found": counts.num_found,
        "f1": {_key(iou): _rounded(f1_of(match)) for iou, match in matches.items()},
        "precision": {
            _key(iou): _rounded(match.precision) if match.num_found else None
            for iou, match in matches.items()
        },
        "recall": {
            _key(iou): _rounded(match.recall) if match.num_true else None for iou, match in matches.items()
        },
    }


def _game(game: ComparedGame) -> dict[str, Any]:
    return {
        "name": game.name,
        "video": path_text(game.video),
        "end_s": round(game.end, 3),
        "num_found": len(game.found),
        "num_true": len(game.truth),
        "judged_s": round(game.judged_s, 3),
        "says_reviewed": game.says_reviewed,
        "num_unjudged": game.num_unjudged,
        "background": list(game.background),
        "num_background": game.num_silent,
    }


def _difference(one: Difference) -> dict[str, Any]:
    return {
        "kind": one.kind,
        "game": one.game,
        **_event(one.event),
        "period": one.game_clock[0],
        "clock": one.game_clock[1],
        "confidence": _rounded(one.event.confidence) if one.is_found else None,
        "why": one.why,
        "instead": None if one.instead is None else {**_event(one.instead), "iou": _rounded(one.overlap)},
    }


def _event(event: Event) -> dict[str, Any]:
    return {
        "label": event.label,
        "player": event.player,
        "start_s": round(event.start, 3),
        "end_s": round(event.end, 3),
    }


def _by_mark(values: Mapping[float, float] | None) -> dict[str, float | None] | None:
    return None if values is None else {_key(mark): _rounded(value) for mark, value in values.items()}


def _key(mark: float) -> str:
    return f"{mark:g}"


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, _DECIMALS)
