"""`bball-tag train` on several computers: here, two of torchrun's nodes on one."""

from __future__ import annotations

import csv
import json
import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from safetensors.torch import load_file

from tests.synthetic import write_video

WAIT_S = 240
ALIKE = (
    *(
        "--width",
        "8",
        "--size",
        "32x32",
        "--frames",
        "4",
        "--batch-size",
        "8",
        "--seed",
        "1",
        "--threads",
        "1",
    ),
    # Chance apart: each process hides other features and changes its own clips.
    *("--dropout", "0", "--augment", "none", "--precision", "fp32", "--epochs", "2", "--device", "cpu"),
)


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for each of three labels."""
    folder = tmp_path_factory.mktemp("clips")
    for label, first in (("left", 1), ("right", 2000), ("stays", 4000)):
        (folder / label).mkdir()
        for number in range(16):
            shown = [(first + number * 29 + index * 3) % 4096 for index in range(8)]
            write_video(folder / label / f"{number:02d}.mp4", shown, size=(64, 48))
    return folder


def nodes(folders: list[Path], data: list[Path], *more: str) -> list[subprocess.CompletedProcess[str]]:
    """Train as two computers do that work in `folders`; return what each of them said."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    started = [
        subprocess.Popen(
            [
                *(sys.executable, "-m", "torch.distributed.run", "--nnodes", "2", "--nproc-per-node", "1"),
                *("--node-rank", f"{rank}", "--master-addr", "127.0.0.1", "--master-port", f"{port}"),
                *("-m", "bball_tag", "train", f"{data[rank]}", "--out", "run", "--nodes", "2", *ALIKE, *more),
            ],
            cwd=folder,
            env={
                **os.environ,
                "OMP_NUM_THREADS": "1",
                "CUDA_VISIBLE_DEVICES": "",
                "GLOO_SOCKET_IFNAME": "lo",
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for rank, folder in enumerate(folders)
    ]
    try:
        told = [process.communicate(timeout=WAIT_S) for process in started]
    finally:
        for process in started:
            process.kill()
    pairs = zip(started, told, strict=True)
    return [subprocess.CompletedProcess(one.args, one.returncode, *said) for one, said in pairs]


def rows(folder: Path) -> list[dict[str, float]]:
    with (folder / "log.csv").open(newline="") as file:
        return [{name: float(value) for name, value in row.items()} for row in csv.DictReader(file)]


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="torch's gloo is told the loopback by its name on Linux")
def test_two_computers_train_what_one_does_and_one_of_them_writes_it(run, clips, tmp_path):
    assert run("train", clips, "--out", "one", *ALIKE).returncode == 0
    first, second = nodes([tmp_path, tmp_path], [clips, clips])
    assert first.returncode == second.returncode == 0, first.stderr + second.stderr
    assert first.stdout == "run/checkpoint.safetensors\n"
    assert second.stdout == ""
    assert first.stderr.count("Epoch 2/2") == 1
    assert "Epoch" not in second.stderr
    for one, two in zip(rows(tmp_path / "one"), rows(tmp_path / "run"), strict=True):
        assert two == pytest.approx(one, rel=2e-3)
    weights = [load_file(tmp_path / name / "checkpoint.safetensors") for name in ("one", "run")]
    # Adam makes a step of the same length of the smallest difference: weights are compared as a whole.
    apart = sum(float((weights[0][name] - two).square().sum()) for name, two in weights[1].items())
    assert apart < 1e-4 * sum(float(two.square().sum()) for two in weights[1].values())
    figures = [json.loads((tmp_path / name / "report.json").read_text()) for name in ("one", "run")]
    assert figures[0]["num_clips"] == figures[1]["num_clips"]
    assert not list((tmp_path / "run").glob(".*")), "no draft and no mark is left"


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="torch's gloo is told the loopback by its name on Linux")
def test_computers_with_other_clips_or_another_folder_are_told(clips, tmp_path):
    other = shutil.copytree(clips, tmp_path / "other")
    (other / "left" / "00.mp4").rename(other / "right" / "16.mp4")
    first, second = nodes([tmp_path, tmp_path], [clips, other])
    assert first.returncode != 0
    assert second.returncode != 0
    assert "The computers have other clips" in first.stderr

    apart = [tmp_path / "a", tmp_path / "b"]
    for folder in apart:
        folder.mkdir()
    first, second = nodes(apart, [clips, clips])
    assert first.returncode != 0
    assert second.returncode != 0
    assert "--out must lie on a drive that all of them share" in first.stderr


def test_several_computers_need_a_launcher_that_says_which_is_which(run, clips, monkeypatch):
    alone = run("train", clips, "--out", "run", "--nodes", "2", *ALIKE)
    assert alone.returncode == 2
    assert "torchrun --nnodes 2 --node-rank 0 --nproc-per-node 1" in alone.stderr
    monkeypatch.setenv("MASTER_ADDR", "127.0.0.1")
    monkeypatch.setenv("WORLD_SIZE", "4")
    wrong = run("train", clips, "--out", "run2", "--nodes", "2", *ALIKE)
    assert wrong.returncode == 2
    assert "4 processes were started, and --devices 1 on --nodes 2 are 2" in wrong.stderr
