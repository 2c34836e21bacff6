"""Who is dressed to play, over the whole of a piece and of a video."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from bball_tag.players.appearance import ATTIRE, UNDERFOOT
from bball_tag.players.pieces import Piece

NOT_DRESSED = 1.0
"""Mean log odds of not being dressed to play above which somebody is of no team, whatever the shirt."""
DRESSED = -1.0
"""Mean log odds below which somebody is dressed to play for sure."""
_SURELY, _SAY = (-2.0, 0.0), (0.5, -0.45)
"""Log odds of not being dressed to play, and what they say for playing: where clothes are not known, there is
more often nobody. Who stands for long is kept in spite of that."""
_OF_TRACK = 2.0
"""What the clothes in a whole track say, in log odds of one image. In rendered games, where it is known who
plays, it is three to eight times as much; real clothes vary more."""
_PASSES_S, _STAYS_S = 2.0, 4.0
"""Who is in view for less passes by; who moves about for longer seems to play, in seconds."""
_MOST_OF_PASSERS, _MOST_OF_PLAYERS = 6.0, 2.5
"""Log odds that clothes may count against either, so that who plays in trousers is kept."""


def attires_of(pieces: Sequence[Piece]) -> np.ndarray:
    """Return the mean log odds of each piece that who it shows is not dressed to play, shape (N,).

    It is 0 where that is not known.
    """
    return np.array([_attire(piece) for piece in pieces])


def dressed_odds(attires: np.ndarray) -> np.ndarray:
    """Return what clothes say for N pieces showing somebody who plays, as log odds; 0 if nobody's are known.

    Trousers say no more than nothing here: `sides_of` and `walks_by` know what they mean.
    """
    return np.asarray(np.interp(attires, _SURELY, _SAY) * attires.any())


def settled_attire(piece: Piece) -> Piece:
    """Return a piece that is dressed all the time as it is on the whole, so that its parts are too."""
    if piece.colours.shape[1] <= ATTIRE:
        return piece
    colours = piece.colours.copy()
    colours[:, ATTIRE] = _attire(piece)
    return replace(piece, colours=colours)


def without_attire(piece: Piece) -> Piece:
    """Return a piece of which it is not known how it is dressed."""
    colours = piece.colours.copy()
    colours[:, ATTIRE:UNDERFOOT] = 0
    return replace(piece, colours=colours)


def walks_by(attires: np.ndarray, seconds: np.ndarray) -> np.ndarray:
    """Return what the clothes of N pieces count against their showing players where there are no kits.

    Args:
        attires: What `attires_of` says of them, shape (N,).
        seconds: For how long each is in view, shape (N,).

    Returns:
        Log odds, 0 or more, shape (N,).
    """
    most = np.interp(seconds, (_PASSES_S, _STAYS_S), (_MOST_OF_PASSERS, _MOST_OF_PLAYERS))
    return np.asarray(np.clip(_OF_TRACK * attires, 0, most))


def _attire(piece: Piece) -> float:
    seen = piece.colours[:, ATTIRE:UNDERFOOT]
    # Where somebody hides the person, or the frame's side cuts them off, it is not known, and exactly 0.
    known = seen[seen != 0]
    return float(known.mean()) if known.size else 0.0
