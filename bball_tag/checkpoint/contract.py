"""What a checkpoint promises: read from the header of its file, without loading the model."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, field, replace
from itertools import combinations
from pathlib import Path
from typing import Any, Literal, get_args

from safetensors import SafetensorError, safe_open

from bball_tag.checkpoint.fields import checked_fields
from bball_tag.clips import ClipSpec
from bball_tag.errors import CheckpointError
from bball_tag.events.rule_fields import as_fields, from_fields
from bball_tag.events.rules import EventRules
from bball_tag.faults import FormError, shown
from bball_tag.json_files import as_object, parse_json
from bball_tag.json_files import field as field_of
from bball_tag.labels import NO_ACTION

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
Stream = Literal["rgb", "pose", "motion"]
"""What a checkpoint looks at: images, keypoints of the body, how the player moves through the frame. Each has
logits of its own, and the answer is their sum: see `bball_tag.checkpoint.streams`."""
Players = Literal["given", "found"]
"""Where the boxes of players come from: a file of tracks, or the tool itself."""
STREAMS: tuple[Stream, ...] = get_args(Stream)
"""All of them, in their order; images are always looked at."""
_NORMAL_SQUARED = 1.96**2


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
    temperatures: Mapping[str, float] = field(default_factory=dict)
    shares: Mapping[str, float] = field(default_factory=dict)
    """These too take the place of the contract's own."""
    rules: Mapping[str, Any] = field(default_factory=dict)
    """Likewise."""

    def __post_init__(self) -> None:
        _check_positive("temperature", {"all": self.temperature, **self.temperatures})
        if not 0 < self.threshold <= 1:
            raise ValueError(f"impossible threshold {self.threshold}")
        if not 0 <= self.accuracy <= 1 or self.num_clips < 1:
            raise ValueError(f"impossible accuracy {self.accuracy} on {self.num_clips} clips")


@dataclass(frozen=True, slots=True)
class HeldOut:
    """How right a checkpoint is on judged clips of real players that its last layers were not fitted on."""

    accuracy: float
    num_clips: int
    num_moments: int
    """Moments that they lie in: clips that overlap are hardly more than one."""
    num_unjudged: int = 0
    """Labels of the checkpoint of which no such clip was judged."""

    @property
    def least(self) -> float:
        """The accuracy that it has at least, with 97.5 % certainty (Wilson, 1927), by its moments."""
        part = _NORMAL_SQUARED / self.num_moments
        spread = math.sqrt(part * (self.accuracy * (1 - self.accuracy) + part / 4))
        return (self.accuracy + part / 2 - spread) / (1 + part)

    def __post_init__(self) -> None:
        if not 0 <= self.accuracy <= 1 or not 1 <= self.num_moments <= self.num_clips:
            raise ValueError(f"impossible accuracy {self.accuracy} on {self.num_clips} judged clips")


