"""What a user could write instead of `annotate`: two ways to cut a video into clips for the model."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import torch
from torch.nn.functional import interpolate

from bball_tag.checkpoint.model import normalise
from bball_tag.clips import ClipSpec, WindowCutter, grid_range, windows
from bball_tag.video.video import Video


def tutorial_clips(video: Path, seconds: float, spec: ClipSpec, stride: int) -> Iterator[torch.Tensor]:
    """Yield each window as pytorchvideo's tutorial cuts and transforms it.

    Its transforms cannot be imported beside today's torchvision; these lines do the same: every n-th frame,
    to 0..1, normalise, scale. The tutorial decodes the audio too; this does not.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from pytorchvideo.data.encoded_video import EncodedVideo
    encoded = EncodedVideo.from_path(str(video), decode_audio=False)
    mean, std = (torch.tensor(values)[:, None, None, None] for values in (spec.mean, spec.std))
    fps = Fraction(spec.fps)
    every = round(Video(video).info.fps / fps)
    for window in windows(grid_range(0, seconds, spec.fps), spec.num_frames, stride):
        frames = encoded.get_clip(window.start / fps, window.stop / fps)["video"]
        frames = frames[:, ::every]
        frames = frames[:, [min(index, frames.shape[1] - 1) for index in range(spec.num_frames)]]
        frames = (frames / 255 - mean) / std
        height, width = fitted(frames.shape[2], frames.shape[3], spec)
        small = interpolate(frames.transpose(0, 1), (height, width), mode="area").transpose(0, 1)
        clip = (torch.zeros(3, spec.num_frames, spec.height, spec.width) - mean) / std
        top, left = (spec.height - height) // 2, (spec.width - width) // 2
        clip[:, :, top : top + height, left : left + width] = small
        yield clip


def opencv_clips(video: Path, seconds: float, spec: ClipSpec, stride: int) -> Iterator[torch.Tensor]:
    """Yield each window from one pass over the video; frames between those of the grid are only grabbed."""
    capture = cv2.VideoCapture(str(video))
    every = round(capture.get(cv2.CAP_PROP_FPS) / spec.fps)
    span = grid_range(0, seconds, spec.fps)
    cutter = WindowCutter(0, spec.num_frames, stride)
    held: dict[int, np.ndarray] = {}
    for index in span:
        _, frame = capture.read()
        for _ in range(every - 1):
            capture.grab()
        height, width = fitted(*frame.shape[:2], spec)
        image = np.zeros((spec.height, spec.width, 3), np.uint8)
        top, left = (spec.height - height) // 2, (spec.width - width) // 2
        small = cv2.resize(frame, (width, height), interpolation=cv2.INTER_AREA)
        image[top : top + height, left : left + width] = cv2.cvtColor(small, cv2.COLOR_BGR2RGB)
        held[index] = image
        window = cutter.push(index) or (cutter.finish() if index == span[-1] else None)
        if window:
            images = np.stack([held[instant] for instant in window.instants(spec.num_frames)])
            yield normalise(torch.from_numpy(images)[None], spec)[0]
            held = {instant: kept for instant, kept in held.items() if instant >= cutter.next_start}


def fitted(height: int, width: int, spec: ClipSpec) -> tuple[int, int]:
    """Return the size of an image that is fitted into a clip's."""
    scale = min(spec.height / height, spec.width / width)
    return round(height * scale), round(width * scale)
