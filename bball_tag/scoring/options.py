"""What a user asks for in scoring, and what an earlier run was asked for."""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, get_args

from bball_tag.checkpoint.contract import STREAMS, Precision, Stream, in_order
from bball_tag.checks import check_choice, check_number
from bball_tag.errors import OptionError
from bball_tag.files import relative_path
from bball_tag.players.crop import Box
from bball_tag.players.detect import NANO
from bball_tag.scoring.backends import Backend
from bball_tag.storage import within

log = logging.getLogger("bball_tag")
_CUTTING = ("start", "end", "roi", "court")
"""Options by which less is seen."""
LEAST_STRIDE = 0.001
"""In seconds."""
FINDING = ("roi", "detector", "detector_classes", "tiles", "court")
"""Options that say how players are found; the first one serves without that too."""
NAMING = ("teams", "roster")
"""Options that name the players that are found."""
_PLAIN = ("stride", "start", "end", "tiles", "precision", "backend")
_FILES = ("tracks", "roster")
_LISTS = ("teams", "detector_classes", "streams")


@dataclass(frozen=True, slots=True)
class ScoringOptions:
    """What a user asks for in scoring. None leaves it to the stored scores, else to the default."""

    stride: float | None = None
    """Seconds between the starts of clips; by default half a clip."""
    start: str | float | None = None
    end: str | float | None = None
    """The part of the video, in seconds or as `bball_tag.timecode.parse_time` reads it."""
    roi: Box | None = None
    """The part of the frame to look at, in pixels."""
    tracks: Path | None = None
    """A file of boxes: clips are cut for each player in it; None finds the players."""
    detector: str | None = None
    """What finds players: nano, a file or an address."""
    detector_classes: tuple[str, ...] | None = None
    """Names of the classes of a detector of one's own."""
    tiles: str | None = None
    """How frames are divided for the detector: auto, none or COLUMNSxROWS."""
    court: tuple[tuple[float, float], ...] | None = None
    """Corners of the floor in the first frame, in pixels."""
    teams: tuple[str, ...] | None = None
    """What to call the teams."""
    roster: Path | None = None
    """A person's corrections of who is who."""
    streams: tuple[Stream, ...] | None = None
    """What to look at, of what the checkpoint reads; by default all of it."""
    precision: Precision | None = None
    backend: Backend | None = None
    features: bool | None = None
    """Keep the features of clips with their scores. None keeps them where scoring begins; True also scores
    anew what was scored without them."""
    undone: frozenset[str] = frozenset()
    """Names of options that stay None, whatever the stored scores were made with."""

    def __post_init__(self) -> None:
        if self.stride is not None:
            check_number("stride", self.stride, LEAST_STRIDE)
        if self.precision is not None:
            check_choice("precision", self.precision, get_args(Precision))
        if self.backend is not None:
            check_choice("backend", self.backend, get_args(Backend))
        for stream in self.streams or ():
            check_choice("streams", stream, STREAMS)

    def as_json(self, store: Path | None) -> dict[str, object]:
        """Return the options as they are stored; files relative to the folder of `store`."""
        roi = self.roi and [self.roi.left, self.roi.top, self.roi.width, self.roi.height]
        files = {name: _stored_path(getattr(self, name), store) for name in _FILES}
        plain = {name: getattr(self, name) for name in _PLAIN}
        lists = {name: getattr(self, name) for name in _LISTS}
        detector = self.detector
        if detector is not None and _is_file(detector):
            detector = _stored_path(Path(detector), store)
        # Who once asked for features does not ask for every run to be scored anew.
        features = False if self.features is False else None
        own = {"detector": detector, "roi": roi, "court": self.court, "features": features}
        return {**plain, **files, **lists, **own}

    @classmethod
    def stored(cls, stored: Mapping[str, Any], store: Path) -> ScoringOptions:
        """Return the options that `as_json` gave for `store`."""
        court, detector = stored.get("court"), stored.get("detector")
        if detector is not None and _is_file(detector):
            detector = str(within(store.parent, detector))
        known: dict[str, Any] = {
            **{name: stored.get(name) for name in _PLAIN},
            **{name: within(store.parent, stored[name]) if stored.get(name) else None for name in _FILES},
            **{name: tuple(stored[name]) if stored.get(name) else None for name in _LISTS},
            "detector": detector,
            "roi": Box(*stored["roi"]) if stored.get("roi") else None,
            "features": stored.get("features"),
            "court": tuple((float(x), float(y)) for x, y in court) if court else None,
        }
        return cls(**known)

    def streams_of(self, reads: Collection[str]) -> tuple[Stream, ...]:
        """Return what is looked at, of the streams that a checkpoint reads.

        Raises:
            OptionError: It does not read what is asked for, or what it always reads is not asked for.
        """
        asked = in_order(reads if self.streams is None else self.streams)
        if unread := [stream for stream in asked if stream not in reads]:
            raise OptionError(
                f"This checkpoint does not read {unread[0]}, only {', '.join(reads)}: leave --streams out."
            )
        if "rgb" not in asked:
            raise OptionError(
                f"--streams {','.join(('rgb', *asked))} is meant: only the others may be left out."
            )
        return asked

    def completed(
        self, stored: Mapping[str, Any], store: Path, *, finds: bool, reads: Collection[str]
    ) -> ScoringOptions:
        """Return the options with what is None taken from an earlier run, as `as_json` gave it.

        Whoever names tracks does not want players to be found, and the other way round; where none are to be
        found (`finds`), nothing of that is taken. The classes of a detector go with it. Streams are taken if
        the checkpoint reads them all.
        """
        known, unwanted = ScoringOptions.stored(stored, store), set(self.undone)
        if self.tracks is not None or not finds:
            unwanted |= {*FINDING[1:], *NAMING}
        if self.tracks is not None:
            unwanted.add(FINDING[0])
        if any(getattr(self, name) is not None for name in (*FINDING, *NAMING)):
            unwanted.add("tracks")
        if self.detector is not None:
            unwanted.add("detector_classes")
        if not set(known.streams or ()) <= set(reads):
            unwanted.add("streams")
        taken: dict[str, Any] = {
            name: value
            for name in (*_PLAIN, *_FILES, *_LISTS, "detector", "roi", "court", "features")
            if (value := getattr(known, name)) is not None and getattr(self, name) is None
            if name not in unwanted
        }
        if taken:
            shown = ", ".join(f"{name} {_shown(value)}" for name, value in taken.items())
            log.log(
                # Nobody should wonder later why most of the video has no events.
                logging.WARNING if taken.keys() & set(_CUTTING) else logging.INFO,
                "Using the settings stored with the scores in %s: %s. Pass an option to change one; "
                "`none` removes --tracks, --roi, --court, --teams, --roster or --end.",
                store.name,
                shown,
            )
        return replace(self, **taken)


def _is_file(detector: str) -> bool:
    return detector != NANO and "://" not in detector


def _stored_path(path: Path | None, store: Path | None) -> str | None:
    if path is None:
        return None
    path = path.resolve()
    return str(relative_path(path, store.parent.resolve()) if store else path)


def _shown(value: object) -> str:
    """Return a setting as it is typed."""
    if isinstance(value, Path):
        return str(relative_path(value, Path.cwd()))
    if isinstance(value, bool):
        return "on" if value else "off"
    if not isinstance(value, tuple):
        return str(value)
    if all(isinstance(part, str) for part in value):
        return ",".join(value)
    return " ".join(f"{x:g},{y:g}" for x, y in value)
