"""How large stored features are, and how fast they are scored again and searched.

Run it as `python benchmarks/features.py`. Features are random numbers: two hours of ten players, a clip
every 0.32 s. Seconds of the processor hold beside other programs too; those in all need an idle machine.
"""

from __future__ import annotations

import argparse
import tempfile
import time
import zlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import numpy as np
import torch

import bball_tag
from bball_tag.checkpoint.backbone import write_with_layers
from bball_tag.checkpoint.checkpoint import Checkpoint
from bball_tag.checkpoint.contract import STREAMS, Contract
from bball_tag.checkpoint.model import build_model, save_checkpoint
from bball_tag.clips import CHUNK, ClipSpec
from bball_tag.scoring.feature_store import read_features
from bball_tag.scoring.rescore import feature_kind, rescore
from bball_tag.scoring.store import ClipScore, RunState, ScoreStore
from bball_tag.video.video import Video

SPEC = ClipSpec(num_frames=8, height=112, width=80)
LABELS = tuple("abcdefghij")
PLAYERS, STRIDE = 10, 4
SEARCHED, SEARCHES = 500_000, 5
SAMPLES = Path(__file__).parents[1] / "sample_videos"
SEED = 0

T = TypeVar("T")


def timed(what: str, work: Callable[[], T]) -> T:
    """Do `work`, and print how long the processor took, and how long it took in all."""
    began, computed = time.monotonic(), time.process_time()
    found = work()
    computed, passed = time.process_time() - computed, time.monotonic() - began
    print(f"{what}: {computed:.2f} s of processor time, {passed:.2f} s in all", flush=True)
    return found


def checkpoints(folder: Path) -> tuple[Checkpoint, Checkpoint]:
    """Return an untrained checkpoint, and one with the same backbone and other labels."""
    torch.manual_seed(SEED)
    contract = Contract(LABELS, SPEC, 16, streams=STREAMS)
    first, second = folder / "first.safetensors", folder / "second.safetensors"
    save_checkpoint(first, build_model(len(LABELS), SPEC, 16, STREAMS), contract)
    layers = {
        stream: replace(layer, weight=layer.weight[:5], bias=layer.bias[:5])
        for stream, layer in Checkpoint(first).backbone.layers.items()
    }
    write_with_layers(first, second, replace(contract, labels=LABELS[:5]), layers)
    return Checkpoint(first), Checkpoint(second)


def fill(store: ScoreStore, num_chunks: int, size: int) -> None:
    """Store random features for every clip of ten players."""
    rng = np.random.default_rng(SEED)
    scores = np.full(len(LABELS), 0.1, np.float32)
    starts = range(0, CHUNK, STRIDE)
    for chunk in range(num_chunks):
        features = rng.standard_normal((PLAYERS * len(starts), size), np.float32).astype(np.float16)
        clips = [
            ClipScore(
                f"{number % PLAYERS}", chunk * CHUNK + start, chunk * CHUNK + start + 8, scores, row, STREAMS
            )
            for number, (row, start) in enumerate(
                zip(features, np.repeat(starts, PLAYERS).tolist(), strict=True)
            )
        ]
        store.append(clips, RunState(chunk + 1, chunk == num_chunks - 1, (chunk + 1) * CHUNK / SPEC.fps))


def whole(path: Path) -> np.ndarray:
    """Return all features of a store."""
    return read_features(path).values


def search(folder: Path, first: Checkpoint, num_clips: int) -> None:
    """Look for the clips that are most like one of many, as `bball-tag similar` does."""
    kind, path, video = feature_kind(first, STREAMS), folder / "many.scores.db", SAMPLES / "drill.mp4"
    settings = {"video": Video(video).content_id, "grid_fps": SPEC.fps}
    with ScoreStore(path, {"checkpoint": first.id}, settings) as store:
        store.keep_features(kind)
        fill(store, num_clips // (PLAYERS * (CHUNK // STRIDE)), sum(kind.stored_sizes))
    for _ in range(SEARCHES):
        timed(f"Reading {path.stat().st_size / 1e6:.0f} MB once, with a checksum", lambda: checksum(path))
        found = timed(
            f"bball_tag.similar among {num_clips:,} clips, reading included",
            lambda: bball_tag.similar(video, like=5.0, player="3", scores=path, count=20),
        )
    print(f"{len(found[0])} found")


def checksum(path: Path) -> int:
    """Read a file, and return its checksum."""
    found = 0
    with path.open("rb") as file:
        while piece := file.read(1 << 20):
            found = zlib.crc32(piece, found)
    return found


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--hours", type=float, default=2.0)
    chunks = max(1, round(options.parse_args().hours * 3600 * SPEC.fps / CHUNK))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        first, second = checkpoints(folder)
        path, settings = folder / "a.scores.db", {"video": "made up"}
        kind = feature_kind(first, STREAMS)
        with ScoreStore(path, {"checkpoint": first.id}, settings) as store:
            store.keep_features(kind)
            timed("Making and storing them", lambda: fill(store, chunks, sum(kind.stored_sizes)))
        stored = timed("Reading them", lambda: whole(path))
        print(
            f"{len(stored):,} clips: {stored.nbytes / 1e6:.0f} MB of features, "
            f"{path.stat().st_size / 1e6:.0f} MB with scores"
        )
        with ScoreStore(path, {"checkpoint": second.id}, settings) as store:
            timed("Scoring them again", lambda: rescore(store, second, feature_kind(second, STREAMS)))
        print(f"{path.stat().st_size / 1e6:.0f} MB with both checkpoints' scores")
        search(folder, first, SEARCHED)


if __name__ == "__main__":
    main()
