"""Rendered or real: which world a video shows, and what to know of labels that come from the other one."""

from __future__ import annotations

from bball_tag.checkpoint.contract import Contract, World

SAMPLE_WORLD = "bball-tag sample court"
"""Words in the title of every rendered video."""


def world_of(title: str) -> World:
    """Return the world of a video by the title in its file, which the renderer writes."""
    return "rendered" if SAMPLE_WORLD in title else "real"


def caution(contract: Contract, world: World) -> str:
    """Return what to know before believing labels on video of `world`, in a line; empty where nothing.

    Only a checkpoint trained on rendered players needs one, and only on real video.
    """
    if world == "rendered" or contract.world == "real":
        return ""
    line = f"Labels are unsure: the checkpoint {contract.name} was trained on rendered players"
    if contract.real is None:
        return f"{line} and never tested on real ones. Its confidences mean nothing here."
    right = f"{contract.real.accuracy:.0%} of its labels were right"
    return f"{line}. On {contract.real.num_clips} clips of real players, {right}."
