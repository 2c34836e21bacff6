"""Wipes between two shots are found, from their first frame to their last; what happens in a shot is none."""

from __future__ import annotations

from itertools import pairwise

import cv2
import numpy as np
import pytest

from bball_tag.video.cuts import Transition, cuts_in

FPS = 12.5
BEFORE = 24
"""Frames of the old shot; as many of the new one follow."""
ALONG = np.arange(64)[None, :, None] / 63 + np.zeros((36, 1, 1))
DOWN = np.arange(36)[:, None, None] / 35 + np.zeros((1, 64, 1))
FAR = np.hypot((ALONG - 0.5) * 16, (DOWN - 0.5) * 9) / np.hypot(8, 4.5)


def hall(seed: int) -> np.ndarray:
    """A scene of cloudy colours, 36 x 100 pixels."""
    rng = np.random.default_rng(seed)
    image = np.zeros((36, 100, 3), np.float32)
    for cells in (3, 9, 18):
        noise = rng.normal(size=(cells, 3 * cells, 3)).astype(np.float32)
        image += 28 * cv2.resize(noise, (100, 36), interpolation=cv2.INTER_CUBIC)
    return np.clip(image + rng.uniform(90, 160, 3).astype(np.float32), 0, 255)


def noisy(frames) -> list[np.ndarray]:
    rng = np.random.default_rng(0)
    return [np.clip(frame + rng.normal(0, 2, frame.shape), 0, 255).astype(np.uint8) for frame in frames]


def between(mix, length: int, drift: float = 0.0) -> list[np.ndarray]:
    """Two shots, and what `mix` makes of them for `length` frames; the views drift, in pixels a frame."""
    frames = []
    for index in range(2 * BEFORE + length):
        shift = np.array([[1, 0, -drift * index - 5], [0, 1, 0]], np.float32)
        old, new = (cv2.warpAffine(hall(seed), shift, (64, 36)) for seed in (1, 2))
        share = (index - BEFORE + 0.5) / length
        frames.append(old if share < 0 else new if share > 1 else mix(old, new, share))
    return noisy(frames)


def edge(places: np.ndarray, soft: float = 0.02):
    """The new shot appears where `places`, from 0 to 1, are below how much is done."""

    def mix(old, new, share):
        alpha = np.clip((share * (1 + soft) - places) / soft, 0, 1)
        return old * (1 - alpha) + new * alpha

    return mix


def graphic(old, new, share):
    """A striped panel comes from the left, covers all for a third of the time, and leaves to the right."""
    panel = np.where((ALONG * 9 % 1 < 0.4), [240, 30, 30], [20, 20, 200]) + np.zeros((36, 64, 3))
    behind = old if share < 0.5 else new
    covered = (share * 3 > ALONG) & ((share - 2 / 3) * 3 <= ALONG)
    return np.where(covered, panel, behind)


def flying(old, new, share):
    """A panel with a picture, as wide as the frame, flies from left to right: it shifts in every frame."""
    panel = cv2.resize(np.random.default_rng(7).uniform(0, 255, (6, 11, 3)), (64, 36))
    left = round(share * 128) - 64
    if left < 0:
        return np.concatenate([panel[:, -left:], old[:, left + 64 :]], axis=1)
    return np.concatenate([new[:, :left], panel[:, : 64 - left]], axis=1)


def push(axis: int, *, back: bool = False):
    """The new shot pushes the old one out: to the right or down, or back."""

    def mix(old, new, share):
        size = old.shape[axis]
        way = round(size * share)
        pair, begin = ((old, new), way) if back else ((new, old), size - way)
        return np.take(np.concatenate(pair, axis=axis), range(begin, begin + size), axis=axis)

    return mix


WIPES = {
    "a panel of the frame's width": flying,
    "an edge to the right": edge(ALONG),
    "an edge to the left": edge(1 - ALONG),
    "a soft edge downwards": edge(DOWN, soft=0.25),
    "a slanted edge": edge((ALONG + DOWN) / 2),
    "an iris": edge(FAR),
    "a closing iris": edge(1 - FAR),
    "a graphic": graphic,
    "a push to the right": push(1),
    "a push to the left": push(1, back=True),
    "a push upwards": push(0, back=True),
}


