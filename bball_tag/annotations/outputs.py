"""Which files are written for which video, decided and checked before any work."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from functools import partial
from operator import methodcaller
from pathlib import Path

from bball_tag.annotations.escaping import escape_formula
from bball_tag.annotations.formats import BESIDE, CUTS, FORMATS, Format, format_for
from bball_tag.annotations.reviewed import reviewed_path
from bball_tag.backups import replacing_edited
from bball_tag.checks import check_number
from bball_tag.errors import BballTagError, OptionError
from bball_tag.files import check_output, fitting_name, make_folder
from bball_tag.storage import each_of

_USUAL = "xlsx"
"""The format of files in a folder, where none is asked for."""
FAILURES = "failures.csv"
"""Lists the videos of a folder that failed, and why."""


def plan_outputs(
    videos: Sequence[Path],
    out: Sequence[Path],
    out_dir: Path | None,
    format_name: str | None = None,
    lead: float = 0.0,
    lag: float = 0.0,
    *,
    overwrite: bool = False,
) -> list[list[Path]]:
    """Return the files that are written for each video.

    Args:
        videos: What is annotated.
        out: Files for a single video; the suffix picks the format.
        out_dir: A folder that gets one file for each video, in place of `out`; made if it is missing.
        format_name: The format, where a suffix does not say.
        lead: Seconds of padding before each event, for cut lists.
        lag: Seconds of padding after it.
        overwrite: Whether files that exist may be replaced.

    Raises:
        BballTagError: A format is unknown or cannot be padded, two videos would share a file, or a file
            cannot be written.
    """
    groups = [list(out)]
    if out_dir is not None:
        check_folder(out_dir, format_name, lead, lag)
        format_name = format_name or _USUAL
        groups = [[path] for path in in_folder(videos, out_dir, format_name)]
    check_outputs(
        [path for group in groups for path in group],
        format_name,
        lead,
        lag,
        overwrite=overwrite,
        other="another name with --out (or a folder with --out-dir)",
    )
    return groups


def check_folder(out_dir: Path, format_name: str | None = None, lead: float = 0.0, lag: float = 0.0) -> None:
    """Refuse a folder that takes no outputs, whatever videos there will be; it is made if it is missing.

    Args: As `plan_outputs`.

    Raises:
        BballTagError: It cannot be written into, or the format is unknown or cannot be padded.
    """
    _check_padding([format_for(Path(), format_name or _USUAL)], lead, lag)
    make_folder(out_dir)


def check_outputs(
    paths: Sequence[Path],
    format_name: str | None,
    lead: float,
    lag: float,
    *,
    overwrite: bool,
    other: str = "another name",
    reviewed: bool = False,
) -> None:
    """Refuse files that could not be written later.

    Args:
        paths: All files of one call.
        format_name: Their format, where the suffix does not say.
        lead: Seconds of padding before each event: only cut lists have it.
        lag: Seconds of padding after it.
        overwrite: Whether files that exist may be replaced.
        other: What to choose where a file exists.
        reviewed: Whether there are reviewed spans to be written.

    Raises:
        BballTagError: A format is unknown or cannot be padded, a path is named twice, or a file cannot be
            written.
    """
    formats = [format_for(path, format_name) for path in paths]
    _check_padding(formats, lead, lag)
    if format_name is not None and len({path.suffix for path in paths} - {""}) > 1:
        raise OptionError(
            "--format is one format for all files, and these differ in their suffix: give one --out with it."
        )
    _check_named_once(paths)
    each_of(partial(check_output, overwrite=overwrite, other=other), paths)
    beside = [path for path, known in zip(paths, formats, strict=True) if known.has(BESIDE)]
    each_of(partial(_check_beside, overwrite=overwrite and reviewed), beside)


def left_to_do(
    videos: Sequence[Path], out_dir: Path, format_name: str | None = None, *, overwrite: bool = False
) -> list[Path]:
    """Return the videos that have no file in a folder yet, or all that are to be done anew.

    Raises:
        BballTagError: Two videos would share a file, or one would have that of the failures.
    """
    paths = in_folder(videos, out_dir, format_name)
    _check_named_once([*paths, out_dir / FAILURES])
    done = each_of(methodcaller("is_file"), paths) if not overwrite else [False] * len(paths)
    return [video for video, is_done in zip(videos, done, strict=True) if not is_done]


def write_failures(folder: Path, failed: Mapping[Path, str]) -> Path:
    """Write which videos of a folder failed and why, and return where; of none, correct an earlier list only.

    Raises:
        BballTagError: It cannot be written.
    """
    path = folder / FAILURES
    if failed or path.exists():
        with replacing_edited(path) as draft, draft.open("w", newline="", encoding="utf-8-sig") as file:
            rows = csv.writer(file)
            rows.writerow(("video", "why"))
            rows.writerows((escape_formula(str(video)), why) for video, why in failed.items())
    return path


def in_folder(videos: Sequence[Path], folder: Path, format_name: str | None = None) -> list[Path]:
    """Return the file of each video in a folder of outputs, whether it is there or not."""
    suffix = format_for(Path(), format_name or _USUAL).suffix
    return [folder / fitting_name(video.stem, suffix) for video in videos]


def _check_padding(formats: Sequence[Format], lead: float, lag: float) -> None:
    check_number("lead", lead, 0)
    check_number("lag", lag, 0)
    if (lead or lag) and not any(known.has(CUTS) for known in formats):
        cut_lists = ", ".join(known.name for known in FORMATS.values() if known.has(CUTS))
        raise OptionError(f"--lead and --lag only work with cut lists: {cut_lists}.")


def _check_named_once(paths: Sequence[Path]) -> None:
    seen: set[Path] = set()
    for path in paths:
        if path in seen:
            raise BballTagError(f"Two files would be written to {path}. Give each its own name.")
        seen.add(path)


def _check_beside(path: Path, *, overwrite: bool) -> None:
    """Refuse a table beside which the reviewed spans of another one lie: they would be taken for its own."""
    beside = reviewed_path(path)
    if beside.exists() and not overwrite:
        raise BballTagError(
            f"{beside} already exists: it says what was looked at in an earlier {path.name}. Choose another "
            "name, or move that file away."
        )
