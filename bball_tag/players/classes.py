"""Which of a detector's classes are people, and which of those play."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bball_tag.errors import DetectorError
from bball_tag.faults import FormError
from bball_tag.files import why
from bball_tag.text_files import at_most, read_text

COCO_CLASSES, COCO_PERSON = 80, 0
"""Number of COCO's classes, and which of them is a person."""
_OTHERS = frozenset({"referee", "ref", "umpire", "official", "coach", "trainer", "staff", "bench", "scorer"})
"""People beside the game."""
_THINGS = frozenset({"number", "name", "crowd", "fan", "spectator"})
"""What is no single person on the floor, whatever else its name says."""
_PLAYERS = frozenset(
    {"player", "person", "people", "human", "pedestrian", "man", "men", "woman", "women", "athlete", "team"}
    | {"offense", "offence", "defense", "defence", "attacker", "defender", "handler", "shooter"}
)


_MOST_BYTES, _MOST_NAMES = 1 << 20, 2000
"""No detector has more classes, nor longer names of them."""
_MOST_SHOWN, _LONGEST_SHOWN = 100, 60


@dataclass(frozen=True, slots=True)
class People:
    """The classes of a detector that are people; all others are ignored."""

    num_classes: int
    players: tuple[int, ...]
    """Classes of people who may play."""
    others: tuple[int, ...] = ()
    """Classes of people who do not play, such as referees."""


def people_of(weights: Path, num_classes: int, names: Sequence[str] | None) -> People:
    """Return which classes of the weights in a file are people.

    Args:
        weights: The detector's file.
        num_classes: How many classes it has.
        names: Its classes, in order; None reads `FILE.names` beside it, or takes COCO's if there are 80.

    Raises:
        DetectorError: The names are missing or do not fit, or none of them plays.
    """
    beside, source = weights.with_suffix(".names"), "--detector-classes"
    if names is None and beside.exists():
        names, source = _read_names(beside), str(beside)
    if names is None:
        if num_classes == COCO_CLASSES:
            return People(COCO_CLASSES, (COCO_PERSON,))
        raise DetectorError(
            f"{weights} has {num_classes} classes, not COCO's {COCO_CLASSES}, and nothing says which. "
            f"Name them in their order: --detector-classes player,referee,ball, or one a line in {beside}."
        )
    if len(names) != num_classes:
        raise DetectorError(
            f"{weights} has {num_classes} classes, but {source} names {len(names)} ({_listed(names)}). "
            "Name all of them, in the order of the training."
        )
    return people_among(names)


def _read_names(path: Path) -> list[str]:
    try:
        lines = list(at_most(read_text(path, _MOST_BYTES).splitlines(), _MOST_NAMES))
    except (FormError, OSError) as error:
        raise DetectorError(
            f"Cannot read {path}, the names of the detector's classes: {why(error)}."
        ) from error
    return [line.strip() for line in lines if line.strip()]


def people_among(names: Sequence[str]) -> People:
    """Return which classes are people, by the words in their names.

    A name counts by its words: `player-jump-shot` and `ball_handler` play, `referee` and `Head coach` are
    others, `ball`, `rim`, `jersey-number` and `crowd` are ignored.

    Args:
        names: The classes in the order of the detector's output.

    Raises:
        DetectorError: No name could be a person who plays.
    """
    kinds = [_kind(name) for name in names]
    players = tuple(index for index, kind in enumerate(kinds) if kind == "player")
    if not players:
        raise DetectorError(
            f"None of the detector's classes is a player ({_listed(names)}). One of them must be named "
            "player or person, or have that word in its name, as player-jump-shot has."
        )
    return People(len(names), players, tuple(i for i, kind in enumerate(kinds) if kind == "other"))


def _listed(names: Sequence[str]) -> str:
    first = ", ".join(name[:_LONGEST_SHOWN] for name in names[:_MOST_SHOWN])
    return f"{first}, …" if len(names) > _MOST_SHOWN else first


def _kind(name: str) -> str:
    words = {
        form
        for word in re.findall(r"[a-z]+", name.lower())
        for form in (word, word.removesuffix("s"), word.removesuffix("es"))
    }
    if words & _THINGS:
        return "thing"
    if words & _OTHERS:
        return "other"
    return "player" if words & _PLAYERS else "thing"
