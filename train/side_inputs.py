"""What is known of a labelled clip beside its images: keypoints of the body, and how the player moves.

A folder in SpaceJam's layout may hold, beside `examples/KEY.mp4`, `joints/KEY.npy` and `motion/KEY.npy`.
Without these, keypoints are found in the clip's own images, and motion is measured in the video where the
clip is a span with tracks. `taught/KEY.npy` holds what the images are taught to see: keypoints, where better
ones are known than the pose stream is shown, and the ball. What is not known is zeros, with visibility or the
column `known` at 0.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from bball_tag.checkpoint.contract import Stream
from bball_tag.checkpoint.streams import KEYPOINTS
from bball_tag.clips import ClipSpec
from bball_tag.errors import DataError
from bball_tag.files import why
from bball_tag.players.steps import COLUMNS as MOTION_COLUMNS
from bball_tag.players.steps import around, motion_length
from train.clip_images import Loading, ShownClip, keypoint_finder
from train.clipset import LabelledClip

_SPACEJAM_SHAPE = (18, 2)
_SPACEJAM_SIZE = (128, 176)
"""Pixels of the images that SpaceJam's joints are given in."""
_SPACEJAM_ORDER = [0, 5, 2, 6, 3, 7, 4, 11, 8, 12, 9, 13, 10]
"""Our keypoints among SpaceJam's, which are those of OpenPose on COCO: nose, neck, then right and left arm,
right and left leg, eyes, ears (Cao et al., 2017)."""
_MIRRORED = [0, *(index for left in range(1, KEYPOINTS, 2) for index in (left + 1, left))]
"""Which keypoint each one is in a mirror."""

_OFF, _SHAKES = 0.05, 0.8
"""Most that keypoints are off over a clip, in heights of the crop (standard deviation), and the part of that
by which they are off anew at every instant. These and the next are as measured on rendered players."""
_SWAPPED, _SWAPS = 0.5, 0.4
"""Share of clips in which left and right are taken for each other, and of their instants where they are."""
_OFF_BY_KEYPOINT = np.array([0.7, 0.6, 0.6, 1, 1, 1.4, 1.4, 0.6, 0.6, 1, 1, 1.5, 1.5])
_LEAST_SURE = 0.2


@dataclass(frozen=True, slots=True)
class Sides:
    """What is known of a clip beside its images; None where it is not asked for."""

    keypoints: np.ndarray | None = None
    """x and y in fractions of the crop, visibility 0 to 1: float32 (T, 13, 3)."""
    rows: np.ndarray | None = None
    """float32 (M, 6): see `bball_tag.players.steps.motion_rows`."""
    found: bool = False
    """Whether the keypoints were found in images, with a pose model's errors, and not given."""
    taught: np.ndarray | None = None
    """Keypoints and ball that the images are taught to see, as `keypoints` has them: float32 (T, 14, 3)."""


NO_SIDES = Sides()


def read_sides(clip: LabelledClip, shown: ShownClip, loading: Loading) -> Sides:
    """Return what is known of a clip that was cut out.

    Raises:
        DataError: A file beside the clip cannot be used.
        VideoError: The video around the clip cannot be read.
    """
    given = _beside(clip, "joints")
    keypoints = _keypoints(given, shown, loading.spec) if "pose" in loading.streams else None
    taught = None
    if keypoints is not None:
        better = _beside(clip, "taught")
        taught = with_ball(keypoints) if better is None else _at_instants(as_taught(better), shown)
    rows = _rows(clip, shown, loading.spec) if "motion" in loading.streams else None
    return Sides(keypoints, rows, found=given is None, taught=taught)


def has_motion(clip: LabelledClip) -> bool:
    """Return whether anything says how the player of a clip moves."""
    return clip.track is not None or _beside(clip, "motion") is not None


def known_of(clips: Sequence[LabelledClip], streams: tuple[Stream, ...]) -> tuple[Stream, ...]:
    """Return `streams` without motion where nothing says of any clip how its player moves."""
    unknown = {"motion"} if not any(map(has_motion, clips)) else set()
    return tuple(stream for stream in streams if stream not in unknown)


