"""A labelled clip is cut out of its video."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from functools import cache

import numpy as np

from bball_tag.checkpoint.contract import Stream
from bball_tag.clips import ClipSpec, grid_range
from bball_tag.errors import DataError
from bball_tag.players.crop import Box
from bball_tag.players.keypoints import KeypointFinder, View
from bball_tag.players.pose import open_pose
from bball_tag.players.subjects import Subject, player_at, reading_for, whole_frame
from bball_tag.video.info import Frame
from train.clipset import LabelledClip


@dataclass(frozen=True, slots=True)
class Loading:
    """How clips are read."""

    spec: ClipSpec
    source_fps: float | None = None
    """True frames per second of the clips, whatever their container says; None trusts it."""
    streams: tuple[Stream, ...] = ("rgb",)
    """What is read beside the images."""


@dataclass(frozen=True, slots=True)
class ShownClip:
    """A clip as it was cut out."""

    images: np.ndarray
    """What the model sees, its context included: uint8 (T, H, W, 3)."""
    views: list[View]
    """Where to look for keypoints in each of the clip's own images; empty without that stream."""
    instants: list[int]
    """Grid index of each of the clip's own images."""
    fps: float
    """Grid instants per second of the file's own time."""
    video_fps: float
    """Frames per second of the file, as it says."""


def load_clip(clip: LabelledClip, loading: Loading) -> ShownClip:
    """Decode a clip on its grid, where it is cut as `annotate` cuts it.

    Raises:
        VideoError: The file cannot be read.
        DataError: There is no frame in the clip's span, or no context where it is wanted.
    """
    spec, video = loading.spec, clip.video
    # Where the container's rate is wrong, its seconds are too: read it in its own time.
    fps = spec.fps * (float(video.info.fps) / loading.source_fps if loading.source_fps else 1.0)
    # What lies around a span of a longer video is its context; a video of its own has only what is in it.
    around = spec.context_frames if clip.end is not None else 0
    span = grid_range(clip.start, sys.maxsize if clip.end is None else clip.end, fps)
    subject = whole_frame(video.info, None, range(sys.maxsize))[0]
    if clip.track is not None and spec.subject == "player":
        subject = player_at(clip.track, span.start, fps)
    first, stop = max(span.start - around, subject.span.start), min(span.stop + around, subject.span.stop)
    reading = reading_for(video.info, [subject], spec)
    shown, views = {}, {}
    for frame in video.frames(fps, first / fps, stop / fps, size=reading.size):
        shown[frame.index] = subject.crop(frame, spec, reading.scale)
        if "pose" in loading.streams:
            views[frame.index] = _view(subject, frame, reading.scale)
    instants = [index for index in shown if index in span]
    if instants and around:
        instants = list(range(span.start - around, span.stop + around))
    _check_length(clip, spec, len(instants), has_surroundings=bool(around))
    seen = [instants[index] for index in centred_indices(len(instants), spec)]
    there = [min(max(at, min(shown)), max(shown)) for at in seen]
    own = slice(spec.context_frames, spec.context_frames + spec.num_frames)
    return ShownClip(
        np.stack([shown[at] for at in there]),
        [views[at] for at in there[own] if views],
        there[own],
        fps,
        float(video.info.fps),
    )


@cache
def keypoint_finder() -> KeypointFinder:
    """Return what finds keypoints, opened once.

    Raises:
        BballTagError: Its weights are missing or damaged.
    """
    return KeypointFinder(open_pose())


def _view(subject: Subject, frame: Frame, scale: float) -> View:
    """Return where to look for keypoints: around a player, and in all of a clip of one player."""
    box = subject.box(frame.time, scale)
    return (
        View(frame.image, box, box)
        if isinstance(subject.source, Box)
        else keypoint_finder().view(frame.image, box)
    )


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
    seen = player_at(clip.track, span.start, spec.fps).span
    if span.start in seen and span.stop <= seen.stop:
        return ""
    until = "" if clip.end is None else f" to {clip.end:g}"
    return f"its tracks do not show player {clip.track.id} without a break from {clip.start:g}{until} s"


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
