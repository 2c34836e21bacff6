"""Where the events of a rendering come from: given, read from a file, or found now."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from bball_tag.annotations import Annotation
from bball_tag.api import annotate, read
from bball_tag.checks import NONE, as_path
from bball_tag.errors import ScoresError
from bball_tag.files import make_folder, scores_beside
from bball_tag.given import Names
from bball_tag.learning.games import store_of
from bball_tag.players.track_files import check_fits, read_tracks
from bball_tag.players.tracks import Track
from bball_tag.scoring.run_subjects import StoredPlayers, stored_players
from bball_tag.video.video import Video


@dataclass(frozen=True, slots=True)
class EventSource:
    """A video, the part of it to render, and where its events come from."""

    video: Video
    annotation: Annotation | str | Path | None
    part: tuple[float, float | None]
    tracks: str | Path | None
    checkpoint: str | Path | None
    device: str
    streams: Names | None
    progress: bool

    def events(self, target: Path) -> Annotation:
        """Return the events: as they are, read from a file, or found now and kept beside `target`."""
        info = self.video.info
        if self.annotation is None:
            make_folder(target.parent)
            return annotate(
                self.video,
                checkpoint=self.checkpoint,
                tracks=self.tracks,
                start=self.part[0],
                # With None it would end where the last run did.
                end=NONE if self.part[1] is None else self.part[1],
                device=self.device,
                streams=self.streams,
                scores=scores_beside(target.parent / self.video.path.name),
                progress=self.progress,
            )
        annotation = self.annotation
        if not isinstance(annotation, Annotation):
            path = as_path("annotation", annotation)
            annotation = read(path, video=self.video)
            # A workbook has no boxes; what was found lies beside it, or beside another table of the video.
            if self.tracks is None and not annotation.tracks:
                found = _stored_players(self.video, path)
                annotation = replace(
                    annotation,
                    tracks=found.tracks,
                    cuts=annotation.cuts or found.cuts,
                    players=annotation.players or found.players,
                )
        tracks = annotation.tracks
        if self.tracks is not None:
            tracks = self._given_tracks()
            check_fits(tracks, info)
        return replace(annotation, video=info, tracks=tracks)

    def _given_tracks(self) -> list[Track]:
        info = self.video.info
        if self.tracks is None or str(self.tracks) == NONE:
            return []
        return read_tracks(as_path("tracks", self.tracks), info.fps, info.times)


def _stored_players(video: Video, table: Path) -> StoredPlayers:
    """Return the players in the store that is nearest to a table of a video's events; nobody without one."""
    try:
        store = store_of(video, table)
    except ScoresError:
        return StoredPlayers()
    return stored_players(video, store)
