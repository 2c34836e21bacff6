"""A game whose features are stored: found by its video, with the names of its players."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from bball_tag.annotations.annotation import Annotation, with_teams
from bball_tag.checkpoint.contract import Players, World
from bball_tag.checkpoint.world import world_of
from bball_tag.errors import BballTagError, ScoresError
from bball_tag.events import Event, Scores, in_order
from bball_tag.files import content_id, scores_beside
from bball_tag.learning.heads import Head, as_inputs
from bball_tag.learning.judged import Spans
from bball_tag.players.found import FoundPlayers
from bball_tag.scoring.feature_store import read_features
from bball_tag.scoring.features import StoredFeatures
from bball_tag.scoring.run_subjects import StoredPlayers, stored_found, stored_players
from bball_tag.scoring.store import last_settings
from bball_tag.video.video import VIDEO_SUFFIXES, Video

_STORES = "*.scores.db"


@dataclass(frozen=True, slots=True)
class Game:
    """The stored clips of those who play in one video."""

    video: Video
    store: Path
    stored: StoredFeatures
    rows: np.ndarray
    """The clips of those who play, as rows of `stored`, int64 (N,)."""
    clips: Spans
    """Whose and when these are."""
    found: FoundPlayers | None
    """Who was found; None where tracks were given, or the whole frame was looked at."""

    @property
    def world(self) -> World:
        """Whether it shows rendered players or real ones."""
        return world_of(self.video.info.title)

    @property
    def players(self) -> Players | None:
        """Where its players come from; None where the whole frame was looked at."""
        if self.found is not None:
            return "found"
        return "given" if any(self.stored.subjects.tolist()) else None

    @property
    def probabilities(self) -> np.ndarray:
        """Scores of the clips, float32 (N, K)."""
        scores: np.ndarray = self.stored.probabilities[self.rows]
        return scores

    def features(self, chosen: np.ndarray) -> np.ndarray:
        """Return the features of clips by their indices as they are stored, float16 (n, D)."""
        return self.stored.rows[self.rows[chosen]]

    def inputs(self, chosen: np.ndarray, head: Head) -> np.ndarray:
        """Return what `head` is multiplied with, float32 (n, P); streams that were not kept are unknown.

        Args:
            chosen: Indices of clips.
            head: A head on features as they are stored.
        """
        rows, kind, stored = self.rows[chosen], self.stored.kind, self.features(chosen)
        stops = np.cumsum(kind.stored_sizes)
        known = np.zeros((len(rows), len(head.sizes)), bool)
        values = []
        for number, (stream, size) in enumerate(head.sizes.items()):
            part = np.zeros((len(rows), size), np.float32)
            if stream in kind.streams:
                column = kind.streams.index(stream)
                part = stored[:, stops[column] - size : stops[column]].astype(np.float32)
                known[:, number] = self.stored.known[rows, column]
            values.append(part)
        return as_inputs(np.concatenate(values, axis=1), known, head.sizes)


def open_game(
    video: Path,
    store: Path | None = None,
    table: Path | None = None,
    roster: Path | str | None = None,
) -> Game:
    """Read what is stored of a video. Of the video itself only the header is read.

    Args:
        video: The video.
        store: Its scores; None looks for them beside `table` and beside the video.
        table: A file of its events.
        roster: Corrections of the players in place of those in force; `none` for none.

    Raises:
        BballTagError: The video or its store cannot be read, or there is no store with features.
    """
    opened = Video(video)
    path = store if store is not None else store_of(opened, table)
    stored = read_features(path)
    if stored.video != opened.content_id:
        raise ScoresError(f"The scores in {path} are of another video than {video}.")
    found = stored_found(opened, path, roster)
    rows, players = _of_players(stored, found)
    fps = stored.kind.fps
    spans = Spans(players, stored.starts[rows] / fps, stored.stops[rows] / fps)
    return Game(opened, path, stored, rows, spans, found)


def _of_players(stored: StoredFeatures, found: FoundPlayers | None) -> tuple[np.ndarray, np.ndarray]:
    """Return the rows of those who play, and their names."""
    rows = np.arange(len(stored))
    if found is None:
        return rows, stored.subjects
    # The rows themselves take the place of the probabilities, and come back with the names.
    kind = stored.kind
    scores = Scores(
        kind.labels,
        kind.fps,
        kind.num_frames,
        0.0,
        stored.subjects,
        stored.starts,
        stored.stops,
        rows[:, None],
    )
    named = found.renamed(scores)
    return named.probabilities[:, 0], named.subjects


def video_of(table: Path, annotation: Annotation) -> Path:
    """Return the video of a table: the one that it names, else the one that the store beside it is about.

    Raises:
        BballTagError: It names none, or one that is not there.
    """
    named = annotation.video.path
    if named is not None:
        places = (named, table.parent / named, table.parent / named.name)
        if (found := next((path for path in places if path.is_file()), None)) is not None:
            return found
        raise BballTagError(
            f"Cannot find the video of {table}: it names {named}, which is not there. Say where it is: "
            "--video FILE."
        )
    if (store := scores_beside(table)).is_file():
        wanted = last_settings(store).get("video")
        for path in sorted(table.parent.iterdir()):
            if path.suffix.lower() in VIDEO_SUFFIXES and content_id(path) == wanted:
                return path
    raise BballTagError(f"Cannot find the video of {table}: it names none. Say which it is: --video FILE.")


def store_of(video: Video, table: Path | None) -> Path:
    """Return the store of a video: that beside the table, else the one that was written last.

    Raises:
        ScoresError: There is none.
    """
    for path in _stores(video.path, table):
        with suppress(ScoresError):
            if last_settings(path).get("video") == video.content_id:
                return path
    folders = dict.fromkeys(str(path.parent) for path in (table, video.path) if path is not None)
    name = video.path.name
    raise ScoresError(
        f"There are no scores of {name} in {' or '.join(folders)}. Annotate it first (bball-tag annotate "
        f"{name} --out actions.xlsx), or say where they are: --scores FILE."
    )


def _stores(video: Path, table: Path | None) -> Iterator[Path]:
    if table is not None:
        yield scores_beside(table)
    folders = dict.fromkeys(path.resolve().parent for path in (table, video) if path is not None)
    found = [path for folder in folders for path in folder.glob(_STORES)]
    yield from sorted(found, key=lambda path: -path.stat().st_mtime)


def scores_of(game: Game, cuts: Sequence[float] | None = None) -> Scores:
    """Return the scores of those who play in a game; without `cuts`, in seconds, shots are as was found."""
    kind, rows = game.stored.kind, game.rows
    known = cuts if cuts is not None else game.found.cuts if game.found else ()
    return Scores(
        labels=kind.labels,
        fps=kind.fps,
        num_frames=kind.num_frames,
        end=game.video.info.duration or float("inf"),
        subjects=game.clips.players,
        starts=game.stored.starts[rows],
        stops=game.stored.stops[rows],
        probabilities=game.probabilities,
        cuts=tuple(round(cut * kind.fps) for cut in known),
    )


def without_events(game: Game) -> Annotation:
    """Return an annotation of a game that has its players, and no event."""
    known = Annotation(game.video.info, (), labels=game.stored.kind.labels)
    found = game.found or stored_players(game.video, game.store)
    return replace(known, tracks=found.tracks, players=found.players, cuts=found.cuts)


def with_clips(game: Game, events: Sequence[Event]) -> Annotation:
    """Return an annotation of a game whose events are clips of it."""
    known = without_events(game)
    events = in_order(with_teams(events, known.players, known.tracks))
    return replace(known, events=events, checkpoint=game.stored.kind.checkpoint)


def clip_event(game: Game, index: int, label: str, confidence: float, remark: str) -> Event:
    """Return a clip of a game as an event."""
    start, end = float(game.clips.starts[index]), float(game.clips.ends[index])
    player, peak = str(game.clips.players[index]), (start + end) / 2
    return Event(label, start, end, confidence, confidence, peak, 1, player, remark=remark)


def stored_beside(video: Video, table: Path) -> StoredPlayers:
    """Return the players in the store that is nearest to a table of a video's events; nobody without one."""
    try:
        store = store_of(video, table)
    except ScoresError:
        return StoredPlayers()
    return stored_players(video, store)
