"""Two teams from the colours of all kits, and what to call them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations, permutations

import numpy as np

from bball_tag.palette import Colour
from bball_tag.players.dressed import NOT_DRESSED
from bball_tag.players.kits import SHIRT, lab_of, rgb_of
from bball_tag.players.looks import Looks

COLOUR_NAMES: dict[str, Colour] = {
    "white": (235, 235, 235),
    "grey": (140, 140, 140),
    "black": (30, 30, 32),
    "red": (195, 35, 40),
    "maroon": (105, 25, 40),
    "orange": (235, 120, 30),
    "yellow": (240, 205, 50),
    "green": (30, 120, 60),
    "teal": (20, 130, 130),
    "sky": (110, 180, 225),
    "blue": (30, 75, 175),
    "navy": (22, 38, 85),
    "purple": (90, 45, 130),
    "pink": (230, 120, 170),
    "brown": (110, 75, 50),
}
"""What kits are called, and how they look on video."""
_ALIASES = {"gray": "grey", "gold": "yellow", "light blue": "sky", "dark blue": "navy", "burgundy": "maroon"}
_LEAST_GAP = 14.0
"""Kits of two teams differ by at least this (CIE76): twice by what shade and light move one kit's colour."""
_MOST_GROUPS = 5
_LOOSE = 20.0
"""A spread of two kits together that is out of the ordinary (CIE76): twice that of one cloth on video."""
_FAR = 25.0
"""A shirt this far (CIE76) from a team's colour is not that team's, whatever the spread of the others."""
OTHERS, NO_TEAM = -1, -2
"""Sides beside the teams' indices: those who do not play, and players whose team is not known."""


@dataclass(frozen=True, slots=True)
class Kit:
    """What one team wears."""

    name: str
    lab: np.ndarray
    """CIE L*, a*, b* of the shirts: array of shape (3,)."""
    spread: float
    """Typical distance (CIE76) of the team's shirts from `lab`."""

    @property
    def colour(self) -> Colour:
        """Return the shirts' colour as red, green and blue."""
        return rgb_of(self.lab)


def find_kits(
    shirts: np.ndarray, weights: np.ndarray, when: np.ndarray, names: Sequence[str] = ()
) -> tuple[Kit, ...]:
    """Find the two teams' kits.

    The shirts are divided into two to five groups (k-means). The two groups that are teams are of about the
    same size, as each team has five on the floor, and of the largest, and leave few of the shirts out; the
    rest are referees and others, who are fewer at a time, however long they are in view.

    Args:
        shirts: CIE L*, a*, b* of each shirt seen, shape (N, 3).
        weights: How much each says of the teams, 0 to 1: whether it is a player's, who moves about, shape
            (N,).
        when: The half second in which each was seen, as whole numbers, shape (N,).
        names: What to call the teams. Names of colours belong to the nearest kits; other names to the
            lighter kit, then the darker one.

    Returns:
        Two kits, the lighter one first; none where no two groups differ clearly.
    """
    shirts, weights, when = (each[weights > 0] for each in (shirts, weights, when))
    if not len(shirts):
        return ()
    best: tuple[float, tuple[Kit, ...]] = (0.0, ())
    wanted = [lab_of(COLOUR_NAMES[known]) for name in names if (known := colour_name(name))]
    for count in range(2, min(_MOST_GROUPS, len(np.unique(shirts, axis=0))) + 1):
        groups = _groups(shirts, weights, count)
        for pair in combinations(range(count), 2):
            kits = sorted((_kit(shirts, weights, groups == one) for one in pair), key=lambda kit: -kit.lab[0])
            sizes = np.array([_size(weights[groups == one], when[groups == one]) for one in pair])
            gap = float(np.linalg.norm(kits[0].lab - kits[1].lab))
            if gap < max(_LEAST_GAP, kits[0].spread + kits[1].spread):
                continue
            # A group of two colours is large, but not a kit; two shades of one kit leave a whole team out.
            tight = np.exp(-(kits[0].spread + kits[1].spread) / _LOOSE)
            dressed = np.average(nearest_kit(shirts, kits)[1] <= 1, weights=weights)
            score = sizes.sum() * sizes.min() / sizes.max() * tight * dressed * _agreement(kits, wanted)
            if score > best[0]:
                best = (float(score), tuple(kits))
    return _named(best[1], names)


