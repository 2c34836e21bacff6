"""One page with the worst mistakes as small films: what was said, and what is true."""

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

from bball_tag.files import replacing
from bball_tag.video.writer import write_images
from train.dataset import ClipDataset
from train.evaluation import Predictions

_MOST = 40
_ROUNDS = 3
_LEAST_HEIGHT = 176


@dataclass(frozen=True, slots=True)
class Mistake:
    """One clip that was taken for something else."""

    key: str
    true: str
    said: str
    said_probability: float
    true_probability: float
    film: str
    """An MP4 as a data URI."""


def write_mistakes(
    path: Path, outcome: Predictions, clips: ClipDataset, labels: Sequence[str], temperature: float
) -> None:
    """Write the page: the clips that were most surely taken for another label come first.

    Args:
        path: An HTML file; it needs nothing beside it.
        outcome: What was said about `clips`.
        clips: The same clips in the same order, unchanged.
        labels: K names.
        temperature: Of the probabilities.
    """
    rows = outcome.probabilities(temperature)
    wrong = np.flatnonzero(outcome.said != outcome.truth)
    worst = wrong[np.argsort(-rows[wrong, outcome.said[wrong]], kind="stable")][:_MOST]
    mistakes = [_mistake(int(place), rows, outcome, clips, labels) for place in worst]
    template = jinja2.Environment(autoescape=True).from_string(
        Path(__file__).with_name("mistakes.html.j2").read_text(encoding="utf-8")
    )
    page = template.render(mistakes=mistakes, num_wrong=len(wrong), num_clips=len(outcome.truth))
    with replacing(path) as draft:
        draft.write_text(page, encoding="utf-8")


def _mistake(
    place: int, rows: np.ndarray, outcome: Predictions, clips: ClipDataset, labels: Sequence[str]
) -> Mistake:
    said, true = int(outcome.said[place]), int(outcome.truth[place])
    film = base64.b64encode(_film(clips[place][0], clips.loading.spec.fps)).decode()
    return Mistake(
        clips.clips[place].key,
        labels[true],
        labels[said],
        float(rows[place, said]),
        float(rows[place, true]),
        f"data:video/mp4;base64,{film}",
    )


def _film(pictures: np.ndarray, fps: float) -> bytes:
    """Return uint8 pictures (T, H, W, 3) as an MP4 that shows them a few times over.

    They are shown at half the speed that they were sampled at, so that an eye can follow.
    """
    height, width = pictures.shape[1:3]
    scale = max(1, -(-_LEAST_HEIGHT // height))
    # The codec wants even sides.
    size = (width * scale // 2 * 2, height * scale // 2 * 2)
    file = io.BytesIO()
    larger = [cv2.resize(picture, size, interpolation=cv2.INTER_NEAREST) for picture in pictures]
    write_images(file, larger * _ROUNDS, Fraction(fps / 2).limit_denominator(1000))
    return file.getvalue()
