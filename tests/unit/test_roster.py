"""A person's corrections: read, applied, kept when players are followed anew, and offered as a table."""

from __future__ import annotations

import csv
import logging
import re
from dataclasses import replace

import numpy as np
import pytest

from bball_tag.errors import RosterError
from bball_tag.players.corrections import apply_roster
from bball_tag.players.identify import Identities, Player, Share, tracks_of
from bball_tag.players.pieces import Piece
from bball_tag.players.roster import COLUMNS, read_roster
from bball_tag.players.roster_template import clearest, write_template

FPS = 10.0
RED, BLUE = (200, 30, 40), (30, 75, 175)


def piece(number, first, last, left):
    """Return a piece that stands at `left` over the instants [first, last]."""
    instants = np.arange(first, last + 1)
    count = len(instants)
    boxes = np.tile(np.array([left, 100, 40, 100], np.float32), (count, 1))
    nothing = np.zeros((count, 0), np.float32)
    scores = np.full(count, 0.8, np.float32)
    scores[count // 2] = 0.9
    return Piece(
        number, instants, boxes, scores, np.zeros(count, bool), nothing, np.zeros((count, 2), np.float32)
    )


PIECES = [
    piece(1, 0, 99, 100),
    piece(2, 0, 49, 300),
    piece(3, 60, 99, 500),
    piece(4, 0, 99, 700),
    piece(5, 0, 99, 900),
]
"""Piece 5 belongs to nobody who counts."""
FOUND = Identities(
    players=(
        Player("1", "red", "player", RED, 0.9),
        Player("2", "blue", "player", BLUE, 0.8),
        Player("4", "blue", "player", BLUE, 0.6),
        Player("3", "", "other", (90, 90, 90), 0.7),
    ),
    shares=(Share(1, 0, 99, "1"), Share(2, 0, 49, "2"), Share(4, 0, 99, "4"), Share(3, 60, 99, "3")),
)


def corrected(tmp_path, text, found=FOUND, pieces=PIECES):
    path = tmp_path / "roster.csv"
    path.write_text(text, encoding="utf-8")
    return apply_roster(found, read_roster(path), pieces, FPS)


def whose(found):
    return [(share.piece, share.first, share.last, share.player) for share in found.shares]


def test_a_track_gets_a_name_a_team_and_a_role(tmp_path):
    found = corrected(tmp_path, "track,player,team,role\n1,Müller,navy,player\n")
    assert found.players[0] == Player("Müller", "navy", "player", RED, 1.0)
    assert found.players[1:] == FOUND.players[1:]
    assert whose(found)[0] == (1, 0, 99, "Müller")


def test_an_empty_cell_keeps_what_was_found(tmp_path):
    assert corrected(tmp_path, "track,player,team,role\n2,,,player\n") == FOUND
    found = corrected(tmp_path, "track,player,team,role\n2,,,other\n")
    assert found.players[1].id == "2"
    assert found.players[1].role == "other"


def test_tracks_of_one_name_are_one_player(tmp_path):
    found = corrected(tmp_path, "track,player,team,role\n2,Ann,blue,player\n3,Ann,blue,player\n")
    assert [player.id for player in found.players] == ["1", "Ann", "4"]
    ann = tracks_of(found, PIECES, FPS)[1]
    assert (ann.team, ann.role, len(ann.times)) == ("blue", "player", 50 + 40)


def test_role_none_drops_a_track(tmp_path):
    found = corrected(tmp_path, "track,role\n4,none\n")
    assert [player.id for player in found.players] == ["1", "2", "3"]
    assert 4 not in {share.piece for share in found.shares}


def test_a_row_with_times_splits_a_track(tmp_path):
    found = corrected(tmp_path, "track,player,team,role,from_s,to_s\n4,Bea,,,,\n4,Cis,red,,3,0:07\n")
    assert [share for share in whose(found) if share[0] == 4] == [
        (4, 0, 29, "Bea"),
        (4, 30, 69, "Cis"),
        (4, 70, 99, "Bea"),
    ]
    assert {player.id: player.team for player in found.players}["Cis"] == "red"
    assert {player.id: player.colour for player in found.players}["Cis"] == RED


def test_a_part_without_a_name_keeps_the_id_of_the_track(tmp_path):
    found = corrected(tmp_path, "track,player,from_s\n4,Bea,5\n")
    assert [share[1:] for share in whose(found) if share[0] == 4] == [(0, 49, "4"), (50, 99, "Bea")]


def test_a_number_given_as_a_name_does_not_swallow_the_track_of_that_id(tmp_path):
    found = corrected(tmp_path, "track,player\n1,4\n")
    assert [player.id for player in found.players] == ["4", "2", "track 4", "3"]


def test_tracks_that_do_not_exist_are_named_with_those_that_do(tmp_path):
    with pytest.raises(RosterError, match=r"8 \(line 2\), 9 \(line 4\).*are: 1, 2, 4, 3"):
        corrected(tmp_path, "track,player\n8,Ann\n1,Bea\n9,Cis\n")


def test_corrections_follow_the_box_when_ids_have_changed(tmp_path):
    text = f"{','.join(COLUMNS)}\n7,Ann,,,,,2.0,305,102,40,100\n"
    found = corrected(tmp_path, text)
    assert whose(found)[1] == (2, 0, 49, "Ann")


def test_a_box_that_nobody_is_in_is_passed_over_with_a_warning(tmp_path, caplog):
    with caplog.at_level(logging.WARNING):
        found = corrected(tmp_path, f"{','.join(COLUMNS)}\n2,Ann,,,,,2.0,10,102,40,100\n")
    assert found.players == FOUND.players
    assert "line 2: nobody is where track 2 was seen, at 2.0 s" in caplog.text


def test_somebody_who_did_not_count_counts_if_a_person_says_so(tmp_path):
    found = corrected(tmp_path, f"{','.join(COLUMNS)}\n7,Eve,red,player,,,2.0,900,100,40,100\n")
    assert (5, 0, 99, "Eve") in whose(found)
    assert {player.id: player.team for player in found.players}["Eve"] == "red"


def test_a_row_that_nobody_filled_in_changes_nothing(tmp_path, caplog):
    """A template has a row for everybody who was seen, a referee included."""
    text = (
        f"{','.join(COLUMNS)}\n5,,,,,,2.0,900,100,40,100\n1,,,,3,6,2.0,100,100,40,100\n9,,,,,,2.0,10,10,9,9\n"
    )
    with caplog.at_level(logging.WARNING):
        assert corrected(tmp_path, text) == FOUND
    assert caplog.text == ""


@pytest.mark.parametrize(("track", "name"), [("7", "7"), ("4", "track 4")])
def test_somebody_who_counts_without_a_name_has_the_id_that_the_row_names(tmp_path, track, name):
    found = corrected(tmp_path, f"{','.join(COLUMNS)}\n{track},,red,player,,,2.0,900,100,40,100\n")
    assert (5, 0, 99, name) in whose(found)
    assert {player.id: player.team for player in found.players}[name] == "red"
    assert len(found.players) == len(FOUND.players) + 1


def test_strangers_without_a_name_are_not_taken_for_others_who_bear_it(tmp_path):
    """Numbers of jerseys are names, and templates of two runs have tracks of one id."""
    people = [*PIECES, piece(6, 0, 99, 1100)]
    rows = ["1,7,blue,,,,,,,,", "7,,red,player,,,2.0,900,100,40,100", "7,,blue,player,,,2.0,1100,100,40,100"]
    found = corrected(tmp_path, "\n".join([",".join(COLUMNS), *rows, ""]), pieces=people)
    names = {share.piece: share.player for share in found.shares}
    assert (names[1], names[5], names[6]) == ("7", "track 7", "track 7 (2)")
    teams = {player.id: player.team for player in found.players}
    assert (teams["7"], teams["track 7"], teams["track 7 (2)"]) == ("blue", "red", "blue")


@pytest.mark.parametrize(("row", "mine"), [("7,Eve,,,3,5,", [(30, 49)]), ("7,,,none,3,5,", [])])
def test_a_stranger_counts_only_while_a_row_says_so(tmp_path, row, mine):
    found = corrected(tmp_path, f"{','.join(COLUMNS)}\n{row}2.0,900,100,40,100\n")
    assert [(share.first, share.last) for share in found.shares if share.piece == 5] == mine


def test_a_row_names_the_part_of_a_piece_that_belongs_to_nobody(tmp_path, caplog):
    """Others may have the beginning and the end of what was followed as one."""
    cut = (Share(5, 0, 9, "1"), Share(5, 40, 99, "2"))
    found = replace(FOUND, shares=(*FOUND.shares, *cut))
    rows = ["8,Eve,,,,,2.0,900,100,40,100", "8,,,other,2,3,2.0,900,100,40,100"]
    with caplog.at_level(logging.WARNING):
        named = corrected(tmp_path, "\n".join([",".join(COLUMNS), *rows, ""]), found)
    mine = [(share.first, share.last) for share in named.shares if share.player == "Eve"]
    assert "changes nothing" not in caplog.text
    assert mine == [(10, 19), (20, 29), (30, 39)]
    assert {(share.first, share.last) for share in named.shares if share.piece == 5} > {(0, 9), (40, 99)}


def test_names_that_differ_in_capitals_alone_are_warned_of(tmp_path, caplog):
    with caplog.at_level(logging.WARNING):
        corrected(tmp_path, "track,player\n1,Ann Lee\n2,ann  lee\n4,Annabel\n3,Ann Lee\n")
    assert "roster.csv, line 3: 'ann  lee' and 'Ann Lee' in line 2 are two players" in caplog.text
    assert caplog.text.count("are two players") == 1


def test_tables_of_spreadsheets_are_read(tmp_path):
    found = corrected(tmp_path, "\ufeffTrack;Player;Team;from_s\r\n4;Bea;;5,0\r\n;;;\r\n")
    assert (4, 50, 99, "Bea") in whose(found)


def test_every_faulty_row_is_named_in_one_message(tmp_path):
    rows = ["1,Ann,red,,,", ",Bea,,,,", "2,Ann,blue,,,", "3,,,coach,,", "4,,,,9,5", "4,,,,soon,"]
    text = "\n".join(["track,player,team,role,from_s,to_s", *rows])
    with pytest.raises(RosterError) as error:
        corrected(tmp_path, text)
    message = str(error.value)
    assert re.findall(r"line (\d+):", message) == ["3", "5", "6", "7", "4"]
    for part in (
        "'track' is empty",
        "'coach'",
        "not before",
        "'soon'",
        "'Ann' has the team 'blue', and 'red' in line 2",
    ):
        assert part in message


@pytest.mark.parametrize("text", ["player,team\nAnn,red\n", ""])
def test_a_table_without_tracks_is_refused(tmp_path, text):
    with pytest.raises(RosterError, match="no column 'track'"):
        corrected(tmp_path, text)


def test_a_file_that_is_not_there_gets_a_sentence(tmp_path):
    with pytest.raises(RosterError, match="Cannot read the roster"):
        read_roster(tmp_path / "nothing.csv")


def test_the_template_shows_every_track_and_changes_nothing(tmp_path):
    path = tmp_path / "roster.csv"
    images = {player.id: np.full((50, 20, 3), 128, np.uint8) for player in FOUND.players}
    page = write_template(path, FOUND, PIECES, images, FPS)
    rows = list(csv.DictReader(path.open(encoding="utf-8")))
    assert [row["track"] for row in rows] == ["1", "2", "4", "3"]
    assert rows[1] | {"track": "2", "team": "", "role": "", "seen_s": "2.50", "left": "300.0"} == rows[1]
    text = page.read_text(encoding="utf-8")
    assert page == tmp_path / "roster.html"
    assert text.count("data:image/jpeg;base64,") == 4
    assert "http" not in text
    assert apply_roster(FOUND, read_roster(path), PIECES, FPS) == FOUND


def test_the_clearest_sighting_is_sure_and_stands_alone():
    behind = Piece(6, *(getattr(piece(6, 20, 30, 310), name) for name in Piece.__slots__ if name != "id"))
    assert clearest(FOUND, PIECES)["2"].instant == 25
    assert clearest(FOUND, [*PIECES, behind])["2"].instant not in range(20, 31)


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("1,Ann,,,1:35:00,", "line 2: track 1 is not seen from 5700 s on; the row changes nothing"),
        ("2,Bea,,,5.5,7", "line 2: track 2 is not seen from 5.5 s to 7 s; the row changes nothing"),
    ],
)
def test_a_row_about_a_time_at_which_its_track_is_not_seen_is_told(tmp_path, caplog, row, words):
    with caplog.at_level(logging.WARNING):
        found = corrected(tmp_path, f"track,player,team,role,from_s,to_s\n{row}\n")
    assert {player.id for player in found.players} == {"1", "2", "3", "4"}
    assert words in caplog.text


def test_a_row_about_a_part_of_a_track_is_not_told(tmp_path, caplog):
    with caplog.at_level(logging.WARNING):
        corrected(tmp_path, "track,player,team,role,from_s,to_s\n2,Bea,,,4.5,7\n")
    assert "changes nothing" not in caplog.text
