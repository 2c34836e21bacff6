"""What is made to go wrong within a run: called by name in its process."""

from __future__ import annotations

import builtins
import errno
import io
import os
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

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
