"""Make pages of the Python API from the docstrings: `python docs/make_api_pages.py FOLDER`."""

from __future__ import annotations

import os
import pkgutil
import sys
import warnings
from pathlib import Path

# Our own modules may run programs while they are imported (matplotlib asks for the system's fonts).
os.environ.setdefault("PDOC_ALLOW_EXEC", "1")

import pdoc

import bball_tag
import bball_tag.events


def main(folder: Path) -> None:
    """Write the pages of both packages; the command line is described by its own help."""
    # pdoc looks into a module's dictionary, where lazy names are not yet.
    for module in (bball_tag, bball_tag.events):
        for name in module.__all__:
            setattr(module, name, getattr(module, name))
    # PyAV's packets are generic for type checkers only.
    warnings.filterwarnings("ignore", r"Error parsing type annotation .*av\.Packet")
    pdoc.render.configure(docformat="google", show_source=False)
    rooms = {f"bball_tag.{module.name}" for module in pkgutil.iter_modules(bball_tag.__path__)}
    inner = sorted(rooms - {"bball_tag.cli", "bball_tag.__main__"})
    # These need OpenVINO, which is not always there.
    warnings.filterwarnings("ignore", r"Couldn't import bball_tag\.scoring\.backends\.(conversion|openvino)")
    optional = ("!bball_tag.scoring.backends.conversion", "!bball_tag.scoring.backends.openvino")
    pdoc.pdoc("bball_tag", *inner, *optional, "train", output_directory=folder)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
