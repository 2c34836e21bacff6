"""One page with the worst mistakes as small videos: the predicted label and the true one."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import cv2
import jinja2
import numpy as np

from bball_tag.files import write_text
from bball_tag.video.writer import write_images
from train.dataset import ClipDataset

_MAX_SHOWN = 40
_ROUNDS = 3
_MIN_HEIGHT = 176


@dataclass(frozen=True, slots=True)
class Mistake:
    """One clip for which another label is predicted."""

    key: str
    target: str
    predicted: str
    predicted_percent: int
    target_percent: int
    video: str
    """An MP4 as a data URI."""


def write_mistakes(
    path: Path, probabilities: np.ndarray, target: np.ndarray, dataset: ClipDataset, labels: Sequence[str]
) -> None:
    """Write the page: the most confident mistakes come first.

    Args:
        path: An HTML file; it needs nothing beside it.
        probabilities: Of each label, shape (N, K).
        target: Indices of the right labels, shape (N,).
        dataset: The clips in the same order, not augmented.
        labels: K names.
    """
    predicted = probabilities.argmax(axis=1)
    wrong = np.flatnonzero(predicted != target)
    worst = wrong[np.argsort(-probabilities[wrong, predicted[wrong]], kind="stable")][:_MAX_SHOWN]
    mistakes = [
        Mistake(
            dataset.clips[index].key,
            labels[target[index]],
            labels[predicted[index]],
            round(100 * float(probabilities[index, predicted[index]])),
            round(100 * float(probabilities[index, target[index]])),
            _data_uri(dataset.images(index), dataset.loading.spec.fps),
        )
        for index in worst.tolist()
    ]
    template = jinja2.Environment(autoescape=True).from_string(
        Path(__file__).with_name("mistakes.html.j2").read_text(encoding="utf-8")
    )
    write_text(path, template.render(mistakes=mistakes, num_wrong=len(wrong), num_clips=len(target)))


def _data_uri(images: np.ndarray, fps: float) -> str:
    """Return uint8 images (T, H, W, 3) as a video that shows them a few times, at half their speed."""
    height, width = images.shape[1:3]
    scale = max(1, -(-_MIN_HEIGHT // height))
    # The codec wants even sides.
    size = (width * scale // 2 * 2, height * scale // 2 * 2)
    larger = [cv2.resize(image, size, interpolation=cv2.INTER_NEAREST) for image in images]
    file = io.BytesIO()
    write_images(file, larger * _ROUNDS, Fraction(fps / 2).limit_denominator(1000))
    return f"data:video/mp4;base64,{base64.b64encode(file.getvalue()).decode()}"