def with_ball(keypoints: np.ndarray) -> np.ndarray:
    """Return keypoints (T, 13, 3) with a ball that may be anywhere, (T, 14, 3)."""
    return np.concatenate([keypoints, np.full((len(keypoints), 1, 3), 0.5, np.float32)], axis=1)


def as_taught(path: Path) -> np.ndarray:
    """Return keypoints and the ball in a file, float32 (frames, 14, 3); it may lack the ball.

    Raises:
        DataError: The file cannot be read, or has another form.
    """
    stored = _read(path)
    if len(stored) and stored.shape[1:] == (KEYPOINTS + 1, 3):
        return _finite(stored, path)
    return with_ball(as_keypoints(stored, path))


def known_streams(sides: Sides, streams: Collection[Stream]) -> np.ndarray:
    """Return which of `streams` are known of a clip, bool (S,)."""
    known = {
        "rgb": True,
        "pose": sides.keypoints is not None and bool(sides.keypoints[..., 2].any()),
        "motion": sides.rows is not None and bool(sides.rows[:, -1].any()),
    }
    return np.array([known[stream] for stream in streams])


def moved_sides(sides: Sides, place: np.ndarray) -> Sides:
    """Return what is known of a clip whose images were moved by `place` (2, 3), in fractions of their size.

    In a mirror left and right change places. How fast a player moves does not depend on how they are cut out.
    """
    if np.array_equal(place, np.eye(2, 3)):
        return sides
    keypoints, taught = (
        None if points is None else _moved(points, place) for points in (sides.keypoints, sides.taught)
    )
    rows = sides.rows
    if rows is not None and np.linalg.det(place[:, :2]) < 0:
        rows = rows * np.array([-1, *[1] * (MOTION_COLUMNS - 1)], np.float32)
    return replace(sides, keypoints=keypoints, rows=rows, taught=taught)


def _moved(keypoints: np.ndarray, place: np.ndarray) -> np.ndarray:
    points = (keypoints[..., :2] @ place[:, :2].T + place[:, 2]) * (keypoints[..., 2:] > 0)
    moved = np.concatenate([points, keypoints[..., 2:]], axis=-1).astype(np.float32)
    order = [*_MIRRORED, *range(KEYPOINTS, moved.shape[1])]
    return moved[:, order] if np.linalg.det(place[:, :2]) < 0 else moved


def shortened(sides: Sides, spec: ClipSpec, rng: np.random.Generator) -> Sides:
    """Return `sides` as of a player who is followed for a shorter time, but always over the clip.

    Tracks begin and end: in half of the cases all is left, in a quarter nothing before and after the clip.
    """
    if sides.rows is None:
        return sides
    case, longest = rng.integers(4), around(spec)
    before, after = ((0, 0), (0, 0), (longest, longest), rng.integers(0, longest + 1, 2))[case]
    rows = sides.rows.copy()
    rows[:before] = 0
    rows[len(rows) - after :] = 0
    return replace(sides, rows=rows)


def unsure(sides: Sides, spec: ClipSpec, rng: np.random.Generator) -> Sides:
    """Return `sides` with keypoints as pose models find them: off for the whole clip and by instant, unsure,
    and now and then with left and right swapped.

    Rendered keypoints are exact and visible, and a model trained on these alone is lost on what is found in
    images. How far they are off differs from clip to clip; hands and feet are off the most. Those that were
    found in images stay as they are.
    """
    if sides.keypoints is None or sides.found:
        return sides
    amount = rng.uniform(0, _OFF) * _OFF_BY_KEYPOINT[:, None] * [spec.height / spec.width, 1]
    keypoints = sides.keypoints.copy()
    off = rng.normal(0, 1, (1, KEYPOINTS, 2)) + rng.normal(0, _SHAKES, (len(keypoints), KEYPOINTS, 2))
    keypoints[..., :2] += off * amount * (keypoints[..., 2:] > 0)
    if rng.random() < 0.5:
        keypoints[..., 2] *= rng.uniform(_LEAST_SURE, 1, KEYPOINTS)
    if rng.random() < _SWAPPED:
        mirrored = keypoints[:, _MIRRORED]
        both = (keypoints[..., 2:] > 0) & (mirrored[..., 2:] > 0)
        swapped = (rng.random(len(keypoints)) < _SWAPS)[:, None, None] & both
        keypoints = np.where(swapped, mirrored, keypoints)
    return replace(sides, keypoints=keypoints)


