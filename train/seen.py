"""Which clips a checkpoint was trained on, so that an evaluation on them is not taken for what it is not."""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from train.clipset import LabelledClip
from train.splits import Split

SEEN = "seen"
"""In the data of a provenance: marks of the clips of training and validation."""


def marks(split: Split) -> str:
    """Return four bytes for each clip that decides the weights or chooses the epoch, as text."""
    known = np.unique(_marks((*split.train, *split.val)))
    return base64.b64encode(known.astype("<u4").tobytes()).decode("ascii")


def num_seen(clips: Sequence[LabelledClip], fingerprint: str, provenance: Mapping[str, Any]) -> int:
    """Return how many clips a checkpoint was trained on, or was chosen by, as far as it says.

    Args:
        clips: What it is evaluated on.
        fingerprint: Of the set that they belong to. Checkpoints without marks say no more than this.
        provenance: Of the checkpoint; others may have written it.
    """
    data = provenance.get("data")
    if not isinstance(data, Mapping):
        return 0
    if SEEN not in data:
        return len(clips) if data.get("fingerprint") == fingerprint else 0
    try:
        known = np.frombuffer(base64.b64decode(str(data[SEEN]), validate=True), "<u4")
    except (binascii.Error, ValueError):
        return 0
    return int(np.isin(_marks(clips), known).sum())


def remark(num: int, total: int) -> str:
    """Return what to think of figures on `total` clips of which `num` were trained on; empty if none was."""
    if not num:
        return ""
    which = "All of these clips were" if num == total else f"{num} of these {total} clips were"
    return (
        f"{which} used to train or to choose this checkpoint: the figures are better than they will be on "
        "others. Evaluate on clips of other games, or on the test clips of its run with --split "
        "RUN_DIR/split.json."
    )


def _marks(clips: Iterable[LabelledClip]) -> np.ndarray:
    """Return a number for each clip: of name and size of its file, span and player. A copy has the same."""
    sizes: dict[str, int] = {}
    found = []
    for clip in clips:
        name = str(clip.path)
        if name not in sizes:
            sizes[name] = clip.path.stat().st_size if clip.path.exists() else 0
        player = clip.track.id if clip.track else ""
        text = f"{clip.path.name}\t{sizes[name]}\t{clip.start}\t{clip.end}\t{player}"
        found.append(int.from_bytes(hashlib.sha256(text.encode("utf-8", "replace")).digest()[:4], "little"))
    return np.array(found, np.uint32)
