"""Trainings on the same cores take turns."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest
import torch
from lightning_fabric import Fabric

from train import turns
from train.turns import Turns, turns_on

HOLDER = """
import sys, time
from filelock import FileLock
with FileLock(sys.argv[1]):
    print("held", flush=True)
    time.sleep(60)
"""


@pytest.fixture(autouse=True)
def lock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Keep the lock in a folder of its own; return where it is."""
    monkeypatch.setattr(turns, "user_runtime_path", lambda *names, **options: tmp_path)
    return tmp_path / "training.lock"


@pytest.fixture
def holder(lock):
    """Another program that took its turn and never lets go."""
    with subprocess.Popen([sys.executable, "-c", HOLDER, str(lock)], stdout=subprocess.PIPE) as program:
        assert program.stdout.readline().strip() == b"held"
        yield program
        program.kill()


def fabric(world_size: int = 1, device: str = "cpu") -> Fabric:
    return cast("Fabric", SimpleNamespace(world_size=world_size, device=torch.device(device)))


def test_of_two_trainings_only_one_computes_at_a_time():
    computing = threading.Semaphore(1)
    alone: list[bool] = []

    def steps() -> None:
        own = Turns(needed=True)
        for _ in range(20):
            with own.turn():
                is_alone = computing.acquire(blocking=False)
                alone.append(is_alone)
                time.sleep(0.002)
                if is_alone:
                    computing.release()

    both = [threading.Thread(target=steps) for _ in range(2)]
    for each in both:
        each.start()
    for each in both:
        each.join()
    assert alone == [True] * 40


def test_a_step_that_fails_ends_its_turn():
    with pytest.raises(FloatingPointError), Turns(needed=True).turn():
        raise FloatingPointError
    began = time.perf_counter()
    with Turns(needed=True, patience=10).turn():
        assert time.perf_counter() - began < 5


def test_one_that_never_lets_go_delays_the_others_once_by_their_patience(holder):
    own = Turns(needed=True, patience=0.3)
    began = time.perf_counter()
    with own.turn():
        assert time.perf_counter() - began >= 0.3
    began = time.perf_counter()
    for _ in range(3):
        with own.turn():
            pass
    assert time.perf_counter() - began < 0.3


def test_a_folder_that_cannot_be_written_into_costs_no_training(monkeypatch, tmp_path):
    (tmp_path / "file").touch()
    monkeypatch.setattr(turns, "user_runtime_path", lambda *names, **options: tmp_path / "file")
    with Turns(needed=True).turn():
        pass


@pytest.mark.parametrize(
    ("run", "threads", "is_taken"),
    [
        (fabric(), 2, True),
        (fabric(), 1, False),
        (fabric(world_size=2), 2, False),
        (fabric(device="cuda"), 2, False),
    ],
    ids=["alone", "one thread", "two processes", "GPU"],
)
def test_turns_are_taken_only_where_layers_would_wait_for_another_program(
    lock, monkeypatch, run, threads, is_taken
):
    monkeypatch.setattr(torch, "get_num_threads", lambda: threads)
    with turns_on(run).turn():
        assert lock.exists() == is_taken