@pytest.mark.parametrize("drift", [0.0, 0.3])
@pytest.mark.parametrize("length", [7, 13])
@pytest.mark.parametrize("kind", WIPES)
def test_a_wipe_is_found_from_its_first_frame_to_its_last(kind, length, drift):
    (found,) = cuts_in(between(WIPES[kind], length, drift), FPS)
    assert abs(found.first - BEFORE) <= 2
    assert abs(found.last - (BEFORE + length - 1)) <= 2
    assert found.start == found.last + 1


@pytest.mark.parametrize("fps", [25.0, 50.0])
def test_a_wipe_is_found_at_other_frame_rates(fps):
    every = round(fps / FPS)
    frames = [frame for frame in between(edge(ALONG), 9) for _ in range(every)]
    (found,) = cuts_in(frames, fps)
    assert abs(found.first - every * BEFORE) <= 3 * every
    assert abs(found.last - every * (BEFORE + 9)) <= 3 * every


def test_somebody_who_runs_past_the_camera_is_no_wipe():
    def mix(old, new, share):
        return np.where(np.abs(ALONG - share * 1.6 + 0.3) < 0.2, [200, 60, 40], old)

    frames = between(mix, 9)[: BEFORE + 9]
    assert cuts_in([*frames, *frames[:BEFORE]], FPS) == []


def test_a_caption_that_slides_in_and_stays_is_no_wipe():
    frames = between(lambda old, new, share: old, 1)[:BEFORE]
    shown = [frame.copy() for frame in frames + frames]
    for index, frame in enumerate(shown[BEFORE:]):
        frame[25:34, : min(12 * (index + 1), 60)] = (30, 40, 160)
    assert cuts_in(shown, FPS) == []


def test_two_cuts_with_a_shot_between_them_stay_two():
    frames = noisy([hall(seed)[:, :64] for seed in (1, 2, 3) for _ in range(20)])
    assert cuts_in(frames, FPS) == [Transition(20, 20), Transition(40, 40)]


def test_a_fast_zoom_is_no_wipe():
    frames = []
    for index in range(50):
        scale = 2 ** min(max((index - 20) / 7, 0), 1)
        move = np.array([[scale, 0, 32 * (1 - scale)], [0, scale, 18 * (1 - scale)]], np.float32)
        frames.append(cv2.warpAffine(hall(3)[:, 10:74], move, (64, 36), borderMode=cv2.BORDER_REFLECT))
    assert cuts_in(noisy(frames), FPS) == []


@pytest.mark.parametrize("fps", [37.5, 60.0])
def test_windows_that_begin_elsewhere_find_a_wipe_at_the_same_instants(fps):
    every = round(fps / FPS)
    frames = [frame for frame in between(edge(ALONG), 9) for _ in range(every)]
    found = [
        [Transition(one.first + begin, one.last + begin) for one in cuts_in(frames[begin:], fps, begin)]
        for begin in range(7)
    ]
    assert len(found[0]) == 1
    assert found == [found[0]] * 7


def test_quick_shots_between_graphics_do_not_become_one_wipe():
    shots = [hall(seed)[:, :64] for seed in (1, 2, 3, 4)]
    frames = [shots[0]] * BEFORE
    for old, new in pairwise(shots):
        frames += [graphic(old, new, (step + 1) / 11) for step in range(10)] + [new] * 5
    found = cuts_in(noisy([*frames, *[shots[-1]] * BEFORE]), FPS)
    assert max(one.last - one.first for one in found) <= 1.9 * FPS


@pytest.mark.parametrize("size", [(64, 2), (64, 3), (64, 4), (64, 114), (64, 128)])
def test_a_frame_of_any_shape_can_be_looked_at(size):
    rng = np.random.default_rng(3)
    old, new = (rng.integers(0, 256, (size[1], size[0], 3), np.uint8) for _ in range(2))
    frames = [old] * 20 + [np.where(np.arange(64)[:, None] < 6 * step, new, old) for step in range(11)]
    found = cuts_in([*frames, *[new] * 20], FPS)
    assert all(18 <= one.first <= one.last <= 33 for one in found)


def test_a_wipe_is_found_in_a_vertical_video():
    def upright(frame):
        return cv2.resize(frame, (64, 114), interpolation=cv2.INTER_LINEAR)

    (found,) = cuts_in([upright(frame) for frame in between(edge(ALONG), 9)], FPS)
    assert abs(found.first - BEFORE) <= 2
    assert abs(found.last - (BEFORE + 8)) <= 2
