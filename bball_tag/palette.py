"""The colour of each label: the same on video, in the workbook and in charts."""

from __future__ import annotations

import zlib
from collections.abc import Sequence

from bball_tag.labels import SPACEJAM_LABELS

Colour = tuple[int, int, int]
"""Red, green and blue, 0 to 255."""

# Near Okabe and Ito's hues, and moved until any two differ by a CIEDE2000 of at least 14, also to people
# who see red and green alike (tests/unit/test_palette.py measures it).
COLOURS: tuple[Colour, ...] = (
    (209, 143, 24),
    (141, 163, 253),
    (51, 160, 124),
    (255, 227, 30),
    (0, 84, 176),
    (167, 86, 41),
    (154, 118, 156),
    (61, 249, 252),
    (82, 79, 83),
    (190, 229, 178),
    (186, 180, 182),
    (135, 96, 247),
)
BLACK: Colour = (16, 18, 22)
GREY: Colour = (64, 68, 76)
WHITE: Colour = (250, 250, 250)


def label_colour(label: str, labels: Sequence[str] = ()) -> Colour:
    """Return the colour of `label`.

    SpaceJam's ten labels have the same colours everywhere: a table that a person edited does not list the
    labels of its checkpoint. Other labels are coloured by their index in `labels`, so that neighbours
    differ, or by their name if they are not listed.
    """
    for known in (SPACEJAM_LABELS, labels):
        if label in known:
            return COLOURS[known.index(label) % len(COLOURS)]
    return COLOURS[zlib.crc32(label.encode()) % len(COLOURS)]


def hex_colour(colour: Colour) -> str:
    """Return `#RRGGBB`."""
    return f"#{bytes(colour).hex().upper()}"


def colour_of(text: str) -> Colour:
    """Return the colour written as `#RRGGBB`.

    Raises:
        ValueError: It is not written so.
    """
    try:
        red, green, blue = bytes.fromhex(text.removeprefix("#"))
    except ValueError:
        raise ValueError(f"{text!r} is not a colour such as #1A2B3C") from None
    return red, green, blue


def ink_on(colour: Colour) -> Colour:
    """Return black or white, whichever is easier to read on `colour`."""
    red, green, blue = ((channel / 255) ** 2.2 for channel in colour)
    # The relative luminance of WCAG; at 0.18 black and white have the same contrast.
    return BLACK if 0.2126 * red + 0.7152 * green + 0.0722 * blue > 0.18 else WHITE
