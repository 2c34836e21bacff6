"""How people look to the model that tells teammates apart, and what is made of it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import cv2
import numpy as np
import pytest

from bball_tag.players.appearance import ATTIRE, BETWEEN, UNDERFOOT, Appearance
from bball_tag.players.ground import GROUND
from bball_tag.players.kits import COLOURS

FPS = 12.5
LIGHT, DARK = (225, 190, 165), (60, 45, 35)


@pytest.fixture(scope="module")
def appearance():
    return Appearance()


def drawn(skin, shoes, height=150, light=1.0, shift=0):
    """Draw somebody in a white kit on a floor, and return the image and their box."""
    image = np.full((height + 60, 160, 3), (205, 165, 120), np.uint8)
    left, top, wide = 50 + shift, 30, round(0.42 * height)
    for first, stop, begin, end, colour in (
        (0.0, 0.16, 0.36, 0.64, skin),
        (0.16, 0.66, 0.22, 0.78, (235, 235, 235)),
        (0.66, 0.9, 0.28, 0.72, skin),
        (0.9, 1.0, 0.25, 0.75, shoes),
    ):
        rows = slice(top + round(first * height), top + round(stop * height))
        image[rows, left + round(begin * wide) : left + round(end * wide)] = colour
    image = np.clip(cv2.GaussianBlur(image, (0, 0), 1.0) * light, 0, 255).astype(np.uint8)
    return image, np.array([[left, top, wide, height]], np.float32)


def test_a_teammate_is_farther_away_than_the_same_person_in_other_light_and_size(appearance):
    ann, again = drawn(DARK, (200, 30, 40)), drawn(DARK, (200, 30, 40), height=110, light=0.9, shift=7)
    mate = drawn(LIGHT, (30, 90, 200))
    seen, later, other = (appearance.of(*one)[0] for one in (ann, again, mate))
    assert np.linalg.norm(seen - other) > 1.5 * np.linalg.norm(seen - later)


def test_somebody_at_the_edge_of_the_frame_looks_the_same(appearance):
    image, box = drawn(DARK, (200, 30, 40))
    left = int(box[0, 0])
    # Once the frame ends where the box does, once it takes an eighth of the box.
    eighth = round(box[0, 2] / 8)
    touching = image[:, left:], box - np.array([[left, 0, 0, 0]], np.float32)
    partly = image[:, left + eighth :], box - np.array([[left + eighth, 0, 0, 0]], np.float32)
    whole, mate = appearance.of(image, box)[0], appearance.of(*drawn(LIGHT, (30, 90, 200)))[0]
    apart = np.linalg.norm(whole - mate)
    assert np.linalg.norm(whole - appearance.of(*touching)[0]) < 0.1 * apart
    assert np.linalg.norm(whole - appearance.of(*partly)[0]) < 0.4 * apart


def test_colours_come_first_and_the_appearance_after_them(appearance):
    described = appearance.describe(*drawn(DARK, (200, 30, 40)))
    assert described.shape == (1, UNDERFOOT + GROUND)
    assert described.dtype == np.float32


def test_trousers_and_empty_places_are_told_from_shorts(appearance):
    image, box = drawn(LIGHT, (240, 240, 240))
    left, top, wide, high = (round(side) for side in box[0].tolist())
    trousers = image.copy()
    legs = slice(top + round(0.5 * high), top + round(0.94 * high))
    trousers[legs, left + round(0.26 * wide) : left + round(0.74 * wide)] = (30, 30, 32)
    nowhere = np.full_like(image, (205, 165, 120))
    shorts, covered, empty = (
        appearance.describe(each, box)[0, ATTIRE] for each in (image, trousers, nowhere)
    )
    assert shorts < covered
    assert shorts < empty


def test_whom_a_side_of_the_frame_cuts_off_may_be_dressed_in_anything(appearance):
    image, box = drawn(LIGHT, (240, 240, 240))
    left, right = int(box[0, 0]) + 25, int(box[0, 0] + box[0, 2]) - 25
    for part, first in ((image[:, left:], left), (image[:, :right], 0)):
        begin, stop = max(box[0, 0] - first, 0), min(box[0, 0] + box[0, 2] - first, part.shape[1])
        seen = np.array([[begin, box[0, 1], stop - begin, box[0, 3]]], np.float32)
        described = appearance.describe(np.ascontiguousarray(part), seen)[0]
        assert described[ATTIRE] == 0
        assert described[COLOURS:ATTIRE].any()
    assert appearance.describe(image, box)[0, ATTIRE] != 0


def test_whom_somebody_hides_has_colours_only(appearance):
    image, box = drawn(DARK, (200, 30, 40))
    hidden, nearer = appearance.describe(image, np.concatenate([box, box + np.array([[6, 10, 0, 0]])]))
    assert not hidden[COLOURS:].any()
    assert nearer[COLOURS:].any()


def test_nobody_and_boxes_outside_the_frame_give_numbers(appearance):
    image, _ = drawn(DARK, (200, 30, 40))
    outside = np.array([[-500, -500, 20, 40], [900, 900, 20, 40], [-5, -5, 30, 60], [3, 3, 0.2, 0.4]])
    assert np.isfinite(appearance.of(image, outside)).all()
    assert appearance.of(image, np.zeros((0, 4))).shape == (0, len(BETWEEN) + 1)


def test_threads_that_share_it_get_what_one_gets(appearance):
    people = [drawn(skin, shoes) for skin in (LIGHT, DARK) for shoes in ((200, 30, 40), (30, 90, 200))] * 4
    alone = [appearance.of(*one) for one in people]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda one: appearance.of(*one), people))
    assert all((one == other).all() for one, other in zip(alone, together, strict=True))
