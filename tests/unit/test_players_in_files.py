"""Players, teams and cuts in the files that are written, and back."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import openpyxl
import pytest

from bball_tag.annotations import Annotation, read_annotation
from bball_tag.annotations.annotation import with_teams
from bball_tag.annotations.run_sheet import annotation_of, run_facts
from bball_tag.errors import AnnotationError
from bball_tag.players.identify import Player
from bball_tag.players.tracks import Track
from tests.example_events import NTSC, SHOT, annotation, written

NAVY, WHITE, STRIPES = (22, 38, 85), (235, 235, 235), (120, 121, 122)
PLAYERS = (
    Player("7", "navy", "player", NAVY, 0.9375),
    Player("=Ana", "white", "player", WHITE, 1.0),
    Player("12", "", "other", STRIPES, 0.5),
)


def seen(id: str, *times: float, **facts) -> Track:
    return Track(id, np.array(times), np.tile([10.0, 20, 30, 60], (len(times), 1)), **facts)


def game() -> Annotation:
    """Two shots of player 7, who is seen from 12.4 to 15 s with a gap of a second; a referee; a bench."""
    times = [*np.arange(12.4, 13.0, 0.08), *np.arange(14.0, 15.0, 0.08)]
    moves = np.array([[0.5, -0.25]] * len(times))
    return annotation(
        replace(SHOT, team="navy"),
        replace(SHOT, start=14.7, end=15.0, team="navy"),
        players=PLAYERS,
        cuts=(3.2, 13.04),
        tracks=[seen("7", *times, team="navy", moves=moves, sureness=0.875), seen("12", 1.0, role="other")],
        checkpoint="small (1a2b)",
    )


def cells(path: Path, sheet: str) -> list[list[object]]:
    return [list(row) for row in openpyxl.load_workbook(path)[sheet].iter_rows(values_only=True)]


def test_json_keeps_players_cuts_and_what_is_known_of_tracks(tmp_path):
    whole = game()
    back = read_annotation(written(whole, tmp_path / "a.json"))
    assert (back.players, back.cuts) == (whole.players, whole.cuts)
    for one, other in zip(back.tracks, whole.tracks, strict=True):
        assert (one.team, one.role, one.sureness) == (other.team, other.role, other.sureness)
    assert np.array_equal(back.tracks[0].moves, whole.tracks[0].moves)
    assert back.tracks[1].moves is None


def test_json_with_players_is_what_its_schema_says(tmp_path):
    import jsonschema

    source = Path(__file__).parents[2] / "bball_tag/annotations/annotation.schema.json"
    document = json.loads(written(game(), tmp_path / "a.json").read_text())
    jsonschema.Draft202012Validator(json.loads(source.read_text())).validate(document)
    assert document["players"][0] == {
        **{"id": "7", "team": "navy", "role": "player", "colour": "#162655", "sureness": 0.9375}
    }
    assert document["cuts"] == [3.2, 13.04]


def test_a_file_without_players_and_cuts_is_as_it_was(tmp_path):
    plain = annotation(SHOT, tracks=[seen("7", 1.0)])
    text = written(plain, tmp_path / "a.json").read_text()
    assert text.endswith('"tracks": [\n    {"id": "7", "boxes": [[1.0, 10.0, 20.0, 30.0, 60.0]]}\n  ]\n}\n')
    assert '"players"' not in text
    assert '"cuts"' not in text
    book = openpyxl.load_workbook(written(plain, tmp_path / "a.xlsx"))
    assert book.sheetnames == ["Actions", "Summary", "Timeline", "Run"]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"players": [{"id": "7"}]}, "player 1 is invalid: 'team' is missing"),
        ({"players": 3}, "its list of players is invalid"),
        ({"cuts": [1.0, "later"]}, "its list of cuts is invalid: 'later' is not a number"),
        ({"tracks": [{"id": "7", "boxes": [[0, 1, 2, 3, 4]], "moves": [[1]]}]}, "track 1 is invalid"),
        ({"tracks": [{"id": "7", "boxes": [], "role": "coach"}]}, "track 1 is invalid: 'coach' is no role"),
    ],
)
def test_what_is_wrong_with_players_in_json_is_named(tmp_path, change, words):
    path = written(game(), tmp_path / "a.json")
    path.write_text(json.dumps({**json.loads(path.read_text()), **change}))
    with pytest.raises(AnnotationError, match=words):
        read_annotation(path)


def test_the_sheet_players_says_who_was_seen_when_in_which_kit(tmp_path):
    path = written(game(), tmp_path / "a.xlsx")
    names, seven, ana, referee = cells(path, "Players")
    assert names == ["player", "team", "kit", "role", "sureness", "from", "to", "seen_s", "events"]
    assert seven[:5] == ["7", "navy", "#162655", "player", 0.938]
    # 8 and 13 boxes, each 0.08 s long.
    assert [round(value.total_seconds(), 3) for value in seven[5:7]] == [12.4, 15.04]
    assert seven[7:] == [1.68, 2]
    assert ana == ["=Ana", "white", "#EBEBEB", "player", 1, None, None, None, 0]
    assert referee[:4] == ["12", None, "#78797A", "other"]
    sheet = openpyxl.load_workbook(path)["Players"]
    assert [sheet.cell(row, 3).fill.fgColor.rgb[-6:] for row in (2, 3, 4)] == ["162655", "EBEBEB", "78797A"]
    assert [sheet.cell(row, 3).font.color.rgb[-6:] for row in (2, 3)] == ["FAFAFA", "101216"]
    assert openpyxl.load_workbook(path).sheetnames == ["Actions", "Summary", "Players", "Timeline", "Run"]


def test_a_workbook_is_read_with_its_players_and_cuts(tmp_path):
    back = read_annotation(written(game(), tmp_path / "a.xlsx"))
    assert back.players == (replace(PLAYERS[0], sureness=0.938), *PLAYERS[1:])
    assert back.cuts == (3.2, 13.04)
    assert [event.team for event in back] == ["navy", "navy"]


def test_players_of_a_workbook_may_be_edited(tmp_path):
    path = written(game(), tmp_path / "a.xlsx")
    book = openpyxl.load_workbook(path)
    sheet = book["Players"]
    sheet["A2"], sheet["D2"], sheet["E2"] = 23, None, None
    sheet.delete_rows(3)
    book.save(path)
    assert read_annotation(path).players == (Player("23", "navy", "player", NAVY, 1.0), PLAYERS[2])
    sheet["D3"] = "coach"
    book.save(path)
    with pytest.raises(AnnotationError, match="sheet Players, cell D3: 'coach' is no role"):
        read_annotation(path)
    del sheet["D3"]
    sheet["C2"] = "dark"
    book.save(path)
    with pytest.raises(
        AnnotationError, match="sheet Players, cell C2: 'dark' is not a colour such as #1A2B3C"
    ):
        read_annotation(path)
    del book["Players"]
    book.save(path)
    assert read_annotation(path).players == ()


def test_the_sheet_run_names_every_cut_however_many_there_are():
    cuts = tuple(round(0.7 * number, 3) for number in range(250))
    facts = run_facts(annotation(cuts=cuts))
    names = [name for name in facts if name.startswith("cuts")]
    assert names == ["cuts 1 to 100", "cuts 101 to 200", "cuts 201 to 250"]
    assert facts["cuts 1 to 100"].startswith("0:00:00.000, 0:00:00.700, 0:00:01.400")
    assert annotation_of(facts, NTSC).cuts == cuts
    assert annotation_of({"cuts 1 to 3": "0:00:01.000, gone, 0:00:00.500", "cuts": "7"}, NTSC).cuts == (
        0.5,
        1.0,
    )


def test_a_table_of_events_names_the_team_of_each_player(tmp_path):
    events = with_teams(
        [replace(SHOT, team=""), replace(SHOT, player="8")], PLAYERS, [seen("8", 1.0, team="red")]
    )
    assert [event.team for event in events] == ["navy", "red"]
    assert with_teams([replace(SHOT, player="9", team="")], PLAYERS, [])[0].team == ""
    (_, row) = written(annotation(events[0]), tmp_path / "a.csv").read_text().splitlines()
    assert row.endswith(",7,navy")
