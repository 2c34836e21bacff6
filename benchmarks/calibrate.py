"""Fit how a checkpoint of the rendered world is read on real video, and write it into its contract.

    python benchmarks/calibrate.py CHECKPOINT TABLE [--shares]

Fitted on the clips of TABLE: a temperature for each set of streams that may be at hand (every video counts
alike), and the one
threshold that as many clips reach as reached the checkpoint's own thresholds before, so that events are
neither more nor fewer. With `--shares`, labels are as common on real video as in SpaceJam's games, which is
published and not fitted. The weights stay as they are, to the byte. `real.py` tells how well the temperature
holds on a video left out of the fit.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

import numpy as np
import real

from bball_tag.checkpoint.backbone import write_contract
from bball_tag.checkpoint.checkpoint import Checkpoint
from bball_tag.checkpoint.contract import Contract, RealVideo, stream_key, stream_sets
from bball_tag.events import DEFAULT_RULES, EventRules
from train.evaluation import answered
from train.predictions import Predictions


def main() -> None:
    """Fit, write, and print what was written."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("checkpoint", type=Path, metavar="CHECKPOINT")
    parser.add_argument("table", type=Path, metavar="TABLE")
    parser.add_argument("--shares", action="store_true", help="with SpaceJam's shares of the labels")
    arguments = parser.parse_args()
    found = real.tested(arguments.table, arguments.checkpoint)
    contract = replace(Checkpoint(arguments.checkpoint).contract, world="rendered", real=None)
    shares = real.spacejam_shares(contract.labels) if arguments.shares else {}
    fitted = replace(contract, real=fitted_on(replace(found, contract=contract), shares))
    write_contract(arguments.checkpoint, fitted)
    print(fitted.real)


def fitted_on(tested: real.Tested, shares: dict[str, float]) -> RealVideo:
    """Return how to read a checkpoint on real video, by its logits on real clips."""
    found, contract = tested.found, tested.contract
    shared = replace(tested, contract=replace(contract, shares=shares))
    temperatures = {
        stream_key(streams): replace(shared, found=found.of(streams)).fitted_temperature()
        for streams in stream_sets(found.streams)
    }
    temperature = temperatures.pop(stream_key(found.streams))
    read = replace(contract, temperature=temperature, temperatures=temperatures, shares=shares)
    return RealVideo(
        temperature=temperature,
        threshold=equal_threshold(found, contract, read),
        accuracy=round(answered(found, read).accuracy, 4),
        num_clips=len(found.target),
        temperatures=temperatures,
        shares=shares,
    )


def equal_threshold(found: Predictions, contract: Contract, read: Contract) -> float:
    """Return the threshold that as many clips reach, as they are `read`, as reach those of `contract`."""
    acting = [index for index, label in enumerate(contract.labels) if label not in DEFAULT_RULES.background]
    rules = EventRules(thresholds=contract.thresholds)
    own = np.array([rules.of(label) for label in contract.labels])
    reached = (_rows(found, contract) >= own)[:, acting].any(axis=1).mean()
    likeliest = _rows(found, read)[:, acting].max(axis=1)
    return round(float(np.quantile(likeliest, 1 - reached)), 2)


def _rows(found: Predictions, contract: Contract) -> np.ndarray:
    """Return the probabilities (N, K) that a contract gives."""
    return answered(found, contract).probabilities(contract.temperature_of(found.streams))


if __name__ == "__main__":
    main()
