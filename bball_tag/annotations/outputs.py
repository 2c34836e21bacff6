"""Which files are written for which video, decided and checked before any work."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from bball_tag.annotations.formats import format_for
from bball_tag.errors import BballTagError
from bball_tag.files import check_output


def plan_outputs(
    videos: Sequence[Path],
    out: Sequence[Path],
    out_dir: Path | None,
    format_name: str | None,
    *,
    overwrite: bool,
) -> list[list[Path]]:
    """Return the files that are written for each video.

    Args:
        videos: What is annotated.
        out: Files for a single video; the suffix picks the format.
        out_dir: A folder that gets one file for each video.
        format_name: The format, where a suffix does not say.
        overwrite: Whether files that exist may be replaced.

    Raises:
        BballTagError: A format is unknown, two videos would share a file, or one cannot be written.
    """
    if out_dir is None:
        groups = [list(out)]
        for path in out:
            format_for(path, format_name)
    else:
        if not out_dir.is_dir():
            raise BballTagError(f"Cannot write to {out_dir}: there is no such folder. Make it first.")
        suffix = format_for(Path(), format_name or "xlsx").suffix
        groups = [[out_dir / f"{video.stem}{suffix}"] for video in videos]
    paths = [path for group in groups for path in group]
    if twice := sorted({str(path) for path in paths if paths.count(path) > 1}):
        raise BballTagError(f"Two files would be written to {twice[0]}. Rename one, or run them apart.")
    for path in paths:
        check_output(path, overwrite=overwrite)
    return groups
