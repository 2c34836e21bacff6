"""The pack of human bodies: meshes that follow build, and what they wear."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache


@dataclass(frozen=True, slots=True)
class Bodies:
    """What all people are made of."""


@cache
def load() -> Bodies:
    """Return the pack, read once."""
    return Bodies()
