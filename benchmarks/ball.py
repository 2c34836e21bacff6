"""Is the ball found in crops of players? The detector's ball class against a small heat map model.

    python sample_videos/make_court.py --clips-only --seed 5001 --clips 50 --clip-fps 12.5 --out WORK_DIR
    python -m benchmarks.ball WORK_DIR yolox_nano.onnx --seed 5001 --clips 50 [--spacejam FOLDER]

The detector is YOLOX-nano as its authors trained it on COCO; the one that comes along knows people only.
The truth is where the simulated ball is in each crop, and how much of it bodies cover. The heat map model
(36,275 weights, three crops in, three maps out) follows WASB (Widely Applicable Strong Baseline for Sports
Ball Detection and Tracking, Tarashima, Haq, Wang, Tagawa, BMVC 2023): several frames at once, and a loss in
which the places that are hardest weigh most. It is trained twice, each time on half of the games, and tested
on the others; on SpaceJam's clips the mean of both is tested. "Has the ball" are the labels pass, dribble,
shoot and ball in hand.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import torch
from sklearn.metrics import roc_auc_score
from torch import nn
from torch.nn import functional

from bball_tag.players.yolox import Yolox, _decoded
from benchmarks.ball_truth import Clips, read_real, read_rendered

CROP = (112, 80)
"""Height and width of the model's input, in pixels."""
STRIDE = 4
"""Pixels of the input per cell of a heat map."""
NEAR = 0.15
"""A place is right that is at most this far from the ball, in body heights."""
BALL_CLASS = 32
"""COCO's "sports ball"."""
BATCH, BALLS = 32, 18
"""Windows of three crops in a batch, and in how many the ball is seen."""


