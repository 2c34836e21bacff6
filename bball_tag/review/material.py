"""What is reviewed: a video, its events, and the stored scores, found by the video alone if need be."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from bball_tag.annotations.annotation import Annotation, with_teams
from bball_tag.annotations.formats import FORMATS
from bball_tag.annotations.stamps import stamped_event
from bball_tag.api import read
from bball_tag.checkpoint.checkpoint import Checkpoint
from bball_tag.checkpoint.default import default_checkpoint
from bball_tag.checkpoint.world import caution, world_of
from bball_tag.checks import NONE
from bball_tag.errors import BballTagError, ScoresError
from bball_tag.events import Event, EventRules, find_events
from bball_tag.files import scores_beside
from bball_tag.game_time import Period
from bball_tag.learning.games import Game, open_game, scores_of, store_of, without_events
from bball_tag.learning.judged import trusted_events
from bball_tag.review.edit_values import Rules
from bball_tag.review.game_part import files_of, part_beside, periods_of, tables_of_game
from bball_tag.review.state import Item
from bball_tag.scoring.feature_store import read_kind
from bball_tag.scoring.options import ScoringOptions
from bball_tag.scoring.run_subjects import stored_found, stored_players
from bball_tag.scoring.store import last_settings
from bball_tag.scoring.store_file import LAST_RUN, opened
from bball_tag.scoring.store_roster import roster_in_force
from bball_tag.video.video import Video

log = logging.getLogger("bball_tag")
_SCORES = scores_beside(Path("x")).name.removeprefix("x")


@dataclass(frozen=True, slots=True)
class Material:
    """A game to be looked at."""

    video: Video
    annotation: Annotation
    """The events, whose players are named as the outputs name them; with tracks where there are any."""
    actions: Path | None
    """The file of events; None where they were decided from scores."""
    base: Path
    """The file beside which the judgements are kept, which need not exist."""
    store: Path | None
    """The stored scores; None where there are none."""
    roster: Path | None = None
    """The corrections of the players that were in force when the events were made."""
    has_given_tracks: bool = False
    """Whether the boxes come from a file, not from what was found and stored."""
    periods: tuple[Period, ...] = ()
    """The periods of the game, in seconds of this video."""

    def timed(self, event: Event) -> Event:
        """Return an event with its game time; where nobody gave the periods, it is as its table has it."""
        if not self.periods:
            return event
        return stamped_event(event, self.periods, self.annotation.outside)

    def rules(self) -> Rules:
        """Return what edits can be about."""
        annotation = self.annotation
        tracks = {track.id for track in annotation.tracks} | {event.player for event in annotation}
        background = frozenset(annotation.rules.background)
        return Rules(frozenset(tracks - {""}), annotation.video.duration, background)

    def game(self) -> Game:
        """Read the stored clips, of players as the events name them.

        Raises:
            BballTagError: There are none, or they cannot be read.
        """
        if self.store is None:
            raise ScoresError(f"No scores of {self.video.path.name} are stored.")
        return open_game(self.video.path, self.store, self.actions, self.roster or NONE)

    def items(self) -> tuple[Item, ...]:
        """Return the events as they stand before this review: what a person judged elsewhere is accepted."""
        annotation = self.annotation
        has_machine = any(event.num_clips for event in annotation)
        judged = set(map(id, trusted_events(annotation))) if annotation.reviewed else set()
        return tuple(
            Item(
                f"e{number}",
                event,
                # In a table of the model's, a row without clips is one that a person wrote.
                "accepted" if id(event) in judged or (has_machine and not event.num_clips) else "proposed",
                proposed=event,
            )
            for number, event in enumerate(annotation)
        )


def open_material(
    video: Video,
    actions: Path | None,
    tracks: str | Path | None = None,
    roster: str | Path | None = None,
) -> Material:
    """Open a game with its events.

    Args:
        video: The video.
        actions: The file of its events; None looks beside the video, and decides from stored scores where
            there is no such file.
        tracks: A file of the players' boxes; None takes those of the events or those that were found.
        roster: The corrections with which the events were made, `none` for none; None takes those in force.

    Raises:
        BballTagError: A file cannot be read, or there are neither events nor scores.
    """
    table = actions if actions is not None else table_of(video)
    store = None
    with suppress(ScoresError):
        store = store_of(video, table)
    if roster is None and store is not None:
        roster = roster_in_force(store)
    known = None if roster is None or str(roster) == NONE else Path(roster)
    if table is None:
        if store is None:
            raise BballTagError(_nothing(video))
        log.info("Opened the scores in %s: no file of events lies beside them.", store)
        annotation = _decided(open_game(video.path, store, None, roster))
        return Material(video, annotation, None, base_of(store), store, known)
    annotation = read(table, video=video, tracks=tracks)
    log.info("Opened %s.", table)
    if not annotation.tracks and store is not None:
        annotation = _with_players(annotation, video, store, known or NONE)
        has_given = bool(ScoringOptions.stored(last_settings(store), store).tracks)
    else:
        has_given = bool(annotation.tracks)
    if not annotation.labels and store is not None:
        annotation = replace(annotation, labels=labels_of(store))
    base, periods = table, tuple(annotation.periods)
    if files_of(table):
        base, periods = part_beside(video, table), periods_of(video, table)
    return Material(video, annotation, table, base, store, known, has_given, periods)


def base_beside(video: Video) -> Path | None:
    """Return the file of events of a video, or what it would be called that its scores lie beside."""
    if (table := table_of(video)) is not None:
        return table
    with suppress(ScoresError):
        return base_of(store_of(video, None))
    return None


def base_of(store: Path) -> Path:
    """Return the file of events that a store lies beside."""
    return store.with_name(store.name.removesuffix(_SCORES))


def _with_players(annotation: Annotation, video: Video, store: Path, roster: str | Path) -> Annotation:
    """Return events with the players that were found, or whose tracks were given."""
    found = stored_found(video, store, roster) or stored_players(video, store)
    return replace(
        annotation,
        tracks=found.tracks,
        players=annotation.players or found.players,
        cuts=annotation.cuts or found.cuts,
    )


def _nothing(video: Video) -> str:
    name = video.path.name
    return (
        f"There are no events of {name} beside it, and no scores. Annotate it first (bball-tag annotate "
        f"{name} --out actions.xlsx), or name its file of events."
    )


def table_of(video: Video) -> Path | None:
    """Return the file of events that lies beside a video: that of its scores, else one of its name."""
    return next(_beside(video), None)


def _beside(video: Video) -> Iterator[Path]:
    with suppress(ScoresError):
        store = store_of(video, None)
        if (table := base_of(store)).is_file() and _is_readable(table):
            yield table
        yield from tables_of_game(video, table)
    folder, stem = video.path.resolve().parent, video.path.stem
    for kind in FORMATS.values():
        if kind.read and (table := folder / f"{stem}{kind.suffix}").is_file():
            yield table


def _is_readable(path: Path) -> bool:
    return any(kind.read and kind.suffix.lower() == path.suffix.lower() for kind in FORMATS.values())


def _decided(game: Game) -> Annotation:
    """Decide on events from stored scores alone."""
    known, (rules, line) = without_events(game), _rules_of(game)
    events = with_teams(find_events(scores_of(game, known.cuts), rules), known.players, known.tracks)
    return replace(known, events=events, rules=rules, checkpoint=game.stored.kind.checkpoint, caution=line)


def _rules_of(game: Game) -> tuple[EventRules, str]:
    """Return the rules and the caution of the default checkpoint, if the scores are its; else usual rules."""
    with suppress(BballTagError):
        checkpoint = Checkpoint(default_checkpoint())
        if checkpoint.id == game.stored.kind.checkpoint:
            world = world_of(game.video.info.title)
            contract = checkpoint.contract.on(world)
            return contract.event_rules(game.players), caution(contract, world)
    return EventRules(), ""


def labels_of(store: Path) -> tuple[str, ...]:
    """Return the labels of the scores in a store; none if they are not known."""
    with suppress(sqlite3.Error, ScoresError), opened(store) as file:
        run = file.execute(LAST_RUN).fetchone()
        kind = read_kind(file, run[0]) if run else None
        return kind[0].labels if kind else ()
    return ()
