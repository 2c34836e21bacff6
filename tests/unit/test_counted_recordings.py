"""Recordings that are joined byte by byte are counted, whatever box their files begin with."""

from __future__ import annotations

import pytest

from bball_tag.video.fragments import Fragments, fragments_of
from bball_tag.video.video import Video
from tests.synthetic import write_video


def box(kind: bytes, content: bytes = b"") -> bytes:
    return (8 + len(content)).to_bytes(4) + kind + content


@pytest.mark.parametrize("first", [b"ftyp", b"wide", b"free", b"skip", b"pnot", b"mdat", b"moov"])
def test_every_index_of_a_recording_is_counted(tmp_path, first):
    rest = [box(kind, b"x" * 20) for kind in (b"mdat", b"moov") if kind != first]
    path = tmp_path / "joined.mov"
    path.write_bytes(b"".join([box(first), *rest]) * 2)
    assert fragments_of(path) == Fragments(recordings=2)


def test_a_file_of_another_kind_has_none(tmp_path):
    path = tmp_path / "a.mkv"
    path.write_bytes(b"\x1a\x45\xdf\xa3" + box(b"moov") * 2)
    assert fragments_of(path) == Fragments()


def test_joined_quicktime_without_a_kind_is_read_with_a_warning(tmp_path, caplog):
    content = write_video(tmp_path / "a.mov", range(10)).read_bytes()
    # Its kind is made room, so that no frame is moved.
    assert content[4:8] == b"ftyp"
    old = content[:4] + b"free" + content[8:]
    path = tmp_path / "joined.mov"
    path.write_bytes(old * 2)
    assert Video(path).info.num_frames == 10
    assert "joined.mov: 2 recordings are joined in it byte by byte, of which one is read" in caplog.text
