"""Run a checkpoint over a game: decode beside computing, share what overlapping clips have in common."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Protocol, TypeVar, cast

import numpy as np
import torch

from bball_tag.clips import ClipSpec, Window, WindowCutter
from bball_tag.contract import Contract, Precision
from bball_tag.errors import BballTagError
from bball_tag.players.strands import Strand
from bball_tag.scores import ClipScore
from bball_tag.video import Frame

_CHUNK = 32
_QUEUED_CHUNKS = 2

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Chunk:
    """The pictures of a fixed stretch of the grid, by strand; what is stored is stored by chunk.

    Chunks lie at fixed places of the grid, so that a resumed run computes in the same batches as an
    undisturbed one and comes to the same bits.
    """

    number: int
    instants: range
    pictures: dict[int, tuple[int, np.ndarray]]
    """For each strand, by its place in the list: its first grid index here, and its pictures (n, H, W, 3)."""
    is_last: bool
    """No more frames follow."""


@dataclass(frozen=True, slots=True)
class ScoredChunk:
    """The clips that became complete within a chunk."""

    number: int
    instants: range
    clips: list[ClipScore]
    is_last: bool


class Scorer(Protocol):
    """A checkpoint ready to compute, in its two halves; see `bball_tag.backends`."""

    contract: Contract

    @property
    def name(self) -> str:
        """What computes, and in which numbers."""

    def features(self, pictures: np.ndarray) -> Sequence[Any]:
        """Return what the per-frame half makes of each picture, uint8 RGB (n, H, W, 3)."""

    def classify(self, clips: Sequence[Sequence[Any]]) -> np.ndarray:
        """Return probabilities (N, K) of clips, each given as the features of its T frames."""


def pick_device(name: str) -> torch.device:
    """Return the device called `name`; `auto` takes CUDA, then Apple's MPS, then the processor."""
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "mps" if torch.backends.mps.is_available() else "cpu"
    try:
        device = torch.device(name)
        torch.empty(1, device=device)
    except (RuntimeError, AssertionError, NotImplementedError) as error:
        reason = str(error).splitlines()[0]
        raise BballTagError(f"Cannot compute on {name!r}: {reason}. Try --device cpu.") from error
    return device


def pick_precision(device: torch.device, precision: Precision) -> str:
    """Return the number type to compute in; `auto` takes 16 bits where the device is fast in them."""
    if precision != "auto":
        return precision
    if device.type == "cuda":
        return "bf16" if torch.cuda.is_bf16_supported() else "fp16"
    if device.type == "mps":
        return "fp16"
    capabilities: dict[str, Any] = getattr(torch.cpu, "get_capabilities", dict)()
    return "bf16" if capabilities.get("avx512_bf16") or capabilities.get("amx_bf16") else "fp32"


def first_instant(next_chunk: int) -> int:
    """Return the grid index from which frames are needed to go on with chunk `next_chunk`.

    One chunk earlier: clips that end in the next chunk begin there, as a clip is no longer than a chunk.
    """
    return max(0, next_chunk - 1) * _CHUNK


def score_strands(
    frames: Iterable[Frame],
    strands: Sequence[Strand],
    scorer: Scorer,
    *,
    stride: int,
    scale: float = 1.0,
    next_chunk: int = 0,
) -> Iterator[ScoredChunk]:
    """Score the clips of every strand, chunk by chunk.

    Args:
        frames: Consecutive grid instants, from `first_instant(next_chunk)` or the strands' own beginning.
        strands: Whose pictures are looked at.
        scorer: The network.
        stride: Grid steps between the starts of clips.
        scale: Size of `frames` relative to the boxes of `strands`.
        next_chunk: Clips complete before this chunk are stored already and are passed over.
    """
    spec = scorer.contract.clip
    if spec.num_frames > _CHUNK:
        raise BballTagError(f"A clip of {spec.num_frames} frames is too long: at most {_CHUNK}.")
    progress = [_StrandProgress(strand, spec, stride) for strand in strands]
    for one in progress:
        one.pass_over(next_chunk * _CHUNK)
    for chunk in prefetch(picture_chunks(frames, strands, spec, scale), _QUEUED_CHUNKS):
        ready: list[tuple[str, Window, list[Any]]] = []
        for place, (first, pictures) in chunk.pictures.items():
            one = progress[place]
            ready += one.take(first, scorer.features(pictures))
            if chunk.is_last or strands[place].span.stop <= chunk.instants.stop:
                ready += one.finish()
        if chunk.number < next_chunk:
            continue
        clips = [features for _, _, features in ready]
        rows = scorer.classify(clips) if clips else np.empty((0, 0))
        scores = [
            ClipScore(subject, window.start, window.stop, row)
            for (subject, window, _), row in zip(ready, rows, strict=True)
        ]
        yield ScoredChunk(chunk.number, chunk.instants, scores, chunk.is_last)


