"""The events of one video, and the files that they are written to and read from.

A format is one line in the table `FORMATS`; the suffix of a file picks it.
"""

from __future__ import annotations

from bball_tag.annotations.annotation import Annotation
from bball_tag.annotations.format_files import read_annotation, write_annotation
from bball_tag.annotations.formats import FORMATS, Format, format_for

__all__ = ["FORMATS", "Annotation", "Format", "format_for", "read_annotation", "write_annotation"]
