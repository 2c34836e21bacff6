"""Whose clips a run scores: players from given tracks, players that are found, or one view of the frame."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bball_tag.checkpoint.contract import Players
from bball_tag.checks import NONE
from bball_tag.clips import ClipSpec, grid_range
from bball_tag.errors import OptionError, VideoOptionError
from bball_tag.files import content_id
from bball_tag.players.choose_tiles import choose_tiles
from bball_tag.players.court import is_seen
from bball_tag.players.crop import Box, cut
from bball_tag.players.detect import NANO, Detector, open_detector
from bball_tag.players.find import PlayerFinder
from bball_tag.players.found import FoundPlayers, found_players
from bball_tag.players.identify import Player
from bball_tag.players.observation import SeenChunk
from bball_tag.players.roster import Roster, read_roster
from bball_tag.players.roster_template import write_template
from bball_tag.players.subjects import Subject, tracked_players, whole_frame
from bball_tag.players.tiles import AUTO_TILES, Tiling, parse_tiles
from bball_tag.players.track_files import check_fits, read_tracks
from bball_tag.players.tracks import Track
from bball_tag.scoring.options import FINDING, NAMING, ScoringOptions
from bball_tag.scoring.store import ScoreStore, last_seen, last_settings
from bball_tag.video.video import Video

log = logging.getLogger("bball_tag")
_NO_END = 1e9
_USUAL_PLAYERS = 10
_SAMPLED_FRAMES = 12
"""Looked at to decide on tiles."""
_CUT_BY = (
    "steady boxes, wipes, flashes, dissolves of moving people, appearance to the edge, attire, ground, "
    "as many pixels as the input has"
)
"""How found players are cut out, what ends a track, and what is kept of how people look: scores of players
who were found otherwise are another run's."""


class RunSubjects:
    """The subjects of one video, as the options say; what is wrong with them is found at once."""

    def __init__(
        self, video: Video, options: ScoringOptions, spec: ClipSpec, detector: Detector | None = None
    ) -> None:
        """Read tracks and corrections, and open the detector, where they are needed.

        Args:
            video: What is looked at.
            options: What a user asks for.
            spec: What a clip looks like.
            detector: What finds players, where it is open already.

        Raises:
            BballTagError: A file cannot be used, or an option does not fit the video or the checkpoint.
        """
        self._video, self._spec = video, spec
        self.options = options
        """What was asked for."""
        check_options(options, spec)
        _check_region(options.roi, video)
        _check_court(options.court, video)
        self.tracks = read_tracks(options.tracks, video.info.fps, video.info.times) if options.tracks else []
        check_fits(self.tracks, video.info)
        finds = spec.subject == "player" and options.tracks is None
        self.detector = (detector or detector_of(options)) if finds else None
        """What finds the players; None where nobody has to be found."""
        self.players: Players | None = "found" if finds else "given" if options.tracks else None
        """Where the players come from; None where the whole frame is looked at."""
        self._roster = read_roster(options.roster) if options.roster else None

    def fingerprint(self) -> dict[str, object]:
        """Return everything about them that changes scores, and nothing else."""
        options, roi = self.options, self.options.roi
        return {
            "region": roi and [roi.left, roi.top, roi.width, roi.height],
            "tracks": options.tracks and content_id(options.tracks),
            "finding": self.detector
            and [self.detector.id, options.tiles or AUTO_TILES, options.court, _CUT_BY],
        }

    def facts(self) -> dict[str, str]:
        """Return what a person wants to know of them."""
        facts = {
            "region": str(self.options.roi or ""),
            "tracks": self.options.tracks.name if self.options.tracks else "",
        }
        if self.detector:
            facts["detector"] = self.detector.name
        if self.options.roster:
            facts["roster"] = self.options.roster.name
        return facts

    def tiling(self, start: float, end: float) -> Tiling | None:
        """Return how frames are divided for the detector, as some from all over the part show; else None.

        Args:
            start: Begin of the part, in seconds.
            end: Its end, as far as the file says.
        """
        if self.detector is None:
            return None
        if (asked := parse_tiles(self.options.tiles or AUTO_TILES)) is not None:
            return asked
        times = start + (end - start) * (np.arange(_SAMPLED_FRAMES) + 0.5) / _SAMPLED_FRAMES
        images = [image for image in self._video.images_at(times.tolist()) if image is not None]
        seen = [cut(image, self.options.roi) for image in images] if self.options.roi else images
        return choose_tiles(self.detector, seen)

    def open(
        self, start: float, stop: float | None, tiling: Tiling | None, known: Sequence[SeenChunk] = ()
    ) -> Subjects:
        """Return whose images are to be looked at, or what finds them.

        Args:
            start: Begin of the part, in seconds.
            stop: Where to stop reading; None reads to the end of the video.
            tiling: What `tiling` returned.
            known: What an interrupted run has observed.
        """
        info, options = self._video.info, self.options
        if self.detector is not None and tiling is not None:
            log.info("Finding players with %s, tiles: %s.", self.detector.name, tiling)
            return PlayerFinder(
                info, self.detector, tiling, region=options.roi, court=options.court, known=known
            )
        span = grid_range(start, _NO_END if stop is None else stop, self._spec.fps)
        if options.tracks:
            return tracked_players(self.tracks, self._spec.fps, span)
        return whole_frame(info, options.roi, span)

    def found(self, store: ScoreStore) -> FoundPlayers | None:
        """Return who is who, and say so where there is nobody; None where nobody had to be found."""
        if self.detector is None:
            return None
        found = _found(self._video, store.read_seen(), self._spec.fps, self.options, self._roster)
        if not found.players:
            log.warning("%s: nobody who plays was found, so there are no events.", self._video.path.name)
        return found

    def write_template(self, found: FoundPlayers, path: Path) -> None:
        """Write a roster to be corrected, and a page with an image of each player, beside each other."""
        fps = self._spec.fps
        page = write_template(path, found.identities, found.pieces, found.images(self._video, fps), fps)
        log.info("Correct %s with the help of %s, and give it as --roster.", path, page)


