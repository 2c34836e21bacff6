"""The events of one video: the type that everything writes, reads and renders."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from bball_tag.annotations.chains import DEFAULT_CHAINS, ChainRule, find_chains
from bball_tag.annotations.game_files import GameFile
from bball_tag.annotations.reviewed import Reviewed
from bball_tag.annotations.stamps import stamped, with_periods
from bball_tag.checks import Outside, as_path
from bball_tag.errors import AnnotationError
from bball_tag.events import Event, EventRules, Scores, find_events, in_order
from bball_tag.events.rules import ByLabel, changed_rules
from bball_tag.events.rules_file import given_rules
from bball_tag.timecode import format_clock

if TYPE_CHECKING:
    from pandas import DataFrame

    from bball_tag.annotations.statistics import Statistics
    from bball_tag.game_time import Period
    from bball_tag.players.identify import Player
    from bball_tag.players.tracks import Track
    from bball_tag.video.info import VideoInfo

UNSURE = 0.5
"""A confidence below it is marked as low, where labels are to be believed with caution."""


@dataclass(frozen=True, slots=True, repr=False)
class Annotation:
    """The events of one video, with where they came from. Iterating gives the events."""

    video: VideoInfo
    """What is known about the video."""
    events: Sequence[Event]
    """Sorted by start."""
    labels: tuple[str, ...] = ()
    """Every label of the checkpoint, in its order."""
    rules: EventRules = field(default_factory=EventRules)
    checkpoint: str = ""
    """Name and id of the checkpoint, empty when the events came from elsewhere."""
    caution: str = ""
    """What to know before believing the labels, in a line; empty where nothing is."""
    version: str = ""
    """Version of bball-tag that made the events."""
    settings: Mapping[str, str] = field(default_factory=dict)
    """Further facts about the run, for people to read: stride, region, device, library versions."""
    tracks: Sequence[Track] = field(default=(), compare=False)
    """The players' boxes, if there are any."""
    players: Sequence[Player] = ()
    """Who was found in the video; empty where nobody was looked for, or tracks were given."""
    cuts: Sequence[float] = ()
    """Seconds at which another shot begins, ascending; empty too where nobody looked for them."""
    reviewed: Sequence[Reviewed] = ()
    """What a person looked at, sorted by start: only there is silence a "no"."""
    periods: Sequence[Period] = ()
    """The periods of the game, sorted by start; empty where nobody gave them."""
    outside: Outside = "keep"
    """What becomes of events outside of all periods: they are kept, marked or dropped."""
    chain_rules: Sequence[ChainRule] = DEFAULT_CHAINS
    """Which actions that follow each other are counted and listed."""
    files: Sequence[GameFile] = ()
    """The files of a game that has several, in order; empty where `video` is one file."""
    clips: Sequence[Path | None] = ()
    """The clip cut for each event, if clips were made; else empty."""
    scores: Scores | None = field(default=None, compare=False)
    """The scores that the events were decided from; None if they were read from a file."""

    def __len__(self) -> int:
        return len(self.events)

    def __iter__(self) -> Iterator[Event]:
        return iter(self.events)

    def __repr__(self) -> str:
        """Return one line: all events, boxes and scores would flood a notebook."""
        players = len({event.player for event in self if event.player})
        return (
            f"<Annotation video={self.video.name!r} duration={format_clock(self.end())} events={len(self)} "
            f"players={players} scores={'no' if self.scores is None else 'yes'}>"
        )

    def _repr_html_(self) -> str:
        """Return a table of the first events and the timeline, for notebooks."""
        from bball_tag.annotations.notebook import as_html

        return as_html(self)

    def decide(
        self,
        threshold: ByLabel | None = None,
        min_duration: ByLabel | None = None,
        max_gap: ByLabel | None = None,
        *,
        rules: EventRules | str | Path | None = None,
        multi: bool | None = None,
        top: int | None = None,
    ) -> Annotation:
        """Return other events from the same scores; what is None stays as it was decided before.

        Args:
            threshold: Probability at which an event begins, for every label or by label (`*` for others).
            min_duration: Drop shorter events, in seconds, likewise.
            max_gap: Join events of one label and player at most this far apart, in seconds, likewise.
            rules: Rules to start from, or a file of them (`bball-tag tune`).
            multi: Whether a player may do several things at once.
            top: Keep this number of events of each label, those of the highest confidence.

        Raises:
            BballTagError: There are no scores, or a rule is impossible.
        """
        if self.scores is None:
            raise AnnotationError(
                "Cannot decide again: these events carry no scores, as they were read from a file. "
                "Annotate the video with scores=FILE, which takes seconds if the scores are stored there."
            )
        base = given_rules(rules, self.rules, self.labels)
        decided = changed_rules(base, self.labels, threshold, min_duration, max_gap, multi=multi, top=top)
        events = with_teams(find_events(self.scores, decided), self.players, self.tracks)
        return stamped(replace(self, events=events, rules=decided, clips=()))

    def with_periods(self, periods: Iterable[Period], outside: Outside = "keep") -> Annotation:
        """Return a copy in which every event has its period and game clock.

        Args:
            periods: The periods of the game; `annotations.periods.read_periods` reads them from a file.
            outside: What becomes of events outside of all periods: keep them without a game time, mark them
                (their period is `outside`), or drop them.

        Raises:
            BballTagError: Periods overlap or are not those of this video.
        """
        return with_periods(self, periods, outside)

    def as_chains(self) -> Annotation:
        """Return the chains of these events as events, labelled by their rules: to be cut out, or a reel."""
        events = [chain.as_event() for chain in find_chains(self.events, self.chain_rules)]
        labels = tuple(rule.name for rule in self.chain_rules)
        return replace(self, events=in_order(events), labels=labels, clips=(), scores=None)

    def statistics(self) -> Statistics:
        """Return totals by team, player, label and period, and the chains of `chain_rules`."""
        from bball_tag.annotations.statistics import statistics_of

        return statistics_of(self)

    def write(
        self,
        *paths: str | Path,
        format: str | None = None,
        lead: float = 0.0,
        lag: float = 0.0,
        overwrite: bool = False,
    ) -> list[Path]:
        """Write the events to files and return their paths.

        All paths are checked before the first file is written, and each file appears whole or not at all. Of
        a game in several videos, formats that know one video have a file for each: `out.first.eaf`.

        Args:
            paths: Where to write; the suffix picks the format.
            format: The format, where the suffix does not say.
            lead: Pad the start of each event, in seconds (cut lists only).
            lag: Pad the end of each event, in seconds (cut lists only).
            overwrite: Replace files that exist.

        Raises:
            BballTagError: A format is unknown or cannot hold these events, or a file cannot be written.
        """
        from bball_tag.annotations.format_files import check_needs, write_annotation
        from bball_tag.annotations.game_outputs import parts_of
        from bball_tag.annotations.outputs import check_outputs

        parts = [part for path in paths for part in parts_of(self, as_path("path", path), format)]
        targets = [path for _, path in parts]
        check_outputs(targets, format, lead, lag, overwrite=overwrite, reviewed=bool(self.reviewed))
        for part, path in parts:
            check_needs(part, path, format)
        for part, path in parts:
            write_annotation(part, path, format, lead=lead, lag=lag)
        return targets

    def to_dataframe(self) -> DataFrame:
        """Return a pandas DataFrame with a row for each event and the columns of the CSV file.

        `start` and `end` are timedeltas, frames are nullable integers (missing if the rate is unknown),
        and there is a column `clip` if clips were made.
        """
        from bball_tag.annotations.table import as_dataframe

        return as_dataframe(self)

    def is_unsure(self, event: Event) -> bool:
        """Say whether an event is more likely wrong than right, by an annotation with a caution."""
        return bool(self.caution) and event.confidence < UNSURE

    def all_labels(self) -> list[str]:
        """Return the checkpoint's labels in its order, then further labels of events, by name."""
        return [*self.labels, *sorted({event.label for event in self.events} - set(self.labels))]

    def end(self) -> float:
        """Return the seconds to the end of the video, or of the last event if that is later."""
        return max([self.video.duration, *(event.end for event in self.events)])

    def num_frames(self) -> int:
        """Return the length of the video in frames at its mean rate, which must be known.

        It is at least what the events and tracks need.
        """
        video = self.video
        ends = [video.frame_at(event.end) for event in self.events]
        ends += [video.frame_at(float(track.times[-1])) + 1 for track in self.tracks if len(track.times)]
        return max(1, video.frame_at(video.duration) or video.num_frames or 0, *ends)

    def widened(self, lead: float, lag: float) -> Annotation:
        """Return a copy in which each event begins `lead` seconds earlier and ends `lag` seconds later.

        Events stay within the video; one that already ends after it keeps its end.
        """
        stop = self.video.duration or float("inf")
        events = [
            replace(event, start=max(0.0, event.start - lead), end=max(event.end, min(stop, event.end + lag)))
            for event in self.events
        ]
        return replace(self, events=events)


def with_teams(events: Iterable[Event], players: Iterable[Player], tracks: Iterable[Track]) -> list[Event]:
    """Return the events with the teams of their players: those of `players`, else those of `tracks`."""
    teams = {**{track.id: track.team for track in tracks}, **{player.id: player.team for player in players}}
    return [replace(event, team=teams.get(event.player, "")) for event in events]
