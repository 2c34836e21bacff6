"""Fit how a checkpoint of the rendered world is read on real video, and write it into its contract.

    python benchmarks/calibrate.py CHECKPOINT TABLE

Two numbers are fitted on the clips of TABLE: the temperature, and the one threshold that as many clips reach
as reached the checkpoint's own thresholds before, so that events are neither more nor fewer. The weights stay
as they are, to the byte. `real.py` tells how well the temperature holds on a video left out of the fit.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import real

from bball_tag.checkpoint.checkpoint import Checkpoint
from bball_tag.checkpoint.contract import Contract, RealVideo, write_contract
from bball_tag.events import DEFAULT_RULES, EventRules
from train.evaluation import fit_temperature
from train.predictions import Predictions


def main(path: Path, table: Path) -> None:
    """Fit, write, and print what was written."""
    found = real.tested(table, path).predictions
    contract = replace(Checkpoint(path).contract, world="rendered")
    temperature = fit_temperature(found)
    fitted = RealVideo(
        temperature=temperature,
        threshold=equal_threshold(found, contract, temperature),
        accuracy=round(found.accuracy, 4),
        num_clips=len(found.target),
    )
    write_contract(path, replace(contract, real=fitted))
    print(fitted)


def equal_threshold(found: Predictions, contract: Contract, temperature: float) -> float:
    """Return the threshold that as many clips reach at `temperature` as reach those of `contract`."""
    acting = [index for index, label in enumerate(contract.labels) if label not in DEFAULT_RULES.background]
    rules = EventRules(thresholds=contract.thresholds)
    own = np.array([rules.of(label) for label in contract.labels])
    reached = (found.probabilities(contract.temperature) >= own)[:, acting].any(axis=1).mean()
    likeliest = found.probabilities(temperature)[:, acting].max(axis=1)
    return round(float(np.quantile(likeliest, 1 - reached)), 2)


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:3]))
