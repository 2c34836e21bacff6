"""Weights of the pytorchvideo model zoo: fetched once, whole or not at all."""

from __future__ import annotations

import pickle
import urllib.error
from pathlib import Path

import torch
from torch import Tensor

from bball_tag.errors import CheckpointError
from bball_tag.files import replacing

KINETICS_URL = "https://dl.fbaipublicfiles.com/pytorchvideo/model_zoo/kinetics/SLOW_8x8_R50.pyth"


def kinetics_tensors(path: Path) -> dict[str, Tensor]:
    """Return the tensors of a file like `SLOW_8x8_R50.pyth`, by their names.

    Raises:
        CheckpointError: There is no such file, or it is another kind of file.
    """
    try:
        # weights_only: nothing in the file is executed.
        stored = torch.load(path, map_location="cpu", weights_only=True)
    except FileNotFoundError as error:
        raise CheckpointError(f"Cannot use {path}: there is no such file.") from error
    except (OSError, RuntimeError, ValueError, EOFError, pickle.UnpicklingError) as error:
        raise CheckpointError(f"Cannot use {path}: not a file of PyTorch weights ({error}).") from error
    if not isinstance(stored, dict) or not isinstance(stored.get("model_state"), dict):
        raise CheckpointError(f"Cannot use {path}: it has no 'model_state', as SLOW_8x8_R50.pyth has.")
    tensors: dict[str, Tensor] = stored["model_state"]
    return tensors


def download_kinetics() -> Path:
    """Return the file of Kinetics-400 weights in torch's own cache; it is downloaded once.

    Raises:
        CheckpointError: It cannot be downloaded; the message says where to put it by hand.
    """
    folder = Path(torch.hub.get_dir()) / "checkpoints"
    path = folder / KINETICS_URL.rsplit("/", 1)[1]
    if path.exists():
        return path
    folder.mkdir(parents=True, exist_ok=True)
    with replacing(path) as draft:
        try:
            torch.hub.download_url_to_file(KINETICS_URL, str(draft), progress=False)
            # A connection that was lost halfway looks like the end of the file.
            kinetics_tensors(draft)
        except (urllib.error.URLError, TimeoutError, ConnectionError) as error:
            raise CheckpointError(_by_hand(str(error), path)) from error
        except CheckpointError as error:
            raise CheckpointError(_by_hand("what came is damaged or incomplete", path)) from error
    return path


def _by_hand(why: str, path: Path) -> str:
    return (
        f"Cannot download {KINETICS_URL}: {why}. Try again. Without a connection, fetch the file elsewhere "
        f"and put it here: {path}. To train, it may lie anywhere (--init {path.name}), or begin from nothing "
        "(--init none)."
    )
