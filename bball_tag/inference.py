"""Run a checkpoint over a game: decode beside computing, share what overlapping clips have in common."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any, TypeVar, cast

import numpy as np
import torch
from torch import Tensor

from bball_tag.clips import ClipSpec, Window, WindowCutter
from bball_tag.contract import Contract, Precision
from bball_tag.errors import BballTagError
from bball_tag.memory import keep_freed_memory
from bball_tag.model import clip_half, fold_norms, frame_half, load_checkpoint, normalise
from bball_tag.players.strands import Strand
from bball_tag.scores import ClipScore
from bball_tag.video import Frame

_TYPES = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}
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


class Scorer:
    """A checkpoint ready to compute, in its two halves."""

    def __init__(
        self,
        checkpoint: Path,
        *,
        device: str = "auto",
        precision: Precision = "auto",
        batch_size: int = 8,
    ) -> None:
        """Load `checkpoint` to `device`, to compute `batch_size` clips at once.

        Raises:
            CheckpointError: It cannot be used.
            BballTagError: There is no such device.
        """
        keep_freed_memory()
        model, self.contract = load_checkpoint(checkpoint)
        self.device = pick_device(device)
        self.precision = pick_precision(self.device, precision)
        self.batch_size = batch_size
        self._type = _TYPES[self.precision]
        model = fold_norms(model).to(self.device, self._type).to(memory_format=torch.channels_last_3d)
        self._frame_half = frame_half(model)
        *body, head = clip_half(model)
        # The head costs nothing, and its pool knows no 16-bit floats on a processor.
        self._body, self._head = torch.nn.Sequential(*body), head.float()

    @property
    def name(self) -> str:
        """Device and precision, for the record of a run."""
        return f"{self.device.type}, {self.precision}"

    @torch.inference_mode()
    def features(self, pictures: np.ndarray) -> list[Tensor]:
        """Return what the per-frame half makes of each picture.

        Args:
            pictures: uint8 RGB, shape (n, H, W, 3).

        Returns:
            n tensors of shape (C, h, w), on the device.
        """
        batch = torch.from_numpy(pictures).to(self.device, non_blocking=True)[:, None]
        frames = normalise(batch, self.contract.clip).to(
            dtype=self._type, memory_format=torch.channels_last_3d
        )
        return list(self._frame_half(frames)[:, :, 0])

    @torch.inference_mode()
    def classify(self, clips: Sequence[Sequence[Tensor]]) -> np.ndarray:
        """Return the probability of every label for every clip.

        Args:
            clips: For each clip, the features of its T frames.

        Returns:
            float32 array of shape (N, K), rows summing to 1.
        """
        batch = torch.stack([torch.stack(list(clip), dim=1) for clip in clips])
        maps = self._body(batch.contiguous(memory_format=torch.channels_last_3d))
        logits: Tensor = self._head(maps.float())
        probabilities: np.ndarray = (logits / self.contract.temperature).softmax(dim=1).cpu().numpy()
        return probabilities


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
        ready: list[tuple[str, Window, list[Tensor]]] = []
        for place, (first, pictures) in chunk.pictures.items():
            one = progress[place]
            ready += one.take(first, scorer.features(pictures))
            if chunk.is_last or strands[place].span.stop <= chunk.instants.stop:
                ready += one.finish()
        if chunk.number < next_chunk:
            continue
        clips = []
        for at in range(0, len(ready), scorer.batch_size):
            batch = ready[at : at + scorer.batch_size]
            rows = scorer.classify([features for _, _, features in batch])
            clips += [
                ClipScore(subject, window.start, window.stop, row)
                for (subject, window, _), row in zip(batch, rows, strict=True)
            ]
        yield ScoredChunk(chunk.number, chunk.instants, clips, chunk.is_last)


class _StrandProgress:
    """How far one strand is: its next window and the features that it still needs."""

    def __init__(self, strand: Strand, spec: ClipSpec, stride: int) -> None:
        self._strand, self._num_frames = strand, spec.num_frames
        self._cutter = WindowCutter(strand.span.start, spec.num_frames, stride)
        self._features: dict[int, Tensor] = {}
        self._from = strand.span.start

    def pass_over(self, stop: int) -> None:
        """Count the windows that are complete before grid index `stop` as done."""
        for index in range(self._strand.span.start, min(stop, self._strand.span.stop)):
            self._cutter.push(index)
        self._from = max(self._from, stop)

    def take(self, first: int, features: Sequence[Tensor]) -> Iterator[tuple[str, Window, list[Tensor]]]:
        """Add the features of consecutive instants; yield every clip that they complete."""
        for index, feature in enumerate(features, start=first):
            if index >= self._cutter.next_start:
                self._features[index] = feature
            if index >= self._from and (window := self._cutter.push(index)):
                yield self._clip(window)

    def finish(self) -> Iterator[tuple[str, Window, list[Tensor]]]:
        """Yield the clip over the last part, if one is due, and let go of everything."""
        if window := self._cutter.finish():
            yield self._clip(window)
        self._features.clear()

    def _clip(self, window: Window) -> tuple[str, Window, list[Tensor]]:
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


def describe(contract: Contract) -> str:
    """Return one line about a checkpoint, for the record of a run."""
    clip = contract.clip
    return (
        f"{contract.architecture} width {contract.width}, {clip.num_frames} frames at {clip.fps:g}/s, "
        f"{clip.width}x{clip.height}, {len(contract.labels)} labels"
    )
