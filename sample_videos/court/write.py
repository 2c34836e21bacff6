"""Files: video with crowd noise, tracks and truth."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import av
import numpy as np

from bball_tag.annotations.table import COLUMNS
from bball_tag.checkpoint.world import SAMPLE_WORLD
from bball_tag.timecode import format_time

from .figure import Figures
from .look import Look
from .motion import LABELS
from .timeline import Timeline

SOUND_RATE = 32000
VISIBLE = 0.35
"""A player counts as visible when this fraction of their box is in the frame."""


def write_video(
    file: Path | io.BytesIO,
    frames: Iterable[np.ndarray],
    fps: Fraction,
    crf: int,
    *,
    sound: np.ndarray | None = None,
    preset: str = "veryfast",
) -> None:
    """Write BGR frames as H.264 in MP4.

    Args:
        file: The path, or an open buffer.
        frames: uint8 arrays of shape (H, W, 3), both sides even.
        fps: Frames per second.
        crf: Constant rate factor of libx264.
        sound: float32 mono samples at `SOUND_RATE`, written as AAC.
        preset: Of libx264.
    """
    target = file if isinstance(file, io.BytesIO) else str(file)
    # The index goes to the front of a file, for players on the web; a buffer cannot be read again for that.
    placing = {} if isinstance(file, io.BytesIO) else {"movflags": "+faststart"}
    with av.open(target, "w", format="mp4", options=placing) as container:
        # By this title bball-tag recognises the kind of video that its sample checkpoint was trained on.
        container.metadata["title"] = SAMPLE_WORLD
        options = {"crf": str(crf), "preset": preset, "threads": "1", "g": "120"}
        video = container.add_stream("libx264", rate=fps, options=options)
        audio = container.add_stream("aac", rate=SOUND_RATE, layout="mono") if sound is not None else None
        video.pix_fmt = "yuv420p"
        for index, image in enumerate(frames):
            if index == 0:
                video.height, video.width = image.shape[:2]
            frame = av.VideoFrame.from_ndarray(image, format="bgr24")
            frame.pts, frame.time_base = index, 1 / fps
            container.mux(video.encode(frame))
        container.mux(video.encode(None))
        if audio is not None and sound is not None:
            for first in range(0, len(sound), 1024):
                part = av.AudioFrame.from_ndarray(
                    sound[None, first : first + 1024], format="fltp", layout="mono"
                )
                part.sample_rate, part.pts, part.time_base = SOUND_RATE, first, Fraction(1, SOUND_RATE)
                container.mux(audio.encode(part))
            container.mux(audio.encode(None))


def read_video(file: Path | io.BytesIO) -> Iterator[np.ndarray]:
    """Yield the BGR frames of a video."""
    with av.open(file if isinstance(file, io.BytesIO) else str(file), "r") as container:
        container.streams.video[0].thread_type = "NONE"
        for frame in container.decode(video=0):
            yield frame.to_ndarray(format="bgr24")


def crowd_noise(rng: np.random.Generator, line: Timeline) -> np.ndarray:
    """Return the crowd's murmur, louder when the ball is high, as float32 mono samples."""
    count = round(line.seconds * SOUND_RATE)
    murmur = np.zeros(count)
    for width, weight in ((6, 0.25), (24, 1.0), (90, 1.6)):
        kernel = np.hanning(width)
        murmur += np.convolve(rng.normal(0, 1, count), kernel / np.linalg.norm(kernel), "same") * weight
    high = np.clip(line.ball[:, 2] - 2.2, 0.0, 2.0)
    cheer = np.convolve(high, np.exp(-np.arange(100) / 40.0), "full")[: len(high)]
    wave = np.interp(np.linspace(0, len(cheer) - 1, count), np.arange(len(cheer)), cheer)
    loud = 0.35 + 0.65 * wave / max(float(wave.max()), 1e-6)
    sound = murmur * loud
    return np.asarray(0.25 * sound / np.abs(sound).max(), np.float32)


def track_boxes(figures: Figures, look: Look) -> tuple[np.ndarray, np.ndarray]:
    """Return every player's box as a perfect detector would give it, and whether the player is visible.

    Returns:
        left, top, width, height in pixels, cut at the edges of the frame, shape (T, F, 4); and a bool
        array (T, F).
    """
    return boxed(figures.box, look)


def boxed(edges: np.ndarray, look: Look) -> tuple[np.ndarray, np.ndarray]:
    """Return what `track_boxes` does for bodies within left, top, right and bottom, shape (T, F, 4)."""
    box = edges.copy()
    high = box[..., 3] - box[..., 1]
    # Detectors leave a little room, and more at the sides of a narrow figure.
    side = np.maximum(0.04 * high, (0.42 * high - (box[..., 2] - box[..., 0])) / 2)
    box[..., 0] -= side
    box[..., 1] -= 0.015 * high
    box[..., 2] += side
    box[..., 3] += 0.015 * high
    whole = (box[..., 2] - box[..., 0]) * (box[..., 3] - box[..., 1])
    box[..., 0::2] = np.clip(box[..., 0::2], 0, look.width)
    box[..., 1::2] = np.clip(box[..., 1::2], 0, look.height)
    size = box[..., 2:] - box[..., :2]
    seen = size[..., 0] * size[..., 1] > VISIBLE * np.maximum(whole, 1.0)
    return np.concatenate([box[..., :2], size], axis=-1), seen


def write_tracks(file: Path, boxes: np.ndarray, seen: np.ndarray, players: np.ndarray) -> None:
    """Write boxes (T, F, 4) of `players` (F,) where `seen` (T, F), as MOTChallenge, counted from 1."""
    with file.open("w", newline="", encoding="utf-8") as out:
        for frame, index in np.argwhere(seen).tolist():
            sides = ",".join(f"{side:.1f}" for side in boxes[frame, index])
            out.write(f"{frame + 1},{players[index] + 1},{sides},1,-1,-1,-1\n")


def truth_rows(line: Timeline, look: Look, frames: int, players: list[int]) -> list[list[str]]:
    """Return the rows of the truth: maximal stretches of one label of one player, frame by frame."""
    times = np.arange(frames) / float(look.fps)
    labels = line.held("label", times)
    rows = []
    for player in players:
        track = labels[:, player]
        edges = [0, *(np.flatnonzero(track[1:] != track[:-1]) + 1).tolist(), frames]
        for first, stop in pairwise(edges):
            start, end = float(first / look.fps), float(stop / look.fps)
            kit = look.kits[player // 5].name
            row = [f"{start:.3f}", f"{end:.3f}", format_time(start), format_time(end), str(first), str(stop)]
            row += [LABELS[track[first]], "1.000", "1.000", f"{(start + end) / 2:.3f}", "0"]
            rows.append([*row, str(player + 1), f"{kit} {look.people[player].number}"])
    return sorted(rows, key=lambda row: (int(row[4]), int(row[11])))


def write_truth(file: Path, rows: list[list[str]]) -> None:
    """Write the truth with the columns of bball-tag's own CSV."""
    with file.open("w", newline="", encoding="utf-8") as out:
        table = csv.writer(out, lineterminator="\n")
        table.writerow(COLUMNS)
        table.writerows(rows)
