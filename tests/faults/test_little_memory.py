"""Where memory runs out, less is computed at once; where that does not help, a sentence says so."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from bball_tag.errors import BballTagError
from bball_tag.scoring.halving import HalvingScorer
from tests.faults.conftest import SPEC
from tests.faults.runs import ended
from tests.faults.tally import Tally

ANNOTATE = ("annotate", "game.mp4", "--checkpoint", "small.safetensors", "--backend", "torch")
ANNOTATE = (*ANNOTATE, "--precision", "fp32", "--threshold", "0.3", "--stride", "0.08")


class SmallScorer:
    """Doubles its input, and has room for a few items."""

    precision, name = "fp32", "small"

    def __init__(self, room: int) -> None:
        from bball_tag.checkpoint.contract import Contract

        self.contract = Contract(("a", "b"), SPEC, 4)
        self.room, self.calls = room, []

    def _check(self, count: int) -> None:
        self.calls.append(count)
        if count > self.room:
            raise MemoryError

    def features_of(self, batches):
        self._check(sum(map(len, batches)))
        return [images * 2 for images in batches]

    def frame_outputs(self, runs):
        self._check(len(runs))
        return [np.asarray(run) + 1 for run in runs]


@pytest.fixture
def folder(tmp_path: Path, film: Path, tiny: Path) -> Path:
    shutil.copy(film, tmp_path / "game.mp4")
    shutil.copy(tiny, tmp_path / "small.safetensors")
    return tmp_path


def test_what_does_not_fit_is_computed_in_halves_and_in_order():
    small = SmallScorer(room=3)
    scorer = HalvingScorer(small)
    batches = [np.arange(10), np.arange(100, 102)]
    found = scorer.features_of(batches)
    assert [values.tolist() for values in found] == [list(range(0, 20, 2)), [200, 202]]
    assert [rows.tolist() for rows in scorer.frame_outputs([[n] for n in range(8)])] == [
        [n + 1] for n in range(8)
    ]


def test_the_size_that_fitted_is_kept():
    small = SmallScorer(room=3)
    scorer = HalvingScorer(small)
    scorer.frame_outputs([[n] for n in range(8)])
    small.calls.clear()
    scorer.frame_outputs([[n] for n in range(8)])
    assert max(small.calls) <= 3


def test_one_item_that_does_not_fit_is_a_sentence():
    scorer = HalvingScorer(SmallScorer(room=0))
    with pytest.raises(BballTagError, match="not enough memory"):
        scorer.features_of([np.arange(4)])
    with pytest.raises(BballTagError, match="not enough memory"):
        scorer.frame_outputs([[1], [2]])


def test_other_errors_are_passed_on():
    small = SmallScorer(room=3)
    small.features_of = lambda batches: 1 / 0
    with pytest.raises(ZeroDivisionError):
        HalvingScorer(small).features_of([np.arange(4)])


def test_annotating_with_little_memory_gives_the_same_events(folder):
    tally = Tally("out of memory in a batch")
    assert ended((*ANNOTATE, "--out", "a.csv"), folder).code == 0
    done = ended((*ANNOTATE, "--out", "b.csv"), folder, patch="little_memory")
    same = done.code == 0 and (folder / "a.csv").read_bytes() == (folder / "b.csv").read_bytes()
    tally.count("halved", done.fault or ("" if same else done.said))
    assert "Not enough memory for" in done.said
    done = ended((*ANNOTATE, "--out", "c.csv"), folder, patch="no_memory")
    tally.count("refused", done.fault or ("" if "There is not enough memory" in done.said else done.said))
    assert tally.lost == []
    assert done.code == 1


def test_a_thread_that_dies_ends_the_run_in_a_sentence_and_the_next_one_goes_on(folder):
    tally = Tally("a thread that dies")
    assert ended((*ANNOTATE, "--out", "a.csv"), folder).code == 0
    done = ended((*ANNOTATE, "--out", "b.csv"), folder, patch="a_thread_that_runs_out_of_memory")
    tally.count(f"exit {done.code}", done.fault)
    assert tally.lost == []
    assert (done.code, "There is not enough memory" in done.said) == (1, True)
    assert not (folder / "b.csv").exists()
    again = ended((*ANNOTATE, "--out", "b.csv"), folder)
    assert "Resuming at" in again.said
    assert (folder / "b.csv").read_bytes() == (folder / "a.csv").read_bytes()