def sides_of(looks: Looks, attires: np.ndarray, kits: Sequence[Kit]) -> tuple[np.ndarray, np.ndarray]:
    """Return the side of each of N pieces, and how ill the shirt fits: above 1 it is neither team's.

    The side is the team whose shirt it is, or `OTHERS` where the rest is not dressed to play.

    Args:
        looks: Of the pieces.
        attires: Log odds that they show somebody who is not dressed to play, shape (N,).
        kits: Two kits, or none: then all are of one side, and everybody's shirt fits.
    """
    if not kits:
        return np.zeros(len(attires), np.int64), np.zeros(len(attires))
    side, misfit = nearest_kit(looks.means[:, SHIRT], kits)
    return np.where(attires > NOT_DRESSED, OTHERS, side), misfit


def nearest_kit(shirts: np.ndarray, kits: Sequence[Kit]) -> tuple[np.ndarray, np.ndarray]:
    """Return which kit each shirt is nearest to, and how far it is from it in units of what is allowed.

    Args:
        shirts: CIE L*, a*, b*, shape (N, 3).
        kits: Two kits.

    Returns:
        Index of the kit, int64 (N,), and the distance, float64 (N,): above 1 it is neither team's.
    """
    gaps = misfits(shirts, kits)
    index = gaps.argmin(axis=1)
    return index, gaps[np.arange(len(shirts)), index]


def misfits(shirts: np.ndarray, kits: Sequence[Kit]) -> np.ndarray:
    """Return how far each shirt (N, 3) is from each kit in units of what is allowed, shape (N, 2)."""
    between = float(np.linalg.norm(kits[0].lab - kits[1].lab))
    allowed = [min(max(4 * kit.spread, 12.0), max(_FAR, between / 2)) for kit in kits]
    return np.stack(
        [np.linalg.norm(shirts - kit.lab, axis=1) / most for kit, most in zip(kits, allowed, strict=True)],
        axis=1,
    )


def colour_name(text: str) -> str | None:
    """Return the colour that a name says; None where it is not a colour."""
    name = text.strip().lower()
    name = _ALIASES.get(name, name)
    return name if name in COLOUR_NAMES else None


def _groups(shirts: np.ndarray, weights: np.ndarray, count: int) -> np.ndarray:
    from sklearn.cluster import KMeans

    model = KMeans(count, n_init=10, random_state=0)
    return np.asarray(model.fit_predict(shirts, sample_weight=weights))


def _size(weights: np.ndarray, when: np.ndarray) -> float:
    """Return how many of a group are in view at once, when many of them are: 5 at most."""
    moments = np.unique(when, return_inverse=True)[1]
    return min(float(np.quantile(np.bincount(moments, weights), 0.9)), 5.0)


def _kit(shirts: np.ndarray, weights: np.ndarray, chosen: np.ndarray) -> Kit:
    middle = np.average(shirts[chosen], axis=0, weights=weights[chosen])
    gaps = np.linalg.norm(shirts[chosen] - middle, axis=1)
    return Kit("", middle, float(np.average(gaps, weights=weights[chosen])))


def _agreement(kits: Sequence[Kit], wanted: list[np.ndarray]) -> float:
    """Return how well kits fit the colours that a user names, 0 to 1."""
    if not wanted:
        return 1.0
    gaps = [
        np.mean([np.linalg.norm(kit.lab - lab) for kit, lab in zip(order, wanted, strict=False)])
        for order in permutations(kits)
    ]
    return float(np.exp(-min(gaps) / 40))


def _named(kits: tuple[Kit, ...], names: Sequence[str]) -> tuple[Kit, ...]:
    """Give each kit its name: one of `names`, or that of the nearest colours, never the same for both."""
    if not kits:
        return ()
    if names:
        known = [colour_name(name) for name in names]
        labs = [lab_of(COLOUR_NAMES[name]) if name else None for name in known]
        order = min(permutations(range(len(kits))), key=lambda order: _misfit(kits, labs, order))
        chosen = [names[index] for index in order]
    else:
        colours = {name: lab_of(rgb) for name, rgb in COLOUR_NAMES.items()}
        gaps = [{name: np.linalg.norm(kit.lab - lab) for name, lab in colours.items()} for kit in kits]
        pairs = list(permutations(colours, 2))
        chosen = list(pairs[int(np.argmin([gaps[0][one] + gaps[1][two] for one, two in pairs]))])
    return tuple(Kit(name, kit.lab, kit.spread) for name, kit in zip(chosen, kits, strict=True))


def _misfit(kits: Sequence[Kit], labs: Sequence[np.ndarray | None], order: tuple[int, ...]) -> float:
    pairs = [(kit.lab, labs[index]) for kit, index in zip(kits, order, strict=True)]
    return sum(float(np.linalg.norm(own - lab)) for own, lab in pairs if lab is not None)
