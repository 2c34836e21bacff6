"""Train the model that tells teammates apart: its layers, its images, its steps, and its loss."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from court.portraits import Portraits
from torch import nn
from torch.nn import functional

from bball_tag.players.appearance import SHARE

ROWS, COLUMNS = 64, 32
"""Of what the model sees."""
NUMBERS = 32
"""Length of what it says; `made` keeps the most telling."""
_GROUPS, _EACH = 8, 4
"""Teams in a batch, and images of each of their people."""
_RATE, _DECAY = 3e-3, 0.02
_FADE = 300
"""Steps at the end over which the rate of learning falls to nothing."""


class Residual(nn.Module):
    """Two convolutions beside a short cut."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.a, self.b = convolution(channels, channels), convolution(channels, channels)

    def forward(self, values: torch.Tensor) -> torch.Tensor:
        """Return values of the same shape."""
        return torch.relu(values + self.b(torch.relu(self.a(values))))


def convolution(inner: int, outer: int, stride: int = 1) -> nn.Sequential:
    """Return a convolution of 3 by 3 with its normalization."""
    return nn.Sequential(nn.Conv2d(inner, outer, 3, stride, 1, bias=False), nn.BatchNorm2d(outer))


class Net(nn.Module):
    """From images, 0 to 255 and of shape (N, 3, ROWS, COLUMNS), to numbers about the people in them."""

    def __init__(self, numbers: int = NUMBERS, width: float = 1.0) -> None:
        super().__init__()
        near, middle, far = (round(channels * width) for channels in (24, 48, 80))
        self.body = nn.Sequential(
            *(convolution(3, near, 2), nn.ReLU(), Residual(near)),
            *(convolution(near, middle, 2), nn.ReLU(), Residual(middle)),
            *(convolution(middle, far, 2), nn.ReLU(), Residual(far)),
        )
        # A mean over each of four stripes: head, shirt, shorts, legs.
        self.stripes = nn.AvgPool2d((2, 4))
        self.drop = nn.Dropout(0.1)
        self.head = nn.Linear(4 * far, numbers)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Return shape (N, numbers)."""
        seen = self.stripes(self.body(images * (4 / 255) - 2))
        answer: torch.Tensor = self.head(self.drop(seen.flatten(1)))
        return answer


class Schedule:
    """Steps of training, of which the moving mean of the weights is kept."""

    def __init__(self, net: Net, steps: int) -> None:
        self._net, self._steps, self._done = net.to(memory_format=torch.channels_last), steps, 0  # type: ignore[call-overload]
        self._mean = {name: values.clone() for name, values in net.state_dict().items()}
        self._optimizer = torch.optim.AdamW(net.parameters(), lr=_RATE, weight_decay=_DECAY)

    def answers(self, shown: torch.Tensor) -> torch.Tensor:
        """Return what the model says of images (N, 3, ROWS, COLUMNS), 0 to 1."""
        with torch.autocast("cpu", dtype=torch.bfloat16):
            numbers = self._net(shown.contiguous(memory_format=torch.channels_last) * 255)
        return torch.as_tensor(numbers).float()

    def step(self, loss: torch.Tensor) -> None:
        """Take a step down a loss."""
        left = min((self._steps - self._done) / _FADE, 1.0)
        slow = min(1.0, self._done / 30 + 0.02) * (1 - np.cos(np.pi * left)) / 2
        self._optimizer.param_groups[0]["lr"] = _RATE * slow
        self._optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(self._net.parameters(), 5.0)
        self._optimizer.step()
        kept = min(0.99, self._done / (self._done + 10))
        for name, values in self._net.state_dict().items():
            if values.dtype.is_floating_point:
                self._mean[name].mul_(kept).add_(values, alpha=1 - kept)
        self._done += 1

    def finished(self) -> Net:
        """Return the model with the mean weights."""
        self._net.load_state_dict(self._mean)
        return self._net.eval()


@dataclass(frozen=True)
class Teams:
    """Images of people, by team and person."""

    images: np.ndarray
    """uint8 RGB (N, H, W, 3)."""
    people: Sequence[Sequence[np.ndarray]]
    """For each team the rows of each of its people."""
    weights: np.ndarray
    """How often each team is drawn; referees and coaches less, as few know one game's two apart."""


