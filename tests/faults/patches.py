"""What is made to go wrong within a run: called by name in its process."""

from __future__ import annotations

import builtins
import errno
import importlib
import io
import itertools
import os
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

MOST_ROOM = 3
"""Images, and clips, for which there is memory."""


def little_memory() -> None:
    """Let the card have memory for a few clips."""
    _memory_for(MOST_ROOM)


def no_memory() -> None:
    """Let the card have no memory at all."""
    _memory_for(0)


def a_thread_that_runs_out_of_memory() -> None:
    """Let what decodes in a thread run out of memory after some frames."""
    from bball_tag.video.frames import FrameReader

    real = FrameReader.__iter__

    def few(self: FrameReader) -> Iterator[Any]:
        for count, frame in enumerate(real(self)):
            if count == 40:
                raise MemoryError
            yield frame

    FrameReader.__iter__ = few  # type: ignore[method-assign]


def players_are_painted() -> None:
    """Let players be found by their colours, and their keypoints too, which takes no time."""
    import bball_tag.players.pose as pose
    import bball_tag.scoring.run_subjects as run_subjects
    from tests.moving_people import ColourDetector

    run_subjects.open_detector = lambda name, classes: ColourDetector()  # type: ignore[assignment]
    pose.open_pose = PaintedPose  # type: ignore[assignment]


class PaintedPose:
    """Stands in for the estimator: its keypoints depend on the image, and on that alone."""

    def keypoints(self, images: Sequence[np.ndarray]) -> np.ndarray:
        """Return as many as the estimator would."""
        found = np.full((len(images), 13, 3), 0.5, np.float32)
        for points, image in zip(found, images, strict=True):
            points[:, 0] = image.mean() / 255
        return found


def a_detector_without_memory() -> None:
    """Let OpenCV find no memory for a frame, in its own words."""
    import cv2

    def full() -> None:
        raise cv2.error("OpenCV(5.0.0) alloc.cpp:73: error: (-4:Insufficient memory) Failed to allocate")

    _fails("tests.moving_people.ColourDetector.detect", full, at=140)


def a_detector_with_a_fault() -> None:
    """Let the thread that finds players meet a fault of ours."""
    _fails("tests.moving_people.ColourDetector.detect", lambda: 1 // 0, at=140)


def keypoints_without_a_thread() -> None:
    """Let the system refuse one more thread while keypoints are found."""

    def none() -> None:
        raise RuntimeError("can't start new thread")

    _fails("tests.faults.patches.PaintedPose.keypoints", none, at=60)


def keypoints_with_a_fault() -> None:
    """Let one of the threads that find keypoints meet a fault of ours."""
    _fails("tests.faults.patches.PaintedPose.keypoints", lambda: 1 // 0, at=60)


def _fails(name: str, fault: Callable[[], object], at: int) -> None:
    """Let a method of the stand-ins fail at its call of number `at`, in the middle of the video."""
    players_are_painted()
    module, owner, method = name.rsplit(".", 2)
    kind = getattr(importlib.import_module(module), owner)
    real, calls = getattr(kind, method), itertools.count()

    def failing(self: object, *arguments: Any) -> Any:
        if next(calls) == at:
            fault()
        return real(self, *arguments)

    setattr(kind, method, failing)


def _memory_for(room: int) -> None:
    import torch

    from bball_tag.scoring.backends.pytorch import TorchScorer

    outputs, features = TorchScorer.frame_outputs, TorchScorer.features_of

    def check(count: int) -> None:
        if count > room:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 GiB.")

    def frame_outputs(self: TorchScorer, runs: Sequence[Any]) -> Any:
        check(len(runs))
        return outputs(self, runs)

    def features_of(self: TorchScorer, batches: Sequence[Any]) -> Any:
        check(sum(map(len, batches)))
        return features(self, batches)

    TorchScorer.frame_outputs, TorchScorer.features_of = frame_outputs, features_of  # type: ignore[method-assign]


def a_disk_that_fails() -> None:
    """Let reading a video fail after its first half."""
    from bball_tag.video import container

    class Failing(container._File):
        def __init__(self, file: Any, suffix: str) -> None:
            super().__init__(file, suffix)
            half = os.fstat(file.fileno()).st_size // 2

            def read(size: int) -> bytes:
                if file.tell() > half and threading.current_thread() is not threading.main_thread():
                    raise OSError(errno.EIO, "Input/output error")
                return bytes(file.read(size))

            self.read = read

    container._File = Failing  # type: ignore[misc]


def read_only_folders() -> None:
    """Refuse to make anything in a folder called `locked`, as the system refuses it to all but its master."""
    real_access, real_mkdir, real_open = os.access, os.mkdir, io.open

    def is_locked(path: Any) -> bool:
        return "locked" in Path(str(path)).parts

    def access(path: Any, mode: int, **how: Any) -> bool:
        return real_access(path, mode, **how) and not (mode & os.W_OK and is_locked(path))

    def mkdir(path: Any, *rest: Any, **how: Any) -> None:
        if is_locked(path):
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        real_mkdir(path, *rest, **how)

    def opened(file: Any, mode: str = "r", *rest: Any, **how: Any) -> Any:
        if is_locked(file) and set(mode) & set("wax+"):
            raise PermissionError(errno.EACCES, "Permission denied", str(file))
        return real_open(file, mode, *rest, **how)

    os.access, os.mkdir, io.open, builtins.open = access, mkdir, opened, opened