@dataclass(frozen=True, slots=True)
class Contract:
    """Everything about a checkpoint except its weights."""

    labels: tuple[str, ...]
    """Names of the outputs, in their order."""
    clip: ClipSpec
    width: int = 64
    """Channels after the stem: 64 is slow_r50 itself, less is a narrow sibling."""
    streams: tuple[Stream, ...] = ("rgb",)
    """What it looks at, in the order of `STREAMS`; any but rgb may be missing for a clip."""
    temperature: float = 1.0
    """Logits of all streams together are divided by it before the softmax, fitted on validation clips."""
    temperatures: Mapping[str, float] = field(default_factory=dict)
    """The same where only some of the streams are at hand, by their names, such as `rgb+motion`."""
    shares: Mapping[str, float] = field(default_factory=dict)
    """How common each label is where the checkpoint is used; empty: all alike, as training balances them.
    See `bball_tag.checkpoint.answer`."""
    thresholds: Mapping[str, float] = field(default_factory=dict)
    """Probability at which each label begins, where training found a better one than the default."""
    rules: Mapping[str, Any] = field(default_factory=dict)
    """How scores become events, where `tune` found better rules than the thresholds and the defaults: the
    fields of `EventRules`, as a rules file has them."""
    sureness: Mapping[str, Any] = field(default_factory=dict)
    """How the mean probability of an event becomes the probability that it is right, in games of this world:
    for players that were `given` or `found`, the fields of `Calibration`. Empty if that was never fitted."""
    crop_rule: str = CROP_RULE
    architecture: str = ARCHITECTURE
    world: World = "real"
    """Whether most of the training clips show rendered players or real ones."""
    real: RealVideo | None = None
    """What holds on real video where the world is `rendered`; None if that was never fitted."""
    judged: HeldOut | None = None
    """What came of fitting last layers to judged clips of real players, if that is how it was made."""
    provenance: Mapping[str, Any] = field(default_factory=dict)
    """Data, date, figures and versions of the training, as plain JSON."""

    def __post_init__(self) -> None:
        is_few = len(self.labels) < 2 and self.knows_labels
        if is_few or len(set(self.labels)) != len(self.labels):
            raise ValueError(f"a checkpoint needs two different labels or more, not {list(self.labels)}")
        if self.width < 4:
            raise ValueError(f"impossible width {self.width}")
        if self.streams != in_order(self.streams) or "rgb" not in self.streams:
            raise ValueError(f"unknown streams {list(self.streams)}")
        _check_positive("temperature", {"all": self.temperature, **self.temperatures})
        for shares in (self.shares, self.real.shares if self.real else {}):
            _check_positive("share", shares)
            if shares and set(shares) != set(self.labels):
                raise ValueError(f"shares of {sorted(shares)}, which are not the labels")
        if self.world not in get_args(World):
            raise ValueError(f"unknown world {self.world!r}")
        if self.real is not None and self.world == "real":
            raise ValueError("a checkpoint of the real world needs no other temperature on real video")
        if self.architecture != ARCHITECTURE or self.crop_rule != CROP_RULE:
            raise ValueError(f"unknown architecture {self.architecture!r} or crop rule {self.crop_rule!r}")

    @property
    def knows_labels(self) -> bool:
        """Whether it tells anything apart; else it only makes features, and all is `no_action` to it."""
        return self.labels != (NO_ACTION,)

    @property
    def name(self) -> str:
        """Short name for people."""
        return str(self.provenance.get("name", ARCHITECTURE))

    def on(self, world: World) -> Contract:
        """Return the contract with temperatures, thresholds and shares that hold on video of `world`."""
        if world == self.world or self.real is None:
            return self
        return replace(
            self,
            temperature=self.real.temperature,
            temperatures=self.real.temperatures,
            thresholds=dict.fromkeys(self.labels, self.real.threshold),
            shares=self.real.shares,
            rules=self.real.rules,
            sureness={},
        )

    def event_rules(self, players: Players | None = None) -> EventRules:
        """Return how scores become events, where a user asks for nothing else.

        Args:
            players: Where the players come from; None where the whole frame is looked at.
        """
        known = {"calibration": self.sureness.get(players)} if players else {}
        return from_fields(self.rules, from_fields(known, EventRules(thresholds=self.thresholds)))

    def with_rules(self, rules: EventRules, world: World) -> Contract:
        """Return the contract with other rules for video of `world`."""
        fields = as_fields(rules)
        if world == self.world or self.real is None:
            return replace(self, rules=fields)
        return replace(self, real=replace(self.real, rules=fields))

    def temperature_of(self, streams: Collection[str]) -> float:
        """Return the temperature where only these streams are at hand; that of all where none was fitted."""
        return self.temperatures.get(stream_key(streams), self.temperature)


def in_order(streams: Collection[str]) -> tuple[Stream, ...]:
    """Return those of `STREAMS` that are among `streams`."""
    return tuple(stream for stream in STREAMS if stream in streams)


def stream_key(streams: Collection[str]) -> str:
    """Return the name of several streams together, such as `rgb+motion`."""
    return "+".join(in_order(streams))


def stream_sets(streams: Collection[str]) -> list[tuple[Stream, ...]]:
    """Return the streams that may be at hand together, of these: rgb alone first, all of them last."""
    sides = in_order(streams)[1:]
    chosen = (some for count in range(len(sides) + 1) for some in combinations(sides, count))
    return [in_order(("rgb", *some)) for some in chosen]


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
        document = as_object(parse_json(metadata[HEADER_KEY]))
        version = field_of(document, "format_version")
        if version != FORMAT_VERSION:
            raise CheckpointError(
                f"Cannot use {path}: its format version is {shown(version)}, this bball-tag reads "
                f"{FORMAT_VERSION}. Install the bball-tag that made it, or train again."
            )
        fields = checked_fields(document)
        real = RealVideo(**fields["real"]) if fields.get("real") else None
        judged = HeldOut(**fields["judged"]) if fields.get("judged") else None
        return Contract(**{**fields, "clip": ClipSpec(**fields["clip"]), "real": real, "judged": judged})
    except (FormError, ValueError) as error:
        raise CheckpointError(f"Cannot use {path}: its contract is invalid ({error}).") from error


def _check_positive(what: str, values: Mapping[str, float]) -> None:
    for name, value in values.items():
        if not (value > 0 and math.isfinite(value)):
            raise ValueError(f"impossible {what} {value} ({name})")


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
