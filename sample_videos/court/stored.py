"""What was drawn of a game, kept in a file."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import TypeVar

import numpy as np

Drawn = TypeVar("Drawn")
"""A dataclass of arrays."""


def stored(work: Path, seed: int, kind: type[Drawn], draw: Callable[[int], Drawn]) -> Drawn:
    """Return what `draw` makes of the game `seed`; it is drawn only if it is not yet in a file of `work`."""
    path = work / f"{seed}.npz"
    names = [field.name for field in fields(kind)]  # type: ignore[arg-type]
    if not path.exists():
        work.mkdir(parents=True, exist_ok=True)
        made = draw(seed)
        whole = path.with_suffix(".part.npz")
        np.savez(whole, **{name: getattr(made, name) for name in names})
        whole.rename(path)
    with np.load(path) as file:
        return kind(**{name: file[name] for name in names})
