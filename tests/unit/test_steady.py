"""Boxes without a detector's jitter: where the person is stays, and what jumps about does not."""

from __future__ import annotations

import numpy as np
import pytest

from bball_tag.players.steady import steadied, steadied_where_seen

FPS = 12.5
EVERY = np.arange(40, 80)


def boxes_of(centres, widths, heights):
    """Return boxes of shape (N, 4) about points (N, 2)."""
    sizes = np.stack([np.broadcast_to(widths, len(centres)), np.broadcast_to(heights, len(centres))], axis=1)
    return np.concatenate([centres - sizes / 2, sizes], axis=1)


def running(instants):
    """Return the centres of somebody who runs along the frame at 300 pixels a second."""
    return np.stack([100 + 300 / FPS * (instants - 40), np.full(len(instants), 400.0)], axis=1)


def test_a_person_who_runs_at_an_even_speed_stays_where_they_are_up_to_both_ends():
    boxes = boxes_of(running(EVERY), 60, 180)
    assert steadied(EVERY, boxes, FPS) == pytest.approx(boxes, abs=0.5)


def test_boxes_that_jump_about_come_nearer_to_the_person():
    rng = np.random.default_rng(0)
    true = boxes_of(running(EVERY), 60, 180)
    found = boxes_of(
        running(EVERY) + rng.normal(0, 9, (40, 2)),
        60 * np.exp(rng.normal(0, 0.12, 40)),
        180 * np.exp(rng.normal(0, 0.08, 40)),
    )
    off, left = np.abs(found - true), np.abs(steadied(EVERY, found, FPS) - true)
    # Of neighbours within 0.12 s some five count for the centre, of those within 0.32 s ten for the size.
    assert left.mean(axis=0) == pytest.approx(off.mean(axis=0) * [0.5, 0.5, 0.35, 0.35], rel=0.5)
    step, steadier = (
        np.abs(np.diff(found - true, axis=0)),
        np.abs(np.diff(steadied(EVERY, found, FPS) - true, axis=0)),
    )
    assert (steadier.mean(axis=0) < 0.4 * step.mean(axis=0)).all()


def test_a_jump_is_not_flattened():
    # Half a second in the air: up by 0.7 m, of a person 1.9 m high and 180 pixels tall.
    time = (EVERY - 60) / FPS
    rise = np.clip(1 - (time / 0.37) ** 2, 0, None) * 66
    centres = np.stack([np.full(40, 300.0), 400 - rise], axis=1)
    kept = steadied(EVERY, boxes_of(centres, 60, 180), FPS)
    assert 400 - (kept[:, 1] + kept[:, 3] / 2).min() > 0.85 * 66


def test_who_is_missed_for_a_moment_is_between_before_and_after():
    seen = EVERY[(EVERY < 55) | (EVERY > 60)]
    kept = steadied(seen, boxes_of(running(seen), 60, 180), FPS)
    assert kept == pytest.approx(boxes_of(running(EVERY), 60, 180), abs=1.0)


def test_a_single_box_stays_what_it_is():
    box = np.array([[10.0, 20.0, 60.0, 180.0]])
    assert steadied(np.array([7]), box, FPS) == pytest.approx(box)


def test_a_box_without_width_at_the_edge_of_the_frame_spoils_none():
    boxes = boxes_of(running(EVERY), 60, 180)
    boxes[20, 2] = 0.0
    kept = steadied(EVERY, boxes, FPS)
    assert np.isfinite(kept).all()
    assert (kept[:, 2] > 25).all()


def test_a_box_depends_on_nothing_beyond_a_second():
    boxes = boxes_of(running(EVERY) + np.random.default_rng(1).normal(0, 9, (40, 2)), 60, 180)
    near = np.abs(EVERY - 60) <= FPS
    alone = steadied(EVERY[near], boxes[near], FPS)[EVERY[near] == 60]
    assert alone == pytest.approx(steadied(EVERY, boxes, FPS)[EVERY == 60], abs=1e-9)


@pytest.mark.parametrize("fps", [2.0, 5.0, 12.5, 30.0, 60.0])
def test_at_any_rate_there_is_a_box_at_every_instant_of_a_gap_that_is_closed(fps):
    gap = max(1, round(0.5 * fps))
    instants = np.array([0, gap, 2 * gap])
    boxes = boxes_of(np.array([[0.0, 0.0], [30.0, 0.0], [60.0, 0.0]]), 60, 180)
    kept = steadied(instants, boxes, fps)
    assert len(kept) == 2 * gap + 1
    assert (np.diff(kept[:, 0]) > 0).all()


def test_boxes_before_a_long_gap_are_none_of_those_after_it():
    first, second = np.arange(10), np.arange(40, 50)
    boxes = np.concatenate([boxes_of(running(first + 40), 60, 180), boxes_of(running(first + 90), 90, 240)])
    kept = steadied_where_seen(np.concatenate([first, second]), boxes, FPS)
    assert kept == pytest.approx(boxes, abs=0.5)
    assert steadied_where_seen(first[:0], boxes[:0], FPS).shape == (0, 4)
