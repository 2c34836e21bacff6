"""Apply a person's corrections to who was found."""

from __future__ import annotations

import logging
import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import astuple, dataclass, replace
from itertools import chain, count, pairwise

import numpy as np

from bball_tag.players.identify import Identities, Player, Share
from bball_tag.players.kits import SHIRT, rgb_of
from bball_tag.players.looks import has_colours
from bball_tag.players.pieces import Piece
from bball_tag.players.roster import NONE, Roster, Row, check_tracks
from bball_tag.players.tracks import Role, overlaps

_AGREES = 0.5
"""Two boxes show the same person where they share this much of their area (IoU)."""
_REACH = 2
"""Instants around the time at which a track was seen: another detection rate has other instants."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Part:
    """A part of a piece, with what the corrections say of it."""

    share: Share
    """Its player is the track's own id; empty for somebody who did not count."""
    player: str = ""
    team: str = ""
    role: str = ""
    counts: bool = True
    """Whether somebody is there who was found, or whom a row is about."""


def apply_roster(identities: Identities, roster: Roster, pieces: Sequence[Piece], fps: float) -> Identities:
    """Return who is who after a person's corrections.

    A row is about the track whose box agrees with the row's; where the row has none, about the track of that
    id. Rows for a part of a track hold over rows for all of it, and later rows over earlier ones.

    Args:
        identities: Who was found.
        roster: The corrections.
        pieces: All pieces.
        fps: Instants of the grid per second.

    Raises:
        RosterError: Rows name tracks that do not exist.
    """
    check_tracks(roster, [player.id for player in identities.players])
    parts = [_Part(share) for share in identities.shares]
    strangers: dict[str, str] = {}
    for row in sorted(filter(_says_something, roster.rows), key=lambda row: row.is_part):
        track = _meant(row, identities, pieces, fps)
        if track is None:
            log.warning(
                "%s, line %d: nobody is where track %s was seen, at %.1f s; the row is passed over.",
                roster.path.name,
                row.line,
                row.track,
                row.seen,
            )
            continue
        if isinstance(track, Share):
            # Somebody whom the search took for nobody; several rows may be about them.
            if track.player not in strangers:
                strangers[track.player] = row.track
                parts.append(_Part(track, counts=False))
            track = track.player
        if not any(_meets(part, row, track, fps) for part in parts):
            until = "on" if row.end == math.inf else f"to {row.end:g} s"
            log.warning(
                "%s, line %d: track %s is not seen from %g s %s; the row changes nothing.",
                *(roster.path.name, row.line, row.track, row.start, until),
            )
        parts = [new for part in parts for new in _corrected(part, row, track, fps)]
    return _gathered(parts, strangers, identities, pieces)


def _says_something(row: Row) -> bool:
    """Whether a row is more than a line of a template that nobody filled in."""
    return bool(row.player or row.team or row.role)


def _meant(row: Row, identities: Identities, pieces: Sequence[Piece], fps: float) -> str | Share | None:
    """Return the track that a row is about, or the part of a piece, if that belongs to nobody who counts."""
    if row.box is None:
        return row.track
    when, best, box = round(row.seen * fps), (_AGREES, -1, 0), np.array(astuple(row.box))
    for at, piece in enumerate(pieces):
        low, high = np.searchsorted(piece.instants, (when - _REACH, when + _REACH + 1))
        near = overlaps(piece.boxes[low:high].astype(np.float64), box)
        for index, agrees in enumerate(near.tolist(), start=int(low)):
            if agrees >= best[0]:
                best = (agrees, at, int(piece.instants[index]))
    if best[1] < 0:
        return None
    return _whose(pieces[best[1]], best[2], identities)


def _whose(piece: Piece, instant: int, identities: Identities) -> str | Share:
    """Return the track that a piece belongs to at an instant, or what belongs to nobody around it."""
    first, last = int(piece.instants[0]), int(piece.instants[-1])
    for share in identities.shares:
        if share.piece != piece.id:
            continue
        if share.first <= instant <= share.last:
            return share.player
        if share.last < instant:
            first = max(first, share.last + 1)
        else:
            last = min(last, share.first - 1)
    # No track's id has a space in it.
    return Share(piece.id, first, last, f"nobody at {piece.id} {first}")


