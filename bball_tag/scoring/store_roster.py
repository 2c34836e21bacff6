"""Which corrections of the players are in force for what is stored."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

from bball_tag.files import relative_path
from bball_tag.scoring.options import ScoringOptions
from bball_tag.scoring.store import last_settings
from bball_tag.scoring.store_file import LAST_RUN, translated


def roster_in_force(store: Path) -> Path | None:
    """Return the corrections that the last run of a store was given; None if there are none.

    Raises:
        ScoresError: The store cannot be read now.
    """
    return ScoringOptions.stored(last_settings(store), store).roster


def put_in_force(store: Path, roster: Path) -> None:
    """Have every later command name the players of a store as a roster says, until it is given another one.

    Raises:
        ScoresError: The store cannot be written now.
    """
    settings = last_settings(store)
    settings["roster"] = str(relative_path(roster.resolve(), store.parent.resolve()))
    with translated(store), closing(sqlite3.connect(store, timeout=20)) as file, file:
        query = f"UPDATE runs SET settings = ? WHERE id = ({LAST_RUN})"
        file.execute(query, (json.dumps(settings, sort_keys=True),))
