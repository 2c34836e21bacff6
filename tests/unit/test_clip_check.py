"""Clips that cannot be used are found before the first step."""

from __future__ import annotations

import pytest

from bball_tag.clips import ClipSpec
from bball_tag.errors import DataError
from bball_tag.video.video import Video
from tests.labelled_clips import spacejam
from tests.synthetic import write_video
from train import clipset
from train.clip_check import find_bad, without_bad
from train.clipset import read_clipset

SPEC = ClipSpec()


def test_missing_and_empty_clips_are_found_with_their_reason(tmp_path):
    data = read_clipset(spacejam(tmp_path / "a", {"1": 0, "2": 1}))
    (tmp_path / "a" / "examples" / "1.mp4").unlink()
    seen: list[int] = []
    bad = find_bad(data.clips, SPEC, seen.append)
    assert [clip.key for clip, _ in bad] == ["1", "2"]
    assert "no such file" in bad[0][1]
    assert "empty" in bad[1][1]
    assert seen == [1, 2]
    assert len(data.without([bad[0][0]]).clips) == 1


def test_a_truncated_file_is_found_and_a_fine_one_is_not_opened_again(tmp_path, monkeypatch):
    for name, content in (("a/1.mp4", 1.0), ("b/2.mp4", 0.6)):
        path = tmp_path / name
        path.parent.mkdir()
        write_video(path, range(60), faststart=True)
        path.write_bytes(path.read_bytes()[: round(path.stat().st_size * content)])
    data = read_clipset(tmp_path)
    bad = find_bad(data.clips, SPEC, lambda done: None)
    assert [clip.key for clip, _ in bad] == ["b/2"]
    assert "truncated or damaged" in bad[0][1]

    opened: list[str] = []
    monkeypatch.setattr(clipset, "Video", lambda path: opened.append(path.name) or Video(path))
    assert find_bad(data.clips, SPEC, lambda done: None) == bad
    assert opened == ["2.mp4"]
    (tmp_path / "a" / "1.mp4").write_bytes(b"something else")
    assert [clip.key for clip, _ in find_bad(data.clips, SPEC, lambda done: None)] == ["a/1", "b/2"]


def test_more_than_one_bad_clip_in_a_hundred_stops_unless_they_are_to_be_skipped(tmp_path):
    data = read_clipset(spacejam(tmp_path / "a", {f"{number:03d}": number % 2 for number in range(200)}))
    two, three = ([(clip, "broken") for clip in data.clips[:number]] for number in (2, 3))
    assert len(without_bad(data, two, skip_bad=False).clips) == 198
    with pytest.raises(DataError, match="3 of 200 clips"):
        without_bad(data, three, skip_bad=False)
    assert len(without_bad(data, three, skip_bad=True).clips) == 197


def test_a_span_after_the_end_of_its_video_is_found(tmp_path):
    write_video(tmp_path / "game.mp4", range(50))
    table = tmp_path / "spans.csv"
    table.write_text("path,start_s,end_s,label\ngame.mp4,0,1,a\ngame.mp4,30,31,b\ngame.mp4,1,1.9,b\n")
    bad = find_bad(read_clipset(table).clips, SPEC, lambda done: None)
    assert [(clip.key, reason.split(",")[0]) for clip, reason in bad] == [("3", "its span begins at 30 s")]
