"""Stop a run at any moment and go on: tensors in a safetensors file, the rest as JSON in its header."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn
from torch.optim import Optimizer

from bball_tag.errors import DataError
from bball_tag.files import replacing

_FILE = "state.safetensors"
_KEY = "bball_tag_state"
Parts = Mapping[str, nn.Module | Optimizer]


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
        _flatten(part.state_dict(), f"{name}/", tensors, plain)
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
            plain = {
                key.removeprefix(prefix): value
                for key, value in header["plain"].items()
                if key.startswith(prefix)
            }
            part.load_state_dict(_unflatten(own | plain, part))
    except (SafetensorError, OSError, KeyError, RuntimeError, ValueError) as error:
        raise DataError(f"Cannot go on from {path}: {error}. Start again with --overwrite.") from error
    return TrainState(header["epoch"], header["best_epoch"], header["best_score"], tuple(header["rows"]))


def _flatten(tree: Any, prefix: str, tensors: dict[str, Tensor], plain: dict[str, Any]) -> None:
    """Lay out nested mappings and lists as slash-separated paths."""
    items = tree.items() if isinstance(tree, Mapping) else enumerate(tree)
    for name, value in items:
        path = f"{prefix}{name}"
        if isinstance(value, Tensor):
            tensors[path] = value
        elif isinstance(value, Mapping | list) and value and not _is_plain(value):
            _flatten(value, f"{path}/", tensors, plain)
        else:
            plain[path] = value


def _is_plain(value: Any) -> bool:
    """Say whether JSON can hold `value` as it is."""
    if isinstance(value, Mapping):
        return all(isinstance(key, str) for key in value) and all(map(_is_plain, value.values()))
    if isinstance(value, list | tuple):
        return all(map(_is_plain, value))
    return isinstance(value, str | int | float | bool | None)


def _unflatten(flat: Mapping[str, Any], part: nn.Module | Optimizer) -> dict[str, Any]:
    """Turn paths back into the shape that `part.load_state_dict` wants."""
    if isinstance(part, nn.Module):
        return dict(flat)
    groups = [dict(group) for group in part.state_dict()["param_groups"]]
    state: dict[int, dict[str, Any]] = {}
    for path, value in flat.items():
        section, number, *rest = path.split("/")
        if section == "state":
            state.setdefault(int(number), {})[rest[0]] = value
        elif rest:
            groups[int(number)][rest[0]] = tuple(value) if rest[0] == "betas" else value
    return {"state": state, "param_groups": groups}
