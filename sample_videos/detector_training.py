"""Teach a YOLOX about people: which of its boxes answer for whom, and how wrong they are.

YOLOX: Exceeding YOLO Series in 2021, Ge, Liu, Wang, Li, Sun, arXiv:2107.08430. The weights go half of the way
from those before to the trained ones, which keeps what they knew of real video (Robust fine-tuning of
zero-shot models, Wortsman et al., CVPR 2022, arXiv:2109.01903).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import cache

import torch
from detector_views import SIDE
from torch import nn
from torch.nn import functional
from torch.utils.data import DataLoader, Dataset

from bball_tag.players.yolox import STRIDES

BATCH = 16
_RATE, _WARM_UP = 2e-4, 100
_MEAN = 0.998
"""Of the weights' moving mean, kept in each step."""
_KEPT = 0.5
"""How far to go from the weights before to those after."""
_RADIUS = 2.5
"""Cells around the middle of a person that may answer for them."""
_MOST_CELLS = 10
_PLACE, _OUTSIDE = 3.0, 1e5
"""How much a bad box costs in choosing a cell, against a low score; and a cell beside the person's middle."""
_BOX_WEIGHT = 5.0


def trained(
    net: nn.Module,
    views: Dataset[tuple[torch.Tensor, torch.Tensor]],
    steps: int,
    tell: Callable[[int, list[float]], None],
) -> None:
    """Teach the person class of a YOLOX, in place; its weights hold its normalization.

    Args:
        net: From BGR images (B, 3, SIDE, SIDE), 0 to 255, to cells (B, cells, 6 or more): centre in cells,
            logarithm of the size in cells, and probabilities of anything, and of a person given that.
        views: What `Views` gives, `steps` times `BATCH` of it.
        steps: How many batches to take.
        tell: Takes the number of each step and its three losses.
    """
    torch.manual_seed(0)
    weights = list(net.parameters())
    before, mean = ([each.detach().clone() for each in weights] for _ in range(2))
    for each in weights:
        each.requires_grad = True
    optimizer = torch.optim.AdamW(weights, lr=_RATE, weight_decay=0.0)
    for step, (images, people) in zip(range(steps), DataLoader(views, BATCH, num_workers=1), strict=True):
        falling = (1 + math.cos(math.pi * step / steps)) / 2 + 0.01
        optimizer.param_groups[0]["lr"] = _RATE * min(1.0, (step + 1) / _WARM_UP) * falling
        with torch.autocast("cpu", dtype=torch.bfloat16):
            cells = net(images.float().contiguous(memory_format=torch.channels_last))
        parts = losses(cells.float(), people)
        optimizer.zero_grad()
        parts.sum().backward()
        nn.utils.clip_grad_norm_(weights, 10.0)
        optimizer.step()
        tell(step, parts.tolist())
        _move(mean, mean, weights, 1 - min(_MEAN, (1 + step) / (10 + step)))
    _move(weights, before, mean, _KEPT)


@torch.no_grad()
def _move(
    changed: Sequence[torch.Tensor], one: Sequence[torch.Tensor], other: Sequence[torch.Tensor], share: float
) -> None:
    """Set weights to what lies between two others."""
    for weight, start, end in zip(changed, one, other, strict=True):
        weight.copy_(torch.lerp(start, end, share))


def losses(boxes: torch.Tensor, people: torch.Tensor) -> torch.Tensor:
    """Return three losses of cells (B, cells, 6 or more), each per cell that answers: box, anything, person.

    Args:
        boxes: What the detector says of each cell.
        people: Who is there, (B, MOST, 5), as `Views` has them.
    """
    places = decoded(boxes)
    anything, person = (boxes[..., at].clamp(1e-6, 1 - 1e-6) for at in (4, 5))
    place = sure = named = boxes.new_zeros(())
    answers = 0
    for at, rows in enumerate(people):
        who = _centred(rows[rows[:, 4] == 1, :4])
        target = torch.zeros_like(anything[at])
        counts = 1 - _within(rows[rows[:, 4] == 0, :4]).any(dim=0).float()
        if len(who):
            cells, whom, shared = answering(places[at], anything[at] * person[at], who)
            target[cells] = counts[cells] = 1.0
            answers += len(cells)
            place = place + (1 - overlap(places[at, cells], who[whom]).square()).sum()
            named = named + functional.binary_cross_entropy(person[at, cells], shared, reduction="sum")
        sure = sure + functional.binary_cross_entropy(anything[at], target, weight=counts, reduction="sum")
    return torch.stack([_BOX_WEIGHT * place, sure, named]) / max(answers, 1)


