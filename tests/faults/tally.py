"""How much is tried, with which seed, and what became of it: printed at the end of the tests."""

from __future__ import annotations

import os
import random
from collections import Counter
from dataclasses import dataclass, field

SEED = int(os.environ.get("BBALL_TAG_FAULTS_SEED", "0")) or random.SystemRandom().randrange(1, 10**6)
"""Decides what is damaged and when a run is ended; printed, so that a failure can be repeated."""
_TIMES = float(os.environ.get("BBALL_TAG_FAULTS", "1"))
TALLIES: list[Tally] = []
"""All of these tests."""


class Amount:
    """How much is tried: a few in a usual run of all tests, many where these alone are asked for."""

    is_full = False
    """Whether these tests alone were asked for."""

    @classmethod
    def of(cls, few: int, many: int) -> int:
        """Return one of the two, times what `BBALL_TAG_FAULTS` says."""
        return max(1, round((many if cls.is_full else few) * _TIMES))


@dataclass
class Tally:
    """What became of the tries of one kind."""

    name: str
    tried: int = 0
    lost: list[str] = field(default_factory=list)
    """What was not as it should be, in words."""
    ends: Counter[str] = field(default_factory=Counter)
    """How the tries ended."""
    most_memory: int = 0

    def __post_init__(self) -> None:
        TALLIES.append(self)

    @property
    def rng(self) -> random.Random:
        """Return what decides in this kind of tries, from its beginning."""
        return random.Random(f"{SEED} {self.name}")

    def count(self, end: str, fault: str = "") -> None:
        """Note a try: how it ended, and what was wrong with that."""
        self.tried += 1
        self.ends[end] += 1
        if fault:
            self.lost.append(f"try {self.tried}: {fault}")

    def __str__(self) -> str:
        """Return the counts in a line."""
        ends = ", ".join(f"{count} {end}" for end, count in sorted(self.ends.items()))
        memory = f"; at most {self.most_memory >> 20} MiB" if self.most_memory else ""
        survived = self.tried - len(self.lost)
        return f"{self.name}: {self.tried} tried, {survived} survived, {len(self.lost)} lost ({ends}){memory}"
