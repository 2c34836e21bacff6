"""Labelled spans that name a player are cut as `annotate` cuts them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

import bball_tag
from bball_tag.checkpoint.contract import Contract
from bball_tag.checkpoint.model import build_model, save_checkpoint
from bball_tag.clips import ClipSpec
from bball_tag.errors import DataError
from bball_tag.scoring.backends.pytorch import TorchScorer
from tests.synthetic import write_video
from train.clip_check import find_bad
from train.clip_images import Loading, load_clip
from train.clipset import ClipSet, LabelledClip, read_clipset

SPEC = ClipSpec(num_frames=4, fps=12.5, height=48, width=32)
HEADER = "path,start_s,end_s,label,tracks,player\n"


@pytest.fixture
def game(tmp_path) -> Path:
    """Eight seconds of video in which player 7 walks to the right; 8 is away from 1.6 s to 2.8 s."""
    write_video(tmp_path / "game.mp4", range(200), size=(320, 180))
    rows = ["time_s,player,left,top,width,height"]
    for index in range(200):
        rows.append(f"{index / 25:g},7,{10 + index * 0.7:.2f},{30 + index % 9},41.5,{90 + index % 4}")
        if not 40 <= index < 70:
            rows.append(f"{index / 25:g},8,10,5,150,120")
    (tmp_path / "tracks").mkdir()
    (tmp_path / "tracks" / "game.csv").write_text("\n".join(rows) + "\n")
    return tmp_path / "game.mp4"


@pytest.fixture
def checkpoint(tmp_path) -> Path:
    torch.manual_seed(0)
    path = tmp_path / "small.safetensors"
    save_checkpoint(path, build_model(2, SPEC, 8), Contract(("run", "walk"), SPEC, 8))
    return path


def read_table(game: Path, *rows: str) -> ClipSet:
    """Write a table of spans of `game`, each row from start to player, and read it."""
    table = game.parent / "spans.csv"
    lines = [HEADER, *(f"game.mp4,{row}\n" for row in rows), "game.mp4,0,1,other,,\n"]
    table.write_text("".join(lines))
    return read_clipset(table)


def spans(game: Path, *rows: str) -> tuple[LabelledClip, ...]:
    return read_table(game, *rows).clips[: len(rows)]


def seen_by_annotate(game: Path, checkpoint: Path, monkeypatch: pytest.MonkeyPatch) -> np.ndarray:
    """Return the images of player 7 that `annotate` gives to the model, one for each instant of the grid."""
    tracks = game.parent / "only_7.csv"
    lines = (game.parent / "tracks" / "game.csv").read_text().splitlines(keepends=True)
    tracks.write_text("".join(line for line in lines if ",8," not in line))
    given: list[np.ndarray] = []
    features_of = TorchScorer.features_of

    def recorded(self: TorchScorer, batches: Sequence[np.ndarray]) -> list[torch.Tensor]:
        given.extend(images.copy() for images in batches)
        return features_of(self, batches)

    monkeypatch.setattr(TorchScorer, "features_of", recorded)
    bball_tag.annotate(
        game, checkpoint=checkpoint, tracks=tracks, precision="fp32", backend="torch", progress=False
    )
    return np.concatenate(given)


def test_the_pixels_of_a_span_are_those_that_annotate_gives_to_the_model(game, checkpoint, monkeypatch):
    annotated = seen_by_annotate(game, checkpoint, monkeypatch)
    assert len(annotated) == 8 * 12.5
    for row, instants in (
        ("1.04,1.36,walk,tracks/game.csv,7", range(13, 17)),
        # Between two instants a span begins with the later one; of a longer one the middle is taken.
        ("2.01,3.00,walk,tracks/game.csv,7", range(30, 34)),
        # The last image of a short one is repeated.
        ("4,4.16,walk,tracks/game.csv,7", (50, 51, 51, 51)),
    ):
        (clip,) = spans(game, row)
        assert (load_clip(clip, Loading(SPEC)).images == annotated[list(instants)]).all()
        assert load_clip(clip, Loading(SPEC)).images.any(axis=(1, 2, 3)).all(), "somebody is to be seen"


def test_context_ends_where_the_player_goes_out_of_sight(game):
    spec = replace(SPEC, context_frames=3)
    (alone,) = spans(game, "1.12,1.44,run,tracks/game.csv,8")
    assert find_bad([alone], spec, lambda done: None) == []
    shown, without = load_clip(alone, Loading(spec)).images, load_clip(alone, Loading(SPEC)).images
    assert (shown[3:7] == without).all()
    # The last box is that at 1.56 s: instant 19 is the last one; 20 and 21 would show somebody else.
    assert (shown[7] != shown[8]).any()
    assert (shown[8] == shown[9]).all()


def test_a_model_of_whole_frames_sees_the_whole_frame(game):
    spec = replace(SPEC, subject="frame")
    (clip,) = spans(game, "1.04,1.36,walk,tracks/game.csv,7")
    (whole,) = spans(game, "1.04,1.36,walk,,")
    assert (load_clip(clip, Loading(spec)).images == load_clip(whole, Loading(spec)).images).all()


def test_who_is_named_counts_whatever_the_tracks_take_them_for(game):
    lines = (game.parent / "tracks" / "game.csv").read_text().splitlines()
    others = [f"{lines[0]},role", *(f"{line},other" for line in lines[1:])]
    (game.parent / "others.csv").write_text("\n".join(others) + "\n")
    clips = spans(game, "1,2,walk,tracks/game.csv,7", "1,2,walk,others.csv,7")
    assert find_bad(clips, SPEC, lambda done: None) == []
    one, other = (load_clip(clip, Loading(SPEC)).images for clip in clips)
    assert (one == other).all()


def test_frames_of_motchallenge_count_by_the_rate_of_the_video(game):
    timed = (game.parent / "tracks" / "game.csv").read_text().splitlines()[1:]
    rows = [line.split(",") for line in timed]
    lines = [f"{round(float(row[0]) * 25) + 1},{','.join(row[1:])},1,-1,-1,-1\n" for row in rows]
    (game.parent / "tracks" / "game.txt").write_text("".join(lines))
    clips = spans(game, "1,2,walk,tracks/game.csv,7", "1,2,walk,tracks/game.txt,7")
    one, other = (load_clip(clip, Loading(SPEC)).images for clip in clips)
    assert (one == other).all()


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("1,2,walk,tracks/game.csv,77", r"line 2: there is no player '77' in tracks/game\.csv\. .*: 7, 8\."),
        ("1,2,walk,tracks/game.csv,", "line 2: tracks and player go together: name both, or neither"),
        ("1,2,walk,,7", "line 2: tracks and player go together: name both, or neither"),
        ("1,2,walk,none.csv,7", r"line 2: Cannot read tracks from .*none\.csv: No such file"),
    ],
)
def test_a_player_who_is_not_in_the_tracks_is_an_error_of_the_table(game, row, words):
    with pytest.raises(DataError, match=words):
        spans(game, row)


def test_tracks_of_another_video_are_refused(game):
    wide = (game.parent / "tracks" / "game.csv").read_text().replace(",8,10,", ",8,900,")
    (game.parent / "wide.csv").write_text(wide)
    with pytest.raises(DataError, match=r"line 2: These are not the tracks of game\.mp4"):
        spans(game, "1,2,walk,wide.csv,7")


def test_spans_in_which_a_player_is_not_seen_or_that_hold_no_frame_are_found_with_their_reason(game):
    clips = spans(
        game,
        "1,1.6,walk,tracks/game.csv,8",
        "1,2,walk,tracks/game.csv,8",
        "2,2.4,walk,tracks/game.csv,8",
        "2.7,3,walk,tracks/game.csv,8",
        "3.01,3.03,walk,tracks/game.csv,7",
    )
    bad = {clip.key: reason for clip, reason in find_bad(clips, SPEC, lambda done: None)}
    assert set(bad) == {"3", "4", "5", "6"}
    assert bad["3"] == "its tracks do not show player 8 without a break from 1 to 2 s"
    assert bad["6"].startswith("its span from 3.01 to 3.03 s lies between two frames of")
    assert bad["6"].endswith("as they are looked at, 0.08 s apart. Give a longer one")
    # To a model of whole frames the players do not matter.
    frame = replace(SPEC, subject="frame")
    assert [clip.key for clip, _ in find_bad(clips, frame, lambda done: None)] == ["6"]


def test_a_missing_video_is_named_with_the_other_clips_that_cannot_be_used(game):
    game.unlink()
    rows = spans(game, "1,2,walk,tracks/game.csv,7")
    ((_, reason),) = find_bad(rows, SPEC, lambda done: None)
    assert "there is no such file" in reason


def test_other_players_at_the_same_moment_are_other_data(game):
    one, other = (read_table(game, f"1,2,walk,tracks/game.csv,{player}").fingerprint for player in ("7", "8"))
    assert one != other


def test_a_checkpoint_is_trained_and_evaluated_on_spans_of_players(game, tmp_path):
    rows = [
        f"{0.4 + 0.5 * number:g},{0.8 + 0.5 * number:g},{label},tracks/game.csv,{player}"
        for number in range(14)
        for label, player in (("walk", "7"), ("stand", "8"))
    ]
    read_table(game, *rows)
    alike = {"skip_bad": True, "precision": "fp32", "threads": 1, "progress": False}
    small = {"width": 8, "size": "32x32", "frames": 4, "epochs": 1, "init": "none", "set_default": False}
    run = bball_tag.train(tmp_path / "spans.csv", out=tmp_path / "run", **small, **alike)
    # Player 8 is away for part of three spans.
    log = (tmp_path / "run" / "train.log").read_text()
    assert log.count("its tracks do not show player 8 without a break") == 3
    assert "26 clips: " in log
    split = tmp_path / "run" / "split.json"
    again = bball_tag.evaluate(tmp_path / "spans.csv", checkpoint=run.checkpoint, split=split, **alike)
    assert again.figures == run.figures


@pytest.mark.slow
def test_evaluate_reads_spans_of_real_videos(real_data):
    """Figures are alike by spans and by clips that were cut before: the same windows, other resizing."""
    sample = Path(bball_tag.__file__).parent / "checkpoint" / "sample.safetensors"
    windows = real_data / "real_windows"
    by_span, by_clip = (
        bball_tag.evaluate(data, checkpoint=sample, precision="fp32", progress=False).figures
        for data in (windows / "spans.csv", windows / "clips")
    )
    assert by_span["num_clips"] == by_clip["num_clips"] == 113
    assert abs(by_span["accuracy"] - by_clip["accuracy"]) < 0.06
