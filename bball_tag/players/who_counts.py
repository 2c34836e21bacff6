"""Who plays: tell players from the crowd, the bench, the table and people beside the court."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from bball_tag.players.dressed import DRESSED, NOT_DRESSED, dressed_odds, walks_by
from bball_tag.players.looks import has_colours, shirts_of
from bball_tag.players.pieces import Piece
from bball_tag.players.places import Places, feet_of
from bball_tag.players.teams import NO_TEAM, OTHERS, Kit, find_kits

Corners = np.ndarray
"""Corners of the court in pixels, in order around it: float array of shape (N, 2), at least three."""

ON_FLOOR = 5
"""Players of a team on the floor at once."""
REFEREES = 3
_MOST_OTHERS, _ENOUGH_S = 0.4, 20.0
"""Those in neither kit are referees or coaches if they are at most this share of those who move about on the
floor and there is enough to go by: ten people for two seconds. Otherwise they are players without kits, as
in a pick-up game. Three referees beside ten players are a quarter; coaches who walk about bring it to a
third."""
_SOME_OTHERS = 0.15
"""Of those who are dressed to play, up to about this share of the time shirts fit neither kit in games of two
teams; in a pick-up game of which two kits were found it was a fifth."""
_LEAST_BALANCE = 1 / 3
"""Two teams are as many on the floor: where one kit is seen for a third of the other's time or less, it is no
kit, but what somebody happens to wear."""
_LEAST_SAYS = 0.01
"""What the shirt of somebody who is dressed to play says of the kits at least: there may be nobody else."""
_SCORES, _SCORES_SAY = (0.4, 0.6, 0.78, 0.9), (-3.0, -2.0, -0.5, 1.0)
"""What a median confidence says, in log odds, against that of the surest quarter: detectors and light differ.
Of the time of players' tracks in rendered games 1 % is below 0.78 (6 % if they stand), of others a half."""
_LEAST_S, _LEAST_SHARE, _ENOUGH_TO_STAY_S = 0.64, 0.05, 3.0
"""Who is seen for less than a twentieth of a shot gets no id. Three seconds are always enough, and less than
a clip never is. In rendered games one event in eight of ids below three seconds is right, else 43 %."""
_LEAST_LEFT = 0.75
"""Part of a side's time that must be left where short ids are dropped."""
_STANDS = 0.35
"""Who gets about less, in body heights, stands or sits."""
_FAR_BEYOND = 0.3
"""Who stands this many body heights farther out than a player would is at the side line or in the stand."""
_FLOOR, _NO_FLOOR = 0.6, 1.0
"""How unlike the others' floor a player's may be, and from what on somebody stands elsewhere. In rendered
games 2 % of the time of players is above 0.6 and none above 0.9; in a real stand 0.8 to 3.5 was seen."""
_LEAST_HEIGHT = 0.03
"""A player is at least this high, as a fraction of the frame's height: 20 pixels of 720."""
_WIDEST = 1.6
"""A box is at most this wide, in heights: a player on the floor is wider than high."""
_OUTSIDE = 0.5
"""A foot may be outside the court by this much, in body heights: lines are crossed at inbounds and saves."""


def may_play(
    boxes: np.ndarray, scores: np.ndarray, size: tuple[int, int], courts: Sequence[Corners | None] = ()
) -> bool:
    """Say whether it is worth scoring a person at all, by what is known after about a second.

    It refuses only what cannot be a player: who is tiny, whose box is a lying strip, of whom the frame's
    lower edge shows no more than a head, or who is outside the court all the time.

    Args:
        boxes: left, top, width, height in pixels, shape (N, 4).
        scores: Confidence of each detection, shape (N,).
        size: Width and height of the frame, in pixels.
        courts: Where the court is at the time of each box, None if it is unknown; nothing if it always is.
    """
    _, top, wide, high = np.median(np.asarray(boxes, np.float64), axis=0).tolist()
    if high < _LEAST_HEIGHT * size[1] or wide > _WIDEST * high or float(np.median(scores)) < 0.1:
        return False
    # Heads of the rows in front of the camera: cut off by the lower edge, in the lowest fifth.
    if top + high >= size[1] - 2 and top > 0.8 * size[1]:
        return False
    if not courts:
        return True
    return any(
        court is None or float(outside(foot[None], court)[0]) < _OUTSIDE * height
        for foot, height, court in zip(feet_of(boxes), boxes[:, 3].tolist(), courts, strict=True)
    )


def outside(feet: np.ndarray, court: Corners) -> np.ndarray:
    """Return how far points (N, 2) are outside the court, in pixels; negative inside."""
    import cv2

    outline = np.asarray(court, np.float32).reshape(-1, 1, 2)
    return -np.array([cv2.pointPolygonTest(outline, (float(x), float(y)), measureDist=True) for x, y in feet])


