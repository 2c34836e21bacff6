"""Precision of spots against SoccerNet's own evaluation."""

from __future__ import annotations

import json

import numpy as np
import pytest

from bball_tag.events import Event
from bball_tag.events.average_precision import LOOSE_S, TIGHT_S, area_under, spot_precisions
from bball_tag.events.compare import Timeline
from tests.oracles import asked

LABELS = ("shoot", "pass")
RATE = 2
"""Instants a second of SoccerNet's vectors."""
LAST_S = 900


def games(gap_s: int, seed: int) -> list[Timeline]:
    """Three games with true spots at least `gap_s` apart, and found ones near them or anywhere."""
    random = np.random.default_rng(seed)
    found = []
    for _ in range(3):
        truth, answers = [], {}
        for label in LABELS:
            times = np.arange(gap_s, LAST_S - gap_s, gap_s + random.integers(0, 3))
            truth += [spot(label, float(time), 1.0) for time in times]
            for time in (
                *(times + random.integers(-8, 9, len(times)) / RATE),
                *random.integers(0, LAST_S, 10),
            ):
                # One spot at an instant: a vector has room for no more.
                answers[label, float(time)] = spot(label, float(time), float(random.random()))
        found.append(Timeline(tuple(answers.values()), tuple(truth)))
    return found


def spot(label: str, time: float, confidence: float) -> Event:
    return Event(label, time, time, confidence, confidence, time, 1)


@pytest.mark.parametrize(("tolerances", "gap_s"), [(TIGHT_S, 6), (LOOSE_S, 61)], ids=["tight", "loose"])
@pytest.mark.parametrize("seed", range(3))
def test_precision_of_spots_is_that_of_soccernets_evaluation(tmp_path, tolerances, gap_s, seed):
    timelines = games(gap_s, seed)
    document = {
        "tolerances": tolerances,
        "games": [
            [[[one.label, one.start, one.confidence] for one in side] for side in (game.found, game.truth)]
            for game in timelines
        ],
    }
    path = tmp_path / "games.json"
    path.write_text(json.dumps(document))
    expected = asked(
        f"""
        import json, sys
        import numpy as np
        from SoccerNet.Evaluation.ActionSpotting import average_mAP
        document = json.load(open(sys.argv[1]))
        def vector(spots, empty):
            found = np.full(({LAST_S * RATE + 1}, {len(LABELS)}), empty)
            for label, time, value in spots:
                found[round(time * {RATE}), {list(LABELS)}.index(label)] = value
            return found
        found = [vector(game[0], -1.0) for game in document["games"]]
        truth = [vector(game[1], 0.0) for game in document["games"]]
        closest = [np.ones_like(one) for one in truth]
        deltas = np.array(document["tolerances"])
        print(json.dumps(float(average_mAP(truth, found, closest, {RATE}, deltas=deltas)[0])))
        """,
        path,
    )
    areas = [area_under(one) for one in spot_precisions(timelines, tolerances).values()]
    assert sum(areas) / len(areas) == pytest.approx(expected)