def teams_of(games: Sequence[Portraits]) -> Teams:
    """Gather who wears the same, and is seen often enough."""
    people, weights, start = [], [], 0
    for game in games:
        for wears in np.unique(game.wears).tolist():
            rows = [
                np.flatnonzero((game.wears == wears) & (game.person == one)) + start
                for one in np.unique(game.person[game.wears == wears])
            ]
            if len(rows := [each for each in rows if len(each) >= _EACH]) >= 2:
                people.append(rows)
                weights.append(1.0 if wears < 2 else 0.25)
        start += len(game.images)
    images = np.concatenate([game.images for game in games])
    return Teams(images, people, np.array(weights) / np.sum(weights))


def trained(teams: Teams, steps: int) -> Net:
    """Train for some steps; return the moving mean of the weights."""
    rng = np.random.default_rng(0)
    torch.manual_seed(0)
    schedule = Schedule(Net(), steps)
    for _ in range(steps):
        rows, person, team = _batch(teams, rng)
        numbers = schedule.answers(changed(tensor_of(teams.images[rows]), team))
        schedule.step(loss(numbers, person, team))
    return schedule.finished()


def loss(numbers: torch.Tensor, person: torch.Tensor, team: torch.Tensor) -> torch.Tensor:
    """Say how badly each image finds the mean of its person among the means of the teammates.

    The squared distance to each mean is a log likelihood (prototypes, Snell et al., 2017), as when
    looks are compared later. The image itself does not count in its mean. All people of the batch count a
    little.
    """
    is_of = functional.one_hot(person).float()
    sums, counts = is_of.T @ numbers, is_of.sum(dim=0)
    its_team = torch.zeros(len(counts), dtype=torch.long).scatter_(0, person, team)
    others = ((sums[person] - numbers) / (counts[person] - 1)[:, None] - numbers).square().sum(dim=1)
    away = torch.cdist(numbers, sums / counts[:, None]).square()
    away = torch.where(is_of.bool(), others[:, None], away)
    mates = torch.where(its_team[None] == team[:, None], -away, -1e4)
    return functional.cross_entropy(mates, person) + 0.2 * functional.cross_entropy(-away, person)


def _batch(teams: Teams, rng: np.random.Generator) -> tuple[np.ndarray, torch.Tensor, torch.Tensor]:
    """Draw rows of images, the person of each, counted through the batch, and the team of each."""
    rows, team, person = [], [], 0
    persons = []
    for number, at in enumerate(rng.choice(len(teams.people), _GROUPS, replace=False, p=teams.weights)):
        for own in teams.people[at]:
            rows.append(rng.choice(own, _EACH, replace=False))
            team += [number] * _EACH
            persons += [person] * _EACH
            person += 1
    return np.concatenate(rows), torch.tensor(persons), torch.tensor(team)


def tensor_of(images: np.ndarray) -> torch.Tensor:
    """Return uint8 images (N, H, W, 3) as values from 0 to 1, shape (N, 3, H, W)."""
    return torch.from_numpy(images).permute(0, 3, 1, 2).float() / 255


