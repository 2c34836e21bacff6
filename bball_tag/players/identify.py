"""Who is who: the pieces of a whole video become players with a team, a role and a sureness."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from bball_tag.palette import Colour
from bball_tag.players.crossings import cut_those_who_count
from bball_tag.players.dressed import NOT_DRESSED, attires_of, settled_attire, walks_by, without_attire
from bball_tag.players.evidence import Evidence
from bball_tag.players.join import join
from bball_tag.players.kits import SHIRT, rgb_of
from bball_tag.players.looks import Looks, looks_of, measure_likeness
from bball_tag.players.people import tell_apart
from bball_tag.players.pieces import Piece
from bball_tag.players.placed import placed_in
from bball_tag.players.places import Places
from bball_tag.players.split import split_by_kit, split_by_look
from bball_tag.players.steady import steadied_where_seen
from bball_tag.players.teams import NO_TEAM, OTHERS, Kit, sides_of
from bball_tag.players.tracks import Role, Track
from bball_tag.players.who_counts import (
    ON_FLOOR,
    REFEREES,
    Corners,
    are_teams,
    has_many_others,
    kits_of,
    least_seconds,
    play_in_trousers,
    play_odds,
    play_too,
    stay_long_enough,
    who_counts,
)
from bball_tag.video.cuts import Transition

_PLAYS = 20.0
"""Log odds that who was found to play does: more than a short part of a piece can say against it."""
_GREY: Colour = (128, 128, 128)


@dataclass(frozen=True, slots=True)
class Player:
    """Somebody on the floor."""

    id: str
    """`1`, `2`, … in the order of appearance, or a name that a person gave."""
    team: str
    """Name of the team; empty if it is unknown or the person does not play."""
    role: Role
    colour: Colour
    """What the person wears on the torso, as red, green and blue: for a player, what the team wears."""
    sureness: float
    """Probability that it is one person all the time and plays for that team, 0 to 1."""


@dataclass(frozen=True, slots=True)
class Share:
    """Whose a piece is, over a part of its time."""

    piece: int
    """Id of the piece."""
    first: int
    """First instant of the part, as grid index."""
    last: int
    """Last instant of the part."""
    player: str
    """Id of the player."""


@dataclass(frozen=True, slots=True)
class _People:
    """Who was found among the parts of pieces, before they get names."""

    found: Sequence[tuple[int, np.ndarray, float]]
    """Team, rows of the parts, and sureness of each, in order of appearance."""
    kits: Sequence[Kit]
    looks: Looks
    """Of the parts."""
    misfit: np.ndarray
    """How ill the shirt of each part fits its team."""
    least: np.ndarray
    """For how long who each part shows must be seen, in seconds."""


@dataclass(frozen=True, slots=True)
class Identities:
    """Who is who in a video. Pieces of nobody who counts are not in it."""

    players: tuple[Player, ...]
    """In order of appearance."""
    shares: tuple[Share, ...]
    """In order of time."""


def identify(
    pieces: Sequence[Piece],
    fps: float,
    size: tuple[int, int],
    *,
    cuts: Sequence[Transition] = (),
    teams: Sequence[str] = (),
    court: Corners | None = None,
    camera: np.ndarray | None = None,
) -> Identities:
    """Decide who plays, join the pieces of each player, and name the teams.

    Args:
        pieces: What the tracker followed.
        fps: Instants of the grid per second.
        size: Width and height of the frame, in pixels.
        cuts: Changes of shot, in instants: the camera's movement is not known across them.
        teams: What to call the two teams; names of colours say which is which. Named by colour if empty.
        court: Where the court is in the frame of instant 0, in pixels; None if it is unknown.
        camera: Where the background of the previous instant's frame is now, one similarity for each instant
            of the grid from 0, shape (T, 2, 3); None for a camera that stands still.

    Returns:
        The same for the same input. Empty where nobody plays.
    """
    whole = [piece for piece in pieces if len(piece.instants)]
    if not whole:
        return Identities((), ())
    placed = partial(placed_in, fps=fps, cuts=cuts, court=court, camera=camera)
    places = placed(whole)
    if play_in_trousers(places, size):
        whole = [without_attire(piece) for piece in whole]
        places = placed(whole)
    kits: Sequence[Kit] = kits_of(whole, places, size, teams)
    parts = [settled_attire(part) for part in _pure(whole, kits, fps)]
    kits, counts, side = _who_counts(parts, placed(parts), size, kits, named=bool(teams))
    # Who plays is seen best from whole parts; who it is, from what is between two crossings.
    pick_up = bool((side[counts] == NO_TEAM).any())
    parts, counts = cut_those_who_count(parts, counts, fps)
    return _named(_people(parts, counts, placed(parts), size, fps, kits, pick_up=pick_up), parts, fps)


def tracks_of(identities: Identities, pieces: Sequence[Piece], fps: float) -> list[Track]:
    """Return the boxes of each player, in order of the players, without the detector's jitter."""
    known = {piece.id: piece for piece in pieces}
    tracks = []
    for player in identities.players:
        parts = []
        for share in identities.shares:
            if share.player == player.id:
                piece = known[share.piece]
                own = slice(*np.searchsorted(piece.instants, (share.first, share.last + 1)).tolist())
                # Where a piece passes to another person, the boxes of the one are not the other's.
                boxes = steadied_where_seen(piece.instants[own], piece.boxes[own], fps)
                parts.append((piece.instants[own], boxes, piece.moves[own]))
        instants, boxes, moves = (np.concatenate(part) for part in zip(*parts, strict=True))
        # Where a person's correction lays two pieces over each other, the one that came first holds.
        instants, index = np.unique(instants, return_index=True)
        tracks.append(
            Track(
                player.id,
                instants / fps,
                boxes[index],
                player.team,
                player.role,
                moves[index].astype(np.float64),
                player.sureness,
            )
        )
    return tracks


