"""The search for players ends whole: no thread still reads a video that may be closed already."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from fractions import Fraction

import numpy as np
import pytest

from bball_tag.players.find import PlayerFinder
from bball_tag.players.observation import Detections
from bball_tag.players.tiles import WHOLE
from bball_tag.video.info import Frame, VideoInfo
from tests.moving_people import ColourDetector

NOBODY = Detections(np.zeros((0, 4), np.float32), np.zeros(0, np.float32), np.zeros(0, bool))


class Failing(ColourDetector):
    """Fails at the twentieth frame."""

    def __init__(self) -> None:
        self.calls = 0

    def detect(self, image, tiling=WHOLE):
        self.calls += 1
        if self.calls == 20:
            raise MemoryError
        return NOBODY


def test_after_an_error_no_thread_reads_on():
    reads = 0

    def frames() -> Iterator[Frame]:
        nonlocal reads
        for index in range(1000):
            reads += 1
            yield Frame(index, index / 12.5, np.zeros((90, 160, 3), np.uint8))

    finder = PlayerFinder(VideoInfo(None, 160, 90, Fraction(25), 80.0, 2000), Failing(), WHOLE)
    before = set(threading.enumerate())
    with pytest.raises(MemoryError) as error:
        list(finder.observed_chunks(frames(), range(31), 0, 12.5))
    # While the error is held, so is all that was at work.
    assert error.value
    assert set(threading.enumerate()) <= before
    assert 20 <= reads < 60
