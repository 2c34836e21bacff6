"""Statistics as JSON, for programs and for the page: totals, chains and how often each was found."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any, TextIO

from bball_tag.annotations.annotation import Annotation
from bball_tag.annotations.chains import Chain
from bball_tag.annotations.escaping import path_text
from bball_tag.annotations.game_time_text import game_facts
from bball_tag.annotations.statistics import Statistics, statistics_of
from bball_tag.json_files import dump

KIND = "bball-tag statistics"
VERSION = 1


def write_statistics(annotation: Annotation, file: TextIO) -> None:
    """Write the statistics of an annotation; `docs/statistics.md` describes the document."""
    head = {
        "format": KIND,
        "format_version": VERSION,
        "version": annotation.version,
        "video": path_text(annotation.video.path),
    }
    document = {**head, **as_json(statistics_of(annotation))}
    dump(document, file)


def as_json(statistics: Statistics) -> Mapping[str, Any]:
    """Return statistics as values of JSON: null means all together, an empty text that nobody knows."""
    return {
        "totals": [{**asdict(total), "mean_s": total.mean_s} for total in statistics.totals],
        "chain_counts": [asdict(count) for count in statistics.chain_counts],
        "chains": list(map(_chain, statistics.chains)),
    }


def _chain(chain: Chain) -> dict[str, Any]:
    return {
        "chain": chain.rule.name,
        "start_s": chain.start,
        "end_s": chain.end,
        "team": chain.events[-1].team,
        **game_facts(chain.events[0]),
        "events": list(_steps(chain)),
    }


def _steps(chain: Chain) -> Iterator[dict[str, Any]]:
    for event in chain.events:
        yield {"label": event.label, "start_s": event.start, "end_s": event.end, "player": event.player}
