"""Who is who: the pieces of a whole video become players with a team, a role and a sureness."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from bball_tag.palette import Colour
from bball_tag.players.join import ON_FLOOR, Joined, join
from bball_tag.players.kits import COLOURS, TORSO, rgb_of
from bball_tag.players.looks import learn_likeness, mean_looks
from bball_tag.players.pieces import Piece
from bball_tag.players.places import Places, feet_of, fixed_view, sum_up
from bball_tag.players.teams import Kit, find_kits, nearest_kit
from bball_tag.players.tracks import Role, Track
from bball_tag.players.who_counts import Corners, outside, play_odds, surplus
from bball_tag.video.cuts import Transition


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
    if not pieces:
        return Identities((), ())
    fixed = _fixed(pieces, cuts, camera)
    starts = [cut.start for cut in cuts]
    places = sum_up(pieces, fps, starts, fixed, _off_court(pieces, fixed, starts, court))
    coloured = pieces[0].colours.shape[1:] == (COLOURS,)
    looks = mean_looks(pieces) if coloured else np.zeros((len(pieces), 0))
    odds = play_odds(places)
    kits: tuple[Kit, ...] = ()
    if coloured:
        chance = 1 / (1 + np.exp(-odds))
        kits = find_kits(looks[:, TORSO], places.seconds * chance + 1e-6, teams)
    side, misfit = _sides(looks, kits)
    is_other = (places.other > 0.5) | (misfit > 1)
    # Who wears neither kit but moves about on the floor is a referee; who does not is nobody.
    odds = odds - np.where(is_other & (places.other <= 0.5), 1.0, 0.0)
    side = np.where(is_other, -1, side)
    counts = odds > 0
    on_floor = ON_FLOOR if kits else 2 * ON_FLOOR
    for team in range(max(len(kits), 1)):
        here = np.flatnonzero(counts & (side == team))
        counts[here[surplus(places, here, odds[here], on_floor)]] = False
    found = []
    for team in (*range(max(len(kits), 1)), -1):
        here = np.flatnonzero(counts & (side == team))
        if len(here):
            own = _rows(places, here)
            alike = learn_likeness([pieces[at] for at in here.tolist()], looks[here], fps)
            found += [
                (team, Joined(tuple(here[list(one.members)].tolist()), one.sureness))
                for one in join(own, alike, fps, on_floor if team >= 0 else 3)
            ]
    found = [each for each in found if _lasts(places, each[1])]
    found.sort(key=lambda each: (int(places.first[each[1].members[0]]), each[1].members[0]))
    return _named(found, pieces, kits, looks, misfit)


def tracks_of(identities: Identities, pieces: Sequence[Piece], fps: float) -> list[Track]:
    """Return the boxes of each player, in order of the players."""
    known = {piece.id: piece for piece in pieces}
    tracks = []
    for player in identities.players:
        parts = []
        for share in identities.shares:
            if share.player == player.id:
                piece = known[share.piece]
                low, high = np.searchsorted(piece.instants, (share.first, share.last + 1))
                parts.append((piece.instants[low:high], piece.boxes[low:high], piece.moves[low:high]))
        instants, boxes, moves = (np.concatenate(part) for part in zip(*parts, strict=True))
        # Where a person's correction lays two pieces over each other, the one that came first holds.
        instants, index = np.unique(instants, return_index=True)
        tracks.append(
            Track(
                player.id,
                instants / fps,
                boxes[index].astype(np.float64),
                player.team,
                player.role,
                moves[index].astype(np.float64),
                player.sureness,
            )
        )
    return tracks


def _fixed(pieces: Sequence[Piece], cuts: Sequence[Transition], camera: np.ndarray | None) -> np.ndarray:
    count = max(int(piece.instants[-1]) for piece in pieces) + 1
    still = np.tile(np.eye(2, 3), (count, 1, 1))
    if camera is not None:
        still[: len(camera)] = camera[:count]
    return fixed_view(still, [cut.start for cut in cuts])


def _off_court(
    pieces: Sequence[Piece], fixed: np.ndarray, starts: Sequence[int], court: Corners | None
) -> np.ndarray:
    """Return for each piece the fraction of its time outside the court, shape (N,).

    The court is where it was in the first frame, so nothing is known of it after the first cut.
    """
    result = np.zeros(len(pieces))
    if court is None:
        return result
    for at, piece in enumerate(pieces):
        if starts and piece.instants[0] >= starts[0]:
            continue
        there = fixed[piece.instants]
        feet = np.einsum("nij,nj->ni", there[:, :, :2], feet_of(piece.boxes)) + there[:, :, 2]
        high = piece.boxes[:, 3] * np.sqrt(np.abs(np.linalg.det(there[:, :, :2])))
        result[at] = np.mean(outside(feet, court) > 0.25 * high)
    return result


def _sides(looks: np.ndarray, kits: Sequence[Kit]) -> tuple[np.ndarray, np.ndarray]:
    """Return the team of each piece, and how ill its shirt fits: above 1 it is neither team's."""
    if not kits:
        return np.zeros(len(looks), np.int64), np.zeros(len(looks))
    return nearest_kit(looks[:, TORSO], kits)


def _rows(places: Places, rows: np.ndarray) -> Places:
    return Places(*(getattr(places, name)[rows] for name in Places.__slots__))


def _lasts(places: Places, joined: Joined) -> bool:
    return float(places.seconds[list(joined.members)].sum()) >= 0.5


def _named(
    found: list[tuple[int, Joined]],
    pieces: Sequence[Piece],
    kits: Sequence[Kit],
    looks: np.ndarray,
    misfit: np.ndarray,
) -> Identities:
    players, shares = [], []
    for number, (team, joined) in enumerate(found, start=1):
        rows = list(joined.members)
        kit = kits[team] if team >= 0 and kits else None
        weights = [len(pieces[at].instants) for at in rows]
        own = rgb_of(np.average(looks[rows][:, TORSO], axis=0, weights=weights)) if looks.size else (128,) * 3
        fit = (
            1.0 if kit is None else 1 - 0.5 * min(float(np.average(misfit[rows], weights=weights)), 1.0) ** 2
        )
        players.append(
            Player(
                id=str(number),
                team=kit.name if kit else "",
                role="player" if team >= 0 else "other",
                colour=kit.colour if kit else own,
                sureness=joined.sureness * fit,
            )
        )
        shares += [
            Share(pieces[at].id, int(pieces[at].instants[0]), int(pieces[at].instants[-1]), str(number))
            for at in rows
        ]
    shares.sort(key=lambda share: (share.first, share.piece))
    return Identities(tuple(players), tuple(shares))
