"""Where the events of a rendering come from: given, read from a file, or found now."""

from __future__ import annotations

import logging
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from bball_tag.annotations import Annotation
from bball_tag.annotations.game_files import of_video
from bball_tag.api import annotate, read
from bball_tag.checks import NONE, as_path
from bball_tag.errors import OptionError, ScoresError
from bball_tag.files import make_folder, scores_beside
from bball_tag.given import Names, Periods, given_periods
from bball_tag.learning.games import store_of, stored_beside
from bball_tag.players.track_files import check_fits, in_pixels_of, read_tracks
from bball_tag.players.tracks import Track
from bball_tag.render.blur import HeadBlur
from bball_tag.render.transcode import Paint
from bball_tag.scoring.run_subjects import stored_found
from bball_tag.scoring.store import last_settings
from bball_tag.video.video import Video

log = logging.getLogger("bball_tag")


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
    periods: Periods | None = None
    """Those of the game; None leaves those that the events come with."""

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
                periods=self.periods,
                progress=self.progress,
            )
        annotation = self.annotation
        if not isinstance(annotation, Annotation):
            path = as_path("annotation", annotation)
            annotation = read(path, video=self.video, periods=self.periods)
            # A workbook has no boxes; what was found lies beside it, or beside another table of the video.
            if self.tracks is None and not annotation.tracks:
                annotation = self._with_stored_boxes(annotation, path)
        elif game := given_periods(self.periods, annotation.files):
            annotation = annotation.with_periods(game)
        # Of a game in several files, what is of this one; a table of it was divided as it was read.
        annotation = of_video(annotation, info)
        if self.tracks is None:
            tracks = in_pixels_of(info, annotation.tracks, annotation.video)
        else:
            tracks = self._given_tracks()
            check_fits(tracks, info)
        return replace(annotation, video=info, tracks=tracks)

    def _with_stored_boxes(self, annotation: Annotation, table: Path) -> Annotation:
        found = stored_beside(self.video, table)
        if not found.tracks and any(event.player for event in annotation):
            log.warning(
                "%s names players and has no boxes, and no scores of this video with boxes lie beside it: "
                "nobody is drawn or followed. Say where players are with --tracks.",
                table.name,
            )
        return replace(
            annotation,
            tracks=found.tracks,
            cuts=annotation.cuts or found.cuts,
            players=annotation.players or found.players,
        )

    def _given_tracks(self) -> list[Track]:
        info = self.video.info
        if self.tracks is None or str(self.tracks) == NONE:
            return []
        return read_tracks(as_path("tracks", self.tracks), info.fps, info.times)


def heads_hidden(video: Video, annotation: Annotation, place: Path) -> Paint:
    """Return what blurs the heads of all people who were found, those who do not play too.

    Args:
        video: The video.
        annotation: Its events, with tracks.
        place: A file beside which its scores may lie.

    Raises:
        OptionError: Nobody is known.
        BballTagError: The stored scores cannot be read.
    """
    people = list(annotation.tracks)
    with suppress(ScoresError):
        store = store_of(video, place)
        if (found := stored_found(video, store)) is not None:
            fps = float(last_settings(store)["grid_fps"])
            people += [
                Track(f"piece {piece.id}", piece.instants / fps, piece.boxes.astype("float64"))
                for piece in found.pieces
            ]
    if not people:
        raise OptionError(
            f"--blur-faces needs to know where people are in {video.path.name}: annotate it without "
            "--tracks, or give --tracks."
        )
    return HeadBlur(people).paint
