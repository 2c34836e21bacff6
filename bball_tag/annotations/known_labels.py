"""Labels that are spelled almost like known ones: slips of a person who corrected a table."""

from __future__ import annotations

import logging
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from difflib import SequenceMatcher

from bball_tag.annotations.cells import TableRow
from bball_tag.faults import Faults

log = logging.getLogger("bball_tag")
_CLOSE = 0.8
"""Share of letters in common from which two labels are taken for one: `dribbel` has 0.86 of `dribble`."""
_LONGEST, _MOST = 60, 50
"""Longer labels, or more of them, are compared with nothing: they are not slips, and would take long."""


def check_labels(table: Sequence[TableRow], known: Sequence[str], faults: Faults) -> None:
    """Note labels that are almost known ones; where nothing says which are known, warn of almost equal ones.

    Args:
        table: The rows.
        known: Every label that there was when the table was written; empty if nothing says so.
        faults: Gets a fault for each cell.
    """
    labels = [row.text_as_it_is("label") for row in table]
    counts = Counter(filter(None, labels))
    if known:
        meant = {label: _meant(label, known) for label in list(counts.keys() - set(known))[:_MOST]}
        for row, label in zip(table, labels, strict=True):
            if meant.get(label):
                row.fault(
                    "label",
                    f"the label {label!r} is new. Did you mean {meant[label]!r}? If not, add {label!r} to "
                    "the column 'label' of the sheet Summary",
                )
        if new := [label for label, other in meant.items() if not other]:
            log.info("New labels, which the table had not before: %s.", ", ".join(map(repr, sorted(new))))
    elif len(counts) <= _MOST:
        for label, count in counts.items():
            commoner = [other for other, its in counts.items() if its > count]
            if other := _meant(label, commoner):
                log.warning(
                    "The label %r is almost %r, which %d other rows have. Is it the same?",
                    label,
                    other,
                    counts[other],
                )


def _meant(label: str, known: Iterable[str]) -> str:
    """Return the known label that is closest; empty if none is close."""
    best, meant = 0.0, ""
    for other in known:
        if max(len(label), len(other)) <= _LONGEST and (close := _closeness(label, other)) > best:
            best, meant = close, other
    return meant if best >= _CLOSE else ""


def _closeness(one: str, other: str) -> float:
    one, other = " ".join(one.casefold().split()), " ".join(other.casefold().split())
    # `2 points` is no slip of `3 points`.
    if re.sub(r"\D", "", one) != re.sub(r"\D", "", other):
        return 0.0
    return 1.0 if one == other else SequenceMatcher(None, one, other, autojunk=False).ratio()
