"""Of a file on shared storage, little is fetched after a jump and much where it is read on."""

from __future__ import annotations

import io
import random

import pytest

from bball_tag.storage import remote_file
from bball_tag.storage.remote_file import RemoteFile

CONTENT = random.Random(0).randbytes(5000)


class Noted(io.BytesIO):
    """A file that notes what is read of it."""

    def __init__(self) -> None:
        super().__init__(CONTENT)
        self.fetched: list[tuple[int, int]] = []

    def read(self, size: int | None = -1) -> bytes:
        self.fetched.append((self.tell(), size or 0))
        return super().read(size)


@pytest.fixture
def noted(monkeypatch):
    monkeypatch.setattr(remote_file, "FIRST", 100)
    monkeypatch.setattr(remote_file, "MOST", 400)
    return Noted()


def test_pieces_grow_where_a_file_is_read_on_and_are_small_after_a_jump(noted):
    file = io.BufferedReader(RemoteFile(noted, "a"), 50)
    assert file.read(1500) == CONTENT[:1500]
    assert noted.fetched == [(0, 100), (100, 200), (300, 400), (700, 400), (1100, 400)]
    noted.fetched.clear()
    file.seek(3000)
    assert file.read(150) == CONTENT[3000:3150]
    assert noted.fetched == [(3000, 100), (3100, 200)]


def test_what_was_fetched_a_moment_ago_is_not_fetched_again(noted):
    """As where sound lies behind the frames of its time."""
    file = io.BufferedReader(RemoteFile(noted, "a"), 50)
    for place in (0, 2000, 40, 2040, 90, 2090):
        file.seek(place)
        assert file.read(10) == CONTENT[place : place + 10]
    assert noted.fetched == [(0, 100), (2000, 100)]


def test_any_order_of_reading_gives_the_bytes_of_the_file(noted):
    file, rng = io.BufferedReader(RemoteFile(noted, "a"), 50), random.Random(1)
    for _ in range(500):
        place, size = rng.randrange(5200), rng.randrange(700)
        file.seek(place)
        assert file.read(size) == CONTENT[place : place + size]
    assert file.seek(-10, io.SEEK_END) == 4990
    assert file.read() == CONTENT[4990:]
    assert file.read() == b""


def test_what_a_library_raises_is_an_os_error_that_names_the_file(noted, monkeypatch):
    def breaks(size: int) -> bytes:
        raise RuntimeError("token\nhas expired")

    monkeypatch.setattr(noted, "read", breaks)
    with pytest.raises(OSError, match=r"token has expired.*s3://games/a.mp4"):
        RemoteFile(noted, "s3://games/a.mp4").read(1)
