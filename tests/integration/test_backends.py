"""What computes the model: every backend gives the same answers, and is refused or replaced in words."""

from __future__ import annotations

import logging
from dataclasses import replace

import numpy as np
import pytest
import torch

from bball_tag.checkpoint.checkpoint import Checkpoint
from bball_tag.checkpoint.contract import Contract
from bball_tag.checkpoint.model import build_model, normalise, save_checkpoint
from bball_tag.clips import ClipSpec
from bball_tag.errors import BballTagError
from bball_tag.players.crop import Box
from bball_tag.players.images import image_chunks
from bball_tag.players.subjects import Subject
from bball_tag.scoring import backends
from bball_tag.scoring.backends import Engine, open_scorer
from bball_tag.scoring.backends.pytorch import TorchScorer
from bball_tag.scoring.inference import first_instant, score_chunks
from bball_tag.video.info import Frame

SPEC = ClipSpec(num_frames=4, fps=12.5, height=48, width=32)
LABELS = ("a", "b", "c")
needs_openvino = pytest.mark.skipif(
    not backends.has_openvino(), reason="the extra bball-tag[openvino] is not installed"
)


def write_checkpoint(path, spec=SPEC, width=8, sure_of=None):
    """Write a random model; one that is sure of a label predicts it for every clip."""
    torch.manual_seed(0)
    model = build_model(len(LABELS), spec, width)
    with torch.no_grad():
        model.get_submodule("blocks.5.proj").weight.normal_(std=1.0)
        if sure_of is not None:
            model.get_submodule("blocks.5.proj").bias[sure_of] = 100
    save_checkpoint(path, model, Contract(LABELS, spec, width, temperature=1.3))
    return Checkpoint(path)


def random_images(spec, count, seed=0):
    shape = (count, spec.height, spec.width, 3)
    return np.random.default_rng(seed).integers(0, 256, shape, np.uint8)


def clips_of(scorer, shown, length, stride):
    (features,) = scorer.features_of([shown])
    return [features[at : at + length] for at in range(0, len(features) - length + 1, stride)]


def classified(scorer, shown, length, stride):
    rows = [rows.mean(axis=0) for rows in scorer.frame_outputs(clips_of(scorer, shown, length, stride))]
    return (
        (torch.from_numpy(np.stack(rows)[:, : len(LABELS)]) / scorer.contract.temperature)
        .softmax(dim=1)
        .numpy()
    )


def plainly(checkpoint, shown, stride):
    """Score every clip on its own with the whole model."""
    model, contract = checkpoint.load(), checkpoint.contract
    length = contract.clip.num_frames
    rows = []
    with torch.inference_mode():
        for at in range(0, len(shown) - length + 1, stride):
            clip = normalise(torch.from_numpy(shown[at : at + length])[None], contract.clip)
            rows.append((model(clip) / contract.temperature).softmax(dim=1)[0].numpy())
    return np.stack(rows)


def never():
    raise AssertionError("no sample is needed")


