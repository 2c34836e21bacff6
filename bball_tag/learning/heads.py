"""The last layers of a checkpoint as one linear map on stored features: read, changed, written back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from bball_tag.checkpoint.contract import Contract, Stream, in_order, to_header
from bball_tag.errors import CheckpointError
from bball_tag.files import replacing

_LAYERS: dict[Stream, str] = {"rgb": "blocks.5.proj", "pose": "pose.head.1", "motion": "motion.head.2.1"}
"""The last layer of each stream: see `bball_tag.checkpoint.streams`."""


@dataclass(frozen=True, slots=True)
class Head:
    """A linear map from a clip's features to the logits of labels, stream by stream."""

    labels: tuple[str, ...]
    sizes: Mapping[Stream, int]
    """Features of each stream, in the order of the streams."""
    matrix: np.ndarray
    """float64 of shape (P, K): for each stream its weights, then its bias, so that P is the features and one
    row more for each stream."""

    def rows(self, stream: Stream) -> slice:
        """Return the rows of a stream, the last of which is its bias."""
        first = 0
        for name, size in self.sizes.items():
            if name == stream:
                return slice(first, first + size + 1)
            first += size + 1
        raise KeyError(stream)

    def logits(self, inputs: np.ndarray, streams: Sequence[str] = ()) -> np.ndarray:
        """Return logits (N, K) of inputs (N, P), the sum of those of `streams`; none means all."""
        if not streams:
            summed: np.ndarray = inputs @ self.matrix
            return summed
        return sum(
            (inputs[:, self.rows(name)] @ self.matrix[self.rows(name)] for name in in_order(streams)),
            np.zeros((len(inputs), len(self.labels))),
        )

    def relabelled(self, labels: Sequence[str], new_names: Mapping[str, str]) -> Head:
        """Return the map to other labels: known ones keep their column, new ones get one of zeros.

        Args:
            labels: The labels of the result.
            new_names: What labels of this head are called there. Where two become one, the one that is not
                renamed gives the column.
        """
        columns = {new_names[old]: index for index, old in enumerate(self.labels) if old in new_names}
        columns |= {label: index for index, label in enumerate(self.labels) if label not in new_names}
        matrix = np.zeros((len(self.matrix), len(labels)))
        for column, label in enumerate(labels):
            if label in columns:
                matrix[:, column] = self.matrix[:, columns[label]]
        return replace(self, labels=tuple(labels), matrix=matrix)


def as_inputs(values: np.ndarray, known: np.ndarray, sizes: Mapping[Stream, int]) -> np.ndarray:
    """Return what a `Head` is multiplied with: the features of each stream and a 1, or zeros where unknown.

    Args:
        values: Features, the streams one after the other, float (N, D).
        known: Whether a stream saw anything of a clip, bool (N, S).
        sizes: Features of each stream.

    Returns:
        float32 array of shape (N, D + S).
    """
    parts, first = [], 0
    for column, size in enumerate(sizes.values()):
        seen = known[:, column, None]
        parts += [np.where(seen, values[:, first : first + size], 0), seen]
        first += size
    return np.concatenate(parts, axis=1, dtype=np.float32)


def read_head(path: Path, contract: Contract) -> Head:
    """Return the last layers of a checkpoint.

    Raises:
        CheckpointError: The file is damaged, or its tensors do not fit the contract.
    """
    tensors = _tensors(path)
    blocks, sizes = [], {}
    for stream in contract.streams:
        weight, bias = (tensors.get(name) for name in _names(stream))
        if weight is None or bias is None or weight.shape[0] != len(contract.labels) or weight.ndim != 2:
            raise CheckpointError(
                f"Cannot use {path}: its last layer {_LAYERS[stream]} does not fit its labels."
            )
        sizes[stream] = weight.shape[1]
        blocks += [weight.T.astype(np.float64), bias[None].astype(np.float64)]
    return Head(contract.labels, sizes, np.concatenate(blocks))


def write_head(path: Path, contract: Contract, head: Head, out: Path) -> None:
    """Write a checkpoint with other last layers; all other tensors stay as they are, to the byte.

    Args:
        path: The checkpoint that the other tensors are taken from.
        contract: What the new one promises; its labels are those of `head`.
        head: The last layers.
        out: Where to; the file appears whole or not at all.

    Raises:
        CheckpointError: The checkpoint is damaged.
        BballTagError: The system refuses to write.
    """
    from safetensors.numpy import save_file

    assert contract.labels == head.labels
    assert contract.streams == tuple(head.sizes)
    tensors = _tensors(path)
    for stream in head.sizes:
        weight, bias = _names(stream)
        rows = head.matrix[head.rows(stream)].astype(np.float32)
        tensors[weight] = np.ascontiguousarray(rows[:-1].T)
        tensors[bias] = np.ascontiguousarray(rows[-1])
    with replacing(out) as draft:
        save_file(tensors, draft, to_header(contract))


def _names(stream: Stream) -> tuple[str, str]:
    return f"{_LAYERS[stream]}.weight", f"{_LAYERS[stream]}.bias"


def _tensors(path: Path) -> dict[str, np.ndarray]:
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    try:
        tensors: dict[str, np.ndarray] = load_file(path)
    except (SafetensorError, OSError) as error:
        raise CheckpointError(f"Cannot use {path}: the file is damaged ({error}).") from error
    return tensors
