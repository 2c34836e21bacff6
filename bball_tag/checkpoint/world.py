"""Rendered or real: which world a video shows, and what to know of labels that come from the other one."""

from __future__ import annotations

from bball_tag.checkpoint.contract import Contract, HeldOut, World

SAMPLE_WORLD = "bball-tag sample court"
"""Words in the title of every rendered video."""
_RIGHT = 0.75
"""Of the labels: a checkpoint that is shown to be right at least this often needs no caution."""


def world_of(title: str) -> World:
    """Return the world of a video by the title in its file, which the renderer writes."""
    return "rendered" if SAMPLE_WORLD in title else "real"


def caution(contract: Contract, world: World) -> str:
    """Return what to know before believing labels on video of `world`, in a line; empty where nothing.

    Only on real video there is one: of a checkpoint that was trained on rendered players, or whose last
    layers were fitted to judged clips and were not shown to be right on others.
    """
    if world == "rendered":
        return ""
    if contract.judged is not None:
        shown = contract.judged.least >= _RIGHT and not contract.judged.num_unjudged
        return "" if shown else _unproven(contract.name, contract.judged)
    if contract.world == "real":
        return ""
    line = f"Labels are unsure: the checkpoint {contract.name} was trained on rendered players"
    if contract.real is None:
        return f"{line} and never tested on real ones. Its confidences mean nothing here."
    right = f"{contract.real.accuracy:.0%} of its labels were right"
    return f"{line}. On {contract.real.num_clips} clips of real players, {right}."


def advice(contract: Contract) -> str:
    """Return what to do about a caution, in a line."""
    if contract.judged is not None:
        return "Judge more clips: bball-tag suggest GAME, then bball-tag learn."
    return "Train your own: bball-tag train DATA --out RUN_DIR."


def _unproven(name: str, judged: HeldOut) -> str:
    line = (
        f"Labels are unsure: the checkpoint {name} rests on {judged.num_clips} judged clips of real players "
        f"in {judged.num_moments} moments. Held out, {judged.accuracy:.0%} of them were right."
    )
    count = judged.num_unjudged
    return f"{line} Of {count} label{'s' if count > 1 else ''} none was judged." if count else line
