"""The last layers of a checkpoint as one linear map on stored features."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from bball_tag.checkpoint.backbone import LastLayer
from bball_tag.checkpoint.contract import Stream, in_order


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


def head_of(layers: Mapping[Stream, LastLayer], labels: Sequence[str], projection: np.ndarray | None) -> Head:
    """Return the last layers of a checkpoint as a map on features as they are stored.

    Args:
        layers: The layers, in the order of the streams.
        labels: Names of their outputs.
        projection: What image features are reduced to; None where they are kept whole.
    """
    sizes, blocks = {}, []
    for stream, layer in layers.items():
        weight = layer.weight.astype(np.float64)
        if stream == "rgb" and projection is not None:
            weight = weight @ projection.T
        sizes[stream] = weight.shape[1]
        blocks += [weight.T, layer.bias[None].astype(np.float64)]
    return Head(tuple(labels), sizes, np.concatenate(blocks))


def layers_of(head: Head, projection: np.ndarray | None) -> dict[Stream, LastLayer]:
    """Return what `head_of` was given: layers that give the logits of `head` on whole features."""
    layers = {}
    for stream in head.sizes:
        rows = head.matrix[head.rows(stream)]
        weight = rows[:-1].T
        if stream == "rgb" and projection is not None:
            weight = weight @ projection
        layers[stream] = LastLayer(weight.astype(np.float32), rows[-1].astype(np.float32))
    return layers
