"""The page of a comparison: both timelines one above the other, in one file that needs nothing else."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bball_tag.annotations.escaping import media_url
from bball_tag.comparison.differences import Difference
from bball_tag.comparison.report import as_table
from bball_tag.events import Event
from bball_tag.files import relative_path
from bball_tag.palette import hex_colour, ink_on, label_colour

if TYPE_CHECKING:
    from bball_tag.comparison.games import ComparedGame
    from bball_tag.comparison.result import Comparison


def write_page(comparison: Comparison, path: Path) -> None:
    """Write the page. Videos are linked from where they lie; all text is shown as it is."""
    import jinja2

    source = Path(__file__).with_name("page.html.j2").read_text(encoding="utf-8")
    template = jinja2.Environment(autoescape=True).from_string(source)
    text = template.render(
        data=_script(_data(comparison, path.parent)),
        table=as_table(comparison),
        cautions=comparison.cautions,
        notes=comparison.notes,
    )
    path.write_text(text, encoding="utf-8", errors="replace")


def _script(data: object) -> str:
    """Return JSON that cannot end the script element that it stands in, whatever names it holds."""
    text = json.dumps(data, ensure_ascii=True, allow_nan=False, separators=(",", ":"))
    for sign in "<>&":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return text


def _data(comparison: Comparison, folder: Path) -> dict[str, Any]:
    labels = list(dict.fromkeys(label for game in comparison.games for label in game.labels))
    every = {event.label for game in comparison.games for event in (*game.found, *game.truth)}
    colours = {label: label_colour(label, labels) for label in sorted(every)}
    return {
        "byPlayer": comparison.main.by_player,
        "colours": {
            label: [hex_colour(colour), hex_colour(ink_on(colour))] for label, colour in colours.items()
        },
        "games": [_game(game, comparison, folder) for game in comparison.games],
    }


def _game(game: ComparedGame, comparison: Comparison, folder: Path) -> dict[str, Any]:
    wrong = {id(one.event): one for one in comparison.differences}
    return {
        "name": game.name,
        "video": "" if game.video is None else media_url(relative_path(game.video, folder)),
        "end": game.end,
        "judged": [[span.start, span.end, span.player] for span in game.judged],
        "found": [_event(event, wrong.get(id(event))) for event in game.found],
        "truth": [_event(event, wrong.get(id(event))) for event in game.truth],
    }


def _event(event: Event, difference: Difference | None) -> list[Any]:
    """Return what the page shows of an event; it has its place in each list by its index."""
    shown: list[Any] = [event.label, event.player, round(event.start, 3), round(event.end, 3)]
    shown.append(round(event.confidence, 3))
    if difference is None:
        return shown
    instead = difference.instead
    there = (
        [instead.label, instead.player, round(instead.start, 3), round(instead.end, 3)] if instead else None
    )
    return [*shown, difference.why, there, round(difference.overlap, 2)]
