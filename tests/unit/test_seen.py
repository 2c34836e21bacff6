"""An evaluation knows which clips its checkpoint was trained on."""

from __future__ import annotations

from pathlib import Path

from train.clipset import LabelledClip
from train.seen import SEEN, marks, num_seen, remark
from train.splits import Split


def clips(folder: Path, names: str, start: float = 0.0) -> tuple[LabelledClip, ...]:
    """Return a clip for each letter, of a file that has the letter as its content."""
    folder.mkdir(exist_ok=True)
    for number, name in enumerate(names):
        (folder / f"{name}.mp4").write_bytes(bytes(number + 1))
    return tuple(LabelledClip(name, folder / f"{name}.mp4", 0, name, start) for name in names)


def test_clips_of_training_and_validation_are_known_again_also_as_copies(tmp_path):
    every = clips(tmp_path / "a", "abcdef")
    made = {"data": {SEEN: marks(Split(every[:3], every[3:4], every[4:]))}}
    copies = clips(tmp_path / "b", "abcdef")
    assert [num_seen([clip], "", made) for clip in copies] == [1, 1, 1, 1, 0, 0]
    assert num_seen(copies, "", made) == 4
    # Another span of a video, and another file of the same name.
    assert num_seen(clips(tmp_path / "b", "abcdef", start=2.0), "", made) == 0
    assert num_seen(clips(tmp_path / "c", "xxa"), "", made) == 0


def test_a_checkpoint_without_marks_knows_its_whole_set_only(tmp_path):
    some = clips(tmp_path / "a", "abc")
    assert num_seen(some, "f00", {"data": {"fingerprint": "f00"}}) == 3
    assert num_seen(some, "ba2", {"data": {"fingerprint": "f00"}}) == 0


def test_what_others_wrote_into_a_provenance_does_no_harm(tmp_path):
    some = clips(tmp_path / "a", "abc")
    for data in (None, 7, [], {SEEN: None}, {SEEN: "§"}, {SEEN: "AAA="}, {SEEN: [1]}):
        assert num_seen(some, "f00", {"data": data}) == 0


def test_the_remark_says_how_many_and_what_to_do():
    assert remark(0, 10) == ""
    assert remark(3, 10).startswith("3 of these 10 clips were used to train or to choose this checkpoint")
    assert remark(10, 10).startswith("All of these clips were")
    assert "--split RUN_DIR/split.json" in remark(10, 10)
