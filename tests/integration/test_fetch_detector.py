"""A detector from an address: fetched once, whole or not at all, and checked ever after."""

from __future__ import annotations

import hashlib
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from bball_tag.errors import DetectorError, OptionError
from bball_tag.players.detect import open_detector
from tests.yolox_files import output_for, write_model


class Server(ThreadingHTTPServer):
    """Serves one content under every address; `/broken…` ends halfway, `/missing…` is not there."""

    def __init__(self, content: bytes) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.content, self.requests = content, 0

    def address(self, path: str) -> str:
        return f"http://127.0.0.1:{self.server_port}/{path}"


class _Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        self.server.requests += 1
        if self.path.startswith("/missing"):
            self.send_error(404)
            return
        content = self.server.content
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content[: len(content) // 2] if self.path.startswith("/broken") else content)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def server(tmp_path, monkeypatch) -> Iterator[Server]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    path = write_model(tmp_path / "served.onnx", (64, 96), output_for(64, 96, 80, {}))
    with Server(path.read_bytes()) as running:
        thread = threading.Thread(target=running.serve_forever)
        thread.start()
        yield running
        running.shutdown()
        thread.join()


@pytest.fixture
def cache(monkeypatch, tmp_path) -> Path:
    folder = tmp_path / "cache"
    monkeypatch.setattr("platformdirs.user_cache_path", lambda *_, **__: folder)
    return folder


def files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


def refusal(address: str) -> str:
    with pytest.raises(DetectorError) as refused:
        open_detector(address)
    return str(refused.value)


def test_it_is_fetched_once_and_its_sum_recorded(server, cache):
    first = open_detector(server.address("yolox_own.onnx"))
    again = open_detector(server.address("yolox_own.onnx"))
    assert server.requests == 1
    assert first.name == "yolox_own"
    assert again.id == first.id
    assert files(cache) == ["yolox_own.onnx", "yolox_own.onnx.sha256"]
    recorded = next(cache.rglob("*.sha256")).read_text().split()
    assert recorded == [hashlib.sha256(server.content).hexdigest(), "yolox_own.onnx"]


def test_two_addresses_with_one_name_are_two_files(server, cache):
    open_detector(server.address("a/own.onnx"))
    open_detector(server.address("b/own.onnx"))
    assert server.requests == 2
    assert files(cache).count("own.onnx") == 2


def test_the_right_sum_is_accepted_in_capitals_too(server, cache):
    total = hashlib.sha256(server.content).hexdigest()
    open_detector(server.address(f"own.onnx#sha256={total.upper()}"))
    open_detector(server.address(f"own.onnx#sha256={total}"))
    assert server.requests == 1


def test_a_wrong_sum_leaves_nothing(server, cache):
    said = refusal(server.address(f"own.onnx#sha256={'0' * 64}"))
    assert f"has not the SHA-256 sum {'0' * 64}" in said
    assert server.address("own.onnx") in said
    assert files(cache) == []


def test_a_download_that_breaks_halfway_leaves_nothing(server, cache):
    said = refusal(server.address("broken.onnx"))
    assert f"Cannot fetch the detector from {server.address('broken.onnx')}: the connection broke" in said
    assert files(cache) == []


def test_a_missing_file_is_named_with_the_answer_of_the_server(server, cache):
    assert "the server answers 404 Not Found" in refusal(server.address("missing.onnx"))
    assert files(cache) == []


def test_offline_the_folder_is_named_and_a_file_put_there_is_used(server, cache):
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{closed.getsockname()[1]}/own.onnx"
    said = refusal(address)
    assert f"Cannot fetch the detector from {address}: the server cannot be reached" in said
    folder = Path(said.split("put it into ")[1].split(" as ")[0])
    assert folder.is_relative_to(cache)
    (folder / "own.onnx").write_bytes(server.content)
    assert open_detector(address).name == "own"
    assert files(cache) == ["own.onnx", "own.onnx.sha256"]


def test_a_file_that_changes_in_the_cache_is_refused(server, cache):
    open_detector(server.address("own.onnx"))
    path = next(cache.rglob("own.onnx"))
    path.write_bytes(b"something else")
    said = refusal(server.address("own.onnx"))
    assert f"{path} is not the file that it should be" in said
    path.unlink()
    open_detector(server.address("own.onnx"))
    assert server.requests == 2


def test_a_file_that_changes_at_its_address_is_refused(server, cache):
    open_detector(server.address("own.onnx"))
    next(cache.rglob("own.onnx")).unlink()
    server.content += b"\x00"
    assert "has not the SHA-256 sum" in refusal(server.address("own.onnx"))
    assert files(cache) == ["own.onnx.sha256"]


def test_what_comes_is_still_checked_to_be_a_detector(server, cache):
    server.content = b"<html>Please log in</html>"
    assert "is not a YOLOX detector" in refusal(server.address("own.onnx"))


@pytest.mark.parametrize("address", ["http://", "https:///own.onnx", "http://127.0.0.1/own.onnx#sha256=12"])
def test_an_address_that_makes_no_sense_is_refused(cache, address):
    with pytest.raises(OptionError, match="The address"):
        open_detector(address)


def test_a_cache_that_cannot_be_written_is_named(server, cache):
    cache.write_text("a file where the folder should be")
    with pytest.raises(Exception, match="Cannot write into"):
        open_detector(server.address("own.onnx"))
