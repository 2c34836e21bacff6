"""Storage with folders, as of sftp and smb: a file gets its name when all of it is there."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from bball_tag import watching
from bball_tag.errors import BballTagError
from bball_tag.files import make_folder, replacing
from bball_tag.storage import Address, each_of, expanded, located
from bball_tag.watching import _Arrivals, arrivals
from tests.memory_storage import empty_storage


@pytest.fixture
def drive(monkeypatch):
    """A drive that lists what happens on it."""
    storage = empty_storage()
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


@pytest.fixture
def strict(drive, monkeypatch):
    """A drive that renames nothing over another file, as SMB."""
    plain = type(drive).mv

    def mv(self, old, new, **more):
        if self.exists(new):
            # smbprotocol's SMBOSError is one.
            raise OSError("STATUS_OBJECT_NAME_COLLISION")
        plain(self, old, new, **more)

    monkeypatch.setattr(type(drive), "mv", mv)
    return drive


def write(text):
    with replacing(located("memory://games/out/a.csv")) as draft:
        draft.write_text(text, encoding="utf-8")


def test_a_file_is_replaced_where_the_storage_renames_nothing_over_another(strict):
    for text in ("first", "second", "third"):
        write(text)
        assert {path: strict.cat_file(path) for path in strict.find("/games")} == {
            "/games/out/a.csv": text.encode()
        }


def test_what_was_finished_comes_back_where_it_cannot_be_replaced(strict, monkeypatch):
    write("first")
    plain = type(strict).mv

    def mv(self, old, new, **more):
        if old.endswith(".part") and not self.exists(new):
            raise ConnectionError("reset by peer")
        plain(self, old, new, **more)

    monkeypatch.setattr(type(strict), "mv", mv)
    with pytest.raises(BballTagError, match="reset by peer"):
        write("second")
    assert {path: strict.cat_file(path) for path in strict.find("/games")} == {"/games/out/a.csv": b"first"}


def test_another_reason_why_a_file_is_not_renamed_is_told_and_nothing_is_moved(strict, monkeypatch):
    write("first")

    def mv(self, old, new, **more):
        raise PermissionError("not permitted")

    monkeypatch.setattr(type(strict), "mv", mv)
    with pytest.raises(BballTagError, match="not permitted"):
        write("second")
    assert {path: strict.cat_file(path) for path in strict.find("/games")} == {"/games/out/a.csv": b"first"}


def test_an_object_of_azure_is_replaced_whatever_its_library_does_by_itself(drive, monkeypatch):
    sent = []
    address = located("memory://games/out/a.csv")
    monkeypatch.setattr(Address, "is_in_object_store", property(lambda self: True))
    monkeypatch.setattr(type(drive), "put_file", lambda self, *given, **more: sent.append(more))
    with replacing(address):
        pass
    monkeypatch.setattr(Address, "scheme", property(lambda self: "az"))
    with replacing(address):
        pass
    assert sent == [{}, {"overwrite": True}]


def test_wildcards_of_an_address_are_what_lies_there_in_order(drive):
    for name in ("b.mp4", "a.mp4", "c.txt"):
        drive.pipe(f"/games/{name}", b"x")
    found = expanded([located("memory://games/*.mp4"), located("memory://games/c.txt")])
    assert [path.name for path in found] == ["a.mp4", "b.mp4", "c.txt"]
    with pytest.raises(BballTagError, match="no file there has such a name"):
        expanded([located("memory://games/*.mkv")])


def test_wildcards_keep_the_machine_where_the_storage_leaves_it_out(drive, monkeypatch):
    drive.pipe("/games/a.mp4", b"x")
    # As of sftp and smb.
    monkeypatch.setattr(type(drive), "unstrip_protocol", lambda self, name: f"sftp:///{name.lstrip('/')}")
    assert [str(path) for path in expanded([located("memory://games/*.mp4")])] == ["memory://games/a.mp4"]


def test_an_object_stores_folder_is_watched_while_nothing_lies_in_it(drive, monkeypatch, caplog):
    with pytest.raises(BballTagError, match="there is no such folder"):
        next(arrivals(located("memory://games/in")))
    monkeypatch.setattr(Address, "is_in_object_store", property(lambda self: True))
    monkeypatch.setattr(watching, "REST_S", 0.0)
    asked = []

    def comes(seconds):
        asked.append(seconds)
        drive.pipe("/games/in/a.mp4", b"x")

    monkeypatch.setattr(watching.time, "sleep", comes)
    monkeypatch.setattr(watching, "_why_closed", lambda *given: None)
    found = next(arrivals(located("memory://games/in")))
    assert [path.name for path in found.videos] == ["a.mp4"]
    assert asked
    assert caplog.text == ""


def test_addresses_are_asked_about_at_the_same_time_and_answered_in_order(drive):
    drive.pipe("/games/b.mp4", b"x")
    paths = [located(f"memory://games/{name}.mp4") for name in "abc"]
    together = threading.Barrier(3, timeout=30)

    def asked(path):
        together.wait()
        return path.is_file()

    assert each_of(asked, paths) == [False, True, False]
    assert each_of(lambda path: path.name, [Path("a"), Path("b")]) == ["a", "b"]


def test_a_folder_is_watched_with_one_question(drive, monkeypatch):
    drive.pipe("/games/a.mp4", b"abc")
    drive.pipe("/games/empty.mp4", b"")
    drive.pipe("/games/sub/b.mp4", b"x")
    asked = []
    plain = type(drive).ls

    def ls(self, *given, **more):
        asked.append(given)
        return plain(self, *given, **more)

    monkeypatch.setattr(type(drive), "ls", ls)
    monkeypatch.setattr(type(drive), "info", lambda self, *given, **more: asked.append(given))
    found = _Arrivals()
    assert found.complete(located("memory://games"), 0.0) == []
    assert list(map(str, found.complete(located("memory://games"), 100.0))) == ["memory://games/a.mp4"]
    assert len(asked) == 2
