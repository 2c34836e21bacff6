"""A folder for each label: what other people's folders hold beside their clips."""

from __future__ import annotations

import logging

import pytest

from bball_tag.clips import ClipSpec
from tests.synthetic import write_video
from train.clip_check import find_bad
from train.clip_images import Loading, load_clip
from train.clipset import read_clipset


@pytest.fixture
def folder(tmp_path):
    for label in ("run", "walk"):
        (tmp_path / label).mkdir()
        for name in ("a.mp4", "b.mp4"):
            (tmp_path / label / name).write_bytes(b"film")
    return tmp_path


def names(folder):
    clips = read_clipset(folder)
    return clips.labels, [clip.key for clip in clips.clips]


def test_what_systems_and_programs_leave_is_no_label_and_no_clip(folder, caplog):
    for path in ("__MACOSX/run/._a.mp4", "cache/a.mp4", "@eaDir/a.mp4", "$RECYCLE.BIN/a.mp4", ".git/a.mp4"):
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(b"film")
    for path in ("run/._a.mp4", "run/.DS_Store", "walk/~a.mp4"):
        (folder / path).write_bytes(b"no film")
    with caplog.at_level(logging.WARNING):
        assert names(folder) == (("run", "walk"), ["run/a", "run/b", "walk/a", "walk/b"])
    assert "left out what is no clip: $RECYCLE.BIN/, @eaDir/, __MACOSX/, cache/." in caplog.text


def test_a_folder_without_films_is_no_label_and_is_named(folder, caplog):
    (folder / "notes").mkdir()
    (folder / "notes/a.txt").write_text("remember")
    (folder / "run/readme.txt").write_text("remember")
    (folder / "run/more").mkdir()
    with caplog.at_level(logging.WARNING):
        assert names(folder)[0] == ("run", "walk")
    assert "left out what is no clip: notes/, run/more/, run/readme.txt." in caplog.text


def test_films_are_taken_whatever_their_container(folder, caplog):
    suffixes = ["MPG", "mts", "m2ts", "wmv", "3gp", "flv", "ogv", "gif", "webm", "mkv"]
    for suffix in suffixes:
        (folder / f"run/{suffix}_film.{suffix}").write_bytes(b"film")
    with caplog.at_level(logging.WARNING):
        assert len(names(folder)[1]) == 4 + len(suffixes)
    assert caplog.text == ""


def test_films_that_differ_in_their_suffix_alone_are_two_clips(folder):
    (folder / "run/a.mov").write_bytes(b"film")
    assert names(folder)[1][:3] == ["run/a.mov", "run/a.mp4", "run/b"]


def test_clips_whose_sound_is_longer_than_their_pictures_are_whole(tmp_path, real_data):
    clips = read_clipset(real_data / "odd_files/train/mkv_sound_longer")
    assert find_bad(clips.clips, ClipSpec(), lambda done: None) == []


@pytest.mark.parametrize("suffix", [".mpg", ".mts", ".m2ts", ".wmv", ".3gp", ".flv", ".gif"])
def test_clips_of_every_container_are_cut(real_data, suffix):
    clips = read_clipset(real_data / "odd_files/train/other").clips
    clip = next(clip for clip in clips if clip.path.suffix == suffix)
    shown = load_clip(clip, Loading(ClipSpec()))
    assert shown.images.shape[0] == ClipSpec().num_frames


def test_clips_that_were_cut_short_are_still_found(tmp_path):
    for label in ("run", "walk"):
        (tmp_path / label).mkdir()
        write_video(tmp_path / label / "a.mkv", range(50), sound=True, options={"g": "10"})
    cut = tmp_path / "run/a.mkv"
    cut.write_bytes(cut.read_bytes()[: cut.stat().st_size // 2])
    (bad,) = find_bad(read_clipset(tmp_path).clips, ClipSpec(), lambda done: None)
    assert bad[0].key == "run/a"
    assert "is truncated or damaged" in bad[1]
