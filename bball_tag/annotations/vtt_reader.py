"""Read WebVTT, ours and that of other programs, in time that grows with its length and no faster."""

from __future__ import annotations

import html
import logging
import re
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

from bball_tag.annotations.annotation import Annotation
from bball_tag.annotations.escaping import one_line, player_id
from bball_tag.annotations.game_time_text import split_timed
from bball_tag.events import Event, in_order
from bball_tag.faults import Faults, FormError
from bball_tag.text_files import read_text
from bball_tag.timecode import LONGEST_S
from bball_tag.video.info import VideoInfo

log = logging.getLogger("bball_tag")
_LINE_END = re.compile(r"\r\n|\r|\n")
"""The only ones of WebVTT; Python knows others, which may stand in a text."""
_TIME = r"(?:([0-9]{1,5}):)?([0-9]{2}):([0-9]{2})\.([0-9]{3})"
_TIMING = re.compile(rf"{_TIME}[ \t]+-->[ \t]+{_TIME}(?:[ \t].*)?")
_TAG = re.compile(r"<([^<>]*)>")
_VOICE = re.compile(r"v(?:\.\S*)?[ \t]+(.*)", re.DOTALL)
_SHARE = re.compile(r"(?:0?\.[0-9]{1,9}|1\.0{1,9})")
"""A confidence as it is written; `(5)` and `(2019)` are parts of a label."""


def read_vtt(path: Path, fps: Fraction) -> Annotation:
    """Read the cues of a WebVTT file.

    A voice is the player, a fraction in brackets at the end of the text is the confidence, and `[Q1 7:32.4]`
    at its start the game time. A cue of several voices becomes an event of each. Both this and cues without
    text are warned of.

    Raises:
        FormError: It is not WebVTT, or cues are invalid, named by their lines.
    """
    lines = _LINE_END.split(read_text(path))
    if not re.match(r"WEBVTT(\s|$)", lines[0]):
        raise FormError("its first line is not WEBVTT")
    faults = Faults()
    events: list[Event] = []
    for number, timing, text in _cues(lines):
        with faults.gathered(f"line {number}"):
            events += _cue_events(f"{path.name}, line {number}", timing, text)
    faults.check()
    return Annotation(VideoInfo.unknown(fps=fps), in_order(events))


def _cues(lines: list[str]) -> Iterator[tuple[int, str, str]]:
    """Yield the number of each line with times, the line, and the text below it."""
    number = 1
    while number < len(lines):
        first = number
        number += 1
        if "-->" in lines[first]:
            while number < len(lines) and lines[number].strip():
                number += 1
            yield first + 1, lines[first].strip(), " ".join(lines[first + 1 : number])


def _cue_events(where: str, timing: str, text: str) -> Iterator[Event]:
    match = _TIMING.fullmatch(timing)
    if not match:
        raise FormError(f"{timing[:60]!r} is not 00:00:12.480 --> 00:00:14.560")
    start, end = _seconds(match.groups()[:4]), _seconds(match.groups()[4:])
    if end < start:
        raise FormError("the end is before the start")
    if end > LONGEST_S:
        raise FormError("the end is later than that of any video")
    spoken = list(_spoken(text))
    if not spoken:
        log.warning("%s: the cue has no text, and no event was made of it.", where)
    if len(spoken) > 1:
        log.warning("%s: the cue has %d voices, and an event was made of each.", where, len(spoken))
    for player, words in spoken:
        label, confidence = _split_confidence(words)
        at, label = split_timed(label)
        middle = (start + end) / 2
        yield Event(label, start, end, confidence, confidence, middle, 0, player, game_time=at)


def _seconds(parts: tuple[str | None, ...]) -> float:
    hours, minutes, seconds, thousandths = (int(part or 0) for part in parts)
    return (((hours * 60 + minutes) * 60 + seconds) * 1000 + thousandths) / 1000


def _spoken(text: str) -> Iterator[tuple[str, str]]:
    """Yield the player and the words of each voice, without other tags; words of nobody have no player."""
    player, words = "", ""
    # Words and tags in turns.
    for index, part in enumerate([*_TAG.split(text), "/v"]):
        if index % 2 == 0:
            words += part
            continue
        voice = _VOICE.fullmatch(part)
        if voice or part == "/v":
            if spoken := one_line(_unescaped(words)):
                yield player, spoken
            player, words = player_id(one_line(_unescaped(voice[1]))) if voice else "", ""


def _unescaped(text: str) -> str:
    try:
        return html.unescape(text)
    except ValueError as error:
        # A character whose number has thousands of digits.
        raise FormError("it has a reference to a character that there is not") from error


def _split_confidence(text: str) -> tuple[str, float]:
    """Return the label and the confidence behind it, 1 if there is none."""
    label, bracket, share = text.removesuffix(")").rpartition("(")
    if not (bracket and text.endswith(")") and label.strip() and _SHARE.fullmatch(share)):
        return text, 1.0
    return label.strip(), float(share)
