"""A labelled clip becomes the tensor that the network learns from."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from torch.utils.data import Dataset

from bball_tag.clips import ClipSpec, grid_range
from bball_tag.errors import DataError
from bball_tag.players.crop import Box, crop_box
from bball_tag.video.video import Video
from train.augment import NONE, Augmentation
from train.clipset import LabelledClip

OVERSAMPLING = 2
"""Stored frames per instant of the clip's grid: what lies between lets a clip begin elsewhere."""


@dataclass(frozen=True, slots=True)
class Loading:
    """How clips are read."""

    spec: ClipSpec
    clip_fps: float | None = 25.0
    """True frames per second of the clips, whatever their container says; None believes it."""


class ClipDataset(Dataset[tuple[np.ndarray, int]]):
    """Clips as uint8 pictures (T, H, W, 3) with their label; set `epoch` before each epoch."""

    def __init__(
        self,
        clips: Sequence[LabelledClip],
        loading: Loading,
        augmentation: Augmentation = NONE,
        seed: int = 0,
        cache_bytes: int = 6 << 30,
    ) -> None:
        """Show `clips` as `loading` says; decoded clips are kept in memory up to `cache_bytes`."""
        self.clips, self.loading, self.augmentation = clips, loading, augmentation
        self.epoch = 0
        self._seed = seed
        self._cache: dict[int, np.ndarray] = {}
        self._room = cache_bytes

    def __len__(self) -> int:
        return len(self.clips)

    def __getitem__(self, place: int) -> tuple[np.ndarray, int]:
        """Return clip `place`; its changes depend on seed, epoch and place alone: any run can repeat them."""
        frames = self.frames(place)
        spec = self.loading.spec
        if self.augmentation == NONE:
            return frames[centred_indices(len(frames), spec)], self.clips[place].label
        rng = np.random.default_rng([self._seed, self.epoch, place])
        chosen = (
            jittered_indices(len(frames), spec, rng)
            if self.augmentation.time
            else centred_indices(len(frames), spec)
        )
        pictures = frames[chosen]
        for change in self.augmentation.changes():
            pictures = change(pictures, rng)
        return pictures, self.clips[place].label

    def frames(self, place: int) -> np.ndarray:
        """Return every stored frame of a clip: uint8 (n, H, W, 3) at `OVERSAMPLING` times the clip's rate."""
        if place in self._cache:
            return self._cache[place]
        frames = load_frames(self.clips[place], self.loading)
        if frames.nbytes <= self._room:
            self._cache[place] = frames
            self._room -= frames.nbytes
        return frames

    @property
    def cached_bytes(self) -> int:
        """Size of the decoded clips in memory."""
        return sum(frames.nbytes for frames in self._cache.values())

    def preload(self, on_progress: Callable[[int], None], places: Iterable[int] | None = None) -> bool:
        """Decode clips in parallel until they are all in memory or it is full; say whether all are in."""
        wanted = list(range(len(self)) if places is None else places)
        num_threads = os.cpu_count() or 1
        with ThreadPoolExecutor(num_threads) as pool:
            # In small portions, so that no more is decoded than there is room for.
            for at in range(0, len(wanted), 8 * num_threads):
                portion = wanted[at : at + 8 * num_threads]
                list(pool.map(self.frames, portion))
                if any(place not in self._cache for place in portion):
                    return False
                on_progress(at + len(portion))
        return True


def load_frames(clip: LabelledClip, loading: Loading) -> np.ndarray:
    """Decode a clip on a grid `OVERSAMPLING` times as fine as the network's.

    Raises:
        VideoError: The file cannot be read.
        DataError: There is no frame in the clip's span.
    """
    spec = loading.spec
    video = Video(clip.path)
    info = video.info
    # Where the container's rate is wrong, its seconds are too: read it in its own time.
    stretch = float(info.fps) / loading.clip_fps if loading.clip_fps else 1.0
    fps = spec.fps * OVERSAMPLING * stretch
    scale = min(spec.height / info.height, spec.width / info.width)
    size = (max(1, round(info.height * scale)), max(1, round(info.width * scale)))
    shrunk = size if scale < 1 else (info.height, info.width)
    whole = Box(0, 0, shrunk[1], shrunk[0])
    # What lies around a span of a longer film is its context; a film of its own has only what is in it.
    around = spec.context_frames * OVERSAMPLING if clip.end is not None else 0
    end = None if clip.end is None else clip.end + around / fps
    shown = {
        frame.index: crop_box(frame.image, whole, height=spec.height, width=spec.width)
        for frame in video.frames(fps, max(0.0, clip.start - around / fps), end, size=shrunk)
    }
    places = list(shown)
    if clip.end is not None and around:
        span = grid_range(clip.start, clip.end, fps)
        places = [at for at in places if at in span] and list(range(span.start - around, span.stop + around))
    if not places:
        raise DataError(f"There is no frame in the span of the clip {clip.key} in {clip.path}.")
    if spec.context_frames and not around and len(places) <= OVERSAMPLING * (spec.num_seen - 1):
        raise DataError(
            f"The clip {clip.key} is shorter than the {spec.num_seen} frames that the network looks at, "
            f"{spec.context_frames} of them on either side of what is labelled. Give spans of longer films "
            "(a CSV), where these are taken from around the span, or train without --context."
        )
    return np.stack([shown[min(max(at, min(shown)), max(shown))] for at in places])


def centred_indices(num_stored: int, spec: ClipSpec) -> list[int]:
    """Return the stored frames of the clip in the middle, with its context; beyond an end it is repeated."""
    instants = -(-num_stored // OVERSAMPLING)
    start = max(0, (instants - spec.num_frames) // 2) - spec.context_frames
    places = np.clip(np.arange(start, start + spec.num_seen), 0, instants - 1)
    return [int(place) * OVERSAMPLING for place in places]


def jittered_indices(num_stored: int, spec: ClipSpec, rng: np.random.Generator) -> list[int]:
    """Return stored frames that, every second time, begin a little elsewhere and go faster or slower."""
    if rng.random() > 0.5:
        return centred_indices(num_stored, spec)
    step = OVERSAMPLING * rng.uniform(0.9, 1.1)
    slack = num_stored - 1 - (spec.num_seen - 1) * step
    # Where there is room, from anywhere in the middle of it; up to half a step beyond where there is none.
    first = slack / 2 + rng.uniform(-1, 1) * min(OVERSAMPLING, max(slack / 2, OVERSAMPLING / 2))
    places = np.rint(first + np.arange(spec.num_seen) * step).astype(int)
    return [int(place) for place in np.clip(places, 0, num_stored - 1)]