def main() -> None:
    """Print how well both find the ball, and tell who has it."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("work", type=Path)
    parser.add_argument("detector", type=Path, help="a YOLOX that knows COCO's classes")
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--clips", type=int, required=True, help="of each label, as they were rendered")
    parser.add_argument("--spacejam", type=Path, help="a folder of real clips in SpaceJam layout")
    parser.add_argument("--steps", type=int, default=540)
    options = parser.parse_args()
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    clips = read_rendered(options.work, options.seed, options.clips)
    odd = clips.games % 2 == 1
    models = [train(clips, np.flatnonzero(odd != tested), options.steps, int(tested)) for tested in (0, 1)]
    found = np.zeros((len(odd), 8, 3))
    for tested, model in enumerate(models):
        for index in np.flatnonzero(odd == tested):
            found[index] = mapped(model, clips.images[index])
    yolox = Yolox(options.detector)
    began = time.process_time()
    detected = np.array([[detect(yolox, image) for image in images] for images in clips.images])
    print(f"detector: {1000 * (time.process_time() - began) / detected[..., 0].size:.1f} ms a crop")
    report("detector, rendered", detected, clips, (0.005, 0.02, 0.1))
    report("heat maps, rendered", found, clips, (0.2, 0.35, 0.5))
    if options.spacejam:
        real = read_real(options.spacejam)
        detected = np.array([[detect(yolox, image) for image in images] for images in real.images])
        both = np.array([[mapped(model, images) for model in models] for images in real.images])
        report("detector, real", detected, real, ())
        report("heat maps, real", both.mean(axis=1), real, ())


def report(name: str, found: np.ndarray, clips: Clips, scores: Sequence[float]) -> None:
    """Print the AUC of "has the ball", and recall and precision from some `scores` on.

    Args:
        name: What found the ball.
        found: x and y in heights of the crop, and the score, shape (N, 8, 3).
        clips: In which it was found.
        scores: Empty where the truth is not known.
    """
    highest, mean = found[..., 2].max(axis=1), found[..., 2].mean(axis=1)
    aucs = roc_auc_score(clips.has, highest), roc_auc_score(clips.has, mean)
    print(f"{name}: AUC of the highest score {aucs[0]:.3f}, of the mean {aucs[1]:.3f}")
    if not scores:
        return
    apart = np.linalg.norm(found[..., :2] - clips.place[..., :2], axis=2)
    for score in scores:
        on = found[..., 2] >= score
        right = int((on & (clips.state == 1) & (apart < NEAR * clips.tall)).sum())
        recall = right / max(1, int((clips.state == 1).sum()))
        precision = right / max(1, int((on & (clips.state != 2)).sum()))
        print(f"  from {score:g} on: recall {recall:.3f}, precision {precision:.3f}")


def detect(yolox: Yolox, image: np.ndarray) -> np.ndarray:
    """Return where the likeliest ball of a crop is, in heights of the crop, and its score.

    `Yolox.find` drops whatever scores below 0.1, which is nearly all balls.
    """
    scale = yolox.size[0] / image.shape[0]
    blob = yolox._letterboxed(image, scale)
    output = yolox._forward(blob)[0]
    scores = output[:, 4] * output[:, 5 + BALL_CLASS]
    best = scores.argmax(keepdims=True)
    spot = _decoded(output[best, :4], best, blob.shape[2], blob.shape[3])[0, :2]
    return np.array([*(spot / scale / image.shape[0]), float(scores[best[0]])])


def mapped(model: HeatMaps, images: Sequence[np.ndarray]) -> np.ndarray:
    """Return where the ball of each of 8 crops is, in heights of the crop, and its score, shape (8, 3)."""
    small = _small(images)
    windows = np.stack([small[first : first + 3] for first in range(len(small) - 2)])
    with torch.inference_mode():
        maps = torch.sigmoid(model(_input(windows))).numpy()
    # Each crop is judged in the middle of a window, the first and the last at its ends.
    maps = np.concatenate([maps[:1, 0], maps[:, 1], maps[-1:, 2]])
    cell = maps.reshape(len(maps), -1).argmax(axis=1)
    row, column = np.divmod(cell, maps.shape[2])
    score = maps.reshape(len(maps), -1).max(axis=1)
    return np.column_stack([(column + 0.5) * STRIDE / CROP[0], (row + 0.5) * STRIDE / CROP[0], score])


class HeatMaps(nn.Module):
    """Three crops (N, 9, 112, 80) in, and for each a map of where the ball is, logits (N, 3, 28, 20)."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Sequential(_block(9, 16, 2), _block(16, 16), _block(16, 32, 2))
        self.wide = nn.ModuleList(_block(32, 32, dilation=reach) for reach in (1, 2, 4))
        self.out = nn.Conv2d(32, 3, 1)
        nn.init.constant_(self.out.bias, -4.0)  # type: ignore[arg-type]

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Return logits."""
        found = self.stem(images)
        for block in self.wide:
            found = found + block(found)
        logits: torch.Tensor = self.out(found)
        return logits


def _block(inner: int, outer: int, stride: int = 1, dilation: int = 1) -> nn.Sequential:
    conv = nn.Conv2d(inner, outer, 3, stride, dilation, dilation, bias=False)
    return nn.Sequential(conv, nn.BatchNorm2d(outer), nn.ReLU(inplace=True))


def _small(images: Sequence[np.ndarray]) -> np.ndarray:
    """Return crops as large as the model sees them."""
    return np.stack([cv2.resize(image, CROP[::-1], interpolation=cv2.INTER_AREA) for image in images])


def _input(images: np.ndarray) -> torch.Tensor:
    """Return windows of three crops (N, 3, H, W, 3) as the model's input."""
    values = torch.from_numpy(images).permute(0, 1, 4, 2, 3).flatten(1, 2)
    return (values.float() / 255 - 0.45) / 0.25


