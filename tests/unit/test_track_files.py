"""Tracks from any tool, in any form, and back."""

from __future__ import annotations

import io
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from bball_tag.errors import TracksError
from bball_tag.players.track_files import check_fits, in_pixels_of, read_tracks, write_mot, write_tracks
from bball_tag.players.tracks import Track
from bball_tag.video.info import VideoInfo

FPS = Fraction(25)


def track(times: list[float], lefts: list[float], id: str = "7", **facts) -> Track:
    boxes = np.array([[left, 10.0, 40.0, 80.0] for left in lefts])
    return Track(id, np.array(times), boxes, **facts)


def test_tracks_are_read_with_frames_from_one(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text(
        "frame,id,bb_left,bb_top,bb_width,bb_height,conf,x,y,z\n1,10,5,6,7,8,1,-1,-1,-1\n\n26,10,6,6,7,8\n3,2,0,0,9,9\n"
    )
    two, ten = read_tracks(path, FPS)
    assert (two.id, ten.id) == ("2", "10")
    assert ten.times.tolist() == [0.0, 1.0]
    assert ten.boxes.tolist() == [[5, 6, 7, 8], [6, 6, 7, 8]]


def test_tracks_survive_being_written_and_read(tmp_path):
    tracks = [track([0, 0.04, 0.08], [1, 2, 3], "2"), track([0.04], [9], "10")]
    text = io.StringIO()
    write_mot(tracks, FPS, text)
    assert text.getvalue().splitlines()[0] == "1,2,1.0,10.0,40.0,80.0,1,-1,-1,-1"
    path = tmp_path / "a.txt"
    path.write_text(text.getvalue())
    again = read_tracks(path, FPS)
    assert [one.id for one in again] == ["2", "10"]
    assert np.array_equal(again[0].boxes, tracks[0].boxes)
    assert again[0].times == pytest.approx(tracks[0].times)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "no rows"),
        ("1,2,3\n", "line 1"),
        ("1,2,3,4,5,6\nhello\n", "line 2"),
        ("0,2,3,4,5,6\n", "frames count from 1"),
        ("1,2,3,4,0,6\n", "positive width"),
        ("1,2,3,4,nan,6\n", "line 1"),
    ],
)
def test_tracks_that_make_no_sense_are_refused_by_line(tmp_path, content, words):
    path = tmp_path / "a.txt"
    path.write_text(content)
    with pytest.raises(TracksError, match=words):
        read_tracks(path, FPS)


def test_a_missing_file_of_tracks_is_an_error_that_says_so(tmp_path):
    with pytest.raises(TracksError, match=r"none\.txt: No such file or directory\.$"):
        read_tracks(tmp_path / "none.txt", FPS)


def test_tracks_that_are_not_utf8_are_explained(tmp_path):
    (tmp_path / "a.csv").write_bytes(b"frame,id\n1,M\xfcller,3,4,5,6\n")
    with pytest.raises(TracksError, match=r"a\.csv: it is not UTF-8 text; in Excel choose 'CSV UTF-8'"):
        read_tracks(tmp_path / "a.csv", FPS)


PLAIN = [("1", [0.0, 0.04], [[5, 6, 7, 8], [6, 6, 7, 8]]), ("2", [0.04], [[0, 0, 9, 9]])]


def read(tmp_path: Path, text: str, fps: Fraction = FPS) -> list[tuple[str, list[float], list[list[float]]]]:
    path = tmp_path / "tracks"
    path.write_text(text, encoding="utf-8")
    return [(one.id, one.times.tolist(), one.boxes.tolist()) for one in read_tracks(path, fps)]


