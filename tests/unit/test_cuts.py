"""Changes of shot are found; what only looks like one is not."""

from __future__ import annotations

from itertools import pairwise

import cv2
import numpy as np
import pytest

from bball_tag.video.cuts import Transition, cuts_in, thumbnail
from bball_tag.video.flashes import without_flashes

FPS = 12.5


def hall(seed: int, width: int = 192) -> np.ndarray:
    """A scene 36 pixels high, of cloudy colours, wider than the view of 64."""
    rng = np.random.default_rng(seed)
    image = np.zeros((36, width, 3), np.float32)
    for cells in (3, 9, 18):
        noise = rng.normal(size=(cells, cells * width // 36, 3)).astype(np.float32)
        image += 28 * cv2.resize(noise, (width, 36), interpolation=cv2.INTER_CUBIC)
    return image + rng.uniform(90, 160, 3).astype(np.float32)


def view(image: np.ndarray, left: float = 64) -> np.ndarray:
    start = round(left)
    return np.clip(image[:, start : start + 64], 0, 255).astype(np.uint8)


def noisy(frames, seed=0) -> list[np.ndarray]:
    rng = np.random.default_rng(seed)
    return [np.clip(frame + rng.normal(0, 2, frame.shape), 0, 255).astype(np.uint8) for frame in frames]


def dissolve(length: int, one: int = 1, other: int = 2) -> list[np.ndarray]:
    """20 frames of a scene, `length` frames of mixture, 20 frames of another."""
    shares = np.concatenate([np.zeros(20), (np.arange(length) + 0.5) / length, np.ones(20)])
    return noisy([view((1 - share) * hall(one) + share * hall(other)) for share in shares])


def fade(length: int, colour: int) -> list[np.ndarray]:
    """20 frames of a scene, `length` frames to a colour, as many from it to another scene, and 20 of that."""
    shares = (np.arange(length) + 0.5) / length
    one, other = view(hall(1)).astype(np.float32), view(hall(2)).astype(np.float32)
    down = [one + share * (colour - one) for share in shares]
    up = [colour + share * (other - colour) for share in shares]
    return noisy([*[one] * 20, *down, *up, *[other] * 20])


def whip(seed: int, way: int, length: int) -> list[np.ndarray]:
    """A camera that turns by `way` pixels within `length` frames, in which it is blurred."""
    scene = hall(seed, 1200)
    turn = 50 + way * np.sin(np.linspace(0, np.pi / 2, length + 1)) ** 2
    places = np.concatenate([np.full(15, 50.0), turn[1:], np.full(15, turn[-1])])
    frames = []
    for before, now in zip([places[0], *places[:-1]], places, strict=True):
        steps = np.linspace(now, now + 1.5 * (before - now), 24)
        frames.append(np.mean([view(scene, step) for step in steps], axis=0))
    return noisy(frames)


def pan(ways: list[float]) -> list[np.ndarray]:
    """Views at these places of one hall, blurred by how fast the view moves."""
    frames = []
    for before, now in zip([ways[0], *ways[:-1]], ways, strict=True):
        steps = np.linspace(now, (now + before) / 2, 6)
        frames.append(np.mean([view(hall(5), step) for step in steps], axis=0))
    return noisy(frames)


def test_a_hard_cut_begins_a_shot_at_its_first_frame():
    frames = noisy([view(hall(1))] * 20 + [view(hall(2))] * 20)
    (cut,) = cuts_in(frames, FPS)
    assert cut == Transition(20, 20)
    assert cut.start == 20


@pytest.mark.parametrize("length", [5, 10, 18])
def test_a_dissolve_covers_the_frames_that_are_mixed(length):
    (found,) = cuts_in(dissolve(length), FPS)
    assert abs(found.first - 20) <= 1
    assert abs(found.last - (20 + length - 1)) <= 1
    assert found.start == found.last + 1


@pytest.mark.parametrize("lasting", [1, 2, 3])
def test_a_flash_is_not_a_cut(lasting):
    frames = [view(hall(1))] * 40
    for index in range(18, 18 + lasting):
        frames[index] = np.clip(frames[index].astype(int) + 170, 0, 255).astype(np.uint8)
    assert cuts_in(noisy(frames), FPS) == []


def lit(frames: list[np.ndarray], first: int, light: tuple[int, ...]) -> list[np.ndarray]:
    """Frames of which some are brighter, by these grey levels."""
    frames = list(frames)
    for index, more in enumerate(light, start=first):
        frames[index] = np.clip(frames[index].astype(int) + more, 0, 255).astype(np.uint8)
    return frames


@pytest.mark.parametrize("light", [(150, 25), (220, 220, 60), (90,)])
def test_a_flash_while_the_camera_follows_play_is_not_a_cut(light):
    """Before and after it, the thumbnails have little in common as they are."""
    frames = lit(pan([5 + 6.0 * step for step in range(20)]), 10, light)
    before, after = frames[9].ravel(), frames[10 + len(light)].ravel()
    assert np.corrcoef(before, after)[0, 1] < 0.7
    assert cuts_in(frames, FPS) == []


def test_a_flash_at_a_cut_leaves_it_one():
    frames = lit(noisy([view(hall(1))] * 20 + [view(hall(2))] * 20), 19, (170, 170))
    (cut,) = cuts_in(frames, FPS)
    assert 19 <= cut.start <= 21


@pytest.mark.parametrize("light", [(), (170, 170, 60)])
def test_a_flash_at_a_cut_between_two_cameras_of_one_hall_leaves_it_one(light):
    one, other = hall(1), 0.62 * hall(1) + 0.6 * (hall(2) - 90)
    assert 0.6 < np.corrcoef(view(one).ravel(), view(other).ravel())[0, 1] < 0.79
    frames = noisy([view(one)] * 20 + [view(other)] * 20)
    (cut,) = cuts_in(lit(frames, 20 - len(light) // 2, light), FPS)
    assert cut.first == cut.last
    assert abs(cut.start - 20) <= 2


def test_a_light_panel_that_flies_by_is_no_flash():
    old, new = (view(hall(seed)) for seed in (1, 2))
    panel = np.full_like(old, 235)
    frames = [old] * 24
    for step in range(12):
        left = round((step + 1) / 13 * 128 - 64)
        both = np.concatenate([new[:, : max(left, 0)], panel, old[:, left + 64 :]], axis=1)
        frames.append(both[:, max(-left, 0) :][:, :64])
    frames = noisy([*frames, *[new] * 24])
    assert not without_flashes(frames, FPS)[1].any()
    (found,) = cuts_in(frames, FPS)
    np.testing.assert_allclose((found.first, found.last), (24, 35), atol=2)


def test_frames_that_a_flash_lights_are_told_from_a_light_that_is_switched_on():
    shot = noisy([view(hall(1))] * 20)
    frames, were_lit = without_flashes(lit(shot, 8, (170, 60, 30)), FPS)
    assert np.flatnonzero(were_lit).tolist() == [8, 9, 10]
    np.testing.assert_array_equal(frames[8], shot[7])
    np.testing.assert_array_equal(frames[10], shot[11])
    for light in ((80,) * 12, (80,) * 6):
        assert not without_flashes(lit(shot, 8, light), FPS)[1].any()


@pytest.mark.parametrize("lasting", [4, 5, 6])
def test_a_whip_pan_is_not_a_cut(lasting):
    ways = np.concatenate([np.full(20, 5.0), np.linspace(5, 120, lasting), np.full(20, 120.0)])
    assert cuts_in(pan(ways.tolist()), FPS) == []


@pytest.mark.parametrize("seed", [0, 1, 6, 11])
@pytest.mark.parametrize("way", [60, 75])
@pytest.mark.parametrize("drift", [0.0, 0.4])
def test_a_whip_pan_from_a_dull_place_to_a_crisp_one_is_no_change(seed, way, drift):
    """The new place pushes the old one out, but blurred; a camera that drifts on makes it no slower push."""
    grain = np.random.default_rng(seed).normal(0, 22, (36, 192, 1)).astype(np.float32)
    places = [cv2.GaussianBlur(hall(seed), (0, 0), 2.5), hall(seed + 50) + grain]
    scene = np.concatenate(places[:: 1 if seed % 2 else -1], axis=1)
    for length in (3, 4, 5, 6):
        share = np.clip((np.arange(30 + length) - 15) / length, 0, 1)
        lefts = 118 + drift * np.arange(30 + length) + way * share**2 * (3 - 2 * share)
        frames = [
            np.mean([view(scene, left) for left in np.linspace(now, (now + before) / 2, 16)], axis=0)
            for before, now in pairwise([lefts[0], *lefts])
        ]
        assert cuts_in(noisy(frames), FPS) == []


@pytest.mark.parametrize("speed", [1, 3, 5])
def test_a_slow_pan_is_not_a_dissolve(speed):
    assert cuts_in(pan([5 + speed * step for step in range(120 // speed)]), FPS) == []


@pytest.mark.parametrize("patch", [8, 12, 20, 30])
@pytest.mark.parametrize("zoom", [0.99, 1.006, 1.012, 1.02])
def test_a_zoom_is_not_a_dissolve(patch, zoom):
    """Its frames are nearly mixtures of the first and the last, and no shift makes these alike."""
    tiles = np.random.default_rng(patch).choice([40.0, 200.0], (240 // patch, 400 // patch))
    scene = cv2.GaussianBlur(tiles.repeat(patch, axis=0).repeat(patch, axis=1), (0, 0), 2)[..., None]
    scene = np.repeat(scene, 3, axis=2)
    height, width = scene.shape[:2]
    frames = []
    for at in range(-20, 20):
        scale = 0.5 * zoom**at
        way = np.array([[scale, 0, 32 - scale * width / 2], [0, scale, 18 - scale * height / 2]])
        frames.append(cv2.warpAffine(scene, way, (64, 36), borderMode=cv2.BORDER_REFLECT))
    assert cuts_in(noisy(frames), FPS) == []


@pytest.mark.parametrize(("length", "speed"), [(5, 0.3), (5, 0.5), (8, 0.5), (10, 0.5)])
def test_a_dissolve_between_moving_cameras_is_found(length, speed):
    still = dissolve(length)
    ways = 20 + speed * np.arange(len(still))
    shares = np.concatenate([np.zeros(20), (np.arange(length) + 0.5) / length, np.ones(20)])
    one, other = hall(1, 400), hall(2, 400)
    frames = [
        (1 - share) * view(one, way) + share * view(other, way)
        for share, way in zip(shares, ways, strict=True)
    ]
    (found,) = cuts_in(noisy(frames), FPS)
    assert abs(found.first - 20) <= 2
    assert abs(found.last - (20 + length - 1)) <= 2


@pytest.mark.parametrize("colour", [0, 255])
def test_a_fade_through_a_colour_is_one_change(colour):
    assert cuts_in(fade(8, colour), FPS) == [Transition(20, 35)]


def test_fades_with_a_shot_between_them_are_two_changes():
    whole = fade(8, 0)
    frames = [*whole[:28], *noisy([np.zeros((36, 64, 3))] * 8), *whole[28:]]
    found = [(one.first, one.last) for one in cuts_in(frames, FPS)]
    np.testing.assert_allclose(found, [(20, 27), (36, 43)], atol=2)


@pytest.mark.parametrize(("seed", "way", "length"), [(0, 200, 8), (3, 400, 7), (7, 400, 10), (10, 400, 8)])
def test_a_blurred_turn_is_not_a_dissolve(seed, way, length):
    assert [one for one in cuts_in(whip(seed, way, length), FPS) if one.first < one.last] == []


def test_lights_that_go_down_are_not_a_dissolve():
    shares = np.concatenate([np.ones(15), np.linspace(1, 0.35, 12), np.full(15, 0.35)])
    assert cuts_in(noisy([view(hall(1) * share) for share in shares]), FPS) == []


def test_several_changes_come_in_order():
    frames = [*dissolve(8), *noisy([view(hall(3))] * 20), *noisy([view(hall(4))] * 20)]
    starts = [one.start for one in cuts_in(frames, FPS)]
    assert starts == sorted(starts)
    np.testing.assert_allclose(starts, [28, 48, 68], atol=1)


@pytest.mark.parametrize("height", [2, 4])
def test_a_pan_in_a_very_flat_video_is_not_a_dissolve(height):
    flat = [frame[16 : 16 + height] for frame in pan([5 + 2.0 * step for step in range(50)])]
    assert cuts_in(flat, FPS) == []


def test_nothing_is_found_in_nothing():
    assert cuts_in([], FPS) == []
    assert cuts_in([view(hall(1))], FPS) == []
    assert cuts_in([np.zeros((36, 64, 3), np.uint8)] * 30, FPS) == []


@pytest.mark.parametrize(("shape", "small"), [((720, 1280, 3), (36, 64, 3)), ((640, 360, 3), (114, 64, 3))])
def test_a_thumbnail_keeps_the_aspect(shape, small):
    image = thumbnail(np.full(shape, 77, np.uint8))
    assert image.shape == small
    assert (image == 77).all()
