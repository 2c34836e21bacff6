"""Which files are written for which video, decided and checked before any work."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from bball_tag.annotations.formats import FORMATS, format_for
from bball_tag.annotations.reviewed import reviewed_path
from bball_tag.checks import check_number
from bball_tag.errors import BballTagError, OptionError
from bball_tag.files import check_output, fitting_name, make_folder


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
        make_folder(out_dir)
        format_name = format_name or "xlsx"
        suffix = format_for(Path(), format_name).suffix
        groups = [[out_dir / fitting_name(video.stem, suffix)] for video in videos]
    check_outputs(
        [path for group in groups for path in group],
        format_name,
        lead,
        lag,
        overwrite=overwrite,
        other="another name with --out (or a folder with --out-dir)",
    )
    return groups


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
    check_number("lead", lead, 0)
    check_number("lag", lag, 0)
    formats = [format_for(path, format_name) for path in paths]
    if (lead or lag) and not any(known.is_cut_list for known in formats):
        cut_lists = ", ".join(known.name for known in FORMATS.values() if known.is_cut_list)
        raise OptionError(f"--lead and --lag only work with cut lists: {cut_lists}.")
    if format_name is not None and len({path.suffix for path in paths} - {""}) > 1:
        raise OptionError(
            "--format is one format for all files, and these differ in their suffix: give one --out with it."
        )
    for path in paths:
        if paths.count(path) > 1:
            raise BballTagError(f"Two files would be written to {path}. Give each its own name.")
        check_output(path, overwrite=overwrite, other=other)
    for path in (path for path, known in zip(paths, formats, strict=True) if known.reviewed_beside):
        _check_beside(path, overwrite=overwrite and reviewed)


def _check_beside(path: Path, *, overwrite: bool) -> None:
    """Refuse a table beside which the reviewed spans of another one lie: they would be taken for its own."""
    beside = reviewed_path(path)
    if beside.exists() and not overwrite:
        raise BballTagError(
            f"{beside} already exists: it says what was looked at in an earlier {path.name}. Choose another "
            "name, or move that file away."
        )
