"""Tracks and rosters that other programs and people made: read as they are meant, or refused by line."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bball_tag.errors import BballTagError, RosterError, TracksError
from bball_tag.players.roster import read_roster
from bball_tag.players.track_files import check_fits, read_tracks, write_tracks
from bball_tag.players.tracks import Track
from bball_tag.video.info import VideoInfo

FPS = Fraction(25)
TIMED = "time_s,player,left,top,width,height"
ROSTER = "track,player,team,role,from_s,to_s,seen_s,left,top,width,height"


def file(tmp_path: Path, text: str | bytes, name: str = "a.csv") -> Path:
    path = tmp_path / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def refused(tmp_path: Path, text: str | bytes) -> str:
    with pytest.raises(TracksError) as caught:
        read_tracks(file(tmp_path, text), FPS)
    return str(caught.value)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le"])
@pytest.mark.parametrize("mark", [";", "\t", ","])
def test_tracks_are_read_in_every_encoding_and_with_every_divider(tmp_path, encoding, mark):
    comma = "," if mark != "," else "."
    text = (
        f"sep={mark}\n{TIMED}\n0.5,Jokić,1.5,2,3,4\n".replace(",", "\0")
        .replace(".", comma)
        .replace("\0", mark)
    )
    (track,) = read_tracks(file(tmp_path, text.encode(encoding)), FPS)
    assert (track.id, track.times.tolist(), track.boxes.tolist()) == ("Jokić", [0.5], [[1.5, 2, 3, 4]])


def test_ids_that_are_all_numbers_with_decimals_are_whole_numbers(tmp_path):
    for one, two in (("1.000e+00", "2.000e+00"), ("1.0", "12.0")):
        tracks = read_tracks(file(tmp_path, f"{TIMED}\n0,{one},1,2,3,4\n0,{two},1,2,3,4\n"), FPS)
        assert [track.id for track in tracks] == [str(int(float(one))), str(int(float(two)))]
    tracks = read_tracks(file(tmp_path, f"{TIMED}\n0,1.0,1,2,3,4\n0,Ann,1,2,3,4\n"), FPS)
    assert [track.id for track in tracks] == ["1.0", "Ann"]
    tracks = read_tracks(file(tmp_path, f"{TIMED}\n0,1.0,1,2,3,4\n0,1.00,1,2,3,4\n"), FPS)
    assert [track.id for track in tracks] == ["1.0", "1.00"], "one name is not to be lost in the other"


def test_all_lines_at_fault_are_named_at_once(tmp_path):
    rows = [
        "1,3,5,6,7,8",
        "x,3,5,6,7,8",
        "1,3,9,9,7,8",
        "2,3,5,6,0,8",
        "2,3,1e300,6,7,8",
        "3,3",
        "1e12,3,1,1,1,1",
    ]
    assert refused(tmp_path, "\n".join(rows)).splitlines()[1:] == [
        "  line 2: 'x,3,5,6,7,8' is not frame,id,left,top,width,height (MOTChallenge), or "
        "time_s,player,left,top,width,height under a header",
        "  line 4: a box has finite numbers and a positive width and height",
        "  line 5: no frame has room for the box 1e+300,6,7,8",
        "  line 6: '3,3' is not frame,id,left,top,width,height (MOTChallenge), or "
        "time_s,player,left,top,width,height under a header",
        "  line 7: frames count from 1 in whole numbers, and 1e+12 is none",
        "  line 3: player 3 has a box at this frame already, in line 1.",
    ]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (f"{TIMED}\n1e300,A,1,2,3,4\n", "line 2: 1e+300 s is later than the end of any video"),
        (f"{TIMED},left\n1,A,1,2,3,4,5\n", "line 1: two columns are called 'left'"),
        (f'{TIMED}\n1,"A,1,2,3,4\n', "line 2: a quotation mark is never closed"),
        (f'{TIMED}\n1,A,"1,234",2,3,4\n', "may be 1234 or 1.234: write one"),
        (f"{TIMED}\n1,A,1_0,2,3,4\n", "line 2: '1,A,1_0,2,3,4' is not frame,id"),
        (f"{TIMED}\n{'9' * 5000},A,1,2,3,4\n", "line 2: a box has finite numbers"),
        (f"{TIMED}\n1,A\n", "line 2: '1,A' is not frame,id"),
        (b"\0" * 4000, "it has characters of no text"),
        (
            f"{TIMED}\n1,M\xfcller,1,2,3,4\n".encode("latin-1"),
            "Line 2 has '1,Müller,1,2,3,' if it is in Wind",
        ),
    ],
)
def test_what_stays_in_doubt_is_refused_by_its_line(tmp_path, text, words):
    assert words in refused(tmp_path, text)


def test_an_id_of_thousands_of_digits_is_a_name(tmp_path):
    assert [track.id for track in read_tracks(file(tmp_path, f"1,{'9' * 5000},1,2,3,4\n"), FPS)] == [
        "9" * 5000
    ]


def test_players_who_are_never_in_the_frame_are_named(caplog):
    def track(name: str, top: float, count: int) -> Track:
        return Track(name, np.arange(count) / 25, np.tile([5.0, top, 30, 60], (count, 1)))

    info = replace(VideoInfo.unknown(Path("game.mp4"), FPS, 10.0), width=640, height=360)
    check_fits([track("7", 10, 90), track("8", 700, 4), track("9", 900, 3)], info)
    assert "game.mp4: boxes outside of the frame, which is 640x360: 7 of 97." in caplog.text
    assert "All boxes lie there of: 8, 9." in caplog.text


_names = st.text(st.characters(exclude_categories=("Cs", "Cc", "Z")), min_size=1, max_size=8).filter(
    lambda name: name not in ("-1",) and not name.replace(".", "").replace("e", "").replace("+", "").isdigit()
)
_side = st.integers(-100_000, 100_000).map(lambda number: number / 100)


@st.composite
def _track(draw: st.DrawFn, name: str) -> Track:
    times = sorted(draw(st.sets(st.integers(0, 10**12), min_size=1, max_size=6)))
    boxes = [[draw(_side), draw(_side), abs(draw(_side)) + 0.01, abs(draw(_side)) + 0.01] for _ in times]
    role = draw(st.sampled_from(["player", "other"]))
    return Track(
        name, np.array(times) / 1e6, np.array(boxes).round(2), draw(st.sampled_from(["", "red"])), role
    )


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), names=st.lists(_names, min_size=1, max_size=4, unique=True))
def test_what_is_written_is_what_is_read(tmp_path, data, names):
    tracks = [data.draw(_track(name)) for name in names]
    write_tracks(tracks, tmp_path / "a.csv", FPS)
    again = {track.id: track for track in read_tracks(tmp_path / "a.csv", FPS)}
    for track in tracks:
        other = again.pop(track.id)
        assert (track.times.tolist(), track.boxes.tolist()) == (other.times.tolist(), other.boxes.tolist())
        assert (track.team, track.role) == (other.team, other.role)
    assert not again


PIECES = [
    b"",
    b"9" * 400,
    b"1e999",
    b"\0",
    b"\xff\xfe",
    b'"',
    b",,,,,,,,",
    b"-1",
    b"nan",
    b"\n\n",
    b"sep=x\n",
    b"#",
]


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    damage=st.lists(
        st.tuples(st.floats(0, 1), st.integers(0, 9), st.sampled_from(PIECES)), min_size=1, max_size=4
    ),
    kind=st.sampled_from(["timed", "mot", "spaces", "roster"]),
)
def test_a_file_that_is_damaged_is_read_or_refused(tmp_path, damage, kind):
    texts = {
        "timed": f"{TIMED},team,role\n0.5,A,1.5,2,3,4,red,player\n0.6,A,1,2,3,4,red,player\n",
        "mot": "1,1,5,6,7,8,1\n2,1,6,6,7,8,1\n",
        "spaces": "1 1 5 6 7 8\n2 1 6 6 7 8\n",
        "roster": f"{ROSTER}\n1,Ann,red,,0:01,2,1,1,2,3,4\n",
    }
    content = bytearray(texts[kind].encode())
    for where, length, piece in damage:
        at = round(where * len(content))
        content[at : at + length] = piece
    path = file(tmp_path, bytes(content))
    with suppress(BballTagError):
        read_roster(path) if kind == "roster" else read_tracks(path, FPS)


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("1,Ann,,coach,,,,,,,", "line 2: the role 'coach' is unknown"),
        ("1,Ann,,,1e308,,,,,,", "line 2: Cannot read the time '1e308'"),
        ("1,Ann,,,30f,,,,,,", "line 2: Cannot read the time '30f'. Write seconds (83.5) or H:MM:SS.mmm"),
        ("1,Ann,,,,30f,,,,,", "line 2: Cannot read the time '30f'"),
        ("1,Ann,,,99999999999,,,,,,", "line 2: No video is as long as the time '99999999999' says"),
        ("1,Ann,,,,,1,1e300,1,1,1", "line 2: no frame has room for the box 1e+300,1,1,1"),
        ("1,Ann,,,,,1,x,1,1,1", "line 2: 'x' is not a number"),
        ("1,Ann,,,,,,,,,,,no", "line 2: it has 13 cells for 11 columns"),
        ('1,"Ann', "line 2: a quotation mark is never closed"),
    ],
)
def test_a_row_of_a_roster_that_makes_no_sense_is_named(tmp_path, row, words):
    with pytest.raises(RosterError) as caught:
        read_roster(file(tmp_path, f"{ROSTER}\n{row}\n"))
    assert words in str(caught.value)


def test_a_roster_with_a_column_twice_is_refused_and_one_of_excel_is_read(tmp_path):
    with pytest.raises(RosterError, match="two columns are called 'player'"):
        read_roster(file(tmp_path, "track,player,Player\n1,A,B\n"))
    text = "sep=;\ntrack;player;from_s;to_s\n\n4;Bea;0:00:01,5;2,5\n"
    (row,) = read_roster(file(tmp_path, text.encode("utf-16"))).rows
    assert (row.line, row.player, row.start, row.end) == (4, "Bea", 1.5, 2.5)


def test_odd_tracks_of_other_programs_are_read_or_explained(real_data):
    odd = real_data / "odd_files"
    with pytest.raises(TracksError, match="2 things are wrong:\n  line 1: no frame has room for the box 1e"):
        read_tracks(odd / "tables/tracks_box1e300.csv", FPS)
    tracks = read_tracks(odd / "tracks/numpy_savetxt.txt", FPS)
    assert [(track.id, len(track.times)) for track in tracks] == [("1", 180), ("2", 180)]
