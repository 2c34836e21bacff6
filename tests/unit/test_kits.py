"""What people wear, and which two teams they make."""

from __future__ import annotations

import numpy as np
import pytest

from bball_tag.players.kits import CLEAR, COLOURS, PARTS, SHIRT, kit_colours, lab_of, rgb_of
from bball_tag.players.teams import COLOUR_NAMES, colour_name, find_kits, nearest_kit

FLOOR = (205, 165, 120)
NAVY, WHITE, SKIN = (22, 38, 85), (235, 235, 235), (150, 105, 80)


def person(height, shirt=NAVY, shorts=WHITE, floor=FLOOR, place=(30, 20)):
    """Draw somebody of `height` pixels, and return the image and their box."""
    left, top = place
    width = round(0.42 * height)
    image = np.full((top + height + 40, left + width + 60, 3), floor, np.uint8)

    def fill(first, stop, begin, end, colour):
        rows = slice(top + round(first * height), top + round(stop * height))
        image[rows, left + round(begin * width) : left + round(end * width)] = colour

    fill(0.00, 0.16, 0.36, 0.64, SKIN)
    fill(0.16, 0.47, 0.22, 0.78, shirt)
    fill(0.47, 0.66, 0.25, 0.75, shorts)
    fill(0.66, 0.90, 0.28, 0.72, SKIN)
    fill(0.90, 1.00, 0.25, 0.75, (200, 30, 40))
    return image, np.array([[left, top, width, height]], np.float32)


def shirts(*groups, spread=3.0):
    """Return shirts of groups (colour, number), the weight 1 for each, and moments with five of a group."""
    rng = np.random.default_rng(5)
    labs = np.concatenate([lab_of(colour) + rng.normal(0, spread, (number, 3)) for colour, number in groups])
    return labs, np.ones(len(labs)), np.concatenate([np.arange(number) // 5 for _, number in groups])


@pytest.mark.parametrize("height", [40, 90, 300])
def test_each_part_of_the_body_has_its_colour_whatever_the_size(height):
    image, box = person(height)
    parts = kit_colours(image, box)[0, : 3 * len(PARTS)].reshape(len(PARTS), 3)
    wanted = {"head": SKIN, "torso": NAVY, "shorts": WHITE, "legs": SKIN, "feet": (200, 30, 40)}
    for name, colour in wanted.items():
        assert np.linalg.norm(parts[PARTS.index(name)] - lab_of(colour)) < 8, name


def test_a_wide_box_with_much_floor_still_shows_the_shirt():
    image, box = person(120)
    wide = box + np.array([-18, 0, 36, 0], np.float32)
    assert np.linalg.norm(kit_colours(image, wide)[0, SHIRT] - lab_of(NAVY)) < 12


def test_boxes_outside_the_frame_give_numbers():
    image, _ = person(60)
    boxes = np.array(
        [[-500, -500, 20, 40], [900, 900, 20, 40], [-5, -5, 30, 60], [3, 3, 0.2, 0.4]], np.float32
    )
    colours = kit_colours(image, boxes)
    assert colours.shape == (4, COLOURS)
    assert np.isfinite(colours).all()


def test_who_stands_behind_another_is_not_seen_clearly():
    image, box = person(100)
    front = box + np.array([10, 20, 0, 0], np.float32)
    aside = box + np.array([40, 20, 0, 0], np.float32)
    assert kit_colours(image, np.concatenate([box, front]))[:, CLEAR] == pytest.approx([0.2, 1.0], abs=0.01)
    assert kit_colours(image, np.concatenate([box, aside]))[:, CLEAR] == pytest.approx([1.0, 1.0])


def test_nobody_has_no_colours():
    assert kit_colours(person(60)[0], np.zeros((0, 4), np.float32)).shape == (0, COLOURS)


@pytest.mark.parametrize("rgb", [(0, 0, 0), (255, 255, 255), (22, 38, 85), (200, 30, 40)])
def test_a_colour_comes_back(rgb):
    assert rgb_of(lab_of(rgb)) == rgb


@pytest.mark.parametrize(
    ("one", "other", "referees"),
    [
        ("white", "navy", "grey"),
        ("white", "sky", "black"),
        ("red", "black", "grey"),
        ("green", "yellow", "pink"),
    ],
)
def test_two_teams_are_found_beside_referees_and_named_by_colour(one, other, referees):
    labs, weights, when = shirts(
        (COLOUR_NAMES[one], 50), (COLOUR_NAMES[other], 46), (COLOUR_NAMES[referees], 60)
    )
    # The referees are in view for longer than all, but one at a time.
    when[96:] = np.arange(60)
    kits = find_kits(labs, weights, when)
    assert {kit.name for kit in kits} == {one, other}
    side, misfit = nearest_kit(labs, kits)
    assert (side[:50] == side[0]).all()
    assert (side[50:96] == 1 - side[0]).all()
    assert (misfit[:96] <= 1).all()
    assert (misfit[96:] > 1).all()


def test_two_shades_of_one_kit_leave_the_other_team_out():
    """Half of a hall is dark, so that one team's shirts come in two shades, each as many as the other."""
    light, dark, other = (205, 180, 125), (160, 138, 92), (140, 160, 175)
    labs, weights, when = shirts((light, 60), (dark, 60), spread=2.0)
    more, ones, moments = shirts((other, 80), spread=7.0)
    when = np.concatenate([np.tile(np.arange(20), 6), moments % 20])
    kits = find_kits(np.concatenate([labs, more]), np.concatenate([weights, ones]), when)
    side, _ = nearest_kit(labs, kits)
    assert (side == side[0]).mean() > 0.95
    assert (nearest_kit(more, kits)[0] == 1 - side[0]).mean() > 0.95


def test_one_kit_is_not_two_teams():
    assert find_kits(*shirts(((100, 100, 100), 60))) == ()


def test_a_single_shirt_is_not_a_team():
    assert find_kits(*shirts((NAVY, 1))) == ()


def test_teams_of_one_colour_name_are_called_differently():
    kits = find_kits(*shirts(((20, 110, 50), 40), ((60, 170, 90), 40)))
    assert len({kit.name for kit in kits}) == 2


def test_a_user_who_names_colours_says_which_is_which():
    labs, weights, when = shirts(((50, 60, 120), 40), ((215, 215, 205), 40))
    assert [kit.name for kit in find_kits(labs, weights, when, ["navy", "white"])] == ["white", "navy"]


def test_other_names_belong_to_the_lighter_kit_first():
    labs, weights, when = shirts((NAVY, 40), (WHITE, 40))
    lighter, darker = find_kits(labs, weights, when, ["Lakers", "Bulls"])
    assert (lighter.name, darker.name) == ("Lakers", "Bulls")
    assert lighter.lab[0] > darker.lab[0]
    assert [kit.name for kit in find_kits(labs, weights, when, ["Lakers", "white"])] == ["white", "Lakers"]


def test_the_named_colours_decide_between_possible_teams():
    labs, weights, when = shirts(
        (COLOUR_NAMES["white"], 40), (COLOUR_NAMES["red"], 40), (COLOUR_NAMES["black"], 40)
    )
    assert {kit.name for kit in find_kits(labs, weights, when, ["red", "black"])} == {"red", "black"}
    assert {kit.name for kit in find_kits(labs, weights, when, ["white", "black"])} == {"white", "black"}


@pytest.mark.parametrize(("text", "name"), [("White", "white"), ("dark blue", "navy"), ("Lakers", None)])
def test_what_is_a_colour(text, name):
    assert colour_name(text) == name
