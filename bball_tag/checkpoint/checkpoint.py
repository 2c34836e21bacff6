"""A checkpoint that is opened once and passed on in place of its path."""

from __future__ import annotations

from copy import copy
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bball_tag.checkpoint.contract import World, checkpoint_id, read_contract
from bball_tag.storage import local_file, located

if TYPE_CHECKING:
    from torch import nn

    from bball_tag.checkpoint.backbone import Backbone


class Checkpoint:
    """A checkpoint file and its contract, read once; the weights stay in the file until `load`."""

    def __init__(self, path: str | Path) -> None:
        """Read the contract in the header of `path`.

        Raises:
            CheckpointError: There is no such file, or it is not a checkpoint of ours and of this version.
        """
        self._named = located(path)
        self.path = local_file(self._named)
        self.contract = read_contract(self.path)

    def __getstate__(self) -> dict[str, Any]:
        # What was read of the file beyond its header is large, and is read anew where it is needed.
        return {name: value for name, value in self.__dict__.items() if name in ("_named", "contract", "id")}

    def __setstate__(self, state: dict[str, Any]) -> None:
        # What lies on shared storage has another copy on another machine.
        self.__dict__.update(state, path=local_file(state["_named"]))

    @cached_property
    def id(self) -> str:
        """Hash of the whole file: two checkpoints with one id give the same scores."""
        return checkpoint_id(self.path)

    @cached_property
    def backbone(self) -> Backbone:
        """What makes the features of clips, and the last layers that read them.

        Raises:
            CheckpointError: The file is damaged.
        """
        from bball_tag.checkpoint.backbone import read_backbone

        return read_backbone(self.path)

    @property
    def title(self) -> str:
        """Name and id, as written into files of events."""
        return f"{self.contract.name} ({self.id})"

    def on(self, world: World) -> Checkpoint:
        """Return the checkpoint with what its contract says of video of `world`; the weights are the same."""
        contract = self.contract.on(world)
        if contract is self.contract:
            return self
        fitted = copy(self)
        fitted.contract = contract
        return fitted

    def load(self) -> nn.Module:
        """Return the model, in evaluation mode on the CPU.

        Raises:
            CheckpointError: The file is damaged, or its tensors do not fit the contract.
        """
        from bball_tag.checkpoint.model import load_model

        return load_model(self.path, self.contract)
