"""Options that several commands have, so that they are called and explained alike."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from inspect import signature
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer

from bball_tag.checks import Outside
from bball_tag.faults import FormError
from bball_tag.game_time import Period
from bball_tag.storage import located

Number = TypeVar("Number", int, float)
file_option = partial(typer.Option, parser=located, metavar="FILE")
"""An option that names a file or folder, perhaps by its address on shared storage."""
Checkpoint = Annotated[
    Path | None,
    file_option(
        envvar="BBALL_TAG_CHECKPOINT",
        help="A checkpoint, or `kinetics`: features for `learn`, no labels yet.",
        show_default="your default, else the sample: `bball-tag checkpoint`",
    ),
]
Out = Annotated[
    list[Path] | None,
    file_option(help="Output file; the suffix picks the format. Repeatable."),
]
OutDir = Annotated[
    Path | None,
    file_option(metavar="DIR", help="Output folder for several videos, one file each."),
]
Format = Annotated[
    str | None,
    typer.Option(
        "--format", metavar="NAME", help="Format, where the suffix does not say.", show_default="xlsx"
    ),
]
From = Annotated[
    str | None,
    typer.Option("--from", metavar="NAME", help="Format of ACTIONS, where the suffix does not say."),
]
Games = Annotated[
    list[Path], typer.Argument(parser=located, metavar="GAME...", help="Videos that were annotated.")
]
Count = Annotated[int, typer.Option(min=1, metavar="N", help="How many clips, of all games together.")]
Stores = Annotated[
    list[Path] | None,
    file_option(
        help="The stored scores and features of a game. Repeatable: one for each game.",
        show_default="those beside the video",
    ),
]
TableVideos = Annotated[
    list[Path] | None,
    file_option(
        metavar="VIDEO",
        help="The video of a table. Repeatable: one for each table, in their order.",
        show_default="the one that the table names",
    ),
]
TableStores = Annotated[
    list[Path] | None,
    file_option(
        help="The stored scores and features of a table's video. Repeatable, as --video.",
        show_default="those beside the table or the video",
    ),
]
Tracks = Annotated[
    Path | None,
    file_option(
        help="Players' boxes (MOTChallenge or CSV), instead of finding them. `none` ignores stored tracks."
    ),
]
Detector = Annotated[
    str | None,
    typer.Option(
        metavar="nano | FILE | ADDRESS", help="What finds the players: a YOLOX in ONNX.", show_default="nano"
    ),
]
DetectorClasses = Annotated[
    str | None,
    typer.Option(
        metavar="NAME,NAME,…",
        help="Classes of your own detector: player, referee, …",
        show_default="FILE.names, else COCO's",
    ),
]
Tiles = Annotated[
    str | None,
    typer.Option(
        metavar="auto | none | COLSxROWS",
        help="Tiles of a frame for the detector, where players are small.",
        show_default="auto",
    ),
]
Court = Annotated[
    str | None,
    typer.Option(
        metavar="'X,Y X,Y X,Y …'",
        help="Corners of the floor in the first frame; who is outside does not play. `none` ignores stored.",
    ),
]
Teams = Annotated[
    str | None,
    typer.Option(
        metavar="NAME,NAME", help="What to call the teams; colours (white,navy) say which is which."
    ),
]
Roster = Annotated[
    Path | None,
    file_option(help="Corrections of who is who (CSV). `none` ignores stored ones."),
]
Roi = Annotated[
    str | None,
    typer.Option(
        metavar="LEFT,TOP,WIDTH,HEIGHT",
        help="Look only at this part of the frame, in pixels. `none` ignores a stored one.",
    ),
]
Start = Annotated[
    str | None,
    typer.Option(
        metavar="TIME",
        help="Begin here: seconds, H:MM:SS.mmm or frames (374f).",
        show_default="the start of the video",
    ),
]
End = Annotated[
    str | None, typer.Option(metavar="TIME", help="Stop here.", show_default="the end of the video")
]
Rules = Annotated[
    Path | None,
    file_option(
        help="Rules of events, made by `bball-tag tune` or by hand (TOML); other options come before them.",
        show_default="the checkpoint's own",
    ),
]
Stride = Annotated[
    float | None,
    typer.Option(metavar="SECONDS", min=0.001, help="Time between clips.", show_default="half a clip"),
]
Streams = Annotated[
    str | None,
    typer.Option(
        metavar="rgb,…",
        help="What to look at: rgb, pose, motion. Without pose it takes less time.",
        show_default="all that the checkpoint reads",
    ),
]
Lead = Annotated[
    float, typer.Option(metavar="SECONDS", min=0, help="Pad the start of each event (cut lists only).")
]
Lag = Annotated[
    float, typer.Option(metavar="SECONDS", min=0, help="Pad the end of each event (cut lists only).")
]
Device = Annotated[str, typer.Option(help="Where to compute: auto, cpu, cuda, cuda:1 or mps.")]
Periods = Annotated[
    Path | None,
    file_option(help="Periods of the game (CSV, xlsx, json): each event gets its period and game clock."),
]
OnePeriod = Annotated[
    list[str] | None,
    typer.Option(
        "--period",
        metavar="PERIOD,START,END,CLOCK",
        help="A period instead of a file, as in 1,0:12:04,0:31:10,10:00. Repeatable.",
    ),
]
OutsidePeriods = Annotated[
    Outside,
    typer.Option("--outside", help="Events outside of all periods: keep, mark or drop them."),
]
Chains = Annotated[
    Path | None,
    file_option(
        help="Rules of actions that follow each other, to be counted and listed (docs/statistics.md).",
        show_default="pass, pick or dribble, then shoot or pass",
    ),
]
Rename = Annotated[
    list[str] | None,
    typer.Option(metavar="OLD=NEW", help="A new name for a label; two labels may become one. Repeatable."),
]
BlurFaces = Annotated[
    bool,
    typer.Option("--blur-faces", help="Blur the heads of everybody who was found."),
]
Overwrite = Annotated[
    bool,
    typer.Option("--overwrite", help="Replace outputs that exist; edited tables are kept as NAME.backup."),
]


def given_to(function: Callable[..., object], options: Mapping[str, Any]) -> dict[str, Any]:
    """Return those of the options that are keywords of a function; it has defaults for what was not given."""
    keywords = {name for name, one in signature(function).parameters.items() if one.kind is one.KEYWORD_ONLY}
    return {name: value for name, value in options.items() if name in keywords and value is not None}


def given_periods(file: Path | None, typed: Sequence[str] | None) -> Path | tuple[Period, ...] | None:
    """Return the periods that `--period` says, else the file of `--periods`; None without either.

    Raises:
        typer.BadParameter: Both are given, or what was typed makes no sense.
    """
    from bball_tag.annotations.periods import periods_of

    if not typed:
        return file
    if file is not None:
        raise typer.BadParameter("Give --periods FILE or --period, not both.")
    try:
        return periods_of(typed)
    except FormError as error:
        raise typer.BadParameter(f"Cannot read the periods: {error}.") from error


def parse_by_label(
    option: str, texts: Sequence[str] | None, convert: Callable[[str], Number], example: str
) -> dict[str, Number] | None:
    """Read numbers for one label (`LABEL=N`) or for all others (`N`); None where none was given."""
    from bball_tag.events.rules import EVERY_LABEL

    values: dict[str, Number] = {}
    for text in texts or ():
        label, equals, number = text.rpartition("=")
        try:
            values[label.strip() if equals else EVERY_LABEL] = convert(number)
        except ValueError as error:
            raise typer.BadParameter(
                f"Cannot read {option} {text!r}: write {example} or shoot={example}."
            ) from error
    return values or None


def parse_pairs(option: str, texts: Sequence[str] | None, form: str) -> list[tuple[str, str]]:
    """Read two names with = between them, which `form` shows."""
    pairs = []
    for text in texts or ():
        old, equals, new = (part.strip() for part in text.partition("="))
        if not (old and equals and new):
            raise typer.BadParameter(f"{option} needs two names, not {text!r}: write {form}.")
        pairs.append((old, new))
    return pairs


def check_places(videos: Sequence[Path], out: Sequence[Path] | None, out_dir: Path | None) -> None:
    """Refuse outputs of several videos in one file, and none at all.

    Raises:
        typer.BadParameter: The message says what to give.
    """
    if bool(out) == bool(out_dir):
        raise typer.BadParameter("Say where to write: --out FILE, or --out-dir DIR for several videos.")
    if out and len(videos) > 1:
        raise typer.BadParameter("Several videos need --out-dir DIR, not --out FILE.")