def play_odds(places: Places, size: tuple[int, int]) -> np.ndarray:
    """Return the log odds that each piece shows somebody who plays, by place, size, motion and persistence.

    Players stand on one floor, so that height against the foot's place down the frame is a straight line,
    and they move. The crowd, the bench and the table depart from both. Each sign is worth little where it
    says "player", as somebody may stand still for a while, and more where it says "not".

    Args:
        places: The pieces.
        size: Width and height of the frame, in pixels.

    Returns:
        float64 array of shape (N,), one for each piece.
    """
    odds = 1.0 + dressed_odds(places.attire)
    typical = float(np.quantile(np.repeat(places.score, np.ceil(places.seconds).astype(int)), 0.75))
    odds += np.interp(places.score / max(typical, 1e-3), _SCORES, _SCORES_SAY)
    # Detections that flash up for a moment are most often nobody.
    odds += np.clip(np.log(places.seconds / 0.5), -1.5, 1.0)
    # Half a body height a second is a walk; under a twentieth over some seconds nobody stands in play.
    still = np.clip((places.seconds - 2.0) / 6.0, 0.0, 1.0)
    odds += np.where(places.speed > 0.25, 1.0, 0.0) - 2.5 * still * (places.travel < 0.35)
    # Whose feet the frame cuts off is on no straight line.
    whole = places.foot[:, 1] < size[1] - 3
    # With a camera in the hand there is no one line: who gets about on the floor may be off it.
    moves = (places.speed > 0.25) & (places.travel >= 0.35)
    odds -= np.clip((np.abs(ground_residual(places)) - 0.3) / 0.3, 0.0, 2.0) * whole * np.where(moves, 1, 2.5)
    # A player may wait beyond the others for a moment, as at a throw-in.
    stays = np.clip((places.seconds - 1.0) / 2.0, 0.0, 1.0)
    odds -= 3.0 * stays * np.clip(places.beyond / _FAR_BEYOND, 0.0, 1.0)
    odds -= 4.5 * np.clip((places.unlike_floor - _FLOOR) / (_NO_FLOOR - _FLOOR), 0.0, 1.0)
    # Who gives the court says that nobody plays outside.
    odds -= 6.0 * places.off_court
    odds -= 2.0 * (places.aspect > 0.95)
    return odds


def ground_residual(places: Places) -> np.ndarray:
    """Return by how much each piece's height departs from what its place down the frame predicts.

    Returns:
        Natural logarithm of height over predicted height, shape (N,); 0 in shots with few pieces.
    """
    residual = np.zeros(len(places.seconds))
    weight = places.seconds * (0.2 + np.minimum(places.speed, 1.0)) * places.score
    for shot in np.unique(places.shot):
        here = np.flatnonzero(places.shot == shot)
        if len(here) < 6:
            continue
        foot, high = places.foot[here, 1], places.height[here]
        slope, level = _robust_line(foot, high, weight[here])
        predicted = np.maximum(slope * foot + level, 0.25 * np.median(high))
        residual[here] = np.log(high / predicted)
    return residual


def _robust_line(across: np.ndarray, values: np.ndarray, weights: np.ndarray) -> tuple[float, float]:
    """Fit a rising line; what is far from it counts less and less (Cauchy weights)."""
    spread = max(float(np.ptp(across)), 1.0)
    slope, level = 0.0, float(np.median(values))
    robust = np.ones_like(values)
    for _ in range(20):
        total = weights * robust
        middle, height = np.average(across, weights=total), np.average(values, weights=total)
        # The pull towards "all are equally high" decides where all stand on one level.
        variance = np.average((across - middle) ** 2, weights=total) + (0.02 * spread) ** 2
        slope = max(float(np.average((across - middle) * (values - height), weights=total) / variance), 0.0)
        level = float(height - slope * middle)
        gap = (values - slope * across - level) / (0.12 * np.maximum(values, 1.0))
        robust = 1.0 / (1.0 + gap**2)
    return slope, level


def kits_of(
    pieces: Sequence[Piece], places: Places, size: tuple[int, int], teams: Sequence[str]
) -> tuple[Kit, ...]:
    """Return the two teams' kits, called `teams`; nothing without colours.

    A bench, and whoever else stands or sits, may be as many at a time as a team, and so hardly counts.
    """
    if not has_colours(pieces):
        return ()
    shirts, owner, when = shirts_of(pieces)
    says = np.minimum(places.travel / _STANDS, 1.0) / (1 + np.exp(-play_odds(places, size)))
    says = np.where(places.attire > NOT_DRESSED, 0.0, np.maximum(says, _LEAST_SAYS))
    return find_kits(shirts, says[owner], when, teams)


def are_teams(places: Places, odds: np.ndarray, side: np.ndarray, misfit: np.ndarray) -> bool:
    """Say whether the kits can be those of two teams, or there is too little to go by."""
    moving = places.seconds * _moves_about(places, odds)
    seen = sorted(float(moving[(misfit <= 1) & (side == kit)].sum()) for kit in (0, 1))
    return moving.sum() < _ENOUGH_S or seen[0] > _LEAST_BALANCE * seen[1]


