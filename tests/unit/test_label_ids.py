"""SpaceJam's lists as other people write them: ids as text, names turned around, keys that lead out."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from bball_tag.errors import DataError
from train.clipset import read_clipset


def lists(folder: Path, clips: Any, names: Any = None) -> Path:
    folder.mkdir(exist_ok=True)
    for name, content in (("annotation_dict.json", clips), ("labels_dict.json", names)):
        if content is not None:
            text = content if isinstance(content, str) else json.dumps(content)
            (folder / name).write_text(text, encoding="utf-8")
    return folder


def refused(folder: Path) -> str:
    with pytest.raises(DataError) as caught:
        read_clipset(folder)
    return str(caught.value)


@pytest.mark.parametrize(
    ("clips", "names"),
    [
        ({"1": 2, "2": 4}, None),
        ({"1": "2", "2": " 4"}, None),
        ({"1": "run", "2": "shoot"}, None),
        ({"1": 2, "2": 4}, {"2": "run", "4": "shoot", "10": "discard"}),
        ({"1": 2, "2": 4}, {"run": 2, "shoot": 4}),
        ({"1": 2, "2": 4, "3": 10}, {"2": "run", "4": "shoot", "10": "discard"}),
        ({"1": "run", "2": "4", "3": "discard"}, {"2": "run", "4": "shoot", "11": "discard"}),
    ],
)
def test_a_label_is_the_same_in_every_form_that_can_be_meant_in_one_way(tmp_path, clips, names):
    data = read_clipset(lists(tmp_path / "a", clips, names))
    assert data.labels == ("run", "shoot")
    assert [(clip.key, data.labels[clip.label]) for clip in data.clips] == [("1", "run"), ("2", "shoot")]


KEYS = [
    "../../x",
    "/etc/passwd",
    "a/../../b",
    "..\\x",
    "C:x",
    "a\0b",
    "",
    ".",
    "a//b",
    "x" * 300,
    "a\nb",
    "\x1b[2J",
]


@pytest.mark.parametrize("key", KEYS)
def test_a_key_that_leads_out_of_the_folder_is_refused(tmp_path, key):
    text = refused(lists(tmp_path / "a", {"1": 2, "2": 4, key: 2}))
    assert "is not the name of a file in examples" in text
    assert not {"\x1b", "\0", "\n"} & set(text)


def test_clips_in_folders_within_examples_stay_what_they_are(tmp_path):
    data = read_clipset(lists(tmp_path / "a", {"game 1/0001": 2, "game 2/шот": 4}))
    assert data.clips[1].path == tmp_path / "a" / "examples" / "game 2" / "шот.mp4"


def test_every_entry_at_fault_is_named_at_once(tmp_path):
    clips = {
        "a": None,
        "b": {"label": 2},
        "c": True,
        "d": 2.5,
        "e": "dribbel",
        "../f": 2,
        "g": 77,
        "h": 10**400,
    }
    assert refused(lists(tmp_path / "a", clips)).splitlines()[1:] == [
        "  annotation_dict.json must give a label id for each clip, and gives None for a",
        "  annotation_dict.json must give a label id for each clip, and gives {'label': 2} for b",
        "  annotation_dict.json must give a label id for each clip, and gives True for c",
        "  annotation_dict.json must give a label id for each clip, and gives 2.5 for d",
        "  annotation_dict.json must give a label id for each clip, and gives 'dribbel' for e",
        "  the key '../f' is not the name of a file in examples",
        "  annotation_dict.json uses the unknown label ids [77, 100000000000000000...0000000000000000000].",
    ]


@pytest.mark.parametrize(
    ("clips", "names", "words"),
    [
        ('{"a":' * 100_000, None, "annotation_dict.json: it is not JSON"),
        ("[1, 2]", None, "annotation_dict.json: [1, 2] is not an object"),
        ('{"a": ' + "9" * 5000 + "}", None, "it has a number of thousands of digits"),
        ('{"a": 1, "a": 2}', None, "annotation_dict.json: it has 'a' twice in one object"),
        ({"1": 0, "2": 1}, {"0": "a", "1": "a"}, "labels_dict.json: two ids have one name"),
        ({"1": 0, "2": 1}, {"a": 0, "b": 0}, "labels_dict.json: two names have one id"),
        ({"1": 0, "2": 1}, {"0": "a", "b": 1}, "labels_dict.json: a label id is not a number"),
        ({"1": 0, "2": 1}, {"0": "a", "1": {"name": "b"}}, "labels_dict.json: {'name': 'b'} is not a name"),
        ({"1": 0, "2": 1}, {"0": "a", "1": " "}, "labels_dict.json: ' ' is not a name of a label"),
        ({"1": 0, "2": 1}, "null", "labels_dict.json: None is not an object"),
    ],
)
def test_lists_that_make_no_sense_are_refused(tmp_path, clips, names, words):
    assert words in refused(lists(tmp_path / "a", clips, names))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (
            "path,label\na.mp4,x\nb.mp4\n,y\n",
            "line 3: it needs a path and a label\n  line 4: it needs a path",
        ),
        ("path,label\na.mp4,x,what\n", "line 2: it has 3 cells for 2 columns"),
        ("path,label,label\na.mp4,x,y\n", "two columns are called 'label'"),
        ('path,label\n"a.mp4,x\nb.mp4,y\n', "line 2: a quotation mark is never closed"),
        ("path,label,end_s\na.mp4,x,1e308\n", "line 2: Cannot read the time '1e308'"),
        ("path,label,end_s\na.mp4,x,99999999999\n", "line 2: No video is as long as the time"),
        ("path,label\na\0.mp4,x\n", "it has characters of no text"),
    ],
)
def test_rows_of_a_table_of_clips_that_make_no_sense_are_named(tmp_path, content, words):
    (tmp_path / "clips.csv").write_text(content)
    assert words in refused(tmp_path / "clips.csv")


def test_a_table_of_clips_that_excel_saved_is_read(tmp_path):
    text = "sep=;\r\nPath;Start_s;End_s;Label\r\na.mp4;0:00:01,5;2,5;shoot\r\nb.mp4;;;Jokić\r\n"
    (tmp_path / "clips.csv").write_bytes(text.encode("utf-16"))
    data = read_clipset(tmp_path / "clips.csv")
    assert (data.labels, data.clips[0].start, data.clips[0].end) == (("Jokić", "shoot"), 1.5, 2.5)


def test_labels_that_differ_in_capitals_alone_are_warned_of(tmp_path, caplog):
    for name in ("shoot/1.mp4", "Shoot/2.mp4", "run/3.mp4"):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).touch()
    assert read_clipset(tmp_path).labels == ("Shoot", "run", "shoot")
    assert "the labels 'Shoot', 'shoot' differ in capitals or spaces alone" in caplog.text


def test_odd_lists_of_other_people_are_read_or_refused(real_data):
    odd = real_data / "odd_files/train"
    for name in ("sj_labels_inverted", "sj_text_ids"):
        assert read_clipset(odd / name).counts == {"run": 6, "shoot": 6}
    for name in ("data_deep", "data_nul", "data_updir", "data_vlist", "sj_nested"):
        assert refused(odd / name).startswith("Cannot read ")
