"""`bball-tag convert`: events from one format to others, also after a person edited them."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bball_tag import console
from bball_tag.cli.options import Lag, Lead, Overwrite
from bball_tag.errors import BballTagError
from bball_tag.files import check_output

if TYPE_CHECKING:
    from bball_tag.annotations import Annotation
    from bball_tag.video.info import VideoInfo

_BROADCAST_RATES = tuple(Fraction(rate * 1000, 1001) for rate in (24, 30, 48, 60, 120))
"""Rates that people write as 23.976, 29.97, 59.94."""


def convert(
    actions: Annotated[
        Path,
        typer.Argument(metavar="ACTIONS", help="Events: xlsx, csv, json, Sportscode, ELAN, VTT, SoccerNet."),
    ],
    out: Annotated[
        list[Path],
        typer.Option(
            metavar="FILE", help="Where to write; the suffix picks the format. Repeat it for several."
        ),
    ],
    format_: Annotated[
        str | None,
        typer.Option("--format", metavar="NAME", help="Format to write, where the suffix does not say."),
    ] = None,
    from_: Annotated[
        str | None,
        typer.Option("--from", metavar="NAME", help="Format of ACTIONS, where the suffix does not say."),
    ] = None,
    video: Annotated[
        Path | None,
        typer.Option(
            metavar="VIDEO", help="The film, for its frame rate, length and size where ACTIONS lack them."
        ),
    ] = None,
    fps: Annotated[
        str | None,
        typer.Option(metavar="RATE", help="Frames per second of the film, such as 25, 29.97 or 30000/1001."),
    ] = None,
    tracks: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Where the players are, in MOTChallenge form.")
    ] = None,
    lead: Lead = 0.0,
    lag: Lag = 0.0,
    overwrite: Overwrite = False,
) -> None:
    """Write events in other formats: `bball-tag convert actions.xlsx --out actions.xml`.

    A workbook may have been edited: rows deleted or added, labels corrected, times changed in the seconds
    or in the clock column, columns moved.
    """
    from bball_tag.annotations import format_for, read_annotation, write_annotation
    from bball_tag.annotations.formats import check_padding

    if format_ is not None and len(out) > 1:
        raise typer.BadParameter("--format names the format of one file: give one --out with it.")
    kinds = [format_for(path, format_) for path in out]
    check_padding(kinds, lead, lag)
    for path in out:
        check_output(path, overwrite=overwrite)
    info = None if video is None else _probe(video)
    rate = _parse_rate(fps) if fps is not None else info.fps if info else None
    annotation = read_annotation(_existing(actions), from_, fps=rate)
    info = info or annotation.video
    annotation = replace(annotation, video=replace(info, fps=rate or info.fps))
    if tracks is not None:
        annotation = _with_tracks(annotation, tracks)
    for path in out:
        write_annotation(annotation, path, format_, lead=lead, lag=lag)
        console.print_result(path)
    count = len(annotation.events)
    console.say(f"Converted {count} event{'' if count == 1 else 's'} from {actions}.")


def _existing(path: Path) -> Path:
    if path.is_dir():
        raise BballTagError(f"Cannot read events from {path}: it is a folder. Give the name of a file.")
    if not path.exists():
        raise BballTagError(f"Cannot read events from {path}: there is no such file.")
    return path


def _parse_rate(text: str) -> Fraction:
    """Return frames per second; 29.97 is 30000/1001."""
    try:
        rate = Fraction(text)
    except (ValueError, ZeroDivisionError) as error:
        raise typer.BadParameter(f"Cannot read --fps {text!r}: write 25, 29.97 or 30000/1001.") from error
    if not 0 < rate <= 1000:
        raise typer.BadParameter(
            f"A rate lies above 0 and not above 1000 frames per second: {text!r} does not."
        )
    return next((exact for exact in _BROADCAST_RATES if abs(exact - rate) < Fraction(1, 200)), rate)


def _probe(video: Path) -> VideoInfo:
    from bball_tag.video.video import Video

    return Video(video).info


def _with_tracks(annotation: Annotation, path: Path) -> Annotation:
    from bball_tag.players.tracks import read_mot

    if not annotation.video.fps:
        raise BballTagError(
            f"Cannot read tracks from {path}: their frames need a rate. Pass --video or --fps."
        )
    return replace(annotation, tracks=read_mot(path, annotation.video.fps))
