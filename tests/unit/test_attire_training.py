"""How the model that knows who is dressed to play is taught."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
import torch

sys.path.insert(0, str(Path(__file__).parents[2] / "sample_videos"))

from appearance_training import numbers_of
from attire_training import _cut_off, trained
from court.attires import DRESSED, Attires, _empty, attires

from bball_tag.players.tracks import overlaps


@pytest.fixture(scope="module")
def game():
    return attires(60001)


def test_a_game_shows_players_staff_and_places_where_nobody_is(game):
    assert game.images.dtype == np.uint8
    assert game.images.shape == (len(game.dressed), 80, 48, 3)
    assert (np.bincount(game.dressed, minlength=len(DRESSED)) > 10).all()


def test_the_same_seed_draws_the_same_clothes(game):
    again = attires(60001)
    assert (again.dressed == game.dressed).all()
    assert np.abs(again.images.astype(int) - game.images).mean() < 1


def test_places_where_nobody_is_are_in_the_frame_and_hold_little_of_anybody():
    people = np.array([[100.0, 100, 60, 150], [400, 120, 50, 140], [np.nan] * 4])
    places = [place for seed in range(40) for place in _empty(people, 640, 360, np.random.default_rng(seed))]
    assert len(places) > 80
    found = np.array(places)
    assert (found[:, :2] >= 0).all()
    assert (found[:, :2] + found[:, 2:] <= [640, 360]).all()
    assert overlaps(found[:, None], people[None, :2]).max() < 0.2


def test_no_people_show_no_places():
    assert not list(_empty(np.zeros((0, 4)), 640, 360, np.random.default_rng(0)))


def test_who_is_cut_off_shows_the_upper_part_only():
    torch.manual_seed(0)
    images = torch.linspace(0, 1, 80)[None, None, :, None].repeat(200, 3, 1, 48)
    seen = _cut_off(images.clone())
    changed = (seen != images).flatten(1).any(dim=1)
    assert 10 < int(changed.sum()) < 60
    assert seen[changed][:, :, -1].max() < 0.92


def test_what_is_easily_told_apart_is_learned():
    rng = np.random.default_rng(0)
    light = np.array([60, 200, 200])[np.arange(90) % 3]
    images = np.clip(light[:, None, None, None] + rng.normal(0, 12, (90, 80, 48, 3)), 0, 255).astype(np.uint8)
    net = trained([Attires(images, np.arange(90) % 3)], 60)
    odds = numbers_of(net, images)[:, 0]
    assert odds[light == 60].max() < odds[light == 200].min()
