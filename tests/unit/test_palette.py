"""Labels can be told apart by their colours, also by people who see red and green alike."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from bball_tag.labels import SPACEJAM_LABELS
from bball_tag.palette import COLOURS, label_colour

# Machado, Oliveira and Fernandes (2009), severity 1, on linear RGB.
SIGHT = {
    "normal": np.eye(3),
    "protanopia": np.array(
        [
            [0.152286, 1.052583, -0.204868],
            [0.114503, 0.786281, 0.099216],
            [-0.003882, -0.048116, 1.051998],
        ]
    ),
    "deuteranopia": np.array(
        [
            [0.367322, 0.860646, -0.227968],
            [0.280085, 0.672501, 0.047413],
            [-0.011820, 0.042940, 0.968881],
        ]
    ),
}
TO_XYZ = np.array(
    [
        [0.4124564, 0.3575761, 0.1804375],
        [0.2126729, 0.7151522, 0.0721750],
        [0.0193339, 0.1191920, 0.9503041],
    ]
)


def lab(colour: tuple[int, int, int], sight: np.ndarray) -> np.ndarray:
    """Return the CIELAB coordinates (D65) of an sRGB colour as it is seen."""
    srgb = np.array(colour) / 255
    linear = np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)
    xyz = TO_XYZ @ np.clip(sight @ linear, 0, 1) / (0.95047, 1, 1.08883)
    x, y, z = np.where(xyz > 216 / 24389, np.cbrt(xyz), (24389 / 27 * xyz + 16) / 116)
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


def ciede2000(one: np.ndarray, other: np.ndarray) -> float:
    """Return the difference of two CIELAB colours, by Sharma, Wu and Dalal (2005)."""
    mean_chroma = (np.hypot(*one[1:]) + np.hypot(*other[1:])) / 2
    stretch = 1.5 - 0.5 * np.sqrt(mean_chroma**7 / (mean_chroma**7 + 25**7))
    chroma, hue = (
        np.array(pair)
        for pair in zip(
            *(
                (np.hypot(a * stretch, b), np.degrees(np.arctan2(b, a * stretch)) % 360)
                for _, a, b in (one, other)
            ),
            strict=True,
        )
    )
    turn = (hue[1] - hue[0] + 180) % 360 - 180 if chroma.prod() else 0.0
    middle = hue[0] + turn / 2 if chroma.prod() else hue.sum()
    light, tone = (one[0] + other[0]) / 2, chroma.mean()
    wave = 1.0
    for weight, times, shift in ((-0.17, 1, -30), (0.24, 2, 0), (0.32, 3, 6), (-0.2, 4, -63)):
        wave += weight * np.cos(np.radians(times * middle + shift))
    by_light = (other[0] - one[0]) / (1 + 0.015 * (light - 50) ** 2 / np.sqrt(20 + (light - 50) ** 2))
    by_chroma = (chroma[1] - chroma[0]) / (1 + 0.045 * tone)
    by_hue = 2 * np.sqrt(chroma.prod()) * np.sin(np.radians(turn / 2)) / (1 + 0.015 * tone * wave)
    angle = np.radians(60 * np.exp(-(((middle % 360 - 275) / 25) ** 2)))
    rotation = -2 * np.sqrt(tone**7 / (tone**7 + 25**7)) * np.sin(angle)
    return float(np.sqrt(by_light**2 + by_chroma**2 + by_hue**2 + rotation * by_chroma * by_hue))


def smallest_difference(colours: list[tuple[int, int, int]], sight: str) -> float:
    seen = [lab(colour, SIGHT[sight]) for colour in colours]
    return min(ciede2000(one, other) for one, other in combinations(seen, 2))


@pytest.mark.parametrize(
    ("one", "other", "difference"),
    [
        ((50, 2.6772, -79.7751), (50, 0, -82.7485), 2.0425),
        ((50, 2.5, 0), (61, -5, 29), 22.8977),
        ((60.2574, -34.0099, 36.2677), (60.4626, -34.1751, 39.4387), 1.2644),
        ((2.0776, 0.0795, -1.135), (0.9033, -0.0636, -0.5514), 0.9082),
    ],
)
def test_the_difference_is_that_of_the_published_examples(one, other, difference):
    assert ciede2000(np.array(one), np.array(other)) == pytest.approx(difference, abs=1e-4)


@pytest.mark.parametrize(("sight", "least"), [("normal", 23), ("protanopia", 17), ("deuteranopia", 17)])
def test_any_two_of_the_ten_labels_differ_in_colour(sight, least):
    colours = [label_colour(label) for label in SPACEJAM_LABELS]
    assert smallest_difference(colours, sight) >= least


@pytest.mark.parametrize(("sight", "least"), [("normal", 19), ("protanopia", 14), ("deuteranopia", 14)])
def test_so_do_any_two_colours_of_other_labels(sight, least):
    assert smallest_difference(list(COLOURS), sight) >= least


def test_the_labels_of_the_sport_keep_their_colours_whatever_the_checkpoint_knows():
    assert label_colour("walk", ["walk", "shoot"]) == label_colour("walk") == COLOURS[9]
    assert label_colour("dunk", ["layup", "dunk"]) == COLOURS[1]
    assert label_colour("dunk") in COLOURS
