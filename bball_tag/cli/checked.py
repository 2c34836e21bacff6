"""What of the options of `annotate` is seen to be wrong before a video is opened, whatever the video."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from bball_tag.checks import check_number, keywords_of

if TYPE_CHECKING:
    from bball_tag.checkpoint.contract import Contract
    from bball_tag.scoring.options import ScoringOptions

_ANY_RATE = Fraction(25)
"""Frames per second: whether a time can be read does not depend on them."""


def check_for_all(given: Mapping[str, Any], *, here: bool) -> None:
    """Refuse options that no video would fit.

    Args:
        given: The keywords of `bball_tag.annotate`, with an open checkpoint.
        here: Whether this computer computes, so that it must have what computes.

    Raises:
        BballTagError: A value makes no sense, or a file that goes with every video cannot be used.
    """
    from bball_tag.given import given_chains, scoring_options
    from bball_tag.scoring.backends import check_backend, check_device
    from bball_tag.timecode import parse_time

    contract = given["checkpoint"].contract
    options = scoring_options(**keywords_of(scoring_options, given))
    check_number("batch_size", given["batch_size"], 1, whole=True)
    options.streams_of(contract.streams)
    for time in (options.start, options.end):
        if time is not None:
            parse_time(time, _ANY_RATE)
    check_device(given["device"])
    if here:
        check_backend(options.backend or "auto", given["device"], options.precision or "auto")
    given_chains(given["chains"])
    _check_rules(given, contract)
    _check_players(options, contract)


def _check_rules(given: Mapping[str, Any], contract: Contract) -> None:
    from bball_tag.events.rules import changed_rules
    from bball_tag.events.rules_file import given_rules

    rules = given_rules(given["rules"], contract.event_rules(None), contract.labels)
    changes = {name: given[name] for name in ("threshold", "min_duration", "max_gap", "multi", "top")}
    changed_rules(rules, contract.labels, **changes)


def _check_players(options: ScoringOptions, contract: Contract) -> None:
    from bball_tag.scoring.run_subjects import check_options

    check_options(options, contract.clip)
    if options.detector is not None:
        from bball_tag.players.detect import open_detector

        open_detector(options.detector, options.detector_classes)