@pytest.mark.parametrize(
    ("num_frames", "height", "width", "channels"),
    [(8, 176, 128, 8), (4, 48, 32, 16), (16, 32, 32, 8), (1, 33, 45, 8), (3, 64, 100, 12), (8, 32, 32, 64)],
)
def test_sharing_gives_the_plain_scores_for_every_architecture(num_frames, height, width, channels, tmp_path):
    spec = ClipSpec(num_frames=num_frames, fps=10, height=height, width=width)
    checkpoint = write_checkpoint(tmp_path / "a.safetensors", spec, channels)
    scorer = TorchScorer(checkpoint, device="cpu", precision="fp32", batch_size=3)
    shown, stride = random_images(spec, num_frames + 4), max(1, num_frames // 4)
    found = classified(scorer, shown, num_frames, stride)
    expected = plainly(checkpoint, shown, stride)
    assert found.shape == expected.shape
    assert np.abs(found - expected).max() < 1e-4


@needs_openvino
def test_openvino_in_fp32_gives_the_plain_scores(tmp_path):
    checkpoint = write_checkpoint(tmp_path / "a.safetensors")
    scorer = open_scorer(checkpoint, Engine("openvino", precision="fp32"), 1, never)
    assert scorer.name == "OpenVINO, cpu, fp32"
    shown = random_images(SPEC, 21)  # neither images nor clips fill their batches
    found = classified(scorer, shown, 4, 2)
    assert np.abs(found - plainly(checkpoint, shown, 2)).max() < 1e-4
    assert found.sum(axis=1) == pytest.approx(1, abs=1e-5)


@needs_openvino
def test_openvino_computes_runs_of_any_length_for_models_with_context(tmp_path):
    checkpoint = write_checkpoint(tmp_path / "a.safetensors", replace(SPEC, context_frames=3))
    one = open_scorer(checkpoint, Engine("openvino", precision="fp32"), 1, never)
    other = TorchScorer(checkpoint, device="cpu", precision="fp32")
    shown = random_images(SPEC, 40)
    for length in (10, 23, 40):
        found, expected = (
            scorer.frame_outputs([list(*scorer.features_of([shown]))[:length]])[0] for scorer in (one, other)
        )
        assert found.shape == (length, 3 + 256)
        assert np.abs(found - expected).max() < 1e-3


@needs_openvino
@pytest.mark.parametrize("context", [0, 3])
@pytest.mark.parametrize("precision", ["fp32", "bf16", "auto"])
def test_a_resumed_run_comes_to_the_same_bits_with_openvino(precision, context, tmp_path):
    spec = replace(SPEC, context_frames=context)
    checkpoint = write_checkpoint(tmp_path / "a.safetensors", spec, sure_of=1)
    images = random_images(SPEC, 100)
    sample = images[: 8 * spec.num_seen].reshape(8, spec.num_seen, 48, 32, 3)
    scorer = open_scorer(checkpoint, Engine("openvino", precision=precision), 1, lambda: sample)
    assert ("int8" in scorer.name) == (precision == "auto")
    subject = Subject("", range(10**9), Box(0, 0, 32, 48))

    def score(next_chunk):
        first = first_instant(next_chunk)
        frames = (Frame(index, index / 12.5, images[index]) for index in range(first, len(images)))
        cut = image_chunks(frames, [subject], scorer.contract.clip, 1.0)
        chunks = list(score_chunks(cut, scorer, stride=3, next_chunk=next_chunk))
        return {clip.start: clip.probabilities.tobytes() for chunk in chunks for clip in chunk.clips}

    whole = score(0)
    assert len(whole) == 33
    for next_chunk in (1, 2, 3):
        rest = score(next_chunk)
        assert rest == {start: whole[start] for start in rest}
        assert max(rest) == max(whole)


@needs_openvino
def test_integers_are_used_where_they_keep_the_labels_and_kept_for_the_next_time(tmp_path, capsys):
    checkpoint = write_checkpoint(tmp_path / "a.safetensors", sure_of=1)
    sample = random_images(SPEC, 48).reshape(12, 4, 48, 32, 3)
    first = open_scorer(checkpoint, Engine("openvino"), 1, lambda: sample)
    assert first.name == "OpenVINO, cpu, int8 (the label of fp32 in 9 of 9 clips)"
    again = open_scorer(checkpoint, Engine("openvino"), 1, never)
    assert again.name == first.name
    shown = random_images(SPEC, 20, seed=1)
    rows = [classified(one, shown, 4, 2) for one in (first, again)]
    assert np.array_equal(*rows)
    assert (rows[0].argmax(axis=1) == 1).all()
    assert capsys.readouterr().out == "", "stdout is for results"


@needs_openvino
def test_integers_that_change_labels_are_left_for_floats(tmp_path, monkeypatch):
    from bball_tag.scoring.backends import conversion

    checkpoint = write_checkpoint(tmp_path / "a.safetensors")
    sample = random_images(SPEC, 48).reshape(12, 4, 48, 32, 3)
    answers = iter([np.zeros(9), np.array([0] * 8 + [1])])
    monkeypatch.setattr(conversion, "_labels", lambda halves, clips, contract: next(answers))
    scorer = open_scorer(checkpoint, Engine("openvino"), 1, lambda: sample)
    assert "int8 gave only the label of fp32 in 8 of 9 clips" in scorer.name
    shown = random_images(SPEC, 8)
    assert np.abs(classified(scorer, shown, 4, 4) - plainly(checkpoint, shown, 4)).max() < 0.05


@needs_openvino
@pytest.mark.parametrize("half", ["features_of", "frame_outputs"])
def test_wrong_bf16_of_openvino_gives_way_to_its_fp32(half, tmp_path, monkeypatch, caplog):
    from bball_tag.scoring.backends.openvino import OpenvinoScorer

    right = getattr(OpenvinoScorer, half)

    def spoiled(scorer, given):
        factor = np.float32(3 if scorer.precision == "bf16" else 1)
        return [values * factor for values in right(scorer, given)]

    monkeypatch.setattr(OpenvinoScorer, half, spoiled)
    checkpoint = write_checkpoint(tmp_path / "a.safetensors")
    with caplog.at_level(logging.WARNING, "bball_tag"):
        scorer = open_scorer(checkpoint, Engine("openvino", precision="bf16"), 1, never)
    assert "OpenVINO, cpu, bf16 cannot be trusted" in caplog.text
    assert scorer.name == "OpenVINO, cpu, fp32"
    shown = random_images(SPEC, 12)
    assert np.abs(classified(scorer, shown, 4, 2) - plainly(checkpoint, shown, 2)).max() < 1e-4


@needs_openvino
def test_a_batch_of_openvino_that_is_not_finite_is_computed_again(tmp_path, monkeypatch):
    from bball_tag.scoring.backends import conversion

    checkpoint = write_checkpoint(tmp_path / "a.safetensors")
    scorer = open_scorer(checkpoint, Engine("openvino", precision="bf16"), 1, never)
    calls = iter([True, False, False])
    infer = conversion.Halves.frame_outputs
    monkeypatch.setattr(
        conversion.Halves,
        "frame_outputs",
        lambda halves, runs: [rows * (np.nan if next(calls) else 1) for rows in infer(halves, runs)],
    )
    clip = [list(*scorer.features_of([random_images(SPEC, 4)]))]
    (again,), (right,) = scorer.frame_outputs(clip), scorer.frame_outputs(clip)
    assert scorer.recomputed_batches == 1
    assert np.abs(again - right).max() < 0.05


@needs_openvino
@pytest.mark.parametrize("context", [0, 3])
def test_openvino_gives_several_players_at_once_what_each_gets_alone(context, tmp_path):
    checkpoint = write_checkpoint(tmp_path / "a.safetensors", replace(SPEC, context_frames=context))
    scorer = open_scorer(checkpoint, Engine("openvino", precision="fp32"), 1, never)
    batches = [random_images(SPEC, count, seed=count) for count in (40, 16, 11)]
    together = scorer.features_of(batches)
    for images, features in zip(batches, together, strict=True):
        assert np.array_equal(*scorer.features_of([images]), features)
    runs = [list(features[: 10 if context else 4]) for features in together] * 3
    alone = [scorer.frame_outputs([run])[0] for run in runs]
    assert all(map(np.array_equal, scorer.frame_outputs(runs), alone))


@needs_openvino
def test_nobody_reports_to_the_makers_of_openvino():
    import sys

    from bball_tag.scoring.backends import conversion  # noqa: F401

    assert sys.modules["openvino_telemetry"] is None


def test_auto_takes_pytorch_where_openvino_is_missing(tmp_path, monkeypatch):
    monkeypatch.setattr(backends, "has_openvino", lambda: False)
    checkpoint = write_checkpoint(tmp_path / "a.safetensors")
    for count in (1, 10**6):
        assert open_scorer(checkpoint, Engine(device="cpu"), count, never).name.startswith("PyTorch, cpu")


@needs_openvino
def test_auto_takes_openvino_where_it_is_installed_and_pays(tmp_path):
    checkpoint = write_checkpoint(tmp_path / "a.safetensors")
    names = [
        open_scorer(checkpoint, Engine(device="cpu", precision="fp32"), count, never).name
        for count in (999, 1000)
    ]
    assert names == ["PyTorch, cpu, fp32", "OpenVINO, cpu, fp32"]


@needs_openvino
def test_pytorch_takes_over_where_openvino_fails(tmp_path, monkeypatch, caplog):
    from bball_tag.scoring.backends import openvino

    def broken(*_):
        raise BballTagError("OpenVINO cannot convert a.safetensors: no such operation.")

    monkeypatch.setattr(openvino, "OpenvinoScorer", broken)
    checkpoint = write_checkpoint(tmp_path / "a.safetensors")
    with caplog.at_level(logging.WARNING, "bball_tag"):
        scorer = open_scorer(checkpoint, Engine(device="cpu"), 10**6, never)
    assert scorer.name.startswith("PyTorch")
    assert "no such operation. PyTorch takes over." in caplog.text
    with pytest.raises(BballTagError, match="no such operation"):
        open_scorer(checkpoint, Engine("openvino"), 1, never)


@pytest.mark.parametrize(
    ("engine", "words"),
    [
        (Engine("openvino", device="cuda"), "not on 'cuda'. Try --backend torch"),
        (Engine("openvino", precision="fp16"), "Try --precision bf16"),
    ],
)
def test_what_openvino_cannot_do_is_refused_with_what_to_try(engine, words, tmp_path, monkeypatch):
    monkeypatch.setattr(backends, "has_openvino", lambda: True)
    with pytest.raises(BballTagError, match=words):
        open_scorer(write_checkpoint(tmp_path / "a.safetensors"), engine, 1, never)


def test_a_missing_openvino_is_an_error_that_says_how_to_install_it(tmp_path, monkeypatch):
    monkeypatch.setattr(backends, "has_openvino", lambda: False)
    with pytest.raises(BballTagError, match=r"pip install 'bball-tag\[openvino\]'"):
        open_scorer(write_checkpoint(tmp_path / "a.safetensors"), Engine("openvino"), 1, never)