class _StrandProgress:
    """How far one strand is: its next window and the features that it still needs."""

    def __init__(self, strand: Strand, spec: ClipSpec, stride: int) -> None:
        self._strand, self._num_frames = strand, spec.num_frames
        self._cutter = WindowCutter(strand.span.start, spec.num_frames, stride)
        self._features: dict[int, Any] = {}
        self._from = strand.span.start

    def pass_over(self, stop: int) -> None:
        """Count the windows that are complete before grid index `stop` as done."""
        for index in range(self._strand.span.start, min(stop, self._strand.span.stop)):
            self._cutter.push(index)
        self._from = max(self._from, stop)

    def take(self, first: int, features: Sequence[Any]) -> Iterator[tuple[str, Window, list[Any]]]:
        """Add the features of consecutive instants; yield every clip that they complete."""
        for index, feature in enumerate(features, start=first):
            if index >= self._cutter.next_start:
                self._features[index] = feature
            if index >= self._from and (window := self._cutter.push(index)):
                yield self._clip(window)

    def finish(self) -> Iterator[tuple[str, Window, list[Any]]]:
        """Yield the clip over the last part, if one is due, and let go of everything."""
        if window := self._cutter.finish():
            yield self._clip(window)
        self._features.clear()

    def _clip(self, window: Window) -> tuple[str, Window, list[Any]]:
        features = [self._features[index] for index in window.instants(self._num_frames)]
        for index in [index for index in self._features if index < self._cutter.next_start]:
            del self._features[index]
        return self._strand.subject, window, features


def picture_chunks(
    frames: Iterable[Frame], strands: Sequence[Strand], spec: ClipSpec, scale: float
) -> Iterator[Chunk]:
    """Cut every strand's pictures from the frames, gathered into chunks of the grid."""
    waiting: Chunk | None = None
    upcoming = sorted(range(len(strands)), key=lambda place: strands[place].span.start, reverse=True)
    active: list[int] = []
    for number, group in groupby(frames, key=lambda frame: frame.index // _CHUNK):
        if waiting is not None:
            yield waiting
        pictures: dict[int, list[np.ndarray]] = {}
        firsts: dict[int, int] = {}
        last = 0
        for frame in group:
            last = frame.index
            while upcoming and strands[upcoming[-1]].span.start <= frame.index:
                active.append(upcoming.pop())
            active = [place for place in active if frame.index < strands[place].span.stop]
            for place in active:
                firsts.setdefault(place, frame.index)
                pictures.setdefault(place, []).append(strands[place].picture(frame, spec, scale))
        # Strands in the order of the list, whatever the frame they came in with.
        stacked = {place: (firsts[place], np.stack(pictures[place])) for place in sorted(pictures)}
        waiting = Chunk(number, range(number * _CHUNK, last + 1), stacked, is_last=False)
    if waiting is not None:
        yield Chunk(waiting.number, waiting.instants, waiting.pictures, is_last=True)


def prefetch(items: Iterator[T], depth: int) -> Iterator[T]:
    """Yield `items`, made by a thread that is at most `depth` ahead; its errors are raised here."""
    end = object()
    with ThreadPoolExecutor(1, "reader") as reader:
        ahead = deque(reader.submit(next, items, end) for _ in range(depth))
        try:
            while (item := ahead.popleft().result()) is not end:
                ahead.append(reader.submit(next, items, end))
                yield cast("T", item)
        finally:
            for future in ahead:
                future.cancel()
