"""The streams beside the images: small models over time of a body's keypoints, and of how a player moves.

Both compute in 32 bits on any device, whatever the images are computed in. Neither has BatchNorm, so that one
clip does not depend on those beside it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn.functional import pad

from bball_tag.checkpoint.contract import Stream
from bball_tag.clips import ClipSpec
from bball_tag.players.steps import COLUMNS as MOTION_COLUMNS

KEYPOINTS = 13
"""In each frame of a clip: those of `bball_tag.players.pose`."""
_POSE_CHANNELS, _MOTION_CHANNELS = 96, 32
_GROUPS = 8
"""Of channels, each normalised on its own (Group Normalization, Wu and Kaiming, 2018)."""
_HIPS = (7, 8)
_REST = 0.01
"""Weight of the other keypoints in the centre of the body: they count where no hip is seen."""
_LEAST_SIZE = 0.05
"""Of a body, in heights of the crop."""
_QUANTILES = (0.1, 0.5, 0.9)
_FEET = slice(0, 2)
_KNOWN = MOTION_COLUMNS - 1


class PoseStream(nn.Module):
    """From keypoints, float (N, T, 13, 3), to logits (N, K).

    An instant of keypoints is x and y in fractions of the crop's width and height, and visibility 0 to 1. The
    model sees them relative to the hips, in units of the body's size over the whole clip, with their
    velocities: neither the place nor the size of the body in the crop counts. Clips in which nothing is
    visible get logits of 0.
    """

    def __init__(self, num_labels: int, aspect: float = 128 / 176) -> None:
        """Build for `num_labels` outputs and crops whose width is `aspect` times their height."""
        super().__init__()
        self._aspect = aspect
        self.body = _TimeBody(5 * KEYPOINTS, _POSE_CHANNELS, dilations=(1, 2))
        self.head = _head(2 * _POSE_CHANNELS, num_labels)

    def forward(self, keypoints: Tensor) -> Tensor:
        """Return the logits (N, K) of keypoints (N, T, 13, 3)."""
        with torch.autocast(keypoints.device.type, enabled=False):
            logits: Tensor = self.last(self.pooled(keypoints))
        return logits * has_keypoints(keypoints)[:, None]

    def pooled(self, keypoints: Tensor) -> Tensor:
        """Return what goes into the last layer, (N, 192), of keypoints (N, T, 13, 3)."""
        points, seen = keypoints[..., :2].float(), keypoints[..., 2].float()
        maps = self.body(self._features(points, seen))
        return torch.cat([maps.mean(dim=2), maps.amax(dim=2)], dim=1)

    @property
    def last(self) -> nn.Module:
        """The last layer, with its dropout."""
        return self.head

    def _features(self, points: Tensor, seen: Tensor) -> Tensor:
        """Return places, velocities and visibility, (N, 5 * 13, T)."""
        points = points * points.new_tensor([self._aspect, 1.0])
        weights = _REST * seen
        weights[..., _HIPS] += seen[..., _HIPS]
        centre = (points * weights[..., None]).sum(2) / weights.sum(2, keepdim=True).clamp(min=1e-6)
        own = (points - centre[:, :, None]) * seen[..., None]
        size = (own.square().sum((1, 2, 3)) / seen.sum((1, 2)).clamp(min=1e-6)).sqrt().clamp(min=_LEAST_SIZE)
        own = own / size[:, None, None, None]
        both = (seen[:, 1:] * seen[:, :-1])[..., None]
        velocity = pad((own[:, 1:] - own[:, :-1]) * both, (0, 0, 0, 0, 1, 0))
        return torch.cat([own.flatten(2), velocity.flatten(2), seen], dim=2).transpose(1, 2)


class MotionStream(nn.Module):
    """From how a player moves, float (N, M, 6), to logits (N, K).

    The rows are those of `bball_tag.players.steps.motion_rows`, with the clip in the middle. It sees them,
    and mean and quantiles of the speed over the clip and over all that is known. Clips of which nothing is
    known get logits of 0.
    """

    def __init__(self, num_labels: int, num_frames: int = 8) -> None:
        """Build for `num_labels` outputs and clips of `num_frames`."""
        super().__init__()
        self._num_frames = num_frames
        self.body = _TimeBody(MOTION_COLUMNS + 2, _MOTION_CHANNELS, dilations=(1, 2, 4))
        num_figures = 2 * (len(_QUANTILES) + 1 + _KNOWN)
        self.head = nn.Sequential(
            nn.Linear(2 * _MOTION_CHANNELS + num_figures, _MOTION_CHANNELS),
            nn.ReLU(inplace=True),
            _head(_MOTION_CHANNELS, num_labels),
        )

    def forward(self, rows: Tensor) -> Tensor:
        """Return the logits (N, K) of rows (N, M, 6)."""
        with torch.autocast(rows.device.type, enabled=False):
            logits: Tensor = self.last(self.pooled(rows))
        return logits * has_rows(rows)[:, None]

    def pooled(self, rows: Tensor) -> Tensor:
        """Return what goes into the last layer, (N, 32), of rows (N, M, 6)."""
        rows = rows.float()
        known = rows[..., _KNOWN]
        # Boxes jump now and then: speeds far above a sprinter's say no more than those.
        values = rows[..., :_KNOWN].asinh() * known[..., None]
        speed = rows[..., _FEET].norm(dim=2).asinh() * known
        first = (rows.shape[1] - self._num_frames) // 2
        clip = slice(max(first, 0), max(first, 0) + self._num_frames)
        place = torch.zeros_like(known)
        place[:, clip] = 1.0
        inputs = torch.cat([values, known[..., None], speed[..., None], place[..., None]], dim=2)
        maps = self.body(inputs.transpose(1, 2))
        found = [maps.mean(dim=2), maps[..., clip].amax(dim=2)]
        for part in (clip, slice(None)):
            found.append(_mean(values[:, part], known[:, part]))
            found.append(_mean(speed[:, part, None], known[:, part]))
            found.append(_quantiles(speed[:, part], known[:, part]))
        inner, relu, _ = self.head
        hidden: Tensor = relu(inner(torch.cat(found, dim=1)))
        return hidden

    @property
    def last(self) -> nn.Module:
        """The last layer, with its dropout."""
        return self.head[-1]


class _TimeBody(nn.Module):
    """Convolutions over time: from (N, C, T) to maps (N, channels, T)."""

    def __init__(self, num_inputs: int, channels: int, dilations: tuple[int, ...]) -> None:
        super().__init__()
        self.stem = nn.Conv1d(num_inputs, channels, 1)
        self.blocks = nn.ModuleList(_Residual(channels, dilation) for dilation in dilations)

    def forward(self, values: Tensor) -> Tensor:
        maps: Tensor = self.stem(values)
        for block in self.blocks:
            maps = maps + block(maps)
        return maps.relu()


class _Residual(nn.Sequential):
    def __init__(self, channels: int, dilation: int) -> None:
        super().__init__(
            nn.GroupNorm(_GROUPS, channels),
            nn.ReLU(),
            nn.Conv1d(channels, channels, 3, padding=dilation, dilation=dilation),
            nn.GroupNorm(_GROUPS, channels),
            nn.ReLU(),
            nn.Conv1d(channels, channels, 3, padding=1),
        )


def _head(num_inputs: int, num_labels: int) -> nn.Module:
    return nn.Sequential(nn.Dropout(), nn.Linear(num_inputs, num_labels))


def _mean(values: Tensor, known: Tensor) -> Tensor:
    """Return the mean (N, C) of values (N, M, C) where they are known (N, M); 0 where none is."""
    return (values * known[..., None]).sum(1) / known.sum(1, keepdim=True).clamp(min=1.0)


def _quantiles(values: Tensor, known: Tensor) -> Tensor:
    """Return quantiles (N, 3) of the known among values (N, M); 0 where none is."""
    count = (known > 0).sum(1, keepdim=True)
    ranked = values.masked_fill(known == 0, torch.inf).sort(dim=1).values
    places = (values.new_tensor(_QUANTILES) * (count - 1).clamp(min=0)).round().long()
    return ranked.gather(1, places).masked_fill(count == 0, 0.0)


def has_keypoints(keypoints: Tensor) -> Tensor:
    """Return for which clips any of the keypoints (N, T, 13, 3) is visible, bool (N,)."""
    return keypoints[..., 2].flatten(1).any(dim=1)


def has_rows(rows: Tensor) -> Tensor:
    """Return for which clips any of the rows (N, M, 6) is known, bool (N,)."""
    return rows[..., _KNOWN].any(dim=1)


class Joined(nn.Module):
    """slow_r50 and the streams beside it; the weights of the former keep their names, `blocks.*`."""

    def __init__(self, blocks: nn.ModuleList, sides: Mapping[Stream, nn.Module]) -> None:
        """Take the blocks of slow_r50, and a model for each further stream."""
        super().__init__()
        self.streams: tuple[Stream, ...] = ("rgb", *sides)
        self.blocks = blocks
        for name, side in sides.items():
            self.add_module(name, side)

    def forward(self, clips: Tensor, keypoints: Tensor | None = None, rows: Tensor | None = None) -> Tensor:
        """Return the logits of each stream, (N, S, K), in the order of the contract; 0 without input."""
        images = clips
        for block in self.blocks[:-1]:
            images = block(images)
        return self.answers(images, keypoints, rows)

    def answers(self, maps: Tensor, keypoints: Tensor | None, rows: Tensor | None) -> Tensor:
        """Return the logits of each stream, (N, S, K), from the last maps of the images."""
        logits = self.blocks[-1](maps).float()
        found = [logits]
        for name, values in (("pose", keypoints), ("motion", rows)):
            if (side := getattr(self, name, None)) is not None:
                found.append(torch.zeros_like(logits) if values is None else side(values))
        return torch.stack(found, dim=1)


def image_logits(model: nn.Module, clips: Tensor) -> Tensor:
    """Return the logits (N, K) of the images alone, whatever else `model` looks at."""
    logits: Tensor = model(clips)
    return logits if logits.ndim == 2 else logits[:, 0]


def side_models(streams: tuple[Stream, ...], num_labels: int, clip: ClipSpec) -> dict[Stream, nn.Module]:
    """Build the models of all `streams` but that of the images."""
    found: dict[Stream, nn.Module] = {}
    if "pose" in streams:
        found["pose"] = PoseStream(num_labels, clip.width / clip.height)
    if "motion" in streams:
        found["motion"] = MotionStream(num_labels, clip.num_frames)
    return found


def side_outputs(model: nn.Module, stream: Stream, inputs: Tensor) -> tuple[Tensor, Tensor]:
    """Return the logits (N, K) of a stream beside the images, and what goes into its last layer, (N, C).

    Args:
        model: As `bball_tag.checkpoint.model.load_model` returns it; in 32 bits, on the device of the inputs.
        stream: One that the model has.
        inputs: Of clips of which something is known: keypoints, float (N, T, 13, 3), or how the players move,
            float (N, M, 6).
    """
    side = cast("PoseStream | MotionStream", model.get_submodule(stream))
    pooled = side.pooled(inputs)
    return side.last(pooled), pooled
