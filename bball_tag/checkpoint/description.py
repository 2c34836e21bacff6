"""What a checkpoint is, in words for people."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bball_tag.checkpoint.checkpoint import Checkpoint
from bball_tag.checkpoint.contract import Contract

WORLDS = {"rendered": "rendered players", "real": "real players"}
"""What a checkpoint of each world was trained on."""
STREAM_NAMES = {"rgb": "images", "pose": "keypoints of the body", "motion": "how the player moves"}
AT_CHANCE = "at_chance"
"""In the provenance: true where the checkpoint is no better than guessing on its own test clips."""


def description(checkpoint: Checkpoint) -> dict[str, str]:
    """Return facts by their names; what the contract does not say is not among them."""
    contract = checkpoint.contract
    clip, made = contract.clip, contract.provenance
    size = f"{clip.width}x{clip.height} pixels"
    facts = {
        "file": str(checkpoint.path),
        "id": checkpoint.id,
        "name": contract.name,
        "trained on": WORLDS[contract.world],
        "labels": ", ".join(contract.labels),
        "clip": f"{clip.num_frames} frames at {clip.fps:g} per second ({clip.duration:.2f} s), {size}",
        "shows": "one player" if clip.subject == "player" else "the whole frame",
        "model": f"{contract.architecture}, width {contract.width}",
        "looks at": ", ".join(STREAM_NAMES[stream] for stream in contract.streams),
        "temperature": f"{contract.temperature:g}",
        "thresholds": ", ".join(f"{label} {value:g}" for label, value in contract.thresholds.items()),
        "confidence of events": _sureness(contract),
        "label shares": ", ".join(f"{label} {value:.1%}" for label, value in _shares(contract).items()),
        "on real video": _on_real_video(contract),
        "clips": ", ".join(f"{count} {part}" for part, count in _mapping(made, "data", "clips").items()),
        "date": str(made.get("date", "")),
        "figures": ", ".join(
            f"{name.replace('_', ' ')} {value}" for name, value in _mapping(made, "metrics").items()
        ),
        "beware": fault(contract),
    }
    return {name: value for name, value in facts.items() if value}


def fault(contract: Contract) -> str:
    """Return in a sentence that a checkpoint is of no use on its own test clips; empty where it is of use."""
    if contract.provenance.get(AT_CHANCE) is not True:
        return ""
    return f"On its own test clips {contract.name} was no better than guessing: its labels mean nothing."


def without_labels(contract: Contract) -> str:
    """Return in a sentence what to do with a checkpoint that knows no labels; empty where it knows some."""
    if contract.knows_labels:
        return ""
    return (
        f"{contract.name} knows no labels yet, so there are no events. Features are stored: judge some clips "
        "(bball-tag suggest VIDEO --out judge.xlsx), and give them to bball-tag learn judge.xlsx "
        f"--checkpoint {contract.name} --out mine.safetensors."
    )


def _sureness(contract: Contract) -> str:
    if not contract.sureness:
        return "the mean probability of the label"
    whose = " and ".join(sorted(contract.sureness, reverse=True))
    return f"how likely an event is to be right, for {whose} players on {contract.world} video"


def _shares(contract: Contract) -> Mapping[str, float]:
    return contract.real.shares if contract.real and not contract.shares else contract.shares


def _on_real_video(contract: Contract) -> str:
    real = contract.real
    if real is None:
        return "" if contract.world == "real" else "never tested"
    right = f"{real.accuracy:.0%} of {real.num_clips} clips right"
    return f"{right}, temperature {real.temperature:g}, threshold {real.threshold:g}"


def _mapping(made: Mapping[str, Any], *names: str) -> Mapping[str, Any]:
    """Return the mapping under `names` in a provenance, which others may have written; else an empty one."""
    for name in names:
        found = made.get(name)
        if not isinstance(found, Mapping):
            return {}
        made = found
    return made
