"""Opening a review where it was left, or anew where its events are others now."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bball_tag.checks import NONE
from bball_tag.files import content_id, relative_path
from bball_tag.review.carried import carrying
from bball_tag.review.game_part import part_beside
from bball_tag.review.journal import (
    Begin,
    Unkept,
    alone,
    begin_journal,
    can_keep,
    journal_beside,
    open_journal,
    set_aside,
)
from bball_tag.review.material import Material, base_beside
from bball_tag.review.session import Session, Watched, digest_of
from bball_tag.review.state import State
from bball_tag.video.video import Video

log = logging.getLogger("bball_tag")


@contextmanager
def open_session(material: Material, by: str) -> Iterator[Session]:
    """Open the review of a game where it was left, for this process alone.

    Where its folder cannot be written into, it can be looked at.

    Args:
        material: The game.
        by: Who judges.

    Raises:
        BballTagError: It is open elsewhere, or its journal cannot be read or written.
    """
    path = journal_beside(material.base)
    if not can_keep(path):
        session = _looking(material, path, by)
        log.warning("%s", session.why_not_kept)
        yield session
        return
    with alone(path):
        yield _session(material, path, by)


def _session(material: Material, path: Path, by: str) -> Session:
    """Continue a journal; where it is of an earlier version of the events, begin anew with what it says."""
    journal, rules = open_journal(path, mends=True), material.rules()
    watched = [Watched(material.video.path, content_id)]
    if material.actions is not None:
        watched.append(Watched(material.actions, digest_of))
    begin = _begin(material, path)
    if journal is None:
        return Session(begin_journal(path, begin), rules, watched, by)
    if journal.begin.is_about(begin):
        return Session(journal, rules, watched, by)
    before = Session(journal, rules, (), by)
    kept = set_aside(path)
    log.warning(
        "%s is not as it was when it was reviewed. Judgements of events that are the same are carried over; "
        "all of them are kept in %s.",
        (material.actions or material.base).name,
        kept.name,
    )
    session = Session(begin_journal(path, begin), rules, watched, by)
    if before.revision:
        session.edit([carrying(before.state)])
    return session


def _begin(material: Material, path: Path) -> Begin:
    """Return the first line of a review of these events."""
    return Begin(
        "" if material.actions is None else digest_of(material.actions),
        material.video.content_id,
        material.items(),
        NONE if material.roster is None else str(relative_path(material.roster.resolve(), _folder(path))),
    )


def last_state(material: Material) -> State:
    """Return the events as they were judged last, without keeping others from their review."""
    return _looking(material, journal_beside(material.base), "").state


def _looking(material: Material, path: Path, by: str) -> Session:
    """Open a review as it was left, to be looked at alone."""
    journal, begin = open_journal(path), _begin(material, path)
    if journal is not None and journal.begin.is_about(begin):
        return Session(Unkept(path, journal.begin, journal.steps), material.rules(), (), by)
    return Session(Unkept(path, begin, ()), material.rules(), (), by)


def roster_of_journal(video: Video, actions: Path | None) -> Path | str | None:
    """Return the corrections with which reviewed events were made; None if that is not known."""
    table = actions if actions is not None else base_beside(video)
    if table is None:
        return None
    # One file of a game in several has a journal of its own.
    paths = (journal_beside(part_beside(video, table)), journal_beside(table))
    path = next((path for path in paths if path.exists()), paths[-1])
    if (journal := open_journal(path)) is None:
        return None
    begin = journal.begin
    if begin.actions != (digest_of(table) if table.is_file() else "") or begin.video != video.content_id:
        return None
    return NONE if begin.roster == NONE else _folder(path) / begin.roster


def _folder(path: Path) -> Path:
    return path.resolve().parent
