"""What a checkpoint promises: read from the header of its file, without loading the model."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Literal, get_args

from safetensors import SafetensorError, safe_open

from bball_tag.clips import ClipSpec
from bball_tag.errors import CheckpointError
from bball_tag.files import replacing

FORMAT_VERSION = 1
"""Raised when an older bball-tag would misread a newer checkpoint."""
HEADER_KEY = "bball_tag"
"""Key of the JSON contract in the metadata of a safetensors file."""
CROP_RULE = "fit-box"
"""How a player's box becomes an image: see `bball_tag.players.crop.crop_box`."""
ARCHITECTURE = "slow_r50"
Precision = Literal["auto", "fp32", "bf16", "fp16"]
"""Numbers to compute in; `auto` takes what the device is fast in: see `bball_tag.scoring.precision`."""
World = Literal["rendered", "real"]
"""What a checkpoint was trained on, or a video shows: see `bball_tag.checkpoint.world`."""


@dataclass(frozen=True, slots=True)
class RealVideo:
    """How to read a checkpoint of the rendered world on real video, fitted on real clips."""

    temperature: float
    """Takes the place of the contract's own."""
    threshold: float
    """Probability at which every label begins: as many real clips reach it as reached the contract's own
    thresholds at its own temperature."""
    accuracy: float
    """Fraction of the real clips whose likeliest label is right."""
    num_clips: int

    def __post_init__(self) -> None:
        if not (self.temperature > 0 and math.isfinite(self.temperature)) or not 0 < self.threshold <= 1:
            raise ValueError(f"impossible temperature {self.temperature} or threshold {self.threshold}")
        if not 0 <= self.accuracy <= 1 or self.num_clips < 1:
            raise ValueError(f"impossible accuracy {self.accuracy} on {self.num_clips} clips")


@dataclass(frozen=True, slots=True)
class Contract:
    """Everything about a checkpoint except its weights."""

    labels: tuple[str, ...]
    """Names of the outputs, in their order."""
    clip: ClipSpec
    width: int = 64
    """Channels after the stem: 64 is slow_r50 itself, less is a narrow sibling."""
    temperature: float = 1.0
    """Logits are divided by it before the softmax, fitted on validation clips."""
    thresholds: Mapping[str, float] = field(default_factory=dict)
    """Probability at which each label begins, where training found a better one than the default."""
    crop_rule: str = CROP_RULE
    architecture: str = ARCHITECTURE
    world: World = "real"
    """Whether most of the training clips show rendered players or real ones."""
    real: RealVideo | None = None
    """What holds on real video where the world is `rendered`; None if that was never fitted."""
    provenance: Mapping[str, Any] = field(default_factory=dict)
    """Data, date, figures and versions of the training, as plain JSON."""

    def __post_init__(self) -> None:
        if len(self.labels) < 2 or len(set(self.labels)) != len(self.labels):
            raise ValueError(f"a checkpoint needs two different labels or more, not {list(self.labels)}")
        if self.width < 4 or not (self.temperature > 0 and math.isfinite(self.temperature)):
            raise ValueError(f"impossible width {self.width} or temperature {self.temperature}")
        if self.world not in get_args(World):
            raise ValueError(f"unknown world {self.world!r}")
        if self.real is not None and self.world == "real":
            raise ValueError("a checkpoint of the real world needs no other temperature on real video")
        if self.architecture != ARCHITECTURE or self.crop_rule != CROP_RULE:
            raise ValueError(f"unknown architecture {self.architecture!r} or crop rule {self.crop_rule!r}")

    @property
    def name(self) -> str:
        """Short name for people."""
        return str(self.provenance.get("name", ARCHITECTURE))

    def on(self, world: World) -> Contract:
        """Return the contract with the temperature and the thresholds that hold on video of `world`."""
        if world == self.world or self.real is None:
            return self
        thresholds = dict.fromkeys(self.labels, self.real.threshold)
        return replace(self, temperature=self.real.temperature, thresholds=thresholds)


def to_header(contract: Contract) -> dict[str, str]:
    """Return the metadata of a safetensors file that carries `contract`."""
    fields = {"format_version": FORMAT_VERSION, **asdict(contract)}
    return {HEADER_KEY: json.dumps(fields, ensure_ascii=False, sort_keys=True)}


def read_contract(path: Path) -> Contract:
    """Return the contract in the header of a checkpoint.

    Raises:
        CheckpointError: There is no such file, or it is not a checkpoint of ours and of this version.
    """
    metadata = _read_metadata(path)
    if HEADER_KEY not in metadata:
        raise CheckpointError(
            f"Cannot use {path}: it holds weights but no bball-tag contract. "
            "Checkpoints are made by `bball-tag train`; Kinetics weights go to `bball-tag train --init`."
        )
    try:
        fields = json.loads(metadata[HEADER_KEY])
        version = fields.pop("format_version")
        if version != FORMAT_VERSION:
            raise CheckpointError(
                f"Cannot use {path}: its format version is {version}, this bball-tag reads {FORMAT_VERSION}. "
                "Install the bball-tag that made it, or train again."
            )
        clip = fields.pop("clip")
        spec = ClipSpec(**{**clip, "mean": tuple(clip["mean"]), "std": tuple(clip["std"])})
        real = RealVideo(**fields.pop("real")) if fields.get("real") else None
        return Contract(**{**fields, "labels": tuple(fields["labels"]), "clip": spec, "real": real})
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise CheckpointError(f"Cannot use {path}: its contract is invalid ({error}).") from error


def write_contract(path: Path, contract: Contract) -> None:
    """Write another contract into a checkpoint; its weights stay as they are, to the byte.

    Raises:
        CheckpointError: The file is damaged.
    """
    from safetensors.numpy import load_file, save_file

    try:
        tensors = load_file(path)
    except (SafetensorError, OSError) as error:
        raise CheckpointError(f"Cannot use {path}: the file is damaged ({error}).") from error
    with replacing(path) as draft:
        save_file(tensors, draft, to_header(contract))


def checkpoint_id(path: Path) -> str:
    """Return a hash of the whole file: two checkpoints with one id give the same scores."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()[:16]
    except OSError as error:
        raise CheckpointError(f"Cannot read {path}: {error.strerror or error}.") from error


def _read_metadata(path: Path) -> dict[str, str]:
    """Return the metadata in the header of a safetensors file; its tensors are not read."""
    if path.is_dir():
        raise CheckpointError(f"Cannot use {path}: it is a folder. Give the .safetensors file.")
    try:
        with safe_open(path, framework="numpy") as file:
            return file.metadata() or {}
    except FileNotFoundError as error:
        raise CheckpointError(f"Cannot use {path}: there is no such checkpoint.") from error
    except OSError as error:
        raise CheckpointError(f"Cannot read {path}: {error.strerror or error}.") from error
    except SafetensorError as error:
        raise CheckpointError(
            f"Cannot use {path}: it is not a safetensors file, or it is damaged ({error}). bball-tag reads "
            "the checkpoints that `bball-tag train` writes, and never pickles such as .pth or .pt."
        ) from error
