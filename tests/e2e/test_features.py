"""Features are kept with the scores, and a checkpoint with other last layers needs no video."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

import bball_tag
from bball_tag.checkpoint.backbone import LastLayer, read_backbone, write_with_layers
from bball_tag.checkpoint.checkpoint import Checkpoint
from bball_tag.checkpoint.default import SAMPLE
from bball_tag.checkpoint.model import build_model, save_checkpoint
from bball_tag.errors import ScoresError
from bball_tag.scoring.feature_store import read_features
from bball_tag.scoring.rescore import probabilities
from bball_tag.video.video import Video
from tests.moving_people import HIGH, WIDE, write_people

SAMPLES = Path(__file__).parents[2] / "sample_videos"
PEOPLE = [("red", lambda time: (20 + 20 * time, 60)), ("blue", lambda time: (280 - 8 * time, 150))]
ROUNDING = 5e-3
"""How far probabilities may be from those before features were rounded to 16 bits."""


@pytest.fixture(scope="module")
def game(tmp_path_factory):
    folder = tmp_path_factory.mktemp("people")
    write_people(folder / "game.mp4", PEOPLE, seconds=6)
    lines = [
        f"{frame + 1},{number},{way(frame / 25)[0]},{way(frame / 25)[1]},{WIDE},{HIGH}"
        for number, (_, way) in enumerate(PEOPLE, start=1)
        for frame in range(150)
    ]
    (folder / "tracks.txt").write_text("\n".join(lines))
    return folder / "game.mp4"


@pytest.fixture(scope="module")
def base(player_checkpoint, tmp_path_factory):
    """Untrained, with images and motion."""
    return saved(tmp_path_factory.mktemp("checkpoint") / "a.safetensors", player_checkpoint, seed=0)


def saved(path, like, seed):
    contract = replace(Checkpoint(like).contract, streams=("rgb", "motion"))
    torch.manual_seed(seed)
    model = build_model(len(contract.labels), contract.clip, contract.width, contract.streams)
    save_checkpoint(path, model, contract)
    return path


@pytest.fixture(scope="module")
def mine(base):
    """A checkpoint with other last layers and two labels of its own."""
    rng = np.random.default_rng(0)
    layers = {
        stream: LastLayer(rng.standard_normal((2, layer.weight.shape[1])), np.zeros(2))
        for stream, layer in read_backbone(base).layers.items()
    }
    path = base.with_name("mine.safetensors")
    contract = replace(Checkpoint(base).contract, labels=("zone", "none"))
    write_with_layers(base, path, contract, layers)
    return path


def annotate(game, checkpoint, scores=None, **options):
    options = {"tracks": game.with_name("tracks.txt"), "precision": "fp32", "backend": "torch", **options}
    return bball_tag.annotate(
        game, checkpoint=checkpoint, scores=scores, device="cpu", progress=False, **options
    )


def never(*_, **__):
    raise AssertionError("the video is read")


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_features_give_the_scores_that_are_stored_with_them(game, base, tmp_path, precision):
    annotation = annotate(game, base, tmp_path / "a.db", precision=precision)
    stored = read_features(tmp_path / "a.db")
    assert stored.kind.sizes == (256, 32)
    assert stored.kind.stored_sizes == (192, 32)
    assert stored.video == Video(game).content_id
    assert stored.subjects.tolist() == annotation.scores.subjects.tolist()
    assert stored.starts.tolist() == annotation.scores.starts.tolist()
    found = probabilities(stored, Checkpoint(base))
    assert np.abs(found - annotation.scores.probabilities).max() < ROUNDING


def test_features_of_the_sample_drill_give_its_labels(tmp_path):
    drill = SAMPLES / "drill.mp4"
    annotate(drill, SAMPLE, tmp_path / "a.db", tracks=drill.with_suffix(".tracks.csv"), end=8)
    stored = read_features(tmp_path / "a.db")
    found = probabilities(stored, Checkpoint(SAMPLE))
    assert len(stored) > 20
    assert found.argmax(axis=1).tolist() == stored.probabilities.argmax(axis=1).tolist()


def test_a_checkpoint_with_other_last_layers_is_scored_without_the_video(
    game, base, mine, tmp_path, monkeypatch, caplog
):
    annotate(game, base, tmp_path / "a.db")
    expected = annotate(game, mine)
    monkeypatch.setattr(Video, "frames", never)
    caplog.set_level("INFO", "bball_tag")
    found = annotate(game, mine, tmp_path / "a.db")
    assert "Scored from stored features: the video is not read." in caplog.text
    assert found.labels == ("zone", "none")
    assert np.abs(found.scores.probabilities - expected.scores.probabilities).max() < ROUNDING
    assert found.scores.subjects.tolist() == expected.scores.subjects.tolist()
    assert found.scores.end == expected.scores.end
    # The features are there for the new checkpoint too, and going back needs nothing.
    assert read_features(tmp_path / "a.db").kind.labels == ("zone", "none")
    assert len(annotate(game, base, tmp_path / "a.db").labels) == 4


def test_other_settings_or_another_model_are_computed_from_the_video(game, base, mine, tmp_path, monkeypatch):
    annotate(game, base, tmp_path / "a.db")
    monkeypatch.setattr(Video, "frames", never)
    other = saved(tmp_path / "other.safetensors", base, seed=1)
    for named, options in ((other, {}), (mine, {"stride": 0.08}), (mine, {"streams": "rgb"})):
        with pytest.raises(AssertionError, match="the video is read"):
            annotate(game, named, tmp_path / "a.db", **options)


def test_layers_that_see_more_than_is_stored_are_computed_from_the_video(game, base, tmp_path, monkeypatch):
    annotate(game, base, tmp_path / "a.db")
    model, contract = Checkpoint(base).load(), Checkpoint(base).contract
    torch.nn.init.normal_(model.get_submodule("blocks.5.proj").weight)
    save_checkpoint(tmp_path / "wide.safetensors", model, contract)
    monkeypatch.setattr(Video, "frames", never)
    with pytest.raises(AssertionError, match="the video is read"):
        annotate(game, tmp_path / "wide.safetensors", tmp_path / "a.db")


def test_features_are_left_out_where_nobody_wants_them(game, base, tmp_path):
    store = tmp_path / "a.db"
    plain = annotate(game, base, store, features=False)
    with closing(sqlite3.connect(store)) as file:
        assert file.execute("SELECT count(*) FROM features").fetchone() == (0,)
    # It holds for later runs too, as any option does, until features are asked for.
    annotate(game, base, store, stride=0.16)
    with pytest.raises(ScoresError, match="Annotate the video again with --features"):
        read_features(store)
    again = annotate(game, base, store, features=True)
    stored = read_features(store)
    assert len(stored) == len(again.scores.starts)
    whole = annotate(game, base, store, stride=plain.scores.num_frames / 2 / plain.scores.fps)
    assert np.array_equal(whole.scores.probabilities, plain.scores.probabilities)


def test_the_option_of_the_command_is_stored_with_the_scores(run, game, base, tmp_path):
    command = ("annotate", game, "--out", "a.csv", "--checkpoint", base, "--overwrite", "--end", "2")
    tracks = ("--tracks", game.with_name("tracks.txt"))
    assert run(*command, *tracks, "--no-features").returncode == 0
    again = run(*command)
    assert "features off" in again.stderr
    done = run(*command, "--features")
    assert "(stored scores)" not in done.stderr
    assert len(read_features(tmp_path / "a.csv.scores.db")) > 0
    assert "(stored scores)" in run(*command).stderr
