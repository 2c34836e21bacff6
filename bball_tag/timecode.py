"""Turn seconds and counts into what people read, and typed times back into seconds."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from fractions import Fraction
from functools import partial

from bball_tag.checks import is_number
from bball_tag.errors import OptionError
from bball_tag.faults import shown

_BROADCAST_RATES = tuple(Fraction(rate * 1000, 1001) for rate in (15, 24, 30, 48, 60, 120, 240))
"""Rates that people write as 23.976, 29.97, 59.94."""
_WHOLE_RATES = tuple(map(Fraction, (10, 12, 15, 20, 24, 25, 30, 48, 50, 60, 90, 100, 120, 200, 240)))
COMMON_RATES = _WHOLE_RATES + _BROADCAST_RATES
"""Frames per second of most videos."""
_HALF_MILLISECOND = 0.0005
LONGEST_S = 36_000_000.0
"""Ten thousand hours: no video is longer, so a later time is a mistake."""
_CLOCK = re.compile(
    r"(?:([0-9]{1,5}) days? )?(?:([0-9]{1,5}):)?([0-9]{1,3}):([0-9]{1,2}(?:[.,][0-9]{0,20})?)"
)
"""With days in front, as pandas writes a span of time."""
_SECONDS = re.compile(r"[0-9]{1,20}(?:[.,][0-9]{0,20})?|[.,][0-9]{1,20}")
_FRAMES = re.compile(r"([0-9]{1,12})f")
_RATES = "A frame rate must be above 0 and at most 1000, written as 25, 29.97 or 30000/1001"
_RATE = re.compile(r"[0-9]{1,20}(?:\.[0-9]{0,20})?(?:/[0-9]{1,20})?")


def format_time(seconds: float) -> str:
    """Return `seconds` as `H:MM:SS.mmm`, rounded once to the nearest millisecond."""
    milliseconds = round(seconds * 1000)
    sign = "-" if milliseconds < 0 else ""
    whole, thousandths = divmod(abs(milliseconds), 1000)
    return f"{sign}{whole // 3600}:{whole // 60 % 60:02d}:{whole % 60:02d}.{thousandths:03d}"


def format_clock(seconds: float) -> str:
    """Return `seconds` as `M:SS`, or `H:MM:SS` from an hour on, for messages."""
    whole = round(seconds)
    hours, minutes = whole // 3600, whole // 60 % 60
    return f"{hours}:{minutes:02d}:{whole % 60:02d}" if hours else f"{minutes}:{whole % 60:02d}"


def counted(number: int, noun: str) -> str:
    """Return `1 clip`, `2 clips`."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def listed(names: Sequence[str], most: int) -> str:
    """Return names in a line; of more than `most` the first, and how many there are besides."""
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")


def parse_time(
    time: str | float, fps: Fraction | None, time_of: Callable[[int], float] | None = None
) -> float:
    """Return the seconds meant by `time`: seconds, `[H:]MM:SS[.mmm]` or frames (`374f`).

    Some countries write a comma before the decimals.

    Args:
        time: What a user typed; a number is seconds.
        fps: Frames per second of the video, for times given in frames; None where that is not known, so that
            frames say nothing.
        time_of: Gives the seconds at which a frame is shown, where the rate varies.

    Raises:
        OptionError: `time` is none of these, or longer than any video.
    """
    typed = time.strip() if isinstance(time, str) else ""
    if time_of is None and fps is not None:
        time_of = partial(_constant, fps)
    seconds = float(time) if is_number(time) else _typed_time(typed, time_of)
    if seconds is None:
        forms = "seconds (83.5), H:MM:SS.mmm (0:01:23.500) or frames (374f)"
        if time_of is None:
            forms = "seconds (83.5) or H:MM:SS.mmm (0:01:23.500)"
        raise OptionError(f"Cannot read the time {shown(time)}. Write {forms}.")
    if seconds > LONGEST_S:
        raise OptionError(f"No video is as long as the time {shown(time)} says.")
    return seconds


def _constant(fps: Fraction, frame: int) -> float:
    return float(frame / fps)


def _typed_time(text: str, time_of: Callable[[int], float] | None) -> float | None:
    if time_of and (match := _FRAMES.fullmatch(text)):
        return time_of(int(match[1]))
    if _SECONDS.fullmatch(text):
        return float(text.replace(",", "."))
    if (match := _CLOCK.fullmatch(text)) and (seconds := float(match[4].replace(",", "."))) < 60:
        hours = int(match[1] or 0) * 24 + int(match[2] or 0)
        return hours * 3600 + int(match[3]) * 60 + seconds
    return None


def frame_at(seconds: float, fps: Fraction) -> int:
    """Return the number, from 0, of the frame nearest to `seconds` at a constant rate of `fps`."""
    return round(Fraction(seconds).limit_denominator(1_000_000) * fps)


def parse_rate(text: str) -> Fraction:
    """Return the frames per second meant by `text`; 29.97 is 30000/1001.

    Raises:
        OptionError: It is not a rate.
    """
    try:
        rate = exact_rate(text)
    except ValueError as error:
        raise OptionError(f"Cannot read the frame rate {shown(text)}. {error}.") from error
    if not rate:
        raise OptionError(f"Cannot read the frame rate {shown(text)}. {_RATES}.")
    return next((exact for exact in _BROADCAST_RATES if abs(exact - rate) < Fraction(1, 200)), rate)


def exact_rate(text: str) -> Fraction:
    """Return the frames per second that `text` says, exactly: 0 where they are unknown.

    Raises:
        ValueError: It is not a rate; the text says how to write one.
    """
    # Fraction itself also reads `1e999999999`, and takes days for it.
    number, _, divisor = text.strip().partition("/")
    if not _RATE.fullmatch(text.strip()) or (divisor and not int(divisor)):
        raise ValueError(_RATES)
    rate = Fraction(number) / int(divisor or 1)
    if rate > 1000:
        raise ValueError(_RATES)
    return rate


def infer_rate(instants: Iterable[tuple[float, float]]) -> Fraction | None:
    """Return the common frame rate by which every instant has its frame number.

    Args:
        instants: Pairs of seconds, rounded to milliseconds, and the number of the nearest frame, from 0.

    Returns:
        The rate as an exact fraction; None where none of the common rates fits all instants, or several
        do: in the first seconds of a video, 29.97 and 30 give the same frames.
    """
    fitting = list(COMMON_RATES)
    for seconds, frame in instants:
        low, high = seconds - _HALF_MILLISECOND, seconds + _HALF_MILLISECOND
        fitting = [rate for rate in fitting if frame - 0.5 <= high * rate and low * rate <= frame + 0.5]
    return fitting[0] if len(fitting) == 1 else None
