"""Stop a run at any moment and resume it: tensors in a safetensors file, the rest as JSON in its header."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from lightning_fabric.plugins import Precision
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn
from torch.optim import Optimizer

from bball_tag.errors import DataError
from bball_tag.files import replacing
from train.history import EpochResult

_KEY = "bball_tag_state"
_DAMAGE = (
    *(SafetensorError, OSError, KeyError, TypeError, ValueError),
    *(AttributeError, IndexError, RuntimeError, RecursionError),
)
"""What reading a damaged state raises, in whichever library it comes to light."""
Parts = Mapping[str, nn.Module | Optimizer | Precision]


@dataclass(frozen=True, slots=True)
class TrainState:
    """How far a run has come."""

    results: tuple[EpochResult, ...] = ()
    """Of the epochs that are finished."""

    @property
    def epoch(self) -> int:
        """Number of finished epochs."""
        return len(self.results)

    @property
    def best(self) -> EpochResult | None:
        """The first epoch with the highest validation macro F1."""
        return max(self.results, key=lambda result: result.val_macro_f1, default=None)


def save_state(path: Path, state: TrainState, parts: Parts) -> None:
    """Write everything needed to resume after this epoch; whole or not at all."""
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
    header = {"results": [asdict(result) for result in state.results], "plain": plain}
    with replacing(path) as draft:
        save_file(
            {key: value.detach().cpu().contiguous() for key, value in tensors.items()},
            draft,
            {_KEY: json.dumps(header)},
        )


def load_state(path: Path, parts: Parts) -> TrainState:
    """Put `parts` back to where they were.

    Raises:
        DataError: The file is damaged, or belongs to a run with another model.
    """
    try:
        with safe_open(path, framework="pt") as file:
            header = json.loads(file.metadata()[_KEY])
            tensors = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118 - no mapping
        for name, part in parts.items():
            prefix = f"{name}/"
            if isinstance(part, nn.Module) and not any(key.startswith(prefix) for key in tensors):
                raise ValueError(f"it was begun by another version, without its {name}")
            own = {
                key.removeprefix(prefix): value for key, value in tensors.items() if key.startswith(prefix)
            }
            if isinstance(part, Precision):
                part.load_state_dict(header["plain"][name])
            elif isinstance(part, Optimizer):
                part.load_state_dict({"state": _unflattened(own), "param_groups": header["plain"][name]})
            else:
                part.load_state_dict(own)
        return TrainState(tuple(EpochResult(**row) for row in header["results"]))
    except _DAMAGE as error:
        raise DataError(f"Cannot resume from {path}: {error}. Begin again with --overwrite.") from error


def _flattened(state: Mapping[int, Mapping[str, Tensor]]) -> dict[str, Tensor]:
    """Name what an optimiser keeps for each parameter as `NUMBER/WHAT`."""
    return {f"{number}/{what}": value for number, known in state.items() for what, value in known.items()}


def _unflattened(flat: Mapping[str, Tensor]) -> dict[int, dict[str, Tensor]]:
    state: dict[int, dict[str, Tensor]] = {}
    for path, value in flat.items():
        number, what = path.split("/")
        state.setdefault(int(number), {})[what] = value
    return state
