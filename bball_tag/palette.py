"""The colour of each label: the same in the film, in the workbook and in charts."""

from __future__ import annotations

import zlib
from collections.abc import Sequence

from bball_tag.labels import SPACEJAM_LABELS

Colour = tuple[int, int, int]
"""Red, green and blue, 0 to 255."""

# Okabe and Ito's colours without their black, then the most distinct of Paul Tol's muted ones: people
# who see red and green alike can still tell neighbours apart.
COLOURS: tuple[Colour, ...] = (
    (230, 159, 0),
    (86, 180, 233),
    (0, 158, 115),
    (240, 228, 66),
    (0, 114, 178),
    (213, 94, 0),
    (204, 121, 167),
    (136, 204, 238),
    (153, 153, 51),
    (170, 68, 153),
    (221, 204, 119),
    (68, 170, 153),
)
BLACK: Colour = (16, 18, 22)
WHITE: Colour = (250, 250, 250)


def label_colour(label: str, labels: Sequence[str] = ()) -> Colour:
    """Return the colour of `label`.

    The ten labels of the sport have theirs wherever they come from: a table that a person edited does
    not say which labels its checkpoint knew. Others are coloured by their place in `labels`, so that
    neighbours differ, or by their name where they are not among them.
    """
    for known in (SPACEJAM_LABELS, labels):
        if label in known:
            return COLOURS[known.index(label) % len(COLOURS)]
    return COLOURS[zlib.crc32(label.encode()) % len(COLOURS)]


def ink_on(colour: Colour) -> Colour:
    """Return black or white, whichever is easier to read on `colour`."""
    red, green, blue = ((channel / 255) ** 2.2 for channel in colour)
    # The relative luminance of WCAG; at 0.18 black and white have the same contrast.
    return BLACK if 0.2126 * red + 0.7152 * green + 0.0722 * blue > 0.18 else WHITE
