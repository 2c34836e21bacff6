"""What speaks for two pieces being one player: time, place, look, and who else is on the floor."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from bball_tag.players.looks import Likeness, Looks
from bball_tag.players.places import Places

_WANDER = 1.0
"""Standard deviation of a player's velocity, in body heights per second: between walk and run."""
_TURN_S = 1.0
"""A player's velocity is forgotten over about this time, in seconds."""
_FORESHORTENED = 0.5
"""Movement down the frame against movement along it: a camera sees the floor at about 30 degrees."""
_JITTER = 0.15
"""Standard deviation of a box's foot point, in body heights."""
_LOST = 0.05
"""How often a place says nothing: an occlusion cuts a box off, or the camera's movement is not known."""
_ELSEWHERE_S = 10.0
"""After about this time, in seconds, a player may be anywhere: half a possession."""
_FASTEST = 5.0
"""Nobody runs faster, in body heights per second: 9.5 m/s."""
_SLACK = 1.0
"""A foot point may be wrong by this much, in body heights."""
_PASSED_S = 1.0
"""Parts of a split piece that are nearer in time, in seconds, were divided by an occlusion."""
_LASTS_S = 1.0
"""Who is seen for this long, in seconds, is counted among those in sight."""
_REPLACED_S = 600.0
"""For how long a player stays on the floor on average: 20 substitutions a team in 40 minutes."""
_STRANGER = 0.05
"""How often a piece that begins is a stranger for other reasons than substitution."""


@dataclass(frozen=True, slots=True)
class Junctions:
    """What speaks for the piece of each column being the next of the piece of each row; arrays (M, N)."""

    gap: np.ndarray
    """Seconds from the end of the one to the beginning of the other; not above 0 where they overlap, or are
    the other way round."""
    odds: np.ndarray
    """Log odds that they are one player, and not one player and a stranger, looks apart."""
    missing: np.ndarray
    """How many players of the team are out of sight when the other begins."""
    never: np.ndarray
    """Whether they cannot be one player, where the other comes next or both are there at once."""


@dataclass(frozen=True)
class Evidence:
    """What is known of the N pieces of one team."""

    places: Places
    looks: Looks
    alike: Likeness
    fps: float
    """Instants per second."""
    on_floor: int
    """How many of the team can be on the floor at once."""

    def between(self, enders: np.ndarray, beginners: np.ndarray) -> Junctions:
        """Compare where pieces `enders` (M,) end with where pieces `beginners` (N,) begin, looks apart."""
        places = self.places
        gap = (places.first[beginners][None, :] - places.last[enders][:, None]) / self.fps
        reverse = (places.first[enders][:, None] - places.last[beginners][None, :]) / self.fps
        ratio, too_far = self._steps(enders, beginners)
        missing = self._missing[beginners][None, :]
        stranger = np.clip(_STRANGER + 1 - np.exp(-np.maximum(gap, 0.0) / _REPLACED_S), 0, 0.9)
        prior = np.log((1 - stranger) / stranger / missing)
        # Where a tracker passed from one person to another, both were at that place.
        same_piece = places.piece[enders][:, None] == places.piece[beginners][None, :]
        odds = prior + np.where(same_piece & (gap < _PASSED_S), 0.0, ratio)
        never = np.where(gap > 0, too_far, reverse <= 0)
        return Junctions(gap, odds, np.broadcast_to(missing, gap.shape), never)

    def place_ratios(self, enders: np.ndarray, beginner: int) -> np.ndarray:
        """Return what the places say for `beginner` being the next of each of `enders` (M,), that ended.

        These are log likelihood ratios against somebody who may be anywhere, shape (M,), -inf where the next
        is too far away.
        """
        ratio, too_far = self._steps(enders, np.array([beginner]))
        return np.where(too_far, -np.inf, ratio)[:, 0]

    def _steps(self, enders: np.ndarray, beginners: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return log ratios of the places, 0 in another shot, and which steps are too far; arrays (M, N).

        A player's velocity is an Ornstein-Uhlenbeck process, so that the place is known ever less; a teammate
        may be anywhere where players are.
        """
        places = self.places
        gap = (places.first[beginners][None, :] - places.last[enders][:, None]) / self.fps
        time = np.maximum(gap, 0.0)
        here = places.shot[enders][:, None] == places.shot[beginners][None, :]
        scale = np.sqrt(places.scale[beginners, 0][None, :] * places.scale[enders, 1][:, None])[..., None]
        straight = (places.ends[beginners, 0][None, :] - places.ends[enders, 1][:, None]) / scale
        kept = (_TURN_S * (1 - np.exp(-time / _TURN_S)))[..., None]
        away = straight - kept * places.velocity[enders, 1][:, None] / scale
        too_far = here & (np.hypot(*np.moveaxis(straight, -1, 0)) > _SLACK + _FASTEST * time)
        return np.where(here, self._place_ratio(away, time), 0.0), too_far

    def _place_ratio(self, away: np.ndarray, time: np.ndarray) -> np.ndarray:
        """Return the log likelihood ratio of departures (M, M, 2), in body heights, after `time` (M, M)."""
        ratio = time / _TURN_S
        wander = _WANDER * _TURN_S * np.sqrt(2 * (ratio - 1 + np.exp(-ratio)))
        width = np.stack([np.hypot(_JITTER, wander), np.hypot(_JITTER, _FORESHORTENED * wander)], axis=-1)
        density = np.exp(-0.5 * ((away / width) ** 2).sum(axis=-1)) / (2 * np.pi * width.prod(axis=-1))
        known = (1 - _LOST) * np.exp(-time / _ELSEWHERE_S)
        return np.asarray(np.log(known * density * self._room + 1 - known))

    @cached_property
    def _room(self) -> float:
        """The area of the frame in which players are, in squares of body heights."""
        apart = self.places.foot / np.median(self.places.height)
        # A uniform distribution is the square root of twelve standard deviations wide.
        return float(max(12 * np.prod(np.maximum(apart.std(axis=0), 0.15)), 1.0))

    @cached_property
    def _missing(self) -> np.ndarray:
        """How many of the team are out of sight when each piece begins: itself and others, shape (N,).

        With four of five in sight, who appears is most likely the fifth.
        """
        first, last = self.places.first, self.places.last
        # What lasts for a moment may be a second box of somebody else.
        lasts = self.places.seconds >= _LASTS_S
        begun = np.searchsorted(np.sort(first[lasts]), first, "right")
        ended = np.searchsorted(np.sort(last[lasts]), first, "left")
        return np.asarray(np.clip(self.on_floor - (begun - ended - lasts), 1, self.on_floor))
