"""Which checkpoint is used when none is named."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import platformdirs

from bball_tag.errors import BballTagError, CheckpointError
from bball_tag.files import replacing, why

SAMPLE = Path(__file__).with_name("sample.safetensors")
"""The shipped checkpoint: it was trained on rendered players and knows nothing else."""

SAMPLE_WORLD = "bball-tag sample court"
"""Words in the title of every rendered video."""


def user_checkpoint() -> Path:
    """Return where `bball-tag train` leaves its last checkpoint for this user's other commands."""
    return platformdirs.user_data_path("bball-tag", appauthor=False) / "default.safetensors"


def default_checkpoint() -> Path:
    """Return the one in the environment, else the user's own last trained one, else the shipped one.

    Raises:
        CheckpointError: There is none of them.
    """
    if named := os.environ.get("BBALL_TAG_CHECKPOINT"):
        return Path(named)
    for path in (user_checkpoint(), SAMPLE):
        if path.exists():
            return path
    raise CheckpointError(
        "No checkpoint: none was named, none was trained here, and the sample is not installed. "
        "Train one (bball-tag train DATA --out RUN_DIR) or name one with --checkpoint FILE."
    )


def set_default(checkpoint: Path) -> Path:
    """Copy a checkpoint to where this user's other commands look for it, and return that place.

    Raises:
        BballTagError: The system refuses.
    """
    target = user_checkpoint()
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with replacing(target) as draft:
            shutil.copyfile(checkpoint, draft)
    except OSError as error:
        raise BballTagError(
            f"Trained {checkpoint}, but cannot make it the default ({target}): {why(error)}."
        ) from error
    return target
