"""Storage with folders, as of sftp and smb: a file gets its name when all of it is there."""

from __future__ import annotations

import fsspec
import pytest

from bball_tag.errors import BballTagError
from bball_tag.files import make_folder, replacing
from bball_tag.storage import Address, expanded, located


@pytest.fixture
def drive(monkeypatch):
    """A drive that lists what happens on it."""
    storage = fsspec.filesystem("memory")
    storage.store.clear()
    storage.pseudo_dirs[:] = ["", "/games"]
    monkeypatch.setattr(Address, "is_in_object_store", property(lambda self: False))
    storage.seen = []
    for name in ("put_file", "mv"):
        plain = getattr(type(storage), name)

        def noted(self, *given, _plain=plain, _name=name, **more):
            storage.seen.append((_name, given[-1]))
            return _plain(self, *given, **more)

        monkeypatch.setattr(type(storage), name, noted)
    return storage


def test_a_file_is_sent_under_another_name_and_renamed(drive):
    make_folder(located("memory://games/out"))
    assert located("memory://games/out").is_dir()
    with replacing(located("memory://games/out/a.csv")) as draft:
        draft.write_text("all of it", encoding="utf-8")
    (sent, under), (renamed, to) = drive.seen
    assert (sent, renamed) == ("put_file", "mv")
    assert under.startswith("/games/out/.a.csv.")
    assert to == "/games/out/a.csv"
    assert [path.name for path in located("memory://games/out").iterdir()] == ["a.csv"]


def test_a_file_that_is_sent_in_part_never_gets_its_name(drive, monkeypatch):
    def breaks_off(self, local, place, **more):
        self.pipe_file(place, b"half")
        raise ConnectionError("reset by peer")

    monkeypatch.setattr(type(drive), "put_file", breaks_off)
    with pytest.raises(BballTagError, match="reset by peer"), replacing(located("memory://games/a.csv")):
        pass
    assert drive.find("/games") == []


def test_wildcards_of_an_address_are_what_lies_there_in_order(drive):
    for name in ("b.mp4", "a.mp4", "c.txt"):
        drive.pipe(f"/games/{name}", b"x")
    found = expanded([located("memory://games/*.mp4"), located("memory://games/c.txt")])
    assert [path.name for path in found] == ["a.mp4", "b.mp4", "c.txt"]
    with pytest.raises(BballTagError, match="no file there has such a name"):
        expanded([located("memory://games/*.mkv")])
