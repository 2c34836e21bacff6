"""Addresses of shared storage: named and read as paths are, written whole or not at all."""

from __future__ import annotations

import os
import pickle
import sys
from pathlib import Path

import pytest

import bball_tag
from bball_tag.annotations.escaping import media_url, path_text
from bball_tag.backups import replacing_edited
from bball_tag.checkpoint.checkpoint import Checkpoint
from bball_tag.checks import as_local_path, as_path
from bball_tag.errors import BballTagError, OptionError, StorageError
from bball_tag.files import check_output, relative_path, replacing, scores_beside
from bball_tag.storage import Address, local_file, located, within
from tests.memory_storage import empty_storage


@pytest.fixture
def bucket():
    """An empty bucket in memory."""
    return empty_storage()


def test_an_address_is_named_like_a_path():
    address = located("memory://games/a/one.mp4")
    assert isinstance(address, Path)
    assert (str(address), address.name, address.suffix) == ("memory://games/a/one.mp4", "one.mp4", ".mp4")
    assert str(address.parent / "two.csv") == "memory://games/a/two.csv"
    assert str(address.with_name("b.json")) == "memory://games/a/b.json"
    assert str(scores_beside(address)) == "memory://games/a/one.mp4.scores.db"
    assert path_text(address) == media_url(address) == os.fspath(address) == "memory://games/a/one.mp4"
    assert address == located("MEMORY://games/a/one.mp4")
    assert str(pickle.loads(pickle.dumps(address))) == "memory://games/a/one.mp4"
    assert relative_path(address, Path("/somewhere")) == address


@pytest.mark.parametrize(
    "text", ["a:b.mp4", "c:/games/a.mp4", "./s3:/games/a.mp4", "concat:a.mp4|b.mp4", "https://games/a.mp4"]
)
def test_other_names_are_paths_as_before(text):
    assert located(text) == Path(text)
    assert not isinstance(located(text), Address)


def test_a_file_address_is_a_path_of_this_computer():
    assert located("file:///games/final%20one.mp4") == Path("/games/final one.mp4")


def test_a_path_that_stands_in_a_file_is_never_an_address():
    """Only what somebody types is: `Path` says nothing of an address."""
    assert not isinstance(as_path("video", Path("s3://games/a.mp4")), Address)


def test_our_own_files_keep_addresses_and_paths_apart():
    assert within(Path("/store"), "tracks/a.csv") == Path("/store/tracks/a.csv")
    assert within(Path("/store"), "memory://games/a.csv") == located("memory://games/a.csv")
    here = Path("a.csv").absolute()
    assert within(located("memory://games/out"), str(here)) == here


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("memory://", "write memory://bucket/folder/name"),
        ("memory://games//a.mp4", "write memory://bucket/folder/name"),
    ],
)
def test_an_address_that_cannot_be_one_is_refused_in_a_sentence(text, says):
    with pytest.raises(StorageError, match=says):
        located(text)


def test_a_missing_library_is_named_with_what_to_install(monkeypatch):
    from fsspec.registry import _registry

    monkeypatch.delitem(_registry, "s3", raising=False)
    monkeypatch.setitem(sys.modules, "s3fs", None)
    with pytest.raises(StorageError, match=r"pip install 'bball-tag\[s3\]'"):
        located("s3://games/a.mp4")


def test_files_and_folders_are_told_apart_and_listed(bucket):
    bucket.pipe("/games/in/a.mp4", b"abc")
    bucket.pipe("/games/in/b.mp4", b"")
    folder = located("memory://games/in")
    assert folder.is_dir()
    assert not folder.is_file()
    assert [one.name for one in folder.iterdir()] == ["a.mp4", "b.mp4"]
    assert list(map(str, folder.glob("a*"))) == ["memory://games/in/a.mp4"]
    assert (folder / "a.mp4").is_file()
    assert (folder / "a.mp4").stat().st_size == 3
    assert not (folder / "c.mp4").exists()
    (folder / "a.mp4").unlink()
    assert not (folder / "a.mp4").exists()


def test_text_and_bytes_are_read(bucket):
    bucket.pipe("/games/a.csv", "zwölf\nthree\n".encode())
    address = located("memory://games/a.csv")
    assert address.read_bytes() == "zwölf\nthree\n".encode()
    with address.open(encoding="utf-8") as file:
        assert file.readlines() == ["zwölf\n", "three\n"]