def _pure(pieces: Sequence[Piece], kits: Sequence[Kit], fps: float) -> list[Piece]:
    """Split pieces in which a tracker passed from one person to another, as far as it can be seen."""
    parts = split_by_kit(pieces, kits, fps)
    side, misfit = sides_of(looks_of(parts), attires_of(parts), kits)
    side = np.where(misfit > 1, OTHERS, side)
    split: list[Piece] = []
    for team in np.unique(side).tolist():
        own = [part for part, belongs in zip(parts, side.tolist(), strict=True) if belongs == team]
        split += split_by_look(own, measure_likeness(own, fps), fps)
    return sorted(split, key=lambda part: (part.id, int(part.instants[0])))


def _who_counts(
    parts: Sequence[Piece], places: Places, size: tuple[int, int], kits: Sequence[Kit], *, named: bool
) -> tuple[Sequence[Kit], np.ndarray, np.ndarray]:
    """Return the kits, if they are two teams', which parts show somebody who counts, and their sides."""
    looks, odds = looks_of(parts), play_odds(places, size)
    if not named and not are_teams(places, odds, *sides_of(looks, places.attire, kits)):
        kits = ()
    if not kits:
        odds = odds - walks_by(places.attire, places.seconds)
    return kits, *who_counts(places, odds, *sides_of(looks, places.attire, kits))


