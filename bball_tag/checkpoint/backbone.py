"""A checkpoint without its last layers: what makes the features of clips, and the layers that read them.

Each stream ends in a linear layer, and the answer is the sum of their logits. What goes into these layers is
a clip's *feature*. Checkpoints that differ in these layers only share a *backbone*, and so the features.
Numpy only: weights are read as they lie in the file.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TypeVar

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file

from bball_tag.checkpoint.contract import Contract, Stream, read_contract, to_header
from bball_tag.errors import CheckpointError
from bball_tag.files import replacing

LAST_LAYERS: Mapping[Stream, str] = {
    "rgb": "blocks.5.proj",
    "pose": "pose.head.1",
    "motion": "motion.head.2.1",
}
"""The last layer of each stream: see `bball_tag.checkpoint.streams`."""
KEPT_ROWS = "features.kept_rows"
"""Tensor (r, C) whose rows the projection of the image features keeps exactly. A checkpoint that lacks it
keeps those of its own last layer; one with new last layers carries those of the checkpoint that it came from,
so that both have the same features."""
PROJECTED = 192
"""Image features that are kept: two hours with ten players stay under 250 MB, at any width."""
_SAME = 1e-4
"""Rows nearer than this, as a fraction of their length, to those kept before add no direction."""
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class LastLayer:
    """The linear layer in which a stream ends."""

    weight: np.ndarray
    """float32 (K, C)."""
    bias: np.ndarray
    """float32 (K,)."""


@dataclass(frozen=True, slots=True)
class Backbone:
    """What is the same in all checkpoints that share their features, and the layers of one of them."""

    id: str
    """Hash of everything but the last layers."""
    layers: Mapping[Stream, LastLayer]
    """Those of the checkpoint that it was read from, in the order of its streams."""
    kept_rows: np.ndarray
    """float32 (r, C): see `KEPT_ROWS`."""

    @property
    def sizes(self) -> tuple[int, ...]:
        """Features of each stream."""
        return tuple(layer.weight.shape[1] for layer in self.layers.values())

    def projection(self) -> np.ndarray | None:
        """Return orthonormal rows, float32 (d, C), that image features are reduced to; None: kept whole.

        First come the directions of `kept_rows`, so that the logits that these give stay what they are. The
        rest is drawn at random from a fixed seed: distances and linear layers survive such a projection
        nearly unchanged (Johnson and Lindenstrauss, 1984), whatever the video shows.
        """
        size = self.sizes[0]
        if size <= PROJECTED:
            return None
        drawn = np.random.default_rng(0).standard_normal((PROJECTED, size))
        found = np.empty((0, size))
        for row in (*self.kept_rows.astype(np.float64), *drawn):
            # Twice: rounding leaves a trace of the other directions the first time.
            rest = row - found.T @ (found @ row)
            rest -= found.T @ (found @ rest)
            if len(found) < PROJECTED and np.linalg.norm(rest) > _SAME * np.linalg.norm(row):
                found = np.concatenate([found, rest[None] / np.linalg.norm(rest)])
        return found.astype(np.float32)


def read_backbone(path: Path) -> Backbone:
    """Return the backbone and the last layers of a checkpoint.

    Raises:
        CheckpointError: The file is damaged.
    """
    contract, tensors = read_contract(path), read_tensors(path, load_file)
    layers = {}
    try:
        for stream in contract.streams:
            name = LAST_LAYERS[stream]
            weight, bias = tensors.pop(f"{name}.weight"), tensors.pop(f"{name}.bias")
            layers[stream] = LastLayer(weight.astype(np.float32), bias.astype(np.float32))
    except KeyError as error:
        raise CheckpointError(f"Cannot use {path}: it lacks the tensor {error}.") from error
    tensors.setdefault(KEPT_ROWS, layers["rgb"].weight)
    geometry = {"clip": asdict(contract.clip), "width": contract.width, "streams": contract.streams}
    found = hashlib.sha256(json.dumps(geometry, sort_keys=True).encode())
    for name in sorted(tensors):
        # Checkpoints in 16 and in 32 bits with the same numbers are alike.
        values = np.ascontiguousarray(tensors[name], "<f4")
        found.update(f"{name} {values.shape} ".encode() + values.tobytes())
    return Backbone(found.hexdigest()[:16], layers, tensors[KEPT_ROWS].astype(np.float32))


def within(rows: np.ndarray, projection: np.ndarray | None) -> np.ndarray:
    """Return the rows (K, C) of a last layer as far as they lie in a projection.

    On stored features, as on those brought back from them, these rows give the same logits as `rows`.
    """
    if projection is None:
        return rows
    inside: np.ndarray = (rows @ projection.T) @ projection
    return inside


def write_with_layers(
    source: Path, path: Path, contract: Contract, layers: Mapping[Stream, LastLayer]
) -> None:
    """Write a checkpoint with the backbone of another one and last layers of its own.

    The rows of the image layer are brought into the projection, so that stored features give its logits.

    Args:
        source: The checkpoint that the backbone comes from.
        path: Where to write; the file appears whole or not at all.
        contract: What the new one promises; clip, width and streams are those of `source`.
        layers: A layer for each stream of the contract.

    Raises:
        CheckpointError: `source` is damaged, or the layers do not fit it.
    """
    backbone, tensors = read_backbone(source), read_tensors(source, load_file)
    image = replace(layers["rgb"], weight=within(layers["rgb"].weight, backbone.projection()))
    for stream, layer in {**layers, "rgb": image}.items():
        fits = layer.weight.shape == (len(contract.labels), backbone.layers[stream].weight.shape[1])
        if not fits or layer.bias.shape != (len(contract.labels),):
            raise CheckpointError(
                f"A last layer of {layer.weight.shape} does not fit the stream {stream} of {source}."
            )
        tensors[f"{LAST_LAYERS[stream]}.weight"] = np.ascontiguousarray(layer.weight, np.float32)
        tensors[f"{LAST_LAYERS[stream]}.bias"] = np.ascontiguousarray(layer.bias, np.float32)
    tensors[KEPT_ROWS] = backbone.kept_rows
    with replacing(path) as draft:
        save_file(tensors, draft, to_header(contract))


def write_contract(path: Path, contract: Contract) -> None:
    """Write another contract into a checkpoint; its weights stay as they are, to the byte.

    Raises:
        CheckpointError: The file is damaged.
    """
    tensors = read_tensors(path, load_file)
    with replacing(path) as draft:
        save_file(tensors, draft, to_header(contract))


def read_tensors(path: Path, load: Callable[[Path], T]) -> T:
    """Return the tensors of a checkpoint, read by one of the libraries' functions.

    Raises:
        CheckpointError: The file is damaged.
    """
    try:
        return load(path)
    except (SafetensorError, OSError) as error:
        raise CheckpointError(f"Cannot use {path}: the file is damaged ({error}).") from error
