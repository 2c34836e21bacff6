"""What a user gives, as text or as numbers, turned into options: for the command line and Python alike."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import cast

from bball_tag.annotations.chains import DEFAULT_CHAINS, ChainRule, read_chain_rules
from bball_tag.annotations.game_files import GameFile
from bball_tag.annotations.periods import read_periods
from bball_tag.checkpoint.contract import Precision, Stream
from bball_tag.checks import NONE, as_path
from bball_tag.errors import OptionError
from bball_tag.game_time import Period
from bball_tag.players.court import outline
from bball_tag.players.crop import Box
from bball_tag.scoring.backends import Backend
from bball_tag.scoring.options import ScoringOptions

Roi = str | tuple[float, float, float, float]
"""left, top, width and height in pixels, or the same as text with commas."""
Court = str | Sequence[tuple[float, float]]
"""Corners in pixels, or the same as text: `x,y x,y x,y x,y`."""
Periods = str | Path | Sequence[Period]
"""The periods of a game, or a file of them: CSV, a workbook, or our JSON."""
Chains = str | Path | Sequence[ChainRule]
"""Rules of chains, or a file of them."""
Names = str | Sequence[str]
"""Names, or one text with commas between them."""


def scoring_options(
    *,
    tracks: str | Path | None = None,
    detector: str | Path | None = None,
    detector_classes: Names | None = None,
    tiles: str | None = None,
    court: Court | None = None,
    teams: Names | None = None,
    roster: str | Path | None = None,
    roi: Roi | None = None,
    start: str | float | None = None,
    end: str | float | None = None,
    stride: float | None = None,
    streams: Names | None = None,
    precision: Precision | None = None,
    backend: Backend | None = None,
    features: bool | None = None,
) -> ScoringOptions:
    """Return the options; those that are the word `none` are undone.

    Raises:
        OptionError: One cannot be read, or is impossible.
    """
    asked = {"tracks": tracks, "court": court, "teams": teams, "roster": roster, "roi": roi, "end": end}
    undone = frozenset(name for name, value in asked.items() if str(value) == NONE)
    return ScoringOptions(
        stride=stride,
        start=start,
        end=None if "end" in undone else end,
        roi=None if "roi" in undone else _region(roi),
        tracks=None if "tracks" in undone else path_or_none("tracks", tracks),
        detector=_detector(detector),
        detector_classes=_names(detector_classes),
        tiles=tiles,
        court=None if "court" in undone else _court(court),
        teams=None if "teams" in undone else _teams(teams),
        roster=None if "roster" in undone else path_or_none("roster", roster),
        streams=cast("tuple[Stream, ...] | None", _names(streams)),
        precision=precision,
        backend=backend,
        features=features,
        undone=undone,
    )


def path_or_none(name: str, value: str | Path | None) -> Path | None:
    """Return the path that the option `name` gives, if it does."""
    return None if value is None else as_path(name, value)


def given_periods(periods: Periods | None, files: Sequence[GameFile] = ()) -> tuple[Period, ...]:
    """Return the periods of a game: as they are, or read from a file; none where none are given.

    Raises:
        BballTagError: They are neither, or the file cannot be read.
    """
    if periods is None:
        return ()
    if isinstance(periods, str | Path):
        return read_periods(as_path("periods", periods), files)
    if not isinstance(periods, list | tuple) or not all(isinstance(period, Period) for period in periods):
        raise OptionError(f"periods must be a path or a list of Period, not {periods!r}.")
    return tuple(periods)


def given_chains(chains: Chains | None) -> Sequence[ChainRule]:
    """Return rules of chains: as they are, read from a file, or the default ones.

    Raises:
        BballTagError: They are neither, or the file cannot be read.
    """
    if chains is None:
        return DEFAULT_CHAINS
    if isinstance(chains, str | Path):
        return read_chain_rules(as_path("chains", chains))
    if not isinstance(chains, list | tuple) or not all(isinstance(rule, ChainRule) for rule in chains):
        raise OptionError(f"chains must be a path or a list of ChainRule, not {chains!r}.")
    return chains


def _region(roi: Roi | None) -> Box | None:
    if roi is None:
        return None
    try:
        left, top, width, height = map(float, roi.split(",") if isinstance(roi, str) else roi)
    except (ValueError, TypeError) as error:
        raise OptionError(f"Cannot read the region {roi!r}: write LEFT,TOP,WIDTH,HEIGHT.") from error
    return Box(left, top, width, height)


def _detector(detector: str | Path | None) -> str | None:
    if detector is not None and not str(detector).strip():
        raise OptionError(
            "The detector has no name: give nano, a file or an address, or leave --detector out."
        )
    return None if detector is None else str(detector)


def _court(court: Court | None) -> tuple[tuple[float, float], ...] | None:
    if court is None:
        return None
    try:
        pairs = [text.split(",") for text in court.split()] if isinstance(court, str) else court
        corners = tuple((float(x), float(y)) for x, y in pairs)
    except (ValueError, TypeError) as error:
        raise OptionError(
            f"Cannot read the court {court!r}: write its corners as 'x,y x,y x,y x,y'."
        ) from error
    if not all(math.isfinite(side) for corner in corners for side in corner):
        raise OptionError(f"The corners of a court are numbers of pixels, not {court!r}.")
    if len(corners) < 3:
        raise OptionError(f"A court has at least three corners, not {len(corners)}: 'x,y x,y x,y x,y'.")
    return outline(corners)


def _teams(teams: Names | None) -> tuple[str, ...] | None:
    names = _names(teams)
    if names is not None and (len(names) != 2 or len(set(names)) != 2 or not all(names)):
        raise OptionError(f"Cannot read the teams {teams!r}: give two names, as in white,navy.")
    return names


def _names(names: Names | None) -> tuple[str, ...] | None:
    if names is None:
        return None
    try:
        return tuple(name.strip() for name in (names.split(",") if isinstance(names, str) else names))
    except (TypeError, AttributeError) as error:
        raise OptionError(f"Cannot read the names {names!r}: give text with commas, or a list.") from error
