"""Commands that are killed at random moments, and what is counted of them."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

TRIES = int(os.environ.get("BBALL_TAG_KILLS", "2"))
"""How often each command is killed: as many as fit into half a minute, more where somebody asks."""
SEED = int(os.environ.get("BBALL_TAG_KILL_SEED", "0")) or random.SystemRandom().randrange(1, 10**6)
"""Decides the moments; printed, so that a failure can be repeated."""


@dataclass
class Tally:
    """What became of the runs of a command."""

    name: str
    tried: int = 0
    finished: int = 0
    """Runs that were done before they were killed."""
    lost: list[str] = field(default_factory=list)
    """What was not as it should be after a kill, in words."""

    def __str__(self) -> str:
        """Return the counts with the seed."""
        survived = self.tried - len(self.lost)
        return (
            f"{self.name}: seed {SEED}, {self.tried} kills tried, {survived} survived, "
            f"{len(self.lost)} lost; {self.finished} were done before."
        )


def killed(
    arguments: Sequence[object], folder: Path, after: float, settings: Mapping[str, str] | None = None
) -> bool:
    """Run `bball-tag` in `folder`, kill it `after` seconds, and return whether it was done before.

    Raises:
        AssertionError: It failed by itself.
    """
    process = subprocess.Popen(
        [sys.executable, "-m", "bball_tag", *map(str, arguments)],
        cwd=folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, **(settings or {})},
    )
    try:
        process.communicate(timeout=after)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        return False
    assert process.returncode == 0
    return True


def finished(arguments: Sequence[object], folder: Path) -> float:
    """Run `bball-tag` in `folder` to its end, and return how many seconds it took."""
    began = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-m", "bball_tag", *map(str, arguments)],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return time.monotonic() - began


def kill_at_random(
    tally: Tally,
    arguments: Sequence[object],
    folder: Path,
    took: float,
    fault: Callable[[], str],
    before: Callable[[], None] = lambda: None,
) -> None:
    """Kill a command at random moments of the `took` seconds that it needs.

    Args:
        tally: Where it is counted.
        arguments: What is run.
        folder: Where.
        took: Seconds of an undisturbed run; moments are evenly likely from its first to its last.
        fault: Says what is not as it should be after a kill; nothing where all is well.
        before: What is done before each run.
    """
    rng = random.Random(f"{SEED} {tally.name}")
    for _ in range(TRIES):
        before()
        tally.tried += 1
        tally.finished += killed(arguments, folder, rng.uniform(0, took))
        if words := fault():
            tally.lost.append(words)
    print(tally)
