"""Rendered or real: what a contract says of it, and what follows for a video of the other world."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from bball_tag.checkpoint.backbone import write_contract
from bball_tag.checkpoint.checkpoint import Checkpoint
from bball_tag.checkpoint.contract import (
    HEADER_KEY,
    Contract,
    HeldOut,
    RealVideo,
    read_contract,
    to_header,
)
from bball_tag.checkpoint.default import SAMPLE
from bball_tag.checkpoint.world import SAMPLE_WORLD, advice, caution, world_of
from bball_tag.clips import ClipSpec
from bball_tag.errors import CheckpointError
from train.clipset import LabelledClip
from train.world import world_of_clips

CLIPS = Path(__file__).parents[2] / "sample_videos" / "clips" / "examples"
REAL = RealVideo(temperature=2.5, threshold=0.25, accuracy=0.327, num_clips=113)
RENDERED = Contract(
    ("pass", "shoot"),
    ClipSpec(),
    temperature=0.8,
    thresholds={"shoot": 0.4},
    world="rendered",
    real=REAL,
    provenance={"name": "court"},
)


def written(path: Path, contract: Contract) -> Path:
    save_file({"weight": np.arange(6, dtype=np.float16)}, path, to_header(contract))
    return path


def test_only_the_renderers_own_title_makes_a_video_rendered():
    assert world_of(SAMPLE_WORLD) == "rendered"
    assert world_of(f"{SAMPLE_WORLD}, seed 7") == "rendered"
    assert world_of("") == world_of("Finals, game 7") == "real"


def test_on_real_video_a_rendered_checkpoint_has_other_temperature_and_thresholds():
    fitted = RENDERED.on("real")
    assert (fitted.temperature, fitted.thresholds) == (2.5, {"pass": 0.25, "shoot": 0.25})
    assert fitted.on("real") == fitted
    assert RENDERED.on("rendered") is RENDERED


def test_what_was_never_fitted_to_real_video_stays_as_it_is():
    for contract in (replace(RENDERED, real=None), Contract(("a", "b"), ClipSpec())):
        assert contract.on("real") is contract
        assert contract.on("rendered") is contract


def test_the_caution_names_the_checkpoint_and_what_it_was_worth():
    assert caution(RENDERED, "real") == (
        "Labels are unsure: the checkpoint court was trained on rendered players. "
        "On 113 clips of real players, 33% of its labels were right."
    )
    assert "never tested on real ones" in caution(replace(RENDERED, real=None), "real")


def judged(accuracy: float, num_clips: int, num_moments: int) -> Contract:
    found = HeldOut(accuracy, num_clips, num_moments)
    return replace(RENDERED, world="real", real=None, judged=found, provenance={"name": "mine"})


def test_a_checkpoint_of_few_judged_clips_says_how_many_and_how_right_it_was():
    assert caution(judged(0.8, 40, 10), "real") == (
        "Labels are unsure: the checkpoint mine rests on 40 judged clips of real players in 10 moments. "
        "Held out, 80% of them were right."
    )
    assert "suggest" in advice(judged(0.8, 40, 10))
    assert caution(judged(0.8, 40, 10), "rendered") == ""


def test_the_caution_goes_once_held_out_figures_show_three_labels_in_four_to_be_right():
    # Wilson's interval of 8 right in 10 begins at 0.490, of 80 in 100 at 0.711, of 320 in 400 at 0.758.
    found = [HeldOut(0.8, count, count).least for count in (10, 100, 400)]
    assert found == pytest.approx([0.4902, 0.7112, 0.7581], abs=1e-4)
    assert "80%" in caution(judged(0.8, 5000, 100), "real")
    assert caution(judged(0.8, 5000, 400), "real") == ""


def test_ten_clips_that_were_all_right_prove_little():
    assert caution(judged(1.0, 10, 10), "real") != ""
    assert caution(judged(1.0, 40, 40), "real") == ""


def test_labels_that_nobody_judged_are_not_shown_to_be_right():
    contract = judged(1.0, 400, 400)
    assert contract.judged is not None
    unjudged = replace(contract, judged=replace(contract.judged, num_unjudged=3))
    assert caution(contract, "real") == ""
    assert caution(unjudged, "real").endswith("Of 3 labels none was judged.")


def test_judged_figures_are_kept_in_the_file_and_checked(tmp_path):
    contract = judged(0.8, 40, 10)
    assert read_contract(written(tmp_path / "a.safetensors", contract)) == contract
    with pytest.raises(ValueError, match="impossible"):
        HeldOut(0.8, 4, 10)
    document = json.loads(to_header(contract)[HEADER_KEY])
    document["judged"]["num_moments"] = -1
    save_file({"weight": np.zeros(1)}, tmp_path / "b.safetensors", {HEADER_KEY: json.dumps(document)})
    with pytest.raises(CheckpointError, match="judged"):
        read_contract(tmp_path / "b.safetensors")


def test_there_is_no_caution_for_the_renderers_own_video_or_a_checkpoint_of_the_real_world():
    assert caution(RENDERED, "rendered") == ""
    assert caution(Contract(("a", "b"), ClipSpec()), "real") == ""


def test_an_opened_checkpoint_keeps_its_file_on_another_world(tmp_path):
    opened = Checkpoint(written(tmp_path / "a.safetensors", RENDERED))
    fitted = opened.on("real")
    assert (fitted.path, fitted.id) == (opened.path, opened.id)
    assert (fitted.contract.temperature, opened.contract.temperature) == (2.5, 0.8)
    assert opened.on("rendered") is opened


def test_a_contract_of_the_rendered_world_comes_back_and_an_older_one_is_of_the_real_world(tmp_path):
    assert read_contract(written(tmp_path / "a.safetensors", RENDERED)) == RENDERED
    fields = json.loads(to_header(Contract(("a", "b"), ClipSpec()))[HEADER_KEY])
    del fields["world"], fields["real"]
    save_file({}, tmp_path / "old.safetensors", {HEADER_KEY: json.dumps(fields)})
    old = read_contract(tmp_path / "old.safetensors")
    assert (old.world, old.real) == ("real", None)


def test_another_contract_leaves_the_weights_as_they_are(tmp_path):
    path = written(tmp_path / "a.safetensors", RENDERED)
    write_contract(path, replace(RENDERED, temperature=1.25))
    assert read_contract(path).temperature == 1.25
    weight = load_file(path)["weight"]
    assert weight.dtype == np.float16
    assert weight.tolist() == [0, 1, 2, 3, 4, 5]
    assert list(tmp_path.iterdir()) == [path]


def test_a_damaged_checkpoint_gets_no_contract(tmp_path):
    (tmp_path / "a.safetensors").write_bytes(b"weights")
    with pytest.raises(CheckpointError, match="the file is damaged"):
        write_contract(tmp_path / "a.safetensors", RENDERED)


@pytest.mark.parametrize(
    "made",
    [
        lambda: replace(RENDERED, world="dream"),
        lambda: replace(RENDERED, world="real"),
        lambda: replace(REAL, temperature=0),
        lambda: replace(REAL, threshold=1.5),
        lambda: replace(REAL, accuracy=33),
        lambda: replace(REAL, num_clips=0),
    ],
)
def test_impossible_facts_are_refused(made):
    with pytest.raises(ValueError, match=r"impossible|unknown world|needs no other"):
        made()


def test_the_shipped_checkpoint_says_that_it_is_of_the_rendered_world_and_was_fitted_to_the_real_one():
    contract = read_contract(SAMPLE)
    assert contract.world == "rendered"
    assert contract.real is not None
    assert contract.real.temperature > contract.temperature


def test_clips_are_of_the_world_of_most_of_their_files(tmp_path):
    rendered = [LabelledClip(path.stem, path, 0, path.stem) for path in sorted(CLIPS.glob("*.mp4"))[:3]]
    missing = [LabelledClip(str(number), tmp_path / f"{number}.mp4", 0, "") for number in range(3)]
    assert world_of_clips(rendered) == "rendered"
    assert world_of_clips([*rendered, *missing[:2]]) == "rendered"
    assert world_of_clips([*rendered, *missing]) == "real"
    # However many clips come from one file, it counts once.
    assert world_of_clips([*rendered, *missing[:1] * 9]) == "rendered"
