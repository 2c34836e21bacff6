"""Stop a run at any moment and go on: tensors in a safetensors file, the rest as JSON in its header."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from lightning_fabric.plugins import Precision
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn
from torch.optim import Optimizer

from bball_tag.errors import DataError
from bball_tag.files import replacing

_FILE = "state.safetensors"
_KEY = "bball_tag_state"
Parts = Mapping[str, nn.Module | Optimizer | Precision]


@dataclass(frozen=True, slots=True)
class TrainState:
    """How far a run has come."""

    epoch: int = 0
    """Epochs that are finished."""
    best_epoch: int = 0
    best_score: float = -1.0
    """Highest validation macro F1, and when."""
    rows: tuple[Mapping[str, float], ...] = ()
    """The rows of `log.csv`."""

    def after(self, row: Mapping[str, float], score: float) -> TrainState:
        """Return the state after one more epoch with validation score `score`."""
        state = replace(self, epoch=self.epoch + 1, rows=(*self.rows, dict(row)))
        return replace(state, best_epoch=state.epoch, best_score=score) if score > self.best_score else state


def save_state(folder: Path, state: TrainState, parts: Parts) -> None:
    """Write everything needed to go on after this epoch; whole or not at all."""
    tensors: dict[str, Tensor] = {}
    plain: dict[str, Any] = {}
    for name, part in parts.items():
        content = part.state_dict()
        if isinstance(part, Precision):
            plain[name] = content
            continue
        if isinstance(part, Optimizer):
            plain[name] = content["param_groups"]
            content = _flattened(content["state"])
        tensors |= {f"{name}/{key}": value for key, value in content.items()}
    header = {
        "epoch": state.epoch,
        "best_epoch": state.best_epoch,
        "best_score": state.best_score,
        "rows": list(state.rows),
        "plain": plain,
    }
    with replacing(folder / _FILE) as draft:
        save_file(
            {key: value.detach().cpu().contiguous() for key, value in tensors.items()},
            draft,
            {_KEY: json.dumps(header)},
        )


def load_state(folder: Path, parts: Parts) -> TrainState:
    """Put `parts` back to where they were.

    Raises:
        DataError: The file is damaged, or belongs to a run with another network.
    """
    path = folder / _FILE
    try:
        with safe_open(path, framework="pt") as file:
            header = json.loads(file.metadata()[_KEY])
            tensors = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118 - no mapping
        for name, part in parts.items():
            prefix = f"{name}/"
            own = {
                key.removeprefix(prefix): value for key, value in tensors.items() if key.startswith(prefix)
            }
            if isinstance(part, Precision):
                part.load_state_dict(header["plain"][name])
            elif isinstance(part, Optimizer):
                part.load_state_dict({"state": _unflattened(own), "param_groups": header["plain"][name]})
            else:
                part.load_state_dict(own)
        return TrainState(header["epoch"], header["best_epoch"], header["best_score"], tuple(header["rows"]))
    except (SafetensorError, OSError, KeyError, TypeError, RuntimeError, ValueError) as error:
        raise DataError(f"Cannot go on from {path}: {error}. Start again with --overwrite.") from error


def _flattened(state: Mapping[int, Mapping[str, Tensor]]) -> dict[str, Tensor]:
    """Name what an optimiser knows of each parameter as `NUMBER/WHAT`."""
    return {f"{number}/{what}": value for number, known in state.items() for what, value in known.items()}


def _unflattened(flat: Mapping[str, Tensor]) -> dict[int, dict[str, Tensor]]:
    state: dict[int, dict[str, Tensor]] = {}
    for path, value in flat.items():
        number, what = path.split("/")
        state.setdefault(int(number), {})[what] = value
    return state
