"""From nothing: features of a network that knows no labels, then a checkpoint of what a person judged."""

from __future__ import annotations

import csv
import shutil
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import torch

from bball_tag.annotations import read_annotation
from bball_tag.checkpoint import zoo as model_zoo
from bball_tag.checkpoint.checkpoint import Checkpoint
from bball_tag.checkpoint.model import build_model
from bball_tag.clips import ClipSpec
from tests.e2e.conftest import Command

pytestmark = pytest.mark.slow
SAMPLES = Path(__file__).parents[2] / "sample_videos"
NAME = "SLOW_8x8_R50.pyth"
UNTIL = 5


class Server(ThreadingHTTPServer):
    """Serves a folder, and counts what is asked of it."""

    requests = 0


class _Handler(SimpleHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        self.server.requests += 1
        super().do_GET()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file like that of the model zoo, with made-up values."""
    torch.manual_seed(3)
    path = tmp_path_factory.mktemp("zoo") / NAME
    torch.save({"model_state": build_model(400, ClipSpec(height=224, width=224)).state_dict()}, path)
    return path


@pytest.fixture
def zoo(weights: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """The model zoo on this machine."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with Server(("127.0.0.1", 0), partial(_Handler, directory=str(weights.parent))) as server:
        monkeypatch.setattr(model_zoo, "KINETICS_URL", f"http://127.0.0.1:{server.server_port}/{NAME}")
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def test_a_game_is_learned_from_nothing(run: Command, tmp_path, zoo):
    for name in ("drill.mp4", "drill.tracks.csv"):
        shutil.copy(SAMPLES / name, tmp_path / name)
    known = ("--tracks", "drill.tracks.csv", "--end", UNTIL, "--backend", "torch")
    done = run("annotate", "drill.mp4", *known, "--checkpoint", "kinetics", "--out", "actions.xlsx")
    assert done.returncode == 0, done.stderr
    assert "kinetics knows no labels yet, so there are no events" in done.stderr
    assert "learn judge.xlsx --checkpoint kinetics --out mine.safetensors" in done.stderr
    assert len(read_annotation(tmp_path / "actions.xlsx")) == 0

    done = run("suggest", "drill.mp4", "--count", 2, "--out", "judge.xlsx")
    assert done.returncode == 0, done.stderr
    # Nothing is surer than anything else: all are spread.
    assert {event.remark for event in read_annotation(tmp_path / "judge.xlsx")} == {
        "unlike what was judged or chosen before"
    }
    done = run("similar", "drill.mp4", "--like", 2, "--count", 1, "--out", "alike.csv")
    assert done.returncode == 0, done.stderr

    with (SAMPLES / "drill.truth.csv").open() as file:
        rows = [row for row in csv.DictReader(file) if float(row["start_s"]) < UNTIL]
    judged = [",".join(row[name] for name in ("start_s", "end_s", "label", "player")) for row in rows]
    (tmp_path / "mine.csv").write_text("\n".join(["start_s,end_s,label,player", *judged]) + "\n")
    given = ("--video", "drill.mp4", "--checkpoint", "kinetics", "--out", "mine.safetensors")
    done = run("learn", "mine.csv", *given)
    assert done.returncode == 0, done.stderr
    assert {row["label"] for row in rows} <= set(Checkpoint(tmp_path / "mine.safetensors").contract.labels)

    done = run(
        "annotate", "drill.mp4", "--checkpoint", "mine.safetensors", "--out", "actions.xlsx", "--overwrite"
    )
    assert "the video is not read" in done.stderr
    assert zoo.requests == 1


def test_features_that_are_not_kept_make_no_sense(run: Command, zoo):
    shutil.copy(SAMPLES / "drill.mp4", "drill.mp4")
    done = run("annotate", "drill.mp4", "--checkpoint", "kinetics", "--no-features", "--out", "actions.csv")
    assert done.returncode == 2
    assert "kinetics makes features and nothing else: keep them." in done.stderr


def test_without_a_connection_it_says_what_to_put_where(run: Command, monkeypatch, weights):
    address = f"http://127.0.0.1:9/{NAME}"
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setattr(model_zoo, "KINETICS_URL", address)
    shutil.copy(SAMPLES / "drill.mp4", "drill.mp4")
    asked = ("annotate", "drill.mp4", "--checkpoint", "kinetics", "--end", "0.1", "--out", "actions.csv")
    done = run(*asked)
    assert done.returncode == 1
    place = Path(torch.hub.get_dir()) / "checkpoints" / NAME
    assert f"Cannot download {address}" in done.stderr
    assert f"put it here: {place}" in done.stderr

    monkeypatch.setattr(
        torch.hub, "download_url_to_file", lambda _, path, **__: Path(path).write_bytes(b"PK")
    )
    done = run(*asked)
    assert "what came is damaged or incomplete. Try again." in done.stderr
    assert not place.exists()

    # As the sentence says.
    place.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(weights, place)
    done = run(*asked, "--tracks", SAMPLES / "drill.tracks.csv")
    assert done.returncode == 0, done.stderr