@pytest.mark.parametrize(
    "text",
    [
        "1,1,5,6,7,8\n2,1,6,6,7,8\n2,2,0,0,9,9\n",
        "1, 1, 5, 6, 7, 8, 1\n2, 1, 6, 6, 7, 8, 1\n2, 2, 0, 0, 9, 9, 1\n",
        "2,2,0,0,9,9,0.9,-1,-1,-1\n1,1,5,6,7,8,0.9,-1,-1,-1\n2,1,6,6,7,8,0.9,-1,-1,-1\n",
        "1\t1\t5\t6\t7\t8\n2\t1\t6\t6\t7\t8\n2\t2\t0\t0\t9\t9\n",
        "1 1 5 6 7 8 1 1\n  2  1 6 6 7 8 1 1\n\n2 2 0 0 9 9 1 1\n",
        "1;1;5,0;6,0;7,0;8,0\n2;1;6,0;6,0;7,0;8,0\n2;2;0,0;0,0;9,0;9,0\n",
        "# frame id ...\n1.0 1.0 5 6 7 8\n2.0 1.0 6 6 7 8\n2.0 2.0 0 0 9 9\n",
        "1.000e+00,1.000e+00,5.0e+00,6,7,8,1\n2.0e+00,1.0e+00,6,6,7,8,1\n2e0,2e0,0e0,0.0,9.00e+00,9,1\n",
        "frame,id,bb_left,bb_top,bb_width,bb_height,conf,x,y,z\n1,1,5,6,7,8,1,-1,-1,-1\n2,1,6,6,7,8,1,-1,-1,-1\n"
        "2,2,0,0,9,9,1,-1,-1,-1\n",
        "Frame ID,Track ID,W,H,X,Y\n1,1,7,8,5,6\n2,1,7,8,6,6\n2,2,9,9,0,0\n",
        "time_s,player,left,top,width,height\n0.04,1,6,6,7,8\n0.000,1,5,6,7,8\n0.04,2,0,0,9,9\n",
        "player\theight\twidth\ttop\tleft\ttime_s\tframe\n1\t8\t7\t6\t5\t0\t99\n1\t8\t7\t6\t6\t.04\t99\n2\t9\t9\t0\t0\t0.04\t1\n",
    ],
    ids=[
        "6",
        "7",
        "10",
        "tabs",
        "spaces",
        "semicolons",
        "comment",
        "savetxt",
        "header",
        "moved",
        "times",
        "both",
    ],
)
def test_tracks_are_the_same_in_every_form(tmp_path, text):
    assert read(tmp_path, text) == PLAIN


def test_times_need_no_frame_rate_and_do_not_drift_where_it_varies(tmp_path):
    text = "time_s,player,left,top,width,height\n0.006,Ana,1,2,3,4\n0.046,Ana,1,2,3,4\n7.1234,Ana,1,2,3,4\n"
    ((name, times, _),) = read(tmp_path, text, Fraction(0))
    assert (name, times) == ("Ana", [0.006, 0.046, 7.1234])
    with pytest.raises(TracksError, match=r"need a frame rate\. Give --video or --fps"):
        read(tmp_path, "1,1,5,6,7,8\n", Fraction(0))


def test_names_of_players_stay_as_they_are(tmp_path):
    head = "time_s,player,left,top,width,height\n"
    rows = [f"0,{name},1,2,3,4\n" for name in ("00", "#23", "1_2", "1.0", '"O\'Neal, S."', "Jokić")]
    assert {name for name, *_ in read(tmp_path, head + "".join(rows))} == {
        *("00", "#23", "1_2", "1.0", "O'Neal, S.", "Jokić")
    }
    assert [name for name, *_ in read(tmp_path, "1,007,5,6,7,8\n1,1_2,5,6,7,8\n1,a.0,5,6,7,8\n")] == [
        *("007", "1_2", "a.0")
    ]


def test_boxes_of_nobody_are_left_out_and_counted(tmp_path, caplog):
    assert read(tmp_path, "1,1,5,6,7,8\n1,-1,0,0,9,9\n1,-1.0,3,3,9,9\n2,1,6,6,7,8\n") == PLAIN[:1]
    assert "2 boxes of nobody (id -1) were left out" in caplog.text


