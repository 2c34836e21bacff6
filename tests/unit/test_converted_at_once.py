"""Several processes convert a checkpoint at the same time: the first one's graphs stay, and none fails."""

from __future__ import annotations

import sys
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest

from bball_tag.errors import BballTagError
from bball_tag.scoring import backends

CHECKPOINT = SimpleNamespace(path=Path("my.safetensors"))


@pytest.fixture
def appearing(monkeypatch):
    """What makes a folder appear: it needs OpenVINO for nothing but the import of its module."""
    is_there = find_spec("openvino") is not None
    if not is_there:
        monkeypatch.setitem(sys.modules, "openvino", ModuleType("openvino"))
        monkeypatch.setitem(sys.modules, "openvino_telemetry", None)
    from bball_tag.scoring.backends import conversion

    yield conversion._appearing
    if not is_there:
        # Whoever imports it next is to miss OpenVINO again.
        del sys.modules[conversion.__name__], backends.conversion


def test_of_two_that_convert_at_the_same_time_the_first_stays_and_neither_fails(appearing, tmp_path):
    folder = tmp_path / "cache" / "float"
    with appearing(folder, CHECKPOINT) as late:
        (late / "front.xml").write_text("late")
        with appearing(folder, CHECKPOINT) as early:
            (early / "front.xml").write_text("early")
    assert (folder / "front.xml").read_text() == "early"
    assert [each.name for each in folder.parent.iterdir()] == ["float"]


def test_one_that_appears_between_the_question_and_the_renaming_is_taken(appearing, tmp_path, monkeypatch):
    folder = tmp_path / "float"
    rename = Path.rename

    def renamed_too_late(draft, target):
        target.mkdir()
        (target / "front.xml").write_text("early")
        return rename(draft, target)

    monkeypatch.setattr(Path, "rename", renamed_too_late)
    with appearing(folder, CHECKPOINT) as draft:
        (draft / "front.xml").write_text("late")
    assert (folder / "front.xml").read_text() == "early"
    assert [each.name for each in tmp_path.iterdir()] == ["float"]


def test_a_folder_that_cannot_appear_is_told_in_a_sentence(appearing, tmp_path, monkeypatch):
    def refuse(draft, target):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "rename", refuse)
    folder = tmp_path / "float"
    with (
        pytest.raises(BballTagError, match=r"cannot convert my\.safetensors: .*No space left"),
        appearing(folder, CHECKPOINT),
    ):
        pass
    assert list(tmp_path.iterdir()) == []
