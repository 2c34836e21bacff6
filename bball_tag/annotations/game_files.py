"""A game in several files, as halves or the chapters of a camera: one game with one clock.

Its seconds are counted through: the second file begins where the first ends.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import takewhile
from pathlib import Path
from typing import TYPE_CHECKING

from bball_tag.annotations.stamps import joined_periods, moved_period, periods_between, periods_until_end
from bball_tag.annotations.video_names import names_of_videos
from bball_tag.errors import AnnotationError
from bball_tag.faults import FormError, shown
from bball_tag.video.info import TIME_TOLERANCE_S, VideoInfo

if TYPE_CHECKING:
    from bball_tag.annotations.annotation import Annotation
    from bball_tag.events import Event
    from bball_tag.players.tracks import Track


_FILE = " (file {})"
"""Behind the number of a player who was found in one of the files."""
_NUMBERED = re.compile(r" \(file [0-9]+\)$")


@dataclass(frozen=True, slots=True)
class GameFile:
    """One file of a game."""

    path: Path | None
    start: float
    """Seconds of the game at its first frame."""
    duration: float
    """Seconds from its first frame to its end."""
    info: VideoInfo | None = field(default=None, compare=False, repr=False)
    """Its frame rate, size and frames, where they are known."""

    @property
    def video(self) -> VideoInfo:
        """What is known of it as a video."""
        return self.info or VideoInfo.unknown(self.path, duration=self.duration)

    @property
    def end(self) -> float:
        """Seconds of the game at its end."""
        return self.start + self.duration

    @property
    def name(self) -> str:
        """What to call it in a table."""
        return self.path.name if self.path else ""


def files_of(videos: Sequence[VideoInfo]) -> tuple[GameFile, ...]:
    """Return the files of a game, given its videos in order.

    Raises:
        AnnotationError: Nobody knows how long one of them is, so that the next could not begin.
    """
    files: list[GameFile] = []
    for video in videos:
        if not video.duration:
            raise AnnotationError(
                f"Nothing says how long {video.name} is, and the next file of the game begins at its end. "
                "Convert it with --video VIDEO to a workbook or JSON, which keep that."
            )
        start = files[-1].end if files else 0.0
        files.append(GameFile(video.path, start, video.duration, video))
    return tuple(files)


def file_number(files: Sequence[GameFile], text: str) -> int:
    """Return the index of the file that a person means by its number, from 1, or its name.

    Raises:
        FormError: There is none, or several have the name.
    """
    names = [index for index, file in enumerate(files) if text in (file.name, str(file.path))]
    if len(names) == 1:
        return names[0]
    if not names and text.isdecimal() and 1 <= int(text[:4]) <= len(files):
        return int(text) - 1
    known = ", ".join(f"{number} ({file.name})" for number, file in enumerate(files, start=1))
    raise FormError(f"{shown(text)} is not a file of the game: {known or 'it has one file only'}")


def file_at(files: Sequence[GameFile], seconds: float) -> GameFile:
    """Return the file in which a second of the game lies; the last one for what is after its end."""
    return next((file for file in reversed(files) if file.start <= seconds + TIME_TOLERANCE_S), files[0])


def joined(parts: Sequence[Annotation], files: Sequence[GameFile], *, names_hold: bool = False) -> Annotation:
    """Return one annotation of a game, given one of each of its files.

    A player who was found, and nobody named in a roster, is another one in each file: `7 (file 2)`. With
    `names_hold` a name means one person in all of them.
    """
    first = parts[0]
    moved = [
        moved_by(part, file.start, {} if names_hold else _numbered(part, number))
        for number, (part, file) in enumerate(zip(parts, files, strict=True), start=1)
    ]
    players = {player.id: player for part in moved for player in part.players}
    settings = {
        f"{name} (file {number})": value
        for number, part in enumerate(parts, start=1)
        for name, value in part.settings.items()
    }
    clips = [clip for part in parts for clip in part.clips or [None] * len(part)]
    labels = tuple(dict.fromkeys(label for part in parts for label in part.labels))
    return replace(
        first,
        video=VideoInfo.unknown(duration=files[-1].end),
        events=[event for part in moved for event in part],
        labels=labels,
        caution=next((part.caution for part in parts if part.caution), ""),
        settings=settings,
        tracks=_one_each([track for part in moved for track in part.tracks]),
        players=tuple(players.values()),
        cuts=[cut for part in moved for cut in part.cuts],
        reviewed=[span for part in moved for span in part.reviewed],
        periods=joined_periods(
            [
                moved_period(period, file.start)
                for part, file in zip(parts, files, strict=True)
                for period in periods_until_end(part.periods, file.video)
            ]
        ),
        files=tuple(files),
        clips=clips if any(clips) else (),
        scores=None,
    )


def of_video(whole: Annotation, video: VideoInfo) -> Annotation:
    """Return what an annotation says about a video: all, or of a game in several files what is of that one.

    Raises:
        AnnotationError: The video is none of them.
    """
    return of_file(whole, number_of_video(whole.files, video)) if whole.files else whole


def number_of_video(files: Sequence[GameFile], video: VideoInfo) -> int:
    """Return the index of the file that a video is.

    Raises:
        AnnotationError: It is none of them, or several could be meant.
    """
    # Recordings in folders of their own may all have one name, and the folders may lie elsewhere by now.
    alike = [(file.path == video.path, _parts_in_common(file.path, video.path)) for file in files]
    best = max(alike, default=(False, 0))
    try:
        is_clear = best[1] > 1 and alike.count(best) == 1
        return alike.index(best) if is_clear else file_number(files, video.name)
    except FormError as error:
        raise AnnotationError(f"These events are of a game in several files: {error}.") from error


def _parts_in_common(one: Path | None, other: Path | None) -> int:
    """Return how many last parts of two paths are equal: 2 for `/a/b/v.mp4` and `b/v.mp4`."""
    pairs = zip(reversed(one.parts if one else ()), reversed(other.parts if other else ()), strict=False)
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))


def of_file(whole: Annotation, index: int) -> Annotation:
    """Return what a game's annotation says about one of its files, in the seconds of that file.

    Events keep their game time, which the file alone would not give. Players who were found lose the number
    of the file behind theirs.
    """
    part, ending = one_video(whole, index), _FILE.format(index + 1)
    who = {event.player for event in part} | {player.id for player in part.players}
    who |= {track.id for track in part.tracks}
    return moved_by(part, 0.0, {name: name.removesuffix(ending) for name in who})


def videos_apart(annotation: Annotation) -> list[Annotation]:
    """Return what an annotation says about each video, in the seconds of each; players keep their names."""
    return [one_video(annotation, index) for index in range(len(annotation.files))] or [annotation]


def each_video(whole: Annotation, change: Callable[[Annotation], Annotation]) -> Annotation:
    """Return an annotation of whose videos each was changed in its own seconds; players keep their names."""
    parts = [change(part) for part in videos_apart(whole)]
    if not whole.files:
        return parts[0]
    again = joined(parts, files_of([part.video for part in parts]), names_hold=True)
    return replace(again, settings=whole.settings)


def game_name(annotation: Annotation) -> str:
    """Return what to call a game: the name of its video, or those of several."""
    files = annotation.files or (annotation,)
    return " + ".join(names_of_videos([one.video.path for one in files]))


def one_video(whole: Annotation, index: int) -> Annotation:
    """Return what a game's annotation says about one of its files, with the players' names of the game."""
    file = whole.files[index]
    mine = [at for at, event in enumerate(whole) if file_at(whole.files, event.start) is file]
    part = replace(
        whole,
        events=[whole.events[at] for at in mine],
        clips=[whole.clips[at] for at in mine] if whole.clips else (),
        tracks=[cut for track in whole.tracks if len((cut := _between(track, file)).times)],
        cuts=[cut for cut in whole.cuts if file_at(whole.files, cut) is file],
        reviewed=[
            replace(span, start=max(span.start, file.start), end=min(span.end, file.end))
            for span in whole.reviewed
            if span.start < file.end - TIME_TOLERANCE_S and span.end > file.start + TIME_TOLERANCE_S
        ],
        players=[
            player
            for player in whole.players
            if player.id.endswith(_FILE.format(index + 1)) or not _NUMBERED.search(player.id)
        ],
        video=file.video,
        periods=periods_between(whole.periods, file.start, file.end),
        files=(),
    )
    return moved_by(part, -file.start, {})


def _numbered(part: Annotation, number: int) -> dict[str, str]:
    """Return the names that players of a part get, by those that they have."""
    if "roster" in part.settings:
        return {}
    return {player.id: player.id + _FILE.format(number) for player in part.players if player.id.isdecimal()}


def moved_by(part: Annotation, seconds: float, names: Mapping[str, str]) -> Annotation:
    """Return a part with its times moved, and with players renamed."""

    def moved(event: Event) -> Event:
        start, end, peak = (max(0.0, time + seconds) for time in (event.start, event.end, event.peak))
        return replace(event, start=start, end=end, peak=peak, player=names.get(event.player, event.player))

    return replace(
        part,
        events=[moved(event) for event in part],
        tracks=[
            replace(track, id=names.get(track.id, track.id), times=track.times + seconds)
            for track in part.tracks
        ],
        players=[replace(player, id=names.get(player.id, player.id)) for player in part.players],
        cuts=[max(0.0, cut + seconds) for cut in part.cuts],
        reviewed=[
            replace(
                span,
                start=max(0.0, span.start + seconds),
                end=span.end + seconds,
                player=names.get(span.player, span.player),
            )
            for span in part.reviewed
        ],
    )


def _between(track: Track, file: GameFile) -> Track:
    inside = (track.times >= file.start - TIME_TOLERANCE_S) & (track.times < file.end - TIME_TOLERANCE_S)
    moves = None if track.moves is None else track.moves[inside]
    return replace(track, times=track.times[inside], boxes=track.boxes[inside], moves=moves)


def _one_each(tracks: Sequence[Track]) -> list[Track]:
    """Return one track for each player, who may be in several files."""
    import numpy as np

    by_id: dict[str, list[Track]] = {}
    for track in tracks:
        by_id.setdefault(track.id, []).append(track)
    whole = []
    for mine in by_id.values():
        moves = [track.moves for track in mine if track.moves is not None]
        whole.append(
            replace(
                mine[0],
                times=np.concatenate([track.times for track in mine]),
                boxes=np.concatenate([track.boxes for track in mine]),
                moves=np.concatenate(moves) if len(moves) == len(mine) else None,
            )
        )
    return whole