HEAD = "time_s,player,left,top,width,height,team,role,sureness\n"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("1,-1,5,6,7,8\n2,-1,6,6,7,8\n", "detections without identities: the id of all 2 boxes is -1"),
        ("1,3,5,6,7,8\n1,4,5,6,7,8\n1,3,9,6,7,8\n", "3: player 3 has a box at this frame already, in line 1"),
        (f"{HEAD}1,A,1,2,3,4,,,\n\n1.0,A,5,6,7,8\n", "4: player A has a box at this time already, in line 2"),
        ("0.5,3,5,6,7,8\n", "line 1: frames count from 1 in whole numbers, and 0.5 is none"),
        ("1e999,3,5,6,7,8\n", "line 1: a box has finite numbers"),
        (f"{HEAD}-0.1,A,1,2,3,4,,,\n", "line 2: times count from the first frame, and -0.1 s is before it"),
        (f"{HEAD}0:01,A,1,2,3,4,,,\n", "line 2: '0:01,A,1,2,3,4,,,' is not frame,id,"),
        (f"{HEAD}0,A,1,2,3,4,,coach,\n", "line 2: 'coach' is no role. There are: player, other"),
        (f"{HEAD}0,A,1,2,3,4,,,2\n", "line 2: '2' is no sureness from 0 to 1"),
        ("start_s,end_s,label\n1,2,run\n", "line 1: 'start_s,end_s,label' is not frame,id,left"),
        (HEAD, "it has no rows"),
    ],
)  # fmt: skip
def test_what_is_wrong_in_a_file_of_tracks_is_a_sentence_with_its_line(tmp_path, text, words):
    with pytest.raises(TracksError) as caught:
        read(tmp_path, text)
    assert words in str(caught.value)


def test_everything_that_is_known_of_a_track_survives_its_file(tmp_path):
    moves = np.array([[0.0, 0.0], [1.25, -0.5], [0.125, 3.0]])
    tracks = [
        track([0, 1 / 3, 2 / 3], [1.25, -2, 3.004], "2", team="navy", moves=moves, sureness=0.875),
        track([1 / 3], [9], "10", team="white, away"),
        track([0.5], [7], "Referee", role="other"),
    ]
    path = tmp_path / "tracks.csv"
    write_tracks(tracks, path, FPS)
    assert path.read_text().splitlines()[:4] == [
        "time_s,player,left,top,width,height,team,role,sureness,move_x,move_y",
        "0.0,2,1.25,10.0,40.0,80.0,navy,player,0.875,0.0,0.0",
        "0.333333,2,-2.0,10.0,40.0,80.0,navy,player,0.875,1.25,-0.5",
        '0.333333,10,9.0,10.0,40.0,80.0,"white, away",player,,,',
    ]
    again = read_tracks(path, Fraction(0))
    for one, other in zip(again, tracks, strict=True):
        assert (one.id, one.team, one.role, one.sureness) == (
            other.id,
            other.team,
            other.role,
            other.sureness,
        )
        assert np.abs(one.times - other.times).max() < 1e-6
        assert np.abs(one.boxes - other.boxes).max() < 0.01
    assert np.array_equal(again[0].moves, moves)
    assert again[1].moves is None
    write_tracks(again, tmp_path / "again.csv", FPS)
    assert (tmp_path / "again.csv").read_bytes() == path.read_bytes()


def test_a_team_that_most_rows_name_is_the_teams(tmp_path):
    path = tmp_path / "a.csv"
    rows = [f"{index},A,1,2,3,4,{team},,\n" for index, team in enumerate(("red", "blue", "blue"))]
    path.write_text(HEAD + "".join(rows))
    assert read_tracks(path, FPS)[0].team == "blue"


def test_the_suffix_txt_or_a_format_writes_frame_numbers(tmp_path):
    (tmp_path / "other.csv").write_text("old")
    for path, form in ((tmp_path / "a.txt", None), (tmp_path / "other.csv", "mot")):
        write_tracks([track([0.04], [1])], path, FPS, form)
        assert path.read_text() == "2,7,1.0,10.0,40.0,80.0,1,-1,-1,-1\n"
    # What others wrote is kept beside it.
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.txt", "other.backup.csv", "other.csv"]


def test_a_player_has_one_box_in_a_frame_of_a_slow_video():
    text = io.StringIO()
    write_mot([track([0, 0.08, 0.16, 0.24], [1, 2, 3, 4])], Fraction(10), text)
    assert [row.split(",")[:3] for row in text.getvalue().splitlines()] == [
        *(["1", "7", "1.0"], ["2", "7", "2.0"], ["3", "7", "3.0"])
    ]


