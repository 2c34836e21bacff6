"""The names that a person gave, as the roster that the command line takes."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from bball_tag.checks import NONE
from bball_tag.files import fitting_name
from bball_tag.players.crop import Box
from bball_tag.players.roster import Row, read_roster, write_roster
from bball_tag.players.roster_template import clearest
from bball_tag.review.material import Material
from bball_tag.review.state import Name
from bball_tag.scoring.run_subjects import stored_found
from bball_tag.scoring.store import last_settings
from bball_tag.scoring.store_roster import put_in_force

_ENDINGS = (".roster.csv", ".roster-2.csv")


def write_names(material: Material, names: Mapping[str, Name]) -> Path | None:
    """Write a roster beside the events, and put it in force where players are stored; None without names.

    It has all rows of the roster with which the events were made; that file itself is not touched.

    Raises:
        BballTagError: A file cannot be read or written.
    """
    if not names:
        return None
    before = material.roster
    paths = [material.base.with_name(fitting_name(material.base.stem, ending)) for ending in _ENDINGS]
    path = next(path for path in paths if before is None or path.resolve() != before.resolve())
    rows = list(read_roster(before).rows) if before is not None else []
    seen = _sightings(material)
    for track, name in names.items():
        if not _changed(rows, track, name):
            at, box = seen.get(track, (0.0, None))
            rows.append(Row(0, track, name.name, name.team, name.role, 0.0, math.inf, at, box))
    write_roster(rows, path)
    if material.store is not None and not material.has_given_tracks:
        put_in_force(material.store, path)
    return path


def _changed(rows: list[Row], track: str, name: Name) -> bool:
    """Have the rows that already are about a player say what a person says now; False if there are none."""
    own = [number for number, row in enumerate(rows) if row.player == track]
    for number in own:
        row = rows[number]
        rows[number] = replace(
            row,
            player=name.name or row.player,
            team=name.team or row.team,
            role=name.role or row.role,
        )
    return bool(own)


def _sightings(material: Material) -> dict[str, tuple[float, Box]]:
    """Return when and where each track is seen most clearly, by which it is known again."""
    if material.store is not None and not material.has_given_tracks:
        found = stored_found(material.video, material.store, material.roster or NONE)
        if found is not None:
            fps = float(last_settings(material.store)["grid_fps"])
            seen = clearest(found.identities, found.pieces)
            return {track: (one.instant / fps, one.box) for track, one in seen.items()}
    middles = ((track, len(track.times) // 2) for track in material.annotation.tracks if len(track.times))
    return {
        track.id: (float(track.times[middle]), Box(*track.boxes[middle].tolist()))
        for track, middle in middles
    }
