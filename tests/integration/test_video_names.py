"""A film is a file: whatever it is called, and whatever else it asks for."""

from __future__ import annotations

import logging
import os
import shutil
from pathlib import Path

import av
import pytest

import bball_tag
from bball_tag.errors import VideoError
from bball_tag.files import fitting_name, replacing, scores_beside
from bball_tag.render.transcode import write_part
from bball_tag.video.video import Video
from tests.synthetic import read_number, write_video

DASH = (
    '<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static"><Period><AdaptationSet>'
    '<Representation id="1"><BaseURL>other.mp4</BaseURL></Representation></AdaptationSet></Period></MPD>'
)
LISTS = {
    "list.m3u8": "#EXTM3U\n#EXT-X-TARGETDURATION:6\n#EXTINF:6,\nother.mp4\n#EXT-X-ENDLIST\n",
    "list.mp4": "\ufeff\n#EXTM3U\n#EXTINF:6,\nother.mp4\n",
    "list.txt": "ffconcat version 1.0\nfile other.mp4\n",
    "film.mp4": "ffconcat version 1.0\nfile 'other.mp4'\n",
    "late.mp4": "# films\nffconcat version 1.0\nfile other.mp4\n",
    "list.mpd": DASH,
    "call.sdp": "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video 5004 RTP/AVP 96\n",
}


@pytest.fixture(scope="module")
def film(tmp_path_factory) -> Path:
    return write_video(tmp_path_factory.mktemp("film") / "film.mp4", range(50), sound=True)


@pytest.mark.parametrize(
    "name",
    [
        "a: b.mp4",
        "file:x.mp4",
        "concat:film.mp4|film.mp4",
        "b%03d.mp4",
        "c*?.mp4",
        "http:c.mp4",
        "-.mp4",
        "Ž 篮球.mp4",
    ],
)
def test_a_name_is_no_address(film, tmp_path, monkeypatch, name):
    shutil.copy(film, tmp_path / name)
    monkeypatch.chdir(tmp_path)
    video = Video(name)
    assert [read_number(frame.image) for frame in video.frames(25)] == list(range(50))
    assert [read_number(frame.image) for frame in video.frames(25, 1.0)] == list(range(25, 50))
    write_part(video, tmp_path / f"out {name}", (0.0, 1.0))
    assert Video(tmp_path / f"out {name}").info.num_frames == 25


@pytest.mark.parametrize("name", LISTS)
def test_a_list_of_other_files_opens_none(film, tmp_path, name):
    shutil.copy(film, tmp_path / "other.mp4")
    (tmp_path / name).write_text(LISTS[name], encoding="utf-8")
    with pytest.raises(VideoError, match=r"is a list that says where a video is|is not a video"):
        Video(tmp_path / name)


@pytest.mark.parametrize(
    "address", ["concat:film.mp4|film.mp4", "http://localhost/film.mp4", "pipe:0", "img%03d.png"]
)
def test_an_address_is_no_file(film, tmp_path, monkeypatch, address):
    shutil.copy(film, tmp_path / "film.mp4")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(VideoError, match="there is no such file"):
        Video(address)


def test_a_numbered_image_is_one_image(tmp_path):
    for number in (0, 1, 2):
        write_video(tmp_path / f"img00{number}.png", [number], codec="png", pix_fmt="rgb24")
    shutil.copy(tmp_path / "img001.png", tmp_path / "img%03d.png")
    with av.open(str(tmp_path / "img001.png")) as container:
        assert next(container.decode(video=0)).width == 192
    for name in ("img001.png", "img%03d.png"):
        try:
            frames = list(Video(tmp_path / name).frames(25))
        except VideoError:
            continue
        assert {read_number(frame.image) for frame in frames} == {1}


def test_names_as_long_as_systems_take_are_worked_with(film, tmp_path):
    path = tmp_path / ("ä" * 120 + ".mp4")  # 244 bytes
    shutil.copy(film, path)
    out = bball_tag.render_overlay(
        path, bball_tag.Annotation(Video(path).info, []), tracks="none", progress=False
    )
    assert Video(out).info.num_frames == 50
    assert len(os.fsencode(out.name)) <= 255
    with replacing(tmp_path / ("b" * 251 + ".csv")) as draft:
        draft.write_text("a")
    assert len(os.fsencode(scores_beside(path).name)) <= 255


def test_names_that_are_cut_stay_apart():
    one, other = (fitting_name("a" * 250 + end, ".scores.db") for end in ("b", "c"))
    assert one != other
    assert {len(one), len(other)} == {255}
    assert fitting_name("game.mp4", ".scores.db") == "game.mp4.scores.db"


def test_audio_of_an_unknown_codec_stops_nothing(tmp_path, caplog):
    path = write_video(tmp_path / "a.mkv", range(50), sound=True)
    path.write_bytes(path.read_bytes().replace(b"A_AAC", b"A_XYZ"))
    with caplog.at_level(logging.WARNING):
        write_part(Video(path), tmp_path / "out.mp4")
    assert "sound of an unknown codec is left out" in caplog.text
    assert Video(tmp_path / "out.mp4").info.num_frames == 50


def test_the_cover_of_a_film_is_not_its_picture(real_data):
    info = Video(real_data / "odd_files/films/cover_first.mkv").info
    assert (info.width, info.height, info.fps) == (160, 96, 30)
