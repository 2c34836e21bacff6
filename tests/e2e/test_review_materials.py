"""Reviews of whatever people have: tables alone, videos without players, odd videos, hostile names."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

import bball_tag
from bball_tag.annotations import Annotation
from bball_tag.errors import BballTagError
from bball_tag.events import Event
from bball_tag.review.opening import open_session
from bball_tag.review.playback import open_playback
from bball_tag.review.state import Name
from bball_tag.review.teaching import Tracks
from bball_tag.video.video import Video
from tests.review_games import EVENTS, HOSTILE, client_of, opened, written_game
from tests.synthetic import read_number, write_video


def document(video, actions=None) -> dict:
    material = opened(video, actions)
    with open_session(material, "anna") as session:
        return client_of(session, material).get("api/document").json()


@pytest.mark.parametrize("name", ["game.csv", "game.xlsx", "game.json", "game.xml"])
def test_a_table_of_the_videos_name_beside_it_is_found(tmp_path, name):
    found = document(written_game(tmp_path, name))
    assert found["actions"] == name
    labels = [event["label"] for event in found["events"]]
    # A spreadsheet shows what a formula or a tag would be as text, and so does the page.
    assert labels == ["shoot", "pass", "run", HOSTILE]
    assert {player["shown"] for player in found["players"]} == {"7", "8"}


def test_a_video_without_a_table_or_scores_is_refused_with_what_to_do(tmp_path):
    video = write_video(tmp_path / "game.mp4", range(10))
    with pytest.raises(BballTagError, match="bball-tag annotate"):
        opened(video)


def test_events_of_the_whole_frame_need_no_players(tmp_path):
    events = tuple(replace(event, player="", team="") for event in EVENTS)
    found = document(written_game(tmp_path, "game.csv", events))
    assert found["players"] == []
    assert [event["player"] for event in found["events"]] == [""] * 4
    assert found["boxes"]["num_chunks"] == 0


def test_a_game_without_any_event_can_be_reviewed(tmp_path):
    found = document(written_game(tmp_path, "game.json", ()))
    assert found["events"] == []


def test_frames_of_a_variable_rate_have_their_own_times(tmp_path):
    times = [Fraction(n, 25) for n in range(50)] + [2 + Fraction(n, 10) for n in range(20)]
    video = write_video(tmp_path / "game.mp4", range(70), times=times)
    info = Video(video).info
    Annotation(info, [EVENTS[0]]).write(tmp_path / "game.json")
    material = opened(video)
    with open_session(material, "anna") as session:
        client = client_of(session, material)
        assert client.get("api/document").json()["video"]["frame_times"] == "api/frame_times"
        shown = client.get("api/frame_times").json()
    assert np.allclose(shown, [float(time) for time in times], atol=1e-4)


def test_the_first_frame_may_come_late_on_the_browsers_clock(tmp_path):
    times = [Fraction(3, 2) + Fraction(n, 25) for n in range(50)]
    video = write_video(tmp_path / "game.mkv", range(50), times=times, sound=True)
    playback = open_playback(Video(video), progress=False)
    assert playback.is_proxy
    assert playback.offset == pytest.approx(1.5, abs=0.002)


@pytest.mark.parametrize(
    ("name", "codec", "is_proxy"),
    [
        ("a.mp4", "libx264", False),
        ("a.mov", "libx264", False),
        ("a.avi", "mpeg4", True),
        ("a.mp4", "mpeg4", True),
        ("a.mp4", "libx265", True),
        ("a.ts", "libx264", True),
    ],
)
def test_what_a_browser_cannot_play_gets_a_copy_with_the_same_frames(tmp_path, name, codec, is_proxy):
    video = Video(write_video(tmp_path / name, range(30), codec=codec))
    playback = open_playback(video, progress=False)
    assert playback.is_proxy is is_proxy
    if is_proxy:
        copy = Video(playback.path)
        numbers = [read_number(frame.image) for frame in copy.frames(25)]
        assert numbers == [read_number(frame.image) for frame in video.frames(25)]
        # It is made once.
        before = playback.path.stat().st_mtime_ns
        assert open_playback(video, progress=False).path.stat().st_mtime_ns == before


def test_what_a_person_judged_before_is_accepted_already(tmp_path):
    own = Event("dunk", 3.0, 3.5, 1.0, 1.0, 3.2, 0, "7", "white")
    found = document(written_game(tmp_path, "game.json", (*EVENTS, own)))
    assert {event["label"]: event["state"] for event in found["events"]}["dunk"] == "accepted"
    assert {event["label"]: event["state"] for event in found["events"]}["shoot"] == "proposed"


def test_names_survive_a_second_opening_and_the_export(tmp_path):
    video = written_game(tmp_path, "game.json")
    material = opened(video)
    with open_session(material, "anna") as session:
        client = client_of(session, material)
        for number, name in enumerate(("Maria", "same as 7")):
            edit = {"op": "name", "id": "78"[number], "name": name}
            client.post("api/edits", json={"revision": number, "edits": [edit]})
        client.post("api/export", json={"name": "out.json", "which": "all"})
    assert {player["shown"] for player in document(video)["players"]} == {"Maria"}
    assert {event.player for event in bball_tag.read(tmp_path / "out.json")} == {"Maria"}


def test_the_command_exports_without_a_page(tmp_path):
    video = written_game(tmp_path, "game.json")
    with open_session(opened(video), "anna") as session:
        session.edit([{"op": "yes", "ids": ["e0", "e1"]}])
    written = bball_tag.review_game(str(video), out=[tmp_path / "out.csv"])
    assert [path.name for path in written] == ["out.csv", "out.reviewed.csv"]
    assert [event.label for event in bball_tag.read(tmp_path / "out.csv")] == ["shoot", "pass"]


def test_a_report_shows_what_was_judged_and_links_the_video(tmp_path):
    video = written_game(tmp_path, "game.json")
    with open_session(opened(video), "anna") as session:
        session.edit([{"op": "yes", "ids": ["e0"]}])
    (page,) = bball_tag.write_report(tmp_path / "game.json", tmp_path / "out.html", video=video)
    text = page.read_text(encoding="utf-8")
    assert '"state":"accepted"' in text
    assert '"src":"game.mp4"' in text
    assert HOSTILE not in text
    with pytest.raises(BballTagError, match="already exists"):
        bball_tag.write_report(tmp_path / "game.json", tmp_path / "out.html", video=video)


def test_a_report_can_hold_the_video(tmp_path):
    video = written_game(tmp_path, "game.json")
    (page,) = bball_tag.write_report(tmp_path / "game.json", tmp_path / "out.html", video=video, embed=True)
    assert '"src":"data:video/mp4;base64,' in page.read_text(encoding="utf-8")


def test_a_suggestion_goes_to_the_track_of_its_player_that_is_seen_then(tmp_path):
    material = opened(written_game(tmp_path, "game.json"))
    first, second = material.annotation.tracks
    late = replace(second, times=second.times + 10)
    game = replace(material, annotation=replace(material.annotation, tracks=[first, late]))
    tracks = Tracks(game, {"7": Name("Maria"), "8": Name("Maria")})
    found = [
        tracks.track_of({"player": player, "start_s": start, "end_s": start + 1})
        for player, start in (("Maria", 1.0), ("Maria", 11.0), ("7", 11.0), ("nobody", 1.0))
    ]
    assert found == ["7", "8", "7", "nobody"]
