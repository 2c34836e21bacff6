"""What the overlay and a notebook show of players: the colours of kits, and no boxes of referees."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bball_tag.palette import colour_of, hex_colour, label_colour
from bball_tag.players.identify import Player
from bball_tag.render.visible import NO_TEAM, team_colours
from tests.example_events import SHOT, annotation
from tests.unit.test_drawing import drawn, is_near, standing

NAVY = (22, 38, 85)
LATER = replace(SHOT, start=12.0, end=13.0)


def test_a_kit_that_was_found_counts_more_than_the_name_of_a_team():
    players = [Player("7", "white", "player", NAVY, 0.9)]
    tracks = [replace(standing("8", 0, 0), team="red"), standing("9", 0, 0)]
    events = [replace(SHOT, player="7", team="white"), replace(SHOT, player="8", team="green")]
    assert team_colours(events, tracks, players) == {"7": NAVY, "8": (0, 128, 0)}
    assert team_colours([], tracks) == {"8": (255, 0, 0)}


def test_box_and_tag_of_a_player_have_the_colour_of_the_kit():
    players = [Player("7", "home", "player", NAVY, 0.9)]
    whole = annotation(LATER, players=players, tracks=[standing("7", 200, 60)])
    idle, acting = (drawn(whole, time, (1280, 720)) for time in (5.0, 12.5))
    assert is_near(idle[150, 201], NAVY)
    assert is_near(acting[150, 201], label_colour("shoot", ["shoot"]))
    assert any(is_near(pixel, NAVY) for pixel in acting[45, 195:240])
    # A light line around a dark kit, so that it is seen on a dark floor too.
    assert idle[150, 198].min() > 200
    assert acting[150, 198].max() < 60


def test_who_does_not_play_has_no_box():
    referee = annotation(tracks=[replace(standing("12", 200, 60), role="other")])
    assert (drawn(referee, 5.0) == drawn(annotation(), 5.0)).all()
    acting = annotation(replace(LATER, player="12"), tracks=referee.tracks)
    assert is_near(drawn(acting, 12.5, (1280, 720))[150, 201], label_colour("shoot", ["shoot"]))


def test_a_notebook_shows_teams_in_the_colours_of_their_kits():
    players = [Player("7", "home", "player", NAVY, 0.9)]
    html = annotation(SHOT, replace(SHOT, player="8", team="guests"), players=players)._repr_html_()
    assert 'background:rgb(22, 38, 85);color:rgb(250, 250, 250);padding:0 0.4em">home</span>' in html
    assert "<td>guests</td>" in html


def test_a_colour_is_written_and_read_as_hexadecimal_digits():
    assert hex_colour(NO_TEAM) == "#E8E8EC"
    assert (colour_of("#e8e8ec"), colour_of("E8E8EC")) == (NO_TEAM, NO_TEAM)
    for text in ("", "navy", "#12", "#11223344"):
        with pytest.raises(ValueError, match="is not a colour such as #1A2B3C"):
            colour_of(text)
