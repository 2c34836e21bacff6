"""A comparison: its figures, its differences, and how it is written and shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bball_tag.comparison.as_json import as_json
from bball_tag.comparison.differences import Difference, differences_of
from bball_tag.comparison.figures import Figures, figures_of
from bball_tag.comparison.files import write_comparison
from bball_tag.comparison.games import ComparedGame
from bball_tag.comparison.notes import notes_on
from bball_tag.comparison.report import as_text
from bball_tag.errors import OptionError


@dataclass(frozen=True, slots=True, repr=False)
class Comparison:
    """How well events agree with the truth. As text (`str`) it is a short table."""

    games: tuple[ComparedGame, ...]
    with_players: Figures | None
    """Figures where an event must be of the right player; None where not both sides name players."""
    without_players: Figures
    """Figures where the right game is enough."""
    differences: tuple[Difference, ...]
    """Misses and false alarms, at a temporal IoU of 0.5, by `main`."""

    @property
    def main(self) -> Figures:
        """The figures that come first: with players, if any player is named on both sides of every game."""
        if self.with_players and all(game.shares_players for game in self.games):
            return self.with_players
        return self.without_players

    @property
    def cautions(self) -> list[str]:
        """What is probably a mistake, in sentences."""
        return [text for game in self.games for text in game.cautions]

    @property
    def notes(self) -> list[str]:
        """What to know of the figures, in sentences."""
        return notes_on(self)

    @property
    def figures(self) -> dict[str, Any]:
        """Everything for programs, as plain JSON: `comparison.schema.json` describes it."""
        return as_json(self)

    def __str__(self) -> str:
        return as_text(self)

    def __repr__(self) -> str:
        """Return one line: all events would flood a notebook."""
        f1 = self.main.f1(0.5)
        return f"<Comparison games={len(self.games)} f1={'none' if f1 is None else f'{f1:.3f}'}>"

    def write(self, *paths: str | Path, overwrite: bool = False) -> list[Path]:
        """Write the figures (`.json`), the differences (`.csv`), both (`.xlsx`) or the page (`.html`).

        Raises:
            BballTagError: A suffix is unknown, or a file cannot be written.
        """
        return write_comparison(self, paths, overwrite=overwrite)


def compare_games(games: Sequence[ComparedGame]) -> Comparison:
    """Return what comes of comparing games, pooled.

    Raises:
        OptionError: There is none.
    """
    if not games:
        raise OptionError("Name the events to be compared, and the true ones.")
    with_players = figures_of(games, by_player=True) if all(game.names_players for game in games) else None
    whole = Comparison(tuple(games), with_players, figures_of(games, by_player=False), ())
    listed = differences_of(games, by_player=whole.main.by_player)
    return Comparison(whole.games, whole.with_players, whole.without_players, tuple(listed))
