"""What was judged, as an ordinary annotation in any format."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bball_tag.annotations.formats import BESIDE, FORMATS, format_for
from bball_tag.annotations.reviewed import reviewed_path
from bball_tag.errors import BballTagError, OptionError
from bball_tag.review.corrected import WHICH, corrected
from bball_tag.review.material import Material
from bball_tag.review.rosters import write_names
from bball_tag.review.state import State

_CORRECTED = "corrected"


class ExistsError(BballTagError):
    """A file would be replaced."""


@dataclass(frozen=True, slots=True)
class Export:
    """What a person asks for."""

    name: str = ""
    """Name of the file, which lies beside the events."""
    format: str | None = None
    which: str = "accepted"
    """`accepted`, or `all`: also what is not judged yet."""
    overwrite: bool = False


def default_name(material: Material) -> str:
    """Return what an export is called where nobody names it, in a format that can be read again."""
    suffix = material.base.suffix.lower()
    complete = {kind.suffix for kind in FORMATS.values() if kind.read}
    stem = material.base.stem if material.base.suffix else material.base.name
    return f"{stem}.{_CORRECTED}{suffix if suffix in complete else '.xlsx'}"


def export(material: Material, state: State, wanted: Export) -> dict[str, Any]:
    """Write what was judged, and the roster if anybody was named; return what was written.

    Raises:
        ExistsError: A file is there, and is not to be replaced.
        BballTagError: The name or format cannot be used, or a file cannot be written.
    """
    folder = material.base.resolve().parent
    if wanted.which not in WHICH:
        raise OptionError(f"Export {' or '.join(WHICH)} events, not {wanted.which!r}.")
    name = wanted.name
    if name in ("", "..") or Path(name).name != name or not {"\\", "\0"}.isdisjoint(name):
        raise OptionError(f"Give the name of a file, which is written to {folder}: no folders in it.")
    suffix = format_for(Path(name), wanted.format).suffix
    if Path(name).suffix.lower() != suffix.lower():
        raise OptionError(f"Give a name that ends in {suffix}, as such files do.")
    files = write_corrected(material, state, [folder / name], wanted)
    can_learn = format_for(files[0], wanted.format).read is not None and material.store is not None
    given = shlex.join([name, "--video", material.video.path.name])
    return {
        "files": [path.name for path in files],
        "folder": str(folder),
        "next": f"bball-tag learn {given} --out mine.safetensors" if can_learn else "",
    }


def write_corrected(material: Material, state: State, paths: Sequence[Path], wanted: Export) -> list[Path]:
    """Write what was judged to files, and the roster if anybody was named; return all of them.

    Raises:
        ExistsError: A file is there, and is not to be replaced.
        BballTagError: A format cannot be used, or a file cannot be written.
    """
    for path in paths:
        if path.exists():
            reviewed = (material.actions, material.video.path, material.store, material.roster)
            if any(known.exists() and path.samefile(known) for known in reviewed if known is not None):
                raise OptionError(f"{path.name} is what is reviewed: choose another name.")
            if not wanted.overwrite:
                raise ExistsError(f"{path.name} is there already. Choose another name, or replace it.")
    annotation = corrected(material, state, with_open=wanted.which == "all")
    written = annotation.write(*paths, format=wanted.format, overwrite=wanted.overwrite)
    if annotation.reviewed:
        kinds = ((path, format_for(path, wanted.format)) for path in paths)
        written += [reviewed_path(path) for path, kind in kinds if kind.has(BESIDE)]
    roster = write_names(material, state.names)
    return [*written, roster] if roster is not None else written
