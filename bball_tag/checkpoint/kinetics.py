"""slow_r50 as it was trained on Kinetics-400: it makes features of clips, and knows no labels of ours."""

from __future__ import annotations

import logging
from pathlib import Path

import platformdirs
import torch

from bball_tag.checkpoint.contract import Contract, read_contract
from bball_tag.checkpoint.model import build_model, load_kinetics, save_checkpoint
from bball_tag.checkpoint.zoo import KINETICS_URL, download_kinetics
from bball_tag.clips import ClipSpec
from bball_tag.errors import CheckpointError
from bball_tag.labels import NO_ACTION

log = logging.getLogger("bball_tag")
_NAME = "kinetics"


def kinetics_checkpoint() -> Path:
    """Return a checkpoint with the weights of Kinetics-400, made in the user's cache once.

    Its only label is `no_action`, which every clip gets and which is never written as an event. `learn` makes
    a checkpoint of it that knows what a person judged.

    Raises:
        CheckpointError: The weights cannot be downloaded or used.
        BballTagError: The cache cannot be written into.
    """
    path = platformdirs.user_cache_path("bball-tag", appauthor=False) / f"{_NAME}.safetensors"
    if _is_made(path):
        return path
    weights = download_kinetics()
    contract = Contract((NO_ACTION,), ClipSpec(), provenance={"name": _NAME, "source": KINETICS_URL})
    model = build_model(1, contract.clip)
    load_kinetics(model, weights)
    last = model.get_submodule("blocks.5.proj")
    with torch.no_grad():
        for values in last.parameters():
            values.zero_()
    path.parent.mkdir(parents=True, exist_ok=True)
    save_checkpoint(path, model, contract)
    log.info("Made %s of %s.", path, weights)
    return path


def _is_made(path: Path) -> bool:
    """Return whether a checkpoint of this version lies in the cache."""
    try:
        return not read_contract(path).knows_labels
    except CheckpointError:
        return False
