"""Judged clips of all games together, with the labels that a new head is to have."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bball_tag.checkpoint.contract import World
from bball_tag.errors import DataError, OptionError
from bball_tag.learning.fit import Clips
from bball_tag.learning.games import Game
from bball_tag.learning.heads import Head
from bball_tag.learning.held_out import moments
from bball_tag.learning.judged import judge
from bball_tag.learning.tables import Table

log = logging.getLogger("bball_tag")
_MOST_OF_A_LABEL = 1000
"""Clips of one label that are used; more of them change nothing, and take their time."""


@dataclass(frozen=True, slots=True)
class Wishes:
    """What a user asks for."""

    new_names: Mapping[str, str]
    """What labels are called from now on; where that is a label already, both become one."""
    dropped: tuple[str, ...]
    """Labels that are left out from now on."""
    precision: float | None
    """Probability that an event at a threshold is right; None takes the thresholds with the best F1."""


@dataclass(frozen=True, slots=True)
class JudgedClips:
    """The judged clips of all games."""

    clips: Clips
    labels: tuple[str, ...]
    """Labels of the new head; the targets are indices of them."""
    games: np.ndarray
    """Number of each clip's game, int64 (N,)."""
    moment: np.ndarray
    """Number of its moment, int64 (N,)."""
    is_real: np.ndarray
    """Whether it shows real players, bool (N,)."""
    left_out: Counter[str]
    """Judged events that no clip was taken from, by the reason."""

    @property
    def world(self) -> World:
        """Of most of them."""
        return "real" if self.is_real.mean() >= 0.5 else "rendered"


def kept_labels(known: Sequence[str], wishes: Wishes) -> tuple[str, ...]:
    """Return the labels of a checkpoint after some were renamed and others dropped.

    Raises:
        OptionError: A name is not one of its labels.
    """
    for label in (*wishes.new_names, *wishes.dropped):
        if label not in known:
            raise OptionError(
                f"There is no label {label!r} to rename or drop. There are: {', '.join(known)}."
            )
    renamed = (wishes.new_names.get(label, label) for label in known if label not in wishes.dropped)
    return tuple(dict.fromkeys(renamed))


def gather(tables: Sequence[Table], head: Head, labels: Sequence[str], wishes: Wishes) -> JudgedClips:
    """Return the judged clips of all tables; what two tables judge differently is left out.

    Args:
        tables: What is judged.
        head: The head before, which says how features are laid out.
        labels: The labels that are kept; judged ones that are not among them become new ones.
        wishes: Which labels are renamed or dropped.

    Raises:
        DataError: No stored clip is judged.
    """
    left_out: Counter[str] = Counter()
    found: dict[Path, tuple[Game, np.ndarray]] = {}
    for table in tables:
        judged = judge(table.annotation, table.game.clips, labels)
        left_out += judged.unmatched
        if judged.taken_on_trust:
            log.warning(
                "%s: nothing in it says what was looked at, so all %d events that are as the model left them "
                "count as right. List what was reviewed in a sheet Reviewed.",
                table.path,
                judged.taken_on_trust,
            )
        names = _known_names(judged.labels, labels, wishes)
        game, earlier = found.setdefault(table.game.store.resolve(), (table.game, np.full_like(names, "")))
        both = (earlier != "") & (names != "") & (earlier != names)
        left_out["clips that two tables judge differently"] += int(both.sum())
        merged = np.where(names == "", earlier, names)
        found[table.game.store.resolve()] = game, np.where(both, "", merged)
    return _gathered(list(found.values()), head, labels, left_out)


def _known_names(judged: np.ndarray, labels: Sequence[str], wishes: Wishes) -> np.ndarray:
    """Return labels by the names that they have from now on; dropped ones are empty."""
    plain = {label.casefold(): label for label in labels}

    def name(label: str) -> str:
        label = " ".join(label.split())
        label = wishes.new_names.get(label, label)
        return "" if label in wishes.dropped else plain.get(label.casefold(), label)

    names = {label: name(label) for label in set(judged.tolist())}
    return np.array([names[label] for label in judged.tolist()], dtype=object)


def _gathered(
    found: Sequence[tuple[Game, np.ndarray]], head: Head, labels: Sequence[str], left_out: Counter[str]
) -> JudgedClips:
    names = np.concatenate([names for _, names in found])
    new = sorted(set(names[names != ""].tolist()) - set(labels))
    all_labels = (*labels, *new)
    inputs, targets, games, spans = [], [], [], []
    for number, (game, own) in enumerate(found):
        rows = _limited(own)
        inputs.append(game.inputs(rows, head))
        targets.append([all_labels.index(label) for label in own[rows].tolist()])
        games.append(np.full(len(rows), number))
        spans.append((game.clips.players[rows], game.clips.starts[rows], game.clips.ends[rows]))
    target, game_of = np.array([one for some in targets for one in some], np.int64), np.concatenate(games)
    if not len(target):
        reasons = ", ".join(f"{count} {why}" for why, count in left_out.items() if count)
        raise DataError(
            f"No stored clip is judged{f' ({reasons})' if reasons else ''}. Are these the tables?"
        )
    players, starts, ends = (np.concatenate(parts) for parts in zip(*spans, strict=True))
    worlds = [game.world == "real" for game, _ in found]
    return JudgedClips(
        Clips(np.concatenate(inputs), target),
        all_labels,
        game_of,
        moments(game_of, players, starts, ends),
        np.array(worlds)[game_of],
        left_out,
    )


def _limited(names: np.ndarray) -> np.ndarray:
    """Return the indices of judged clips; of very many with one label, some, evenly over time."""
    rows = []
    for label in sorted(set(names[names != ""].tolist())):
        own = np.flatnonzero(names == label)
        step = max(1.0, len(own) / _MOST_OF_A_LABEL)
        rows.append(own[np.arange(0, len(own), step).astype(np.int64)])
    return np.sort(np.concatenate(rows)) if rows else np.zeros(0, np.int64)