def train(clips: Clips, among: np.ndarray, steps: int, seed: int) -> HeatMaps:
    """Train a model on the clips `among` all."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    images = {int(index): _small(clips.images[index]) for index in among}
    spots = [
        [(int(i), t) for i in among for t in range(1, 7) if clips.state[i, t] == state] for state in (1, 0)
    ]
    model = HeatMaps()
    mean = torch.optim.swa_utils.AveragedModel(
        model,
        multi_avg_fn=torch.optim.swa_utils.get_ema_multi_avg_fn(0.97),  # type: ignore[no-untyped-call]
        use_buffers=True,
    )
    optimiser = torch.optim.AdamW(model.parameters(), weight_decay=1e-3)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 6e-3, total_steps=steps, pct_start=0.15)
    for _ in range(steps):
        rows = [spots[n >= BALLS][rng.integers(len(spots[n >= BALLS]))] for n in range(BATCH)]
        drawn = [
            _changed(images[i][t - 1 : t + 2], clips.place[i, t - 1 : t + 2] * CROP[0], rng) for i, t in rows
        ]
        seen, places = (np.stack(column) for column in zip(*drawn, strict=True))
        state = np.stack([clips.state[i, t - 1 : t + 2] for i, t in rows])
        loss = _loss(model(_input(seen)), torch.from_numpy(places).float(), torch.from_numpy(state))
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(model.parameters(), 5.0)
        optimiser.step()
        schedule.step()
        mean.update_parameters(model)
    trained = mean.module.eval()
    assert isinstance(trained, HeatMaps)
    return trained


def _changed(
    images: np.ndarray, places: np.ndarray, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Move, turn, mirror, blur and recolour crops (3, H, W, 3); return where the balls are then, too."""
    middle = np.array(CROP[::-1]) / 2
    scale, angle = np.exp(rng.uniform(-0.22, 0.22)), rng.uniform(-0.2, 0.2) * rng.integers(2)
    cosine, sine, mirror = scale * np.cos(angle), scale * np.sin(angle), rng.choice([-1.0, 1.0])
    turn = np.array([[cosine * mirror, -sine], [sine * mirror, cosine]])
    shift = middle + rng.uniform(-0.11, 0.11, 2) * middle * 2 - turn @ middle
    grey = rng.uniform(0.3, 1.5)
    gains = np.exp(rng.uniform(-0.35, 0.35) + rng.uniform(-0.3, 0.3) + rng.uniform(-0.15, 0.15, 3))[:, None]
    colours = np.column_stack([(grey * np.eye(3) + (1 - grey) / 3) * gains, np.full(3, rng.uniform(-25, 25))])
    blur, noise = rng.choice([1, 2, 3], p=[0.6, 0.2, 0.2]), 5 * rng.integers(2)
    size = CROP[::-1]
    changed = []
    for image in images:
        image = cv2.warpAffine(image, np.column_stack([turn, shift]), size)
        if blur > 1:
            low = cv2.resize(image, (size[0] // blur, size[1] // blur), interpolation=cv2.INTER_AREA)
            image = cv2.resize(low, size)
        grain = rng.normal(0, noise, image.shape) if noise else 0
        changed.append(np.clip(cv2.transform(image, colours) + grain, 0, 255).astype(np.uint8))
    return np.stack(changed), np.column_stack([places[:, :2] @ turn.T + shift, places[:, 2] * scale])


def _loss(logits: torch.Tensor, places: torch.Tensor, state: torch.Tensor) -> torch.Tensor:
    """Return the quality focal loss of maps for each ball; what is around doubtful balls is left out."""
    size = torch.tensor(CROP[::-1])
    gone = ((places[..., :2] < 0) | (places[..., :2] > size)).any(dim=-1)
    state = torch.where((state == 1) & gone, 2, state)
    rows, columns = (torch.arange(side // STRIDE) * STRIDE + STRIDE / 2 for side in CROP)
    x, y, radius = (places[..., index, None, None] for index in range(3))
    apart = (columns - x) ** 2 + (rows[:, None] - y) ** 2
    target = torch.exp(-apart / (2 * (0.55 * radius).clamp(3, 10) ** 2))
    target = torch.where((state == 1)[..., None, None], target, 0.0)
    around = apart < (2.5 * radius).clamp(8, 25) ** 2
    kept = ~((state == 2)[..., None, None] & around)
    weight = (target - torch.sigmoid(logits)).abs() ** 2 * kept
    entropy = functional.binary_cross_entropy_with_logits(logits, target, reduction="none")
    return (entropy * weight).sum() / (state == 1).sum().clamp(min=1)


if __name__ == "__main__":
    main()
