"""XML files: those that people bring, parsed within bounds, and ours."""

from __future__ import annotations

from pathlib import Path
from typing import TextIO
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from bball_tag.faults import FormError

_MOST_BYTES = 64 << 20
_MOST_TAGS = 5_000_000
"""Those of 150,000 events, which become some hundred megabytes of elements."""


def parse_xml(path: Path) -> Element:
    """Return the root of an XML file.

    Raises:
        FormError: It is not XML, or too large.
    """
    if not path.is_file():
        raise FormError("it is not a file on a disk")
    if path.stat().st_size > _MOST_BYTES:
        raise FormError(f"it has more than {_MOST_BYTES >> 20} MiB, too much for a file of its kind")
    with path.open("rb") as file:
        tags = sum(block.count(b"<") for block in iter(lambda: file.read(1 << 20), b""))
    if tags > _MOST_TAGS:
        raise FormError(f"it has more than {_MOST_TAGS:,} tags, too many for a file of its kind")
    try:
        # Expat itself stops where entities grow out of proportion.
        return ElementTree.parse(path).getroot()
    except (ElementTree.ParseError, LookupError, ValueError) as error:
        raise FormError(f"it is not XML ({error})") from error


def write_xml(root: Element, file: TextIO, doctype: str = "", encoding: str = "utf-8") -> None:
    """Write a document with its parts indented; characters that `encoding` lacks become references."""
    ElementTree.indent(root)
    body = ElementTree.tostring(root, encoding, xml_declaration=False).decode(encoding)
    file.write(f'<?xml version="1.0" encoding="UTF-8"?>\n{doctype}{body}\n')
