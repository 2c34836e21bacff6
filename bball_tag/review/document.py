"""What the page shows, as JSON: events, players, labels, boxes and scores of one game.

All text in it is data. Whoever puts it into a page writes it as text, never as HTML.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from bball_tag.annotations.formats import FORMATS
from bball_tag.annotations.reviewed import Reviewed
from bball_tag.annotations.statistics_json import as_json
from bball_tag.game_time import GameTime, Period, format_game_clock
from bball_tag.palette import Colour, hex_colour, ink_on, label_colour
from bball_tag.players.tracks import Track
from bball_tag.render.visible import NO_TEAM, team_colours
from bball_tag.review.corrected import WHICH, corrected
from bball_tag.review.material import Material
from bball_tag.review.state import Item, Name, State, shown_names

KIND, VERSION = "bball-tag review", 1
_KEYS, _SILENT_KEY = "123456789", "0"
"""One key each for the first labels, and one for what is no event."""


def item_json(item: Item, material: Material) -> dict[str, Any]:
    """Return an event as the page knows it."""
    event, proposed = material.timed(item.event), item.proposed
    by_person = not event.num_clips and event.confidence == 1
    return {
        "id": item.id,
        "label": event.label,
        "start": round(event.start, 4),
        "end": round(event.end, 4),
        "player": event.player,
        "team": event.team,
        "confidence": None if by_person else round(event.confidence, 4),
        "peak": round(event.peak, 4),
        "remark": event.remark,
        **_game_time_json(event.game_time),
        "state": item.state,
        "source": item.source,
        "proposed": None
        if proposed is None
        else {
            "label": proposed.label,
            "start": round(proposed.start, 4),
            "end": round(proposed.end, 4),
            "player": proposed.player,
        },
    }


def _game_time_json(at: GameTime | None) -> dict[str, Any]:
    """Return the period of an event and the game clock at its start, empty where nobody knows them."""
    return {
        "period": at.period if at else "",
        "game_clock": "" if at is None or at.clock is None else format_game_clock(at.clock),
        "clock_within": None if at is None or at.clock is None or at.is_exact else round(at.within, 1),
    }


def periods_json(periods: Iterable[Period]) -> list[dict[str, Any]]:
    """Return the periods, in seconds of the video: one of a game in several files may begin before 0."""
    return [{"name": period.name, "start": period.start, "end": period.end} for period in periods]


def labels_json(material: Material, state: State) -> list[dict[str, Any]]:
    """Return the labels: the checkpoint's, then what is used beside them."""
    background = material.rules().background
    used = {item.event.label for item in state.items.values()}
    used |= {item.proposed.label for item in state.items.values() if item.proposed is not None}
    first = material.annotation.all_labels()
    names = [*first, *sorted(used - set(first))]
    keys, silent_keys = iter(_KEYS), iter(_SILENT_KEY)
    return [
        {
            "name": name,
            **_colours(label_colour(name, names)),
            "key": next(silent_keys if name in background else keys, ""),
            "is_background": name in background,
        }
        for name in names
    ]


def _colours(colour: Colour) -> dict[str, str]:
    return {"colour": hex_colour(colour), "ink": hex_colour(ink_on(colour))}


def players_json(material: Material, names: Mapping[str, Name]) -> list[dict[str, Any]]:
    """Return the players: each track, as found and as a person named it."""
    annotation = material.annotation
    tracks = {track.id: track for track in annotation.tracks}
    sureness = {player.id: player.sureness for player in annotation.players}
    teams, ids = _teams(material, names), _track_ids(material)
    shown, colours = shown_names(names, ids), _kits(material, teams)
    listed = []
    for track_id in ids:
        track, name = tracks.get(track_id), names.get(track_id, Name())
        seen = track if track is not None and len(track.times) else None
        listed.append(
            {
                "id": track_id,
                "name": name.name,
                "shown": shown[track_id],
                "team": teams.get(track_id, ""),
                "role": name.role or (track.role if track else "player"),
                **_colours(colours.get(track_id, NO_TEAM)),
                "sureness": round(sureness[track_id], 3) if track_id in sureness else None,
                "first": None if seen is None else round(float(seen.times[0]), 3),
                "last": None if seen is None else round(float(seen.times[-1]), 3),
            }
        )
    return listed


def _track_ids(material: Material) -> list[str]:
    ids = [track.id for track in material.annotation.tracks]
    return [*ids, *sorted(material.rules().tracks - set(ids))]


def _teams(material: Material, names: Mapping[str, Name]) -> dict[str, str]:
    """Return the team of each track that has one."""
    annotation = material.annotation
    found = {event.player: event.team for event in annotation if event.player and event.team}
    found |= {track.id: track.team for track in annotation.tracks if track.team}
    return found | {track: name.team for track, name in names.items() if name.team}


def _kits(material: Material, teams: Mapping[str, str]) -> dict[str, Colour]:
    """Return the colour of each track, as the overlay draws it."""
    annotation = material.annotation
    named = [Track(track, np.zeros(0), np.zeros((0, 4)), team) for track, team in teams.items()]
    return team_colours((), named, annotation.players)


def teams_json(material: Material, names: Mapping[str, Name]) -> list[dict[str, Any]]:
    """Return the teams, each in the colour of the first of its players."""
    teams = _teams(material, names)
    colours = _kits(material, teams)
    first = {team: colours[track] for track, team in reversed(teams.items())}
    return [{"name": team, **_colours(first[team])} for team in sorted(first)]


def spans_json(reviewed: Iterable[Reviewed]) -> list[dict[str, Any]]:
    """Return spans in which a person has judged everything."""
    return [
        {
            "start": span.start,
            "end": span.end,
            "player": span.player,
            "labels": list(span.labels),
            "by": span.by,
            "at": span.at,
        }
        for span in reviewed
    ]


def formats_json(material: Material) -> list[dict[str, str]]:
    """Return the formats that can hold these events."""
    known = {"tracks": bool(material.annotation.tracks)}
    return [
        {"name": kind.name, "suffix": kind.suffix, "description": kind.description}
        for kind in FORMATS.values()
        if all(known.get(need, True) for need in kind.needs)
    ]


def totals_json(material: Material, state: State) -> dict[str, Any]:
    """Return the totals of what a person stands for (`accepted`), and of all that is not rejected (`all`)."""
    return {
        which: as_json(corrected(material, state, with_open=which == "all").statistics())["totals"]
        for which in WHICH
    }


def game_json(material: Material, state: State) -> dict[str, Any]:
    """Return what is known of the game and its review, without boxes, scores and how it is played."""
    annotation = material.annotation
    return {
        "format": KIND,
        "version": VERSION,
        "title": material.video.path.name,
        "actions": material.actions.name if material.actions else "",
        "caution": annotation.caution,
        "labels": labels_json(material, state),
        "players": players_json(material, state.names),
        "teams": teams_json(material, state.names),
        "events": [item_json(item, material) for item in sorted(state.items.values(), key=_order)],
        "reviewed": spans_json(state.reviewed),
        "periods": periods_json(material.periods),
        "cuts": [round(cut, 3) for cut in annotation.cuts],
    }


def _order(item: Item) -> tuple[float, float, str]:
    return item.event.start, item.event.end, item.id
