"""Scoring: sharing is exact, resuming is exact, whoever or whatever is looked at."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import torch

from bball_tag.checkpoint.checkpoint import Checkpoint
from bball_tag.checkpoint.contract import Contract
from bball_tag.checkpoint.model import build_model, normalise, save_checkpoint
from bball_tag.clips import ClipSpec, Window, windows
from bball_tag.errors import BballTagError, OptionError
from bball_tag.players.crop import Box
from bball_tag.players.images import image_chunks
from bball_tag.players.subjects import Subject
from bball_tag.players.tracks import Track
from bball_tag.scoring.backends.pytorch import TorchScorer
from bball_tag.scoring.inference import first_instant, score_chunks
from bball_tag.scoring.precision import pick_device
from bball_tag.video.video import Video
from tests.synthetic import write_video

SPEC = ClipSpec(num_frames=4, fps=12.5, height=48, width=32)


def write_checkpoint(path: Path, spec: ClipSpec) -> Checkpoint:
    torch.manual_seed(0)
    model = build_model(3, spec, 8)
    # Larger weights in the last layer, so that probabilities differ from clip to clip.
    torch.nn.init.normal_(model.get_submodule("blocks.5.proj").weight, std=2.0)
    save_checkpoint(path, model, Contract(("a", "b", "c"), spec, 8, temperature=1.3))
    return Checkpoint(path)


@pytest.fixture(scope="module")
def scored_checkpoint(tmp_path_factory) -> Checkpoint:
    return write_checkpoint(tmp_path_factory.mktemp("checkpoint") / "a.safetensors", SPEC)


@pytest.fixture(scope="module")
def scorer(scored_checkpoint) -> TorchScorer:
    return TorchScorer(scored_checkpoint, device="cpu", precision="fp32")


@pytest.fixture(scope="module")
def context_scorer(tmp_path_factory) -> TorchScorer:
    """A model that looks at what lies around a clip too."""
    path = tmp_path_factory.mktemp("checkpoint") / "context.safetensors"
    return TorchScorer(
        write_checkpoint(path, replace(SPEC, context_frames=3)), device="cpu", precision="fp32"
    )


@pytest.fixture(scope="module")
def video(tmp_path_factory):
    return write_video(tmp_path_factory.mktemp("video") / "a.mp4", range(250), options={"g": "25"})


def subjects() -> list[Subject]:
    times = np.arange(250) / 25
    moving = np.stack([np.linspace(0, 150, 250), *[np.full(250, side) for side in (5.0, 40.0, 80.0)]], axis=1)
    return [
        Subject("", range(10**9), Box(0, 0, 192, 96)),
        Subject("7", range(3, 90), Track("7", times, moving)),
        Subject("9", range(40, 42), Box(20, 10, 60, 60)),  # shorter than a clip
    ]


def score(video, scorer, stride: int = 2, next_chunk: int = 0):
    frames = Video(video).frames(SPEC.fps, first_instant(next_chunk) / SPEC.fps)
    images = image_chunks(iter(frames), subjects(), scorer.contract.clip, 1.0)
    return list(score_chunks(images, scorer, stride=stride, next_chunk=next_chunk))


@pytest.mark.parametrize("stride", [1, 2, 4])
def test_shared_features_give_the_scores_of_every_clip_on_its_own(video, scorer, scored_checkpoint, stride):
    found = {
        (clip.subject, clip.start): clip for chunk in score(video, scorer, stride) for clip in chunk.clips
    }
    frames = list(Video(video).frames(SPEC.fps))
    model = scored_checkpoint.load()
    count = 0
    for subject in subjects():
        span = range(subject.span.start, min(subject.span.stop, len(frames)))
        for window in windows(span, SPEC.num_frames, stride):
            images = [subject.crop(frames[index], SPEC, 1.0) for index in window.instants(SPEC.num_frames)]
            with torch.inference_mode():
                logits = model(normalise(torch.from_numpy(np.stack(images))[None], SPEC))
            expected = (logits / 1.3).softmax(dim=1)[0].numpy()
            clip = found[subject.id, window.start]
            assert clip.stop == window.stop
            assert np.abs(clip.probabilities - expected).max() < 1e-4
            count += 1
    assert count == len(found)


@pytest.mark.parametrize("stride", [1, 2, 4])
def test_clips_with_context_share_one_pass_over_time(video, context_scorer, stride):
    """A chunk's clips come from one run over their frames and their context, its ends repeated."""
    spec, context, chunk_size = context_scorer.contract.clip, 3, 32
    num_labels = len(context_scorer.contract.labels)
    found = {
        (clip.subject, clip.start): clip
        for chunk in score(video, context_scorer, stride)
        for clip in chunk.clips
    }
    frames = list(Video(video).frames(spec.fps))
    count = 0
    for subject in subjects():
        span = range(subject.span.start, min(subject.span.stop, len(frames)))
        images = np.stack([subject.crop(frames[index], spec, 1.0) for index in span])
        (features,) = context_scorer.features_of([images])
        last_chunk = (span.stop - 1) // chunk_size
        runs: dict[int, list[Window]] = {}
        for window in windows(span, spec.num_frames, stride):
            whole = window.start + spec.num_frames == window.stop
            chunk = (window.stop + context - 1) // chunk_size if whole else last_chunk
            runs.setdefault(min(chunk, last_chunk), []).append(window)
        for run in runs.values():
            first = run[0].start - context
            places = range(first, run[-1].start + spec.num_frames + context)
            (outputs,) = context_scorer.frame_outputs(
                [[features[min(max(at, span.start), span.stop - 1) - span.start] for at in places]]
            )
            for window in run:
                own = torch.from_numpy(outputs[window.start - first :][: spec.num_frames, :num_labels]).mean(
                    dim=0
                )
                clip = found[subject.id, window.start]
                assert clip.stop == window.stop
                expected = (own / 1.3).softmax(dim=0).numpy()
                assert np.abs(clip.probabilities - expected).max() < 1e-4
                count += 1
    assert count == len(found)