def changed(images: torch.Tensor, team: torch.Tensor) -> torch.Tensor:
    """Return images (N, 3, H, W), 0 to 1, as other cameras and a detector's boxes would show them.

    What belongs to a camera is the same for a team: light, colours, contrast.
    """
    count, groups = len(images), int(team.max()) + 1

    def drawn(shared: float, own: float, *shape: int) -> torch.Tensor:
        of_team = shared * torch.randn(groups, *shape)
        return torch.exp(of_team[team] + own * torch.randn(count, *shape))

    seen = framed(_with_neighbours(images), errors=True)
    seen = seen.clamp(0, 1) ** drawn(0.15, 0.04, 1, 1, 1)
    grey = seen.mean(dim=1, keepdim=True)
    seen = grey + (seen - grey) * drawn(0.25, 0.05, 1, 1, 1)
    seen = ((seen - 0.4) * drawn(0.12, 0.05, 1, 1, 1) + 0.4) * drawn(0.12, 0.04, 3, 1, 1)
    seen = seen * drawn(0.15, 0.07, 1, 1, 1)
    down = torch.linspace(-1, 1, ROWS)[:, None]
    seen = _blurred(seen * (1 + 0.07 * torch.randn(count, 1, 1, 1) * down))
    return (seen + 0.04 * torch.rand(count, 1, 1, 1) * torch.randn_like(seen)).clamp(0, 1)


def framed(images: torch.Tensor, *, errors: bool = False) -> torch.Tensor:
    """Return what the model sees of portraits: the box, or such as a detector gives, or its mirror."""
    count, zero = len(images), torch.zeros(len(images))
    wide, high = SHARE.tolist()
    across, along = torch.full((count,), wide), torch.full((count,), high)
    left = top = zero
    if errors:
        narrow = 0.08 * torch.randn(count) - 0.16 * torch.rand(count)
        across = across * torch.exp(narrow) * torch.where(torch.rand(count) < 0.5, -1.0, 1.0)
        along = along * torch.exp(0.05 * torch.randn(count))
        left, top = 0.04 * torch.randn(count), 0.033 * torch.randn(count)
    rows = (torch.stack([across, zero, left], dim=1), torch.stack([zero, along, top], dim=1))
    grid = functional.affine_grid(torch.stack(rows, dim=1), [count, 3, ROWS, COLUMNS], align_corners=False)
    return functional.grid_sample(images, grid, padding_mode="border", align_corners=False)


def _with_neighbours(images: torch.Tensor) -> torch.Tensor:
    """Return images; into one in five, a part of another person comes in from a side, in front."""
    seen = images.clone()
    high, wide = images.shape[2:]
    for one in torch.nonzero(torch.rand(len(images)) < 0.2)[:, 0].tolist():
        other = images[int(torch.randint(len(images), (1,)))]
        broad, top = int(torch.randint(14, 28, (1,))), high - int(torch.randint(30, high, (1,)))
        to = slice(0, broad) if torch.rand(1) < 0.5 else slice(wide - broad, wide)
        seen[one, :, top:, to] = other[:, top:, 10 : 10 + broad]
    return seen


def _blurred(images: torch.Tensor) -> torch.Tensor:
    """Return images, some of which were smaller for a while."""
    seen, luck = images.clone(), torch.rand(len(images))
    for low, stop, size in ((0.55, 0.75, 0.7), (0.75, 0.9, 0.5), (0.9, 1.0, 0.35)):
        some = (luck >= low) & (luck < stop)
        if some.any():
            small = functional.interpolate(images[some], scale_factor=size, mode="bilinear", antialias=True)
            seen[some] = functional.interpolate(small, (ROWS, COLUMNS), mode="bilinear")
    return seen


@torch.no_grad()
def numbers_of(net: Net, images: np.ndarray) -> np.ndarray:
    """Return what the model says of portraits (N, H, W, 3), float32 (N, numbers)."""
    parts = [net(framed(tensor_of(images[at : at + 256])) * 255) for at in range(0, len(images), 256)]
    return np.asarray(torch.cat(parts))


def export(net: Net, target: Path, name: str) -> None:
    """Write a model as ONNX; `name` is what its answers are called."""
    # OpenCV reads the older exporter's files.
    torch.onnx.export(
        net.eval(),
        (torch.zeros(2, 3, ROWS, COLUMNS),),
        str(target),
        input_names=["people"],
        output_names=[name],
        dynamic_axes={"people": {0: "count"}, name: {0: "count"}},
        dynamo=False,
        opset_version=13,
    )
