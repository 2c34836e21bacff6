"""Of a video on shared storage, only the part is fetched that is read."""

from __future__ import annotations

import pickle
from pathlib import Path

import av
import fsspec
import numpy as np
import pytest
from fsspec.implementations.memory import MemoryFileSystem
from fsspec.spec import AbstractBufferedFile

from bball_tag.storage import address as addresses
from bball_tag.storage import remote_file
from bball_tag.video import timeline
from bball_tag.video.video import Video

BLOCK = 32 << 10
FPS, SECONDS = 25, 60


class Ranges(AbstractBufferedFile):
    """A file that is read as one in a bucket is, by ranges; their bytes are counted."""

    fetched = 0

    def _fetch_range(self, start, end):
        Ranges.fetched += end - start
        return self.fs.store[self.path].getvalue()[start:end]


@pytest.fixture
def storage(monkeypatch):
    """Storage in memory that counts."""
    plain = MemoryFileSystem._open

    def opened(self, path, mode="rb", block_size=None, cache_type=None, **more):
        if mode != "rb":
            return plain(self, path, mode, **more)
        size = len(self.store[path].getvalue())
        return Ranges(self, path, mode, block_size=block_size, cache_type=cache_type, size=size)

    monkeypatch.setattr(MemoryFileSystem, "_open", opened)
    # As the videos are small.
    monkeypatch.setattr(remote_file, "FIRST", BLOCK // 8)
    monkeypatch.setattr(addresses, "FIRST", BLOCK // 8)
    monkeypatch.setattr(remote_file, "MOST", BLOCK)
    found = fsspec.filesystem("memory")
    found.store.clear()
    return found


def noise(path: Path, options: dict[str, str]) -> Path:
    """Write a minute of noise with silence: some ten megabytes in a small picture."""
    rng = np.random.default_rng(0)
    with av.open(path, "w", options=options) as container:
        quick = {"preset": "ultrafast", "crf": "15", "g": "25"}
        video = container.add_stream("libx264", rate=FPS, options=quick)
        video.width, video.height, video.pix_fmt = 96, 96, "yuv420p"
        audio = container.add_stream("aac", rate=48_000, layout="mono")
        for index in range(FPS * SECONDS):
            frame = av.VideoFrame.from_ndarray(rng.integers(0, 256, (96, 96, 3), np.uint8), format="rgb24")
            container.mux(video.encode(frame))
            if index % FPS == 0:
                silence = av.AudioFrame.from_ndarray(np.zeros((1, 48_000), np.float32), "fltp", "mono")
                silence.sample_rate = 48_000
                container.mux(audio.encode(silence))
        container.mux(video.encode(None))
        container.mux(audio.encode(None))
    return path


@pytest.mark.parametrize(
    ("name", "options", "opened", "read"),
    [
        ("end.mp4", {}, 0.05, 0.08),
        ("front.mp4", {"movflags": "faststart"}, 0.05, 0.08),
        ("game.mkv", {}, 1.2, 0.08),
        ("game.ts", {}, 1.2, 0.12),
        ("fragments.mp4", {"movflags": "frag_keyframe+empty_moov"}, 2.0, 0.45),
    ],
)
def test_a_worker_fetches_its_part_and_little_more(storage, tmp_path, name, options, opened, read):
    """Two of sixty seconds near the end; when frames are shown comes with the video that is sent.

    `opened` and `read` are shares of the file, of which the two seconds are 3 %.
    """
    path = noise(tmp_path / name, options)
    size = path.stat().st_size
    assert size > 100 * BLOCK
    storage.pipe(f"/games/{name}", path.read_bytes())

    Ranges.fetched = 0
    sent = pickle.dumps(Video(f"memory://games/{name}"))
    assert Ranges.fetched < opened * size

    # As in another process.
    timeline._timeline.cache_clear()
    timeline._brought.clear()
    Ranges.fetched = 0
    part = [frame.image for frame in pickle.loads(sent).frames(10, 55, 57)]
    assert Ranges.fetched < read * size

    expected = [frame.image for frame in Video(path).frames(10, 55, 57)]
    assert len(part) == 20
    assert all(np.array_equal(one, other) for one, other in zip(part, expected, strict=True))


def test_identity_needs_the_ends_of_a_file_only(storage, tmp_path):
    path = noise(tmp_path / "front.mp4", {"movflags": "faststart"})
    storage.pipe("/games/front.mp4", path.read_bytes())
    video = Video("memory://games/front.mp4")
    Ranges.fetched = 0
    assert video.content_id == Video(path).content_id
    # A mebibyte of each end, and what is fetched ahead.
    assert Ranges.fetched < (2 << 20) + 4 * BLOCK < 0.5 * path.stat().st_size


def test_a_timeline_that_was_brought_is_not_used_for_another_file_of_that_name(storage, tmp_path):
    first = noise(tmp_path / "game.mkv", {})
    sent = pickle.dumps(Video(first))
    with av.open(str(first), "w") as container:
        video = container.add_stream("libx264", rate=10)
        video.width, video.height, video.pix_fmt = 96, 96, "yuv420p"
        for _ in range(30):
            image = np.zeros((96, 96, 3), np.uint8)
            container.mux(video.encode(av.VideoFrame.from_ndarray(image, format="rgb24")))
        container.mux(video.encode(None))
    pickle.loads(sent)
    assert timeline.timeline_of(first).rate == 10