def test_what_a_library_of_a_storage_raises_is_an_os_error(bucket, monkeypatch):
    def fails(*given: object) -> None:
        raise RuntimeError("no route\nto the host")

    monkeypatch.setattr(type(bucket), "info", fails)
    with pytest.raises(OSError, match="no route to the host"):
        located("memory://games/a.csv").exists()
    with pytest.raises(StorageError, match=r"Cannot write memory://games/a.csv: no route to the host"):
        check_output(located("memory://games/a.csv"), overwrite=False)


def test_a_file_appears_at_an_address_when_all_of_it_is_there(bucket):
    address = located("memory://games/out/a.csv")
    with replacing(address) as draft:
        draft.write_text("one", encoding="utf-8")
        assert not address.exists()
        assert draft.name == "a.csv"
    assert address.read_text() == "one"
    assert not draft.exists()


def test_what_cannot_be_written_or_sent_leaves_the_old_file(bucket, monkeypatch):
    address = located("memory://games/a.csv")
    bucket.pipe("/games/a.csv", b"old")

    def interrupted() -> None:
        with replacing(address) as draft:
            draft.write_text("half", encoding="utf-8")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert address.read_bytes() == b"old"

    def refuses(*given: object, **more: object) -> None:
        raise PermissionError(13, "Access denied")

    monkeypatch.setattr(type(bucket), "put_file", refuses)
    denied = pytest.raises(BballTagError, match=r"Cannot write memory://games/a.csv: Access denied\.")
    with denied, replacing(address) as draft:
        draft.write_text("new", encoding="utf-8")
    assert address.read_bytes() == b"old"


def test_outputs_are_refused_before_the_work(bucket):
    bucket.pipe("/games/a.csv", b"")
    with pytest.raises(BballTagError, match="already exists"):
        check_output(located("memory://games/a.csv"), overwrite=False)
    check_output(located("memory://games/a.csv"), overwrite=True)
    check_output(located("memory://games/no/folder/is/needed.csv"), overwrite=False)
    with pytest.raises(StorageError, match="there is no memory://gmaes"):
        check_output(located("memory://gmaes/a.csv"), overwrite=False)


def test_a_table_that_somebody_edited_is_kept_there_too(bucket):
    address = located("memory://games/a.csv")
    for content in ("ours", "ours again"):
        with replacing_edited(address) as draft:
            draft.write_text(content, encoding="utf-8")
    assert not located("memory://games/a.backup.csv").exists()
    bucket.pipe("/games/a.csv", b"edited")
    with replacing_edited(address) as draft:
        draft.write_text("anew", encoding="utf-8")
    assert located("memory://games/a.backup.csv").read_bytes() == b"edited"


def test_a_local_copy_is_fetched_again_only_when_the_file_changes(bucket, monkeypatch):
    bucket.pipe("/games/c.safetensors", b"one")
    address = located("memory://games/c.safetensors")
    copy = local_file(address)
    assert (copy.name, copy.read_bytes()) == ("c.safetensors", b"one")
    copy.write_bytes(b"kept")
    assert local_file(address).read_bytes() == b"kept"
    bucket.pipe("/games/c.safetensors", b"three")
    assert local_file(address).read_bytes() == b"three"
    assert local_file(copy) == copy
    with pytest.raises(StorageError, match="there is no such file"):
        local_file(located("memory://games/d.safetensors"))


def test_a_checkpoint_is_fetched_wherever_it_is_sent(bucket, monkeypatch, tmp_path):
    """The copy that this computer has is none of another one's."""
    sample = Path(bball_tag.__file__).parent / "checkpoint" / "sample.safetensors"
    bucket.pipe("/games/sample.safetensors", sample.read_bytes())
    sent = pickle.dumps(Checkpoint("memory://games/sample.safetensors"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "elsewhere"))
    opened = pickle.loads(sent)
    assert tmp_path / "elsewhere" in opened.path.parents
    assert opened.id == Checkpoint(sample).id


def test_what_must_lie_on_this_computer_is_no_address(bucket):
    assert as_local_path("out", "run") == Path("run")
    with pytest.raises(
        OptionError, match=r"out must be a file or folder of this computer .* memory://games/run"
    ):
        as_local_path("out", "memory://games/run")
