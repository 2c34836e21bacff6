"""From corrected tables and stored features to a checkpoint with a head of its own."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np

from bball_tag.checkpoint.answer import softmax
from bball_tag.checkpoint.backbone import Backbone, read_backbone, write_with_layers
from bball_tag.checkpoint.checkpoint import Checkpoint
from bball_tag.checkpoint.contract import Contract, HeldOut, stream_key
from bball_tag.errors import OptionError
from bball_tag.learning.calibration import fit_thresholds
from bball_tag.learning.gather import JudgedClips, Wishes, gather, kept_labels
from bball_tag.learning.heads import Head, head_of, layers_of
from bball_tag.learning.held_out import Fitted, fit_held_out, groups_to_test_on
from bball_tag.learning.judged import BACKGROUND
from bball_tag.learning.precision import Reached, fit_precision, judged_events
from bball_tag.learning.report import Report, label_figures
from bball_tag.learning.tables import Table
from bball_tag.scoring.malloc import keep_freed_memory


def learn(tables: Sequence[Table], checkpoint: Checkpoint, wishes: Wishes, out: Path) -> Report:
    """Fit a head to judged clips, and write the checkpoint that has it.

    Args:
        tables: What is judged.
        checkpoint: Where to start from; its backbone made the features.
        wishes: What is asked for.
        out: Where to write; the file appears whole or not at all.

    Raises:
        BballTagError: The features are another model's, too little is judged, or a name makes no sense.
    """
    # Each of thousands of steps asks for the same arrays: fresh pages would cost ten times the arithmetic.
    keep_freed_memory()
    backbone = read_backbone(checkpoint.path)
    projection = backbone.projection()
    _check_backbone(tables, backbone, checkpoint)
    before = head_of(backbone.layers, checkpoint.contract.labels, projection)
    labels = kept_labels(checkpoint.contract.labels, wishes)
    judged = gather(tables, before, labels, wishes)
    contract = checkpoint.contract.on(judged.world)
    start = _in_probabilities(before, contract)
    groups, tested_on = groups_to_test_on(judged.clips.target, judged.games, judged.moment)
    fitted = fit_held_out(judged.clips, groups, start.relabelled(judged.labels, wishes.new_names))
    report = _report(judged, fitted, start, wishes, tested_on)
    learned = _contract(checkpoint, contract, judged, fitted, report, tables)
    learned = replace(
        learned,
        thresholds=_thresholds(learned, contract, judged, fitted, report),
        provenance={**learned.provenance, "name": out.stem},
    )
    write_with_layers(checkpoint.path, out, learned, layers_of(fitted.head, projection))
    return report


def _check_backbone(tables: Sequence[Table], backbone: Backbone, checkpoint: Checkpoint) -> None:
    for table in tables:
        if table.game.stored.kind.backbone != backbone.id:
            raise OptionError(
                f"The features in {table.game.store} were made by another model than {checkpoint.path}. Name "
                "the one that the game was annotated with (--checkpoint FILE), or annotate it with this one."
            )


def _in_probabilities(head: Head, contract: Contract) -> Head:
    """Return a head whose logits are those of the checkpoint's answer: with its temperature and shares."""
    matrix = head.matrix / contract.temperature
    if contract.shares:
        shares = np.array([contract.shares[label] for label in contract.labels])
        matrix[head.rows("rgb").stop - 1] += np.log(shares / shares.sum())
    return replace(head, matrix=matrix)


def _report(judged: JudgedClips, fitted: Fitted, start: Head, wishes: Wishes, tested_on: str) -> Report:
    labels = np.array(judged.labels)
    target, predicted = labels[fitted.target], labels[fitted.logits.argmax(axis=1)]
    old = [wishes.new_names.get(label, label) for label in start.labels]
    before = np.array(old)[start.logits(judged.clips.inputs).argmax(axis=1)]
    figures = label_figures(judged.labels, target, predicted, before, judged.moment, old)
    precisions: list[Reached] = []
    if wishes.precision is not None:
        rows = softmax(fitted.logits / fitted.temperatures()[stream_key(fitted.head.sizes)])
        scores, right = judged_events(rows, fitted.target, judged.moment, judged.labels)
        for column, label in enumerate(judged.labels):
            if label != BACKGROUND and (right == column).any():
                precisions.append(fit_precision(label, scores[:, column], right == column, wishes.precision))
    return Report(
        labels=figures,
        unjudged=tuple(label for label in judged.labels if label not in set(target.tolist())),
        num_clips=len(target),
        num_games=len(np.unique(judged.games)),
        tested_on=tested_on,
        accuracy=float((predicted == target).mean()),
        macro_f1=float(np.mean([one.f1 for one in figures])),
        start_accuracy=float((before == target).mean()),
        start_macro_f1=float(np.mean([one.start_f1 or 0.0 for one in figures])),
        strength=fitted.strength,
        left_out={why: count for why, count in judged.left_out.items() if count},
        precisions=tuple(precisions),
    )


def _contract(
    checkpoint: Checkpoint,
    start: Contract,
    judged: JudgedClips,
    fitted: Fitted,
    report: Report,
    tables: Collection[Table],
) -> Contract:
    """Return what the new checkpoint promises, but for its thresholds and its name."""
    temperatures = fitted.temperatures()
    metrics = {"held_out_accuracy": report.accuracy, "held_out_macro_f1": report.macro_f1}
    facts = {
        "date": date.today().isoformat(),
        "start": checkpoint.title,
        "data": {
            "clips": {"judged": report.num_clips},
            "tables": [table.path.name for table in tables],
            "labels": {one.label: one.num_clips for one in report.labels},
        },
        "metrics": {name: round(value, 4) for name, value in metrics.items()},
        "report": report.figures,
    }
    return replace(
        start,
        labels=judged.labels,
        temperature=temperatures.pop(stream_key(fitted.head.sizes)),
        temperatures=temperatures,
        thresholds={},
        shares={},
        rules={},
        sureness={},
        world=judged.world,
        real=None,
        judged=_held_out(judged, fitted),
        provenance=facts,
    )


def _held_out(judged: JudgedClips, fitted: Fitted) -> HeldOut | None:
    """Return how right the head was on real clips that it was not fitted on; None if none was judged."""
    right = (fitted.logits.argmax(axis=1) == fitted.target)[judged.is_real]
    if not len(right):
        return None
    num_judged = len(np.unique(fitted.target[judged.is_real]))
    return HeldOut(
        round(float(right.mean()), 4),
        len(right),
        len(np.unique(judged.moment[judged.is_real])),
        len(judged.labels) - num_judged,
    )


def _thresholds(
    learned: Contract, start: Contract, judged: JudgedClips, fitted: Fitted, report: Report
) -> dict[str, float]:
    """Return those with the best F1 on held-out clips or the wanted precision; else the start's."""
    known = {label: value for label, value in start.thresholds.items() if label in report.unjudged}
    rows = softmax(fitted.logits / learned.temperature)
    best = fit_thresholds(rows, fitted.target, judged.labels)
    wanted = {one.label: one.threshold for one in report.precisions if one.threshold is not None}
    return {**known, **best, **wanted}