def _corrected(part: _Part, row: Row, track: str, fps: float) -> Iterable[_Part]:
    """Yield a part as it is after one row: cut in up to three where the row holds for some time only."""
    share = part.share
    if not _meets(part, row, track, fps):
        yield part
        return
    first, last = _within(share, row, fps)
    if share.first < first:
        yield replace(part, share=replace(share, last=first - 1))
    yield _Part(
        replace(share, first=first, last=last),
        row.player or part.player,
        row.team or part.team,
        row.role or part.role,
    )
    if last < share.last:
        yield replace(part, share=replace(share, first=last + 1))


def _meets(part: _Part, row: Row, track: str, fps: float) -> bool:
    """Whether a row about a track says something of a part."""
    first, last = _within(part.share, row, fps)
    return part.share.player == track and first <= last


def _within(share: Share, row: Row, fps: float) -> tuple[int, int]:
    """Return the first and last instant of a share for which a row holds."""
    last = math.ceil(row.end * fps - 1e-6) - 1 if row.end < math.inf else share.last
    return max(share.first, math.ceil(row.start * fps - 1e-6)), min(share.last, last)


def _gathered(
    parts: Sequence[_Part], strangers: Mapping[str, str], identities: Identities, pieces: Sequence[Piece]
) -> Identities:
    """Gather parts by player; of strangers the rows' tracks are known."""
    seen = {piece.id: piece.instants for piece in pieces}
    given = {part.player for part in parts if part.player}
    names = {player.id: _own_name(player.id, given) for player in identities.players}
    for stranger, track in strangers.items():
        more = (f"track {track} ({number})" for number in count(2))
        taken = given.union(names.values())
        names[stranger] = next(name for name in chain((track, f"track {track}"), more) if name not in taken)
    groups: dict[str, list[_Part]] = defaultdict(list)
    for part in parts:
        low, high = np.searchsorted(seen[part.share.piece], (part.share.first, part.share.last + 1))
        if part.counts and part.role != NONE and low < high:
            groups[part.player or names[part.share.player]].append(part)
    players, shares = [], []
    for name, group in groups.items():
        group.sort(key=lambda part: (part.share.first, part.share.piece))
        players.append(_player(name, group, identities, pieces))
        shares += [replace(part.share, player=name) for part in group]
        if any(after.share.first <= before.share.last for before, after in pairwise(group)):
            log.warning("Tracks of %s overlap in time: check whether they are one player.", name)
    shares.sort(key=lambda share: (share.first, share.piece))
    order = {share.player: at for at, share in reversed(list(enumerate(shares)))}
    return Identities(tuple(sorted(players, key=lambda player: order[player.id])), tuple(shares))


def _own_name(track: str, given: set[str]) -> str:
    """Return a track's own id, told apart from a name that a person gave to another."""
    return f"track {track}" if track in given else track


def _player(name: str, group: Sequence[_Part], identities: Identities, pieces: Sequence[Piece]) -> Player:
    found = {player.id: player for player in identities.players}
    longest = max(group, key=lambda part: part.share.last - part.share.first)
    own = found.get(longest.share.player) or _stranger(longest.share, pieces)
    team = next((part.team for part in group if part.team), own.team)
    role: Role = (
        "other" if next((part.role for part in group if part.role), own.role) == "other" else "player"
    )
    mates = (player.colour for player in identities.players if team and player.team == team)
    corrected = any(
        part.player or (part.team or own.team, part.role or own.role) != (own.team, own.role)
        for part in group
    )
    return Player(
        id=name,
        team=team if role == "player" else "",
        role=role,
        colour=next(mates, own.colour) if role == "player" else own.colour,
        # A person looked at it.
        sureness=1.0 if corrected else own.sureness,
    )


def _stranger(share: Share, pieces: Sequence[Piece]) -> Player:
    """Return somebody who did not count until a person named them."""
    piece = next(piece for piece in pieces if piece.id == share.piece)
    colour = rgb_of(np.median(piece.colours[:, SHIRT], axis=0)) if has_colours([piece]) else (128, 128, 128)
    return Player(share.player, "", "player", colour, 1.0)