def test_one_clip_with_context_has_the_score_of_the_whole_model(video, context_scorer, tmp_path):
    spec = context_scorer.contract.clip
    frames = list(Video(video).frames(spec.fps, 0, 10 / spec.fps))
    subject = Subject("", range(10**9), Box(0, 0, 192, 96))
    images = image_chunks(iter(frames[:4]), [subject], context_scorer.contract.clip, 1.0)
    first, *_ = next(score_chunks(images, context_scorer, stride=4)).clips
    shown = np.stack([subject.crop(frame, spec, 1.0) for frame in frames[:4]])
    shown = np.concatenate([shown[[0] * 3], shown, shown[[-1] * 3]])
    model = write_checkpoint(tmp_path / "a.safetensors", spec).load()
    with torch.inference_mode():
        logits = model(normalise(torch.from_numpy(shown)[None], spec))
    assert np.abs(first.probabilities - (logits / 1.3).softmax(dim=1)[0].numpy()).max() < 1e-4


@pytest.mark.parametrize("context", [False, True])
@pytest.mark.parametrize("next_chunk", [1, 2, 3])
def test_a_resumed_run_comes_to_the_same_bits(video, scorer, context_scorer, next_chunk, context):
    scorer = context_scorer if context else scorer
    whole = score(video, scorer)
    rest = score(video, scorer, next_chunk=next_chunk)
    assert [chunk.number for chunk in rest] == [chunk.number for chunk in whole[next_chunk:]]
    for resumed, undisturbed in zip(rest, whole[next_chunk:], strict=True):
        assert [(clip.subject, clip.start, clip.stop) for clip in resumed.clips] == [
            (clip.subject, clip.start, clip.stop) for clip in undisturbed.clips
        ]
        for one, other in zip(resumed.clips, undisturbed.clips, strict=True):
            assert np.array_equal(one.probabilities, other.probabilities)


def test_only_the_last_chunk_says_so(video, scorer):
    assert [chunk.is_last for chunk in score(video, scorer)] == [False, False, False, True]


def test_sixteen_bit_floats_keep_the_labels(video, scorer, tmp_path):
    path = tmp_path / "a.safetensors"
    torch.manual_seed(0)
    model = build_model(3, SPEC, 8)
    save_checkpoint(path, model, Contract(("a", "b", "c"), SPEC, 8))
    rows = []
    for precision in ("fp32", "bf16"):
        one = TorchScorer(Checkpoint(path), device="cpu", precision=precision)
        rows.append(np.stack([clip.probabilities for chunk in score(video, one) for clip in chunk.clips]))
    assert np.abs(rows[0] - rows[1]).max() < 0.02
    assert rows[1].sum(axis=1) == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize("name", ["abacus", "meta", "", None, "cpus"])
def test_an_unknown_device_is_an_error_that_says_what_to_try(name):
    with pytest.raises(OptionError, match="Use auto, cpu, cuda, cuda:1 or mps"):
        pick_device(name)


def test_a_device_that_is_not_in_this_machine_is_an_error_that_says_what_to_try():
    with pytest.raises(BballTagError, match=r"Cannot compute on 'cuda:99'.*--device cpu"):
        pick_device("cuda:99")


def test_a_video_at_29_97_is_scored_on_the_clips_own_grid(scorer, tmp_path):
    video = write_video(tmp_path / "a.mp4", range(90), fps=Fraction(30_000, 1001))
    chunks = score(video, scorer)
    whole_frame = [clip for chunk in chunks for clip in chunk.clips if clip.subject == ""]
    assert [clip.start for clip in whole_frame] == list(range(0, 36, 2))  # 3.003 s are 38 instants
    assert whole_frame[-1].stop == 38
