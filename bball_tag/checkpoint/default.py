"""Which checkpoint is used when none is named."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import platformdirs

from bball_tag.checkpoint.contract import read_contract
from bball_tag.errors import BballTagError, CheckpointError
from bball_tag.files import replacing, why

SAMPLE = Path(__file__).with_name("sample.safetensors")
"""The shipped checkpoint: it was trained on rendered players and knows nothing else."""

VARIABLE = "BBALL_TAG_CHECKPOINT"
"""Names the default in the environment, before all others."""


def user_checkpoint() -> Path:
    """Return where the checkpoint lies that this user made the default of all commands."""
    return platformdirs.user_data_path("bball-tag", appauthor=False) / "default.safetensors"


def candidates() -> list[tuple[str, Path]]:
    """Return what could be the default and who says so, the one in use first."""
    named = os.environ.get(VARIABLE)
    found = [(VARIABLE, Path(named))] if named else []
    lying = [("your default", user_checkpoint()), ("shipped", SAMPLE)]
    return found + [(source, path) for source, path in lying if path.exists()]


def default_checkpoint() -> Path:
    """Return the one in the environment, else the one that the user set, else the shipped one.

    Raises:
        CheckpointError: There is none of them.
    """
    for _, path in candidates():
        return path
    raise CheckpointError(
        "No checkpoint: none was named, none was made the default, and the sample is not installed. "
        "Train one (bball-tag train DATA --out RUN_DIR) or name one with --checkpoint FILE."
    )


def set_default(checkpoint: Path) -> Path:
    """Copy a checkpoint to where this user's other commands look for it, and return that place.

    Raises:
        CheckpointError: It is not a checkpoint of ours and of this version.
        BballTagError: The system refuses.
    """
    read_contract(checkpoint)
    target = user_checkpoint()
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with replacing(target) as draft:
            shutil.copyfile(checkpoint, draft)
    except OSError as error:
        raise BballTagError(f"Cannot make {checkpoint} the default ({target}): {why(error)}.") from error
    return target


def reset_default() -> bool:
    """Remove the checkpoint that the user made the default; return whether there was one.

    Raises:
        BballTagError: The system refuses.
    """
    target = user_checkpoint()
    try:
        target.unlink()
    except FileNotFoundError:
        return False
    except OSError as error:
        raise BballTagError(f"Cannot remove {target}: {why(error)}.") from error
    return True
