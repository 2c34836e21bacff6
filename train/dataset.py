"""A labelled clip becomes the array that the model is trained on."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from torch.utils.data import Dataset

from bball_tag.clips import ClipSpec, grid_range
from bball_tag.errors import DataError
from bball_tag.players.subjects import Subject, reading_for, tracked_players, whole_frame
from bball_tag.players.tracks import Track
from bball_tag.video.video import Video
from train.augment import augmented
from train.clipset import LabelledClip


@dataclass(frozen=True, slots=True)
class Loading:
    """How clips are read."""

    spec: ClipSpec
    source_fps: float | None = None
    """True frames per second of the clips, whatever their container says; None trusts it."""


class ClipDataset(Dataset[tuple[np.ndarray, int]]):
    """Clips as uint8 images (T, H, W, 3) with their label; call `set_epoch` before each epoch."""

    def __init__(
        self,
        clips: Sequence[LabelledClip],
        loading: Loading,
        augment: Sequence[str] = (),
        seed: int = 0,
        cache_bytes: int = 6 << 30,
    ) -> None:
        """Show `clips` as `loading` says; decoded clips are kept in memory up to `cache_bytes`."""
        self.clips, self.loading = clips, loading
        self._augment, self._seed, self._epoch = augment, seed, 0
        self._cache: dict[int, np.ndarray] = {}
        self._room = cache_bytes

    def __len__(self) -> int:
        return len(self.clips)

    def __getitem__(self, index: int) -> tuple[np.ndarray, int]:
        """Return a clip; its augmentations depend on seed, epoch and index alone: any run can repeat them."""
        images = self.images(index)
        if self._augment:
            rng = np.random.default_rng([self._seed, self._epoch, index])
            images = augmented(images, self._augment, rng)
        return images, self.clips[index].label

    def set_epoch(self, epoch: int) -> None:
        """Augment as in this epoch from here on."""
        self._epoch = epoch

    def images(self, index: int) -> np.ndarray:
        """Return a clip as it is, uint8 (T, H, W, 3)."""
        if index in self._cache:
            return self._cache[index]
        images = load_images(self.clips[index], self.loading)
        if images.nbytes <= self._room:
            self._cache[index] = images
            self._room -= images.nbytes
        return images

    @property
    def cached_bytes(self) -> int:
        """Size of the decoded clips in memory."""
        return sum(images.nbytes for images in self._cache.values())

    def preload(self, on_progress: Callable[[int], None]) -> bool:
        """Decode clips in parallel until they are all in memory or it is full; return whether all are in."""
        wanted = range(len(self))
        num_threads = os.cpu_count() or 1
        with ThreadPoolExecutor(num_threads) as pool:
            # In small portions, so that no more is decoded than there is room for.
            for at in range(0, len(wanted), 8 * num_threads):
                portion = wanted[at : at + 8 * num_threads]
                list(pool.map(self.images, portion))
                if any(index not in self._cache for index in portion):
                    return False
                on_progress(at + len(portion))
        return True


def load_images(clip: LabelledClip, loading: Loading) -> np.ndarray:
    """Decode a clip on its grid: uint8 (T, H, W, 3), where T counts the context too.

    It is cut as `annotate` cuts it.

    Raises:
        VideoError: The file cannot be read.
        DataError: There is no frame in the clip's span, or no context where it is wanted.
    """
    spec, video = loading.spec, Video(clip.path)
    # Where the container's rate is wrong, its seconds are too: read it in its own time.
    fps = spec.fps * (float(video.info.fps) / loading.source_fps if loading.source_fps else 1.0)
    # What lies around a span of a longer video is its context; a video of its own has only what is in it.
    around = spec.context_frames if clip.end is not None else 0
    span = grid_range(clip.start, sys.maxsize if clip.end is None else clip.end, fps)
    subject = whole_frame(video.info, None, range(sys.maxsize))[0]
    if clip.track is not None and spec.subject == "player":
        subject = _player(clip.track, span.start, fps)
    first, stop = max(span.start - around, subject.span.start), min(span.stop + around, subject.span.stop)
    reading = reading_for(video.info, [subject], spec)
    shown = {
        frame.index: subject.crop(frame, spec, reading.scale)
        for frame in video.frames(fps, first / fps, stop / fps, size=reading.size)
    }
    instants = [index for index in shown if index in span]
    if instants and around:
        instants = list(range(span.start - around, span.stop + around))
    _check_length(clip, spec, len(instants), has_surroundings=bool(around))
    chosen = [instants[index] for index in centred_indices(len(instants), spec)]
    return np.stack([shown[min(max(at, min(shown)), max(shown))] for at in chosen])


def span_fault(clip: LabelledClip, spec: ClipSpec) -> str:
    """Return why the span of a clip gives no images, or not those of its player; nothing if it does.

    A span that is shorter than a clip is no fault: its last image is repeated, as `annotate` does.
    """
    if clip.end is not None and not grid_range(clip.start, clip.end, spec.fps):
        return (
            f"its span from {clip.start:g} to {clip.end:g} s lies between two frames of {clip.path} as they "
            f"are looked at, {1 / spec.fps:g} s apart. Give a longer one"
        )
    if clip.track is None or spec.subject == "frame":
        return ""
    span = grid_range(clip.start, clip.start if clip.end is None else clip.end, spec.fps)
    seen = _player(clip.track, span.start, spec.fps).span
    if span.start in seen and span.stop <= seen.stop:
        return ""
    until = "" if clip.end is None else f" to {clip.end:g}"
    return f"its tracks do not show player {clip.track.id} without a break from {clip.start:g}{until} s"


def _player(track: Track, instant: int, fps: float) -> Subject:
    """Return a player as `annotate` sees them around an instant of the grid; over no time if it does not."""
    stretches = tracked_players([track], fps, range(sys.maxsize))
    nobody = Subject(track.id, range(0), track)
    return next((stretch for stretch in stretches if instant in stretch.span), nobody)


def _check_length(clip: LabelledClip, spec: ClipSpec, num_instants: int, *, has_surroundings: bool) -> None:
    if not num_instants:
        raise DataError(f"There is no frame in the span of the clip {clip.key} in {clip.path}.")
    if spec.context_frames and not has_surroundings and num_instants < spec.num_seen:
        raise DataError(
            f"The clip {clip.key} is shorter than the {spec.num_seen} frames that the model sees, "
            f"{spec.context_frames} of them on either side of what is labelled. Give spans of longer videos "
            "(a CSV), where these are taken from around the span, or train without --context."
        )


def centred_indices(num_instants: int, spec: ClipSpec) -> list[int]:
    """Return the instants of the clip in the middle, with its context; beyond an end they are repeated."""
    start = max(0, (num_instants - spec.num_frames) // 2) - spec.context_frames
    indices: list[int] = np.clip(np.arange(start, start + spec.num_seen), 0, num_instants - 1).tolist()
    return indices
