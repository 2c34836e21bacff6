"""The order of clips, the state of a run, and the page of mistakes."""

from __future__ import annotations

import base64
import io
import re
from pathlib import Path

import av
import numpy as np
import pytest
import torch
from lightning_fabric.plugins import Precision

from bball_tag.clips import ClipSpec
from bball_tag.errors import DataError
from tests.synthetic import write_video
from train.clip_images import Loading
from train.clipset import LabelledClip
from train.dataset import ClipDataset
from train.dry_run import duration
from train.history import EpochResult
from train.loader import EpochOrder
from train.mistakes import write_mistakes
from train.resume import TrainState, load_state, save_state
from train.splits import sampling_probabilities

SPEC = ClipSpec(num_frames=4, fps=12.5, height=32, width=32)


def test_an_epoch_shows_every_clip_once_in_an_order_that_seed_and_epoch_decide():
    order = EpochOrder(20, 4, seed=1)
    first = list(order)
    assert len(first) == len(order) == 5
    assert sorted(place for batch in first for place in batch) == list(range(20))
    assert list(order) == first
    order.set_epoch(2)
    assert list(order) != first
    assert list(EpochOrder(20, 4, seed=2)) != first


def test_a_left_over_clip_waits_for_another_epoch():
    assert [len(batch) for batch in EpochOrder(21, 4, seed=0)] == [4] * 5
    assert [len(batch) for batch in EpochOrder(3, 16, seed=0)] == [3]


def test_processes_share_the_batches_that_one_would_see():
    alone = list(EpochOrder(20, 4, seed=1))
    shares = [list(EpochOrder(20, 4, seed=1, share=(rank, 2))) for rank in (0, 1)]
    for batch, one, other in zip(alone, *shares, strict=True):
        assert len(one) == len(other) == 2
        assert sorted(one + other) == sorted(batch)


def test_weighted_drawing_shows_every_label_equally_often():
    clips = [LabelledClip(str(number), Path("x"), int(number >= 90), "") for number in range(100)]
    order = EpochOrder(100, 10, seed=0, sampling_probabilities=sampling_probabilities(clips, 2))
    seen = []
    for epoch in range(1, 21):
        order.set_epoch(epoch)
        seen += [clips[place].label for batch in order for place in batch]
    assert len(seen) == 2000
    assert 0.45 < np.mean(seen) < 0.55


def small_parts() -> dict[str, torch.nn.Module | torch.optim.Optimizer | Precision]:
    model = torch.nn.Linear(3, 2)
    optimizer = torch.optim.AdamW(model.parameters(), lr=0.1, betas=(0.8, 0.9))
    model(torch.ones(1, 3)).sum().backward()
    optimizer.step()
    return {"model": model, "optimizer": optimizer, "precision": Precision()}


def test_a_state_is_read_back_as_it_was_and_a_damaged_one_is_refused(tmp_path):
    parts, fresh = small_parts(), small_parts()
    results = [
        EpochResult(epoch + 1, 1.5, 0.25, 1.25, 0.5, f1, 1e-3) for epoch, f1 in enumerate((0.4, 0.5, 0.5))
    ]
    state = TrainState(tuple(results))
    assert state.epoch == 3
    assert state.best == results[1], "of two alike, the earlier"
    path = tmp_path / "state.safetensors"
    save_state(path, state, parts)
    assert load_state(path, fresh) == state
    one, other = (each["optimizer"].state_dict()["state"][0] for each in (parts, fresh))
    assert one["exp_avg"].equal(other["exp_avg"])
    assert parts["model"].weight.equal(fresh["model"].weight)
    assert tuple(fresh["optimizer"].param_groups[0]["betas"]) == (0.8, 0.9)

    path.write_bytes(path.read_bytes()[:-10])
    with pytest.raises(DataError, match=r"Cannot resume from .* Begin again with --overwrite"):
        load_state(path, fresh)


def test_the_page_of_mistakes_shows_the_most_confident_first_as_videos(tmp_path):
    clips = []
    for number, start in enumerate((0, 100, 1000)):
        path = write_video(tmp_path / f"<{number}>.mp4", range(start, start + 16))
        clips.append(LabelledClip(f"<{number}>", path, 0, ""))
    dataset = ClipDataset(clips, Loading(SPEC, None))
    rows = np.array([[0.27, 0.73], [0.05, 0.95], [0.88, 0.12]])
    write_mistakes(tmp_path / "m.html", rows, np.array([0, 0, 0]), dataset, ("a&b", "c"))
    page = (tmp_path / "m.html").read_text()
    assert "2 of 3 test clips are predicted wrong" in page
    assert re.findall(r'class="key">([^<]*)<', page) == ["&lt;1&gt;", "&lt;0&gt;"]
    assert "a&amp;b" in page
    assert "95&#8239;%" in page
    assert page.index("95&#8239;%") < page.index("73&#8239;%")
    videos = re.findall(r'src="data:video/mp4;base64,([^"]+)"', page)
    with av.open(io.BytesIO(base64.b64decode(videos[0]))) as video:
        frames = [frame.to_ndarray(format="rgb24") for frame in video.decode(video=0)]
    # Four images, three times over, enlarged without blur from 32 to the first multiple over 176.
    assert len(frames) == 12
    assert frames[0].shape == (192, 192, 3)
    shown = dataset[1].images
    assert abs(frames[0][3::6, 3::6].astype(int) - shown[0]).mean() < 8


def test_the_page_says_when_there_are_no_mistakes(tmp_path):
    rows = np.array([[1.0, 0.0]])
    write_mistakes(tmp_path / "m.html", rows, np.array([0]), ClipDataset([], Loading(SPEC)), ("a", "b"))
    assert "All 1 test clips are predicted right." in (tmp_path / "m.html").read_text()


def test_the_time_that_a_run_takes_is_said_in_seconds_below_a_minute():
    assert duration(1, 7.4) == "1 epoch takes about 7 s, plus validation."
    assert duration(15, 60 * 42) == "15 epochs take about 42 min, plus validation."