def detector_of(options: ScoringOptions) -> Detector:
    """Open what finds players.

    Raises:
        BballTagError: It cannot be used.
    """
    return open_detector(options.detector or NANO, options.detector_classes)


def _found(
    video: Video, seen: Sequence[SeenChunk], fps: float, options: ScoringOptions, roster: Roster | None
) -> FoundPlayers:
    size = video.info.width, video.info.height
    return found_players(seen, fps, size, teams=options.teams or (), court=options.court, roster=roster)


def stored_players(video: Video, store: Path) -> StoredPlayers:
    """Return the players of a video that the last run of a store was about, as its options named them.

    Nobody where there is no such store, it is of another video, or it was not about players.

    Raises:
        BballTagError: The store, the tracks or the roster cannot be read now.
    """
    settings = last_settings(store)
    if settings.get("video") != video.content_id:
        return StoredPlayers()
    options = ScoringOptions.stored(settings, store)
    if options.tracks:
        return StoredPlayers(read_tracks(options.tracks, video.info.fps, video.info.times))
    found = stored_found(video, store)
    return StoredPlayers(found.tracks, found.players, found.cuts) if found else StoredPlayers()


def stored_found(video: Video, store: Path, roster: Path | str | None = None) -> FoundPlayers | None:
    """Return who is who among those that the last run of a store found; None where it looked for nobody.

    Args:
        video: The video.
        store: The store.
        roster: Corrections in place of those in force; `none` for none.

    Raises:
        BballTagError: The store or the roster cannot be read now.
    """
    settings = last_settings(store)
    if not (seen := last_seen(store)):
        return None
    options = ScoringOptions.stored(settings, store)
    in_force = options.roster if roster is None else roster
    corrections = read_roster(Path(in_force)) if in_force and in_force != NONE else None
    return _found(video, seen, float(settings["grid_fps"]), options, corrections)


@dataclass(frozen=True, slots=True)
class StoredPlayers:
    """What a file of events that holds no boxes needs to be drawn or cut."""

    tracks: Sequence[Track] = ()
    players: Sequence[Player] = ()
    cuts: Sequence[float] = ()


Subjects = list[Subject] | PlayerFinder


def count_clips(subjects: Subjects, span: range, stride: int) -> int:
    """Return about how many clips subjects have within grid instants `span`."""
    if isinstance(subjects, PlayerFinder):
        return len(span) * _USUAL_PLAYERS // stride
    seen = [min(subject.span.stop, span.stop) - subject.span.start for subject in subjects]
    return sum(max(length, 0) for length in seen) // stride


def check_options(options: ScoringOptions, spec: ClipSpec) -> None:
    """Refuse options that do not fit each other or the checkpoint, whatever the video.

    Raises:
        OptionError: The message says which.
    """

    def given(*names: str) -> str:
        """Return the first of some options that is given, as it is typed."""
        found = (f"--{name.replace('_', '-')}" for name in names if getattr(options, name) is not None)
        return next(found, "")

    if options.tracks and (option := given(*FINDING)):
        raise OptionError(f"{option} and --tracks exclude each other: tracks say where to look.")
    if options.tracks and (option := given(*NAMING)):
        raise OptionError(f"{option} names players that are found, but --tracks says who is who.")
    if spec.subject == "frame" and (option := given(*FINDING[1:], *NAMING)):
        raise OptionError(f"{option} is about players, but this checkpoint looks at the whole frame.")
    parse_tiles(options.tiles or AUTO_TILES)


def _check_region(box: Box | None, video: Video) -> None:
    info = video.info
    if box is None:
        return
    inside = box.left >= 0 and box.top >= 0 and box.width > 0 and box.height > 0
    if not inside or box.left + box.width > info.width or box.top + box.height > info.height:
        raise VideoOptionError(
            f"The region {box} (left, top, width, height) does not lie inside the frame of "
            f"{video.path.name}, which is {info.width}x{info.height}."
        )


def _check_court(corners: Sequence[tuple[float, float]] | None, video: Video) -> None:
    info = video.info
    if corners is not None and not is_seen(corners, (info.width, info.height)):
        raise VideoOptionError(
            f"The court {' '.join(f'{x:g},{y:g}' for x, y in corners)} lies outside of the frame of "
            f"{video.path.name}, which is {info.width}x{info.height}."
        )