def _keypoints(given: Path | None, shown: ShownClip, spec: ClipSpec) -> np.ndarray:
    """Return the keypoints in the file `given`, or those found in the images."""
    if given is None:
        return keypoint_finder().find(shown.views, spec)
    return _at_instants(as_keypoints(_read(given), given), shown)


def _at_instants(stored: np.ndarray, shown: ShownClip) -> np.ndarray:
    """Return the rows of a file beside a clip at the instants of its images."""
    # What is shown at an instant is the latest frame by then.
    frames = np.array(shown.instants) / shown.fps * shown.video_fps + 1e-6
    shown_rows: np.ndarray = stored[np.clip(frames.astype(int), 0, len(stored) - 1)]
    return shown_rows


def as_keypoints(stored: np.ndarray, path: Path) -> np.ndarray:
    """Return stored joints in our form, float32 (frames, 13, 3).

    Args:
        stored: That form, or SpaceJam's: x and y in pixels of 18 joints, (frames, 18, 2), 0 where not found.
        path: Where they are from.

    Raises:
        DataError: They have another form, or values that are not finite.
    """
    shape = stored.shape[1:]
    if stored.ndim != 3 or not len(stored) or shape not in (_SPACEJAM_SHAPE, (KEYPOINTS, 3)):
        raise DataError(
            f"Cannot use {path}: its shape is {stored.shape}, not (frames, 18, 2) as SpaceJam's joints or "
            f"(frames, {KEYPOINTS}, 3)."
        )
    if shape == (KEYPOINTS, 3):
        return _finite(stored, path)
    pixels = np.nan_to_num(stored[:, _SPACEJAM_ORDER].astype(np.float64), nan=0.0, posinf=0.0, neginf=0.0)
    seen = (pixels > 0).any(axis=2, keepdims=True)
    return _finite(np.concatenate([pixels / _SPACEJAM_SIZE * seen, seen], axis=2), path)


def _rows(clip: LabelledClip, shown: ShownClip, spec: ClipSpec) -> np.ndarray:
    length = motion_length(spec)
    if path := _beside(clip, "motion"):
        return as_rows(_read(path), length, path)
    # Where the file's own seconds are wrong, so are those of its tracks.
    if clip.track is None or clip.tracked is None or shown.fps != spec.fps:
        return np.zeros((length, MOTION_COLUMNS), np.float32)
    return clip.tracked.steps_of_span(clip.track, shown.instants[0], spec)


def as_rows(stored: np.ndarray, length: int, path: Path) -> np.ndarray:
    """Return the middle `length` of stored rows of motion, filled up with unknown ones: float32 (M, 6).

    Raises:
        DataError: They have another form, or values that are not finite.
    """
    if stored.ndim != 2 or stored.shape[1] != MOTION_COLUMNS:
        raise DataError(f"Cannot use {path}: its shape is {stored.shape}, not (rows, {MOTION_COLUMNS}).")
    missing = max(length - len(stored), 0)
    padded = np.pad(stored, ((missing // 2, missing - missing // 2), (0, 0)))
    first = (len(padded) - length) // 2
    return _finite(padded[first : first + length], path)


def _beside(clip: LabelledClip, kind: str) -> Path | None:
    """Return the file of a kind that lies beside a clip; None where there is none."""
    if clip.folder is None:
        return None
    path = clip.folder / kind / f"{clip.key}.npy"
    return path if path.exists() else None


def _read(path: Path) -> np.ndarray:
    try:
        # No pickles: nothing in the file is executed.
        stored = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise DataError(f"Cannot read {path}: {why(error)}.") from error
    if not isinstance(stored, np.ndarray) or stored.dtype.kind not in "fiu":
        raise DataError(f"Cannot use {path}: it is not an array of numbers.")
    return stored


def _finite(values: np.ndarray, path: Path) -> np.ndarray:
    if not np.isfinite(values).all():
        raise DataError(f"Cannot use {path}: some of its numbers are not finite.")
    return values.astype(np.float32)