def play_in_trousers(places: Places, size: tuple[int, int]) -> bool:
    """Say whether more are not dressed to play than referees and coaches can be: it then tell nothing."""
    likely = places.seconds * (play_odds(places, size) > 0)
    return bool(likely[places.attire > NOT_DRESSED].sum() > _MOST_OTHERS * likely.sum())


def _moves_about(places: Places, odds: np.ndarray) -> np.ndarray:
    """Return which pieces show somebody who is likely to play and does not stand or sit all the time."""
    return np.asarray((odds > 0) & (places.travel >= _STANDS))


def least_seconds(places: Places, fps: float) -> np.ndarray:
    """Return for how long who each part shows must be seen to get an id, in seconds, shape (N,).

    Who may be one person or another, mostly between two crossings, is left as short pieces. A
    shot lasts from its first detection to its last; who is in several needs what the shortest asks for.
    """
    least = np.zeros(len(places.shot))
    for shot in np.unique(places.shot):
        here = places.shot == shot
        length = (places.last[here].max() + 1 - places.first[here].min()) / fps
        least[here] = np.clip(_LEAST_SHARE * length, _LEAST_S, _ENOUGH_TO_STAY_S)
    return least


def stay_long_enough(sides: np.ndarray, seconds: np.ndarray, least: np.ndarray) -> np.ndarray:
    """Return which people are seen for long enough to get an id: bool (N,).

    Where the players of a side are not followed for long, all who are seen for the length of a clip stay.

    Args:
        sides: Of each person, shape (N,).
        seconds: For how long each is seen, shape (N,).
        least: For how long they must be seen, shape (N,); see `least_seconds`.
    """
    stays = seconds >= least
    # Who plays in neither kit may be a badly seen shirt of a team.
    for side in np.unique(sides[sides >= 0]):
        own = sides == side
        if seconds[own & stays].sum() < _LEAST_LEFT * seconds[own].sum():
            stays |= own & (seconds >= _LEAST_S)
    return np.asarray(stays)


def has_many_others(seconds: np.ndarray, misfit: np.ndarray) -> bool:
    """Say whether people in neither kit are more of the time than referees and coaches can be."""
    return bool(seconds[misfit > 1].sum() > _MOST_OTHERS * seconds.sum())


def play_too(places: Places, plays: np.ndarray, misfit: np.ndarray) -> np.ndarray:
    """Return who plays in neither kit, if they are more than those whose shirts are not seen well: bool (N,).

    No referee is dressed to play, and in a pick-up game two colours may pass for kits.

    Args:
        places: N parts.
        plays: Which of them show somebody who counts, bool (N,).
        misfit: How ill their shirts fit either kit, shape (N,).
    """
    dressed = plays & (places.attire < DRESSED) & (places.other <= 0.5)
    without = dressed & (misfit > 1)
    has_many = places.seconds[without].sum() > _SOME_OTHERS * places.seconds[dressed].sum()
    return np.asarray(dressed & has_many)


def who_counts(
    places: Places, odds: np.ndarray, side: np.ndarray, misfit: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return which parts show somebody who counts, and their side: a team's index, `NO_TEAM` or `OTHERS`."""
    staff = side == OTHERS
    by_kit = staff | (misfit > 1)
    moving = places.seconds * _moves_about(places, odds)
    if moving.sum() < _ENOUGH_S or has_many_others(moving[~staff], misfit[~staff]):
        side, by_kit = np.where(by_kit, NO_TEAM, side), np.zeros_like(by_kit)
        odds = odds - walks_by(places.attire, places.seconds)
    # Who wears neither kit and hardly moves about on the floor is nobody.
    odds = odds - by_kit * (1.0 + 2.0 * (places.travel < _STANDS))
    side = np.where(by_kit | (places.other > 0.5), OTHERS, side)
    counts = odds > 0
    # Without kits, both teams are one.
    on_floor = ON_FLOOR if side.max(initial=0) > 0 else 2 * ON_FLOOR
    for team in range(int(side.max(initial=0)) + 1):
        here = np.flatnonzero(counts & (side == team))
        counts[here[_surplus(places, here, odds[here], on_floor)]] = False
    return counts, side


def _surplus(places: Places, rows: np.ndarray, odds: np.ndarray, on_floor: int) -> np.ndarray:
    """Return which of a team's pieces are too many: most of their time, enough others play more surely.

    Args:
        places: All pieces.
        rows: The team's pieces, as indices.
        odds: Log odds that each of them plays.
        on_floor: How many of the team can play at once.

    Returns:
        bool array, one for each of `rows`.
    """
    result = np.zeros(len(rows), bool)
    if not len(rows):
        return result
    first, last = places.first[rows], places.last[rows]
    # Occlusions break tracks in two that overlap for a moment, so long pieces count, not moments.
    rank = np.lexsort((first, -odds))
    taken = np.zeros(int(last.max()) + 1, np.int64)
    for at in rank.tolist():
        span = slice(int(first[at]), int(last[at]) + 1)
        if np.mean(taken[span] >= on_floor) > 0.5:
            result[at] = True
        else:
            taken[span] += 1
    return result