def _people(
    parts: Sequence[Piece],
    plays: np.ndarray,
    places: Places,
    size: tuple[int, int],
    fps: float,
    kits: Sequence[Kit],
    *,
    pick_up: bool,
) -> _People:
    """Tell the people of each side apart, of those who were found to count (`plays`).

    Who fits no kit between two crossings plays in a pick-up game, and else may be anybody.
    """
    looks = looks_of(parts)
    side, misfit = sides_of(looks, places.attire, kits)
    odds = play_odds(places, size) + np.where(plays, _PLAYS, -_PLAYS)
    counts, side = who_counts(places, odds, side, misfit)
    dressed = plays & (side != OTHERS)
    if not pick_up and not has_many_others(places.seconds[dressed], misfit[dressed]):
        side = np.where(side == NO_TEAM, OTHERS, side)
    found: list[tuple[int, np.ndarray, float]] = []
    free = np.flatnonzero(counts & (side == OTHERS))
    # Those in no kit come last: some of them are players whose shirt was not seen well.
    for team in sorted(np.unique(side[counts & (side != OTHERS)]).tolist(), reverse=True):
        here = np.flatnonzero(counts & (side == team))
        on_floor = ON_FLOOR if kits and team >= 0 else 2 * ON_FLOOR
        may_be = (places.other <= 0.5) & (places.attire <= NOT_DRESSED)
        guests = free[may_be[free]] if kits and team >= 0 else free[:0]
        groups = _told_apart(here, guests, parts, places, looks, fps, on_floor)
        free = np.setdiff1d(free, np.concatenate([rows for rows, _ in groups]))
        found += [(team, *group) for group in groups]
    too = play_too(places, plays, misfit)[free]
    for team, rows, most in ((NO_TEAM, free[too], 2 * ON_FLOOR), (OTHERS, free[~too], REFEREES)):
        if len(rows):
            found += [(team, *each) for each in _told_apart(rows, rows[:0], parts, places, looks, fps, most)]
    found.sort(key=lambda each: (int(places.first[each[1][0]]), int(each[1][0])))
    return _People(found, kits, looks, misfit, least_seconds(places, fps))


def _told_apart(
    here: np.ndarray,
    guests: np.ndarray,
    parts: Sequence[Piece],
    places: Places,
    looks: Looks,
    fps: float,
    on_floor: int,
) -> list[tuple[np.ndarray, float]]:
    """Tell the people of a team apart; return the rows of each person, and how sure that is.

    The team's are the parts in rows `here`, and of those in rows `guests` those that show one of its people.
    """
    rows = np.union1d(here, guests)
    alike = measure_likeness([parts[at] for at in here.tolist()], fps)
    joined = [
        replace(each, members=tuple(np.searchsorted(rows, here[list(each.members)]).tolist()))
        for each in join(Evidence(places.of(here), looks.of(here), alike, fps, on_floor))
    ]
    found = tell_apart([parts[at] for at in rows.tolist()], places.of(rows), looks.of(rows), joined, fps)
    return [(rows[list(each.members)], each.sureness) for each in found]


def _named(people: _People, parts: Sequence[Piece], fps: float) -> Identities:
    """Give each player an id, a team and a colour."""
    players, shares = [], []
    kits, looks, misfit = people.kits, people.looks.means, people.misfit
    seconds = np.array([sum(len(parts[at].instants) for at in rows) / fps for _, rows, _ in people.found])
    least = np.array([people.least[rows].min() for _, rows, _ in people.found])
    stays = stay_long_enough(np.array([team for team, _, _ in people.found]), seconds, least)
    lasting = [people.found[at] for at in np.flatnonzero(stays).tolist()]
    for number, (team, rows, sureness) in enumerate(lasting, start=1):
        kit = kits[team] if team >= 0 and kits else None
        seconds = np.array([len(parts[at].instants) for at in rows.tolist()])
        own = rgb_of(np.average(looks[rows][:, SHIRT], axis=0, weights=seconds)) if looks.size else _GREY
        # Half way to where a shirt is no longer the team's, it is seven in eight that it is.
        fit = 1 - 0.5 * min(float(np.average(misfit[rows], weights=seconds)), 1.0) ** 2 if kit else 1.0
        players.append(
            Player(
                id=str(number),
                team=kit.name if kit else "",
                role="other" if team == OTHERS else "player",
                colour=kit.colour if kit else own,
                sureness=sureness * fit,
            )
        )
        shares += _shares(parts, rows.tolist(), str(number))
    shares.sort(key=lambda share: (share.first, share.piece))
    return Identities(tuple(players), tuple(shares))


def _shares(parts: Sequence[Piece], rows: Sequence[int], player: str) -> list[Share]:
    """Return the shares of one player; parts of a piece that follow each other are one share."""
    shares: list[Share] = []
    for before, at in zip([-1, *rows], rows, strict=False):
        part = parts[at]
        first, last = int(part.instants[0]), int(part.instants[-1])
        if at == before + 1 and shares and shares[-1].piece == part.id:
            shares[-1] = replace(shares[-1], last=last)
        else:
            shares.append(Share(part.id, first, last, player))
    return shares