def game(**facts) -> VideoInfo:
    return VideoInfo(**{
        "path": Path("game.mp4"), "width": 640, "height": 360, "fps": FPS, "duration": 10.0,
        "num_frames": 250, "has_audio": False, "rotation": 0, **facts,
    })  # fmt: skip


def test_tracks_that_leave_the_frame_a_little_are_warned_of(caplog):
    check_fits([track([0, 1, 2, 3], [-39, 0, 0, 639]), track([10.9], [5], "8")], game())
    check_fits([], game())
    assert caplog.text == ""
    check_fits([track([0, 1, 2, 3, 4, 5], [0, 0, -40.5, 0, 0, 0]), track([11.5], [5], "8")], game())
    assert (
        "game.mp4: boxes outside of the frame, which is 640x360: 1 of 7. The first is that of player 7 at "
        "0:00:02.000 (left, top, width, height: -40.5, 10, 40, 80)." in caplog.text
    )
    assert (
        "game.mp4: boxes after the end, which is at 0:00:10.000: 1 of 7. The first is that of player 8"
        in (caplog.text)
    )


@pytest.mark.parametrize(("lefts", "warned"), [([0, 380], True), ([0, 400], False)])
def test_boxes_that_may_be_of_a_smaller_copy_are_warned_of(caplog, lefts, warned):
    check_fits([track([n / 100 for n in range(1000)], lefts * 500)], game())
    assert ("If they were found in a smaller copy of the video, multiply" in caplog.text) == warned


def test_boxes_of_a_smaller_copy_are_brought_to_the_size_of_the_video():
    (found,) = in_pixels_of(game(width=1708, height=960), [track([0], [5])], game(width=854, height=480))
    np.testing.assert_allclose(found.boxes, [[10, 20, 80, 160]])
    same = [track([0], [5])]
    for stated in (game(), game(width=0, height=0)):
        assert in_pixels_of(game(), same, stated) is same


def test_boxes_of_another_shape_of_video_are_left_out(caplog):
    assert in_pixels_of(game(), [track([0], [5])], game(width=824, height=540)) == []
    assert "game.mp4 has 640x360 pixels, and the boxes are in those of a video of 824x540" in caplog.text


@pytest.mark.parametrize(
    ("times", "left", "words"),
    [
        ([0, 1], 640, "boxes outside of the frame, which is 640x360: 2 of 2."),
        ([9, 12, 13], 5, "boxes after the end, which is at 0:00:10.000: 2 of 3."),
    ],
)
def test_tracks_of_another_video_are_refused(times, left, words):
    with pytest.raises(TracksError) as caught:
        check_fits([track(times, [left] * len(times))], game())
    assert f"These are not the tracks of game.mp4: {words}" in str(caught.value)


def test_what_a_video_does_not_say_is_not_checked(caplog):
    check_fits([track([0, 99], [0, 9999])], game(width=0, height=0, duration=0.0))
    assert caplog.text == ""


def test_timed_tracks_of_real_videos_are_read_and_written_as_they_were(tmp_path, real_data):
    for path in sorted(real_data.glob("real_windows/tracks/*.csv")):
        tracks = read_tracks(path, Fraction(0))
        write_tracks(tracks, tmp_path / path.name, FPS)
        for one, other in zip(read_tracks(tmp_path / path.name, FPS), tracks, strict=True):
            assert one.id == other.id
            assert np.array_equal(one.times, other.times)
            assert np.array_equal(one.boxes, other.boxes)


def test_what_numpy_and_a_detector_wrote_is_read_or_explained(real_data):
    odd = real_data / "odd_files/tracks"
    assert [one.id for one in read_tracks(odd / "numpy_savetxt.txt", FPS)] == ["1", "2"]
    with pytest.raises(TracksError, match="detections without identities"):
        read_tracks(odd / "detections_all_minus_one.txt", FPS)
    with pytest.raises(TracksError, match=r"These are not the tracks of game\.mp4: boxes outside"):
        check_fits(read_tracks(odd / "outside_the_picture.txt", FPS), game())
