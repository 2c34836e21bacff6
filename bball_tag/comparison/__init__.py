"""How well events agree with the truth: figures, what was missed and what was found in error, and a page."""

from bball_tag.comparison.games import ComparedGame, compared_game
from bball_tag.comparison.result import Comparison, compare_games

__all__ = ["ComparedGame", "Comparison", "compare_games", "compared_game"]