@torch.no_grad()
def answering(
    places: torch.Tensor, scores: torch.Tensor, who: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Return the cells that answer for somebody, for whom, and the IoU of their boxes (SimOTA).

    Args:
        places: Boxes of all cells: centre and size, (cells, 4).
        scores: Their probabilities, (cells,).
        who: Boxes of the people, (P, 4) with P of at least 1.
    """
    edges = torch.cat([who[:, :2] - who[:, 2:] / 2, who[:, :2] + who[:, 2:] / 2], dim=1)
    inside = _within(edges)
    near = ((_middles() - who[:, None, :2]).abs() < _RADIUS * _strides()[:, None]).all(dim=2)
    cells = (inside | near).any(dim=0).nonzero()[:, 0]
    iou = overlap(who[:, None], places[cells][None])
    cost = -scores[cells].clamp(1e-7, 1).sqrt().log() - _PLACE * (iou + 1e-8).log()
    cost = cost + _OUTSIDE * ~(inside & near)[:, cells]
    many = iou.topk(min(_MOST_CELLS, len(cells)), dim=1).values.sum(dim=1).int().clamp(min=1)
    order = cost.argsort(dim=1).argsort(dim=1)
    chosen = order < many[:, None]
    cost = torch.where(chosen, cost, math.inf)
    some = chosen.any(dim=0)
    whom = cost.argmin(dim=0)
    return cells[some], whom[some], iou[whom, torch.arange(len(cells))][some]


def decoded(boxes: torch.Tensor) -> torch.Tensor:
    """Return centre and size in pixels, (…, cells, 4), of what the detector says."""
    strides = _strides()[:, None]
    middles = boxes[..., :2] * strides + _middles() - strides / 2
    return torch.cat([middles, boxes[..., 2:4].exp() * strides], dim=-1)


def overlap(one: torch.Tensor, other: torch.Tensor) -> torch.Tensor:
    """Return the IoU of boxes, given as centre and size in the last dimension."""
    low = torch.maximum(one[..., :2] - one[..., 2:] / 2, other[..., :2] - other[..., 2:] / 2)
    high = torch.minimum(one[..., :2] + one[..., 2:] / 2, other[..., :2] + other[..., 2:] / 2)
    shared = (high - low).clamp(min=0).prod(dim=-1)
    return shared / (one[..., 2:].prod(dim=-1) + other[..., 2:].prod(dim=-1) - shared + 1e-6)


def _centred(edges: torch.Tensor) -> torch.Tensor:
    return torch.cat([(edges[:, :2] + edges[:, 2:]) / 2, edges[:, 2:] - edges[:, :2]], dim=1)


def _within(edges: torch.Tensor) -> torch.Tensor:
    """Return which cells have their middle in which boxes, bool (boxes, cells)."""
    middles = _middles()
    return ((middles > edges[:, None, :2]) & (middles < edges[:, None, 2:])).all(dim=2)


@cache
def _strides() -> torch.Tensor:
    return torch.cat([torch.full(((SIDE // stride) ** 2,), float(stride)) for stride in STRIDES])


@cache
def _middles() -> torch.Tensor:
    """Return the middles of all cells, in pixels: grid after grid, line by line, (cells, 2)."""
    grids = []
    for stride in STRIDES:
        steps = (torch.arange(SIDE // stride) + 0.5) * stride
        down, across = torch.meshgrid(steps, steps, indexing="ij")
        grids.append(torch.stack([across, down], dim=2).flatten(0, 1))
    return torch.cat(grids)
