"""What a run found of the players: their tracks and teams, and whose each score and event is."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from bball_tag.events import Scores
from bball_tag.players.corrections import apply_roster
from bball_tag.players.crop import cut
from bball_tag.players.identify import Identities, Player, Share, identify, tracks_of
from bball_tag.players.observation import SeenChunk
from bball_tag.players.pieces import Piece
from bball_tag.players.roster import Roster
from bball_tag.players.roster_template import clearest
from bball_tag.players.track import pieces_of
from bball_tag.players.tracks import Track
from bball_tag.video.cuts import Transition
from bball_tag.video.video import Video


@dataclass(frozen=True, slots=True)
class FoundPlayers:
    """The players of a video, as the tool found them and a person corrected them."""

    identities: Identities
    pieces: Sequence[Piece]
    tracks: Sequence[Track]
    cuts: Sequence[float]
    """Where shots begin, in seconds."""

    @property
    def players(self) -> tuple[Player, ...]:
        """Everybody who counts, in order of appearance."""
        return self.identities.players

    def images(self, video: Video, fps: float) -> dict[str, np.ndarray]:
        """Return each player where they are seen most clearly, by id: uint8 RGB arrays of any size."""
        seen = sorted(clearest(self.identities, self.pieces).items(), key=lambda item: item[1].instant)
        images = video.images_at([sighting.instant / fps for _, sighting in seen])
        return {
            player: cut(image, sighting.box)
            for (player, sighting), image in zip(seen, images, strict=True)
            if image is not None
        }

    def renamed(self, scores: Scores) -> Scores:
        """Return the scores of those who play, each piece's under the name of its player."""
        plays = {player.id for player in self.players if player.role == "player"}
        shares: dict[str, list[Share]] = defaultdict(list)
        for share in self.identities.shares:
            if share.player in plays:
                shares[str(share.piece)].append(share)
        middles = (scores.starts + scores.stops - 1) // 2
        owners = [
            next((share.player for share in shares[piece] if share.first <= middle <= share.last), "")
            for piece, middle in zip(scores.subjects.tolist(), middles.tolist(), strict=True)
        ]
        kept = np.flatnonzero([owner != "" for owner in owners])
        return replace(
            scores,
            subjects=np.array(owners, dtype=str)[kept],
            starts=scores.starts[kept],
            stops=scores.stops[kept],
            probabilities=scores.probabilities[kept],
            cuts=tuple(round(cut * scores.fps) for cut in self.cuts),
        )


def found_players(
    seen: Sequence[SeenChunk],
    fps: float,
    size: tuple[int, int],
    *,
    teams: Sequence[str] = (),
    court: Sequence[tuple[float, float]] | None = None,
    roster: Roster | None = None,
) -> FoundPlayers:
    """Say who is who, from what was observed: seconds for a whole game.

    Args:
        seen: What was observed, chunk by chunk.
        fps: Instants of the grid per second.
        size: Width and height of the frame, in pixels.
        teams: What to call the teams; none names them by their colours.
        court: Corners of the floor in the first frame, in pixels; None if they are unknown.
        roster: A person's corrections.

    Raises:
        RosterError: The corrections do not fit what was found.
    """
    observations = [one for chunk in seen for one in chunk.observations]
    ids = [one for chunk in seen for one in chunk.ids]
    cuts = _changes_of_shot(seen)
    pieces = pieces_of(observations, ids, fps)
    first = observations[0].index if observations else 0
    still = np.tile(np.eye(2, 3), (first, 1, 1))
    camera = np.concatenate([still, [one.camera for one in observations]]) if observations else None
    corners = None if court is None else np.array(court)
    identities = identify(pieces, fps, size, cuts=cuts, teams=teams, court=corners, camera=camera)
    if roster is not None:
        identities = apply_roster(identities, roster, pieces, fps)
    tracks = tracks_of(identities, pieces, fps)
    return FoundPlayers(identities, pieces, tracks, [cut.start / fps for cut in cuts])


def _changes_of_shot(seen: Sequence[SeenChunk]) -> list[Transition]:
    """Return the changes of shot that chunks were followed with, in order.

    One may be known to two chunks: the second has seen all of it.
    """
    changes: list[Transition] = []
    for chunk in seen:
        for one in chunk.transitions:
            changes = [other for other in changes if other.last < one.first or one.last < other.first]
            changes.append(one)
    return sorted(changes, key=lambda each: each.first)
