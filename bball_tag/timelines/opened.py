"""Timelines with their videos and, where single players are looked at, the players' tracks."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from bball_tag.annotations.annotation import Annotation
from bball_tag.annotations.format_files import on_our_clock, read_annotation
from bball_tag.annotations.formats import FORMATS
from bball_tag.annotations.game_files import of_file, of_video
from bball_tag.annotations.limits import check_end
from bball_tag.clips import SubjectKind
from bball_tag.errors import DataError, OptionError, ScoresError
from bball_tag.faults import FormError
from bball_tag.json_files import as_object, load_json
from bball_tag.learning.games import store_of
from bball_tag.players.track_files import check_fits, in_pixels_of, read_tracks
from bball_tag.players.tracks import Track
from bball_tag.scoring.run_subjects import stored_players
from bball_tag.timecode import counted
from bball_tag.video.video import VIDEO_SUFFIXES, Video

log = logging.getLogger("bball_tag")
_TRACKS = (".tracks.csv", ".tracks.txt", ".csv", ".txt")
"""How the names of files of tracks end, after the name of their video or timeline."""


@dataclass(frozen=True, slots=True, eq=False)
class Timeline:
    """What a person coded of one video."""

    path: Path
    annotation: Annotation
    """In seconds from the first frame, with what is known of the video."""
    video: Video
    tracks: tuple[Track, ...] = ()
    """Of those who play; none where the whole frame is looked at."""


def is_timeline(path: Path) -> bool:
    """Return whether a name is that of a file of events, by its suffix."""
    readable = {known.suffix.lower() for known in FORMATS.values() if known.read}
    return path.suffix.lower() in readable and not path.is_dir()


def open_timelines(
    paths: Sequence[Path], videos: Path | None, tracks: Path | None, subject: SubjectKind
) -> list[Timeline]:
    """Read timelines, and find their videos and players.

    Args:
        paths: Files in any format that can be read.
        videos: A folder of videos, or the only one. A timeline's video has the name that the timeline holds,
            with any suffix, or that of the timeline itself. It may also lie beside the timeline.
        tracks: A folder of tracks, each called like its video or timeline, or the only file. Without it,
            players are those in the timeline, or those that are stored with the scores of the video.
        subject: Whether single players or the whole frame is looked at.

    Raises:
        DataError: Videos or players of some timelines are missing; it names all of them.
        BballTagError: A file cannot be read, or does not fit its video.
    """
    opened: list[Timeline] = []
    missing = []
    for path in paths:
        found = _opened(path, videos)
        if isinstance(found, str):
            missing.append(found)
        else:
            opened += found
    if missing:
        where = f" in {videos}" if videos is not None else ""
        raise DataError(
            f"Cannot find the videos of {len(missing)} of {len(paths)} timelines{where}: "
            f"{', '.join(missing)}. Say where they are with --videos DIR; a video is called as its timeline "
            "names it, or like the timeline itself."
        )
    return opened if subject == "frame" else _with_tracks(opened, tracks)


def _opened(path: Path, videos: Path | None) -> list[Timeline] | str:
    """Return a timeline with its video, or one for each file of a game; what is missing, in words."""
    alike = _video_called(path.stem, path, videos)
    opened, kind = Video(alike) if alike else None, _kind(path)
    annotation = _read(path, kind, opened)
    if annotation.files:
        return _files_of_game(path, annotation, videos)
    named = annotation.video.path
    if named is not None and (found := _video_named(named, path, videos)) not in (None, alike):
        opened = Video(found)
        # Tables may count in frames.
        annotation = _read(path, kind, opened)
    if opened is None:
        return f"that of {path.name}{'' if named is None else f' ({named.name})'}"
    return [_timeline(path, on_our_clock(annotation, path, kind, opened.info.starts), opened)]


def _read(path: Path, kind: str | None, video: Video | None) -> Annotation:
    info = video.info if video else None
    return read_annotation(path, kind, fps=info.fps if info else None, times=info.times if info else None)


def _files_of_game(path: Path, game: Annotation, videos: Path | None) -> list[Timeline] | str:
    if videos is not None and videos.is_file():
        only = Video(videos)
        return [_timeline(path, of_video(game, only.info), only)]
    found = []
    for index, file in enumerate(game.files):
        place = _video_named(Path(file.name), path, videos) if file.path else None
        if place is None:
            return f"that of {path.name} ({file.name})"
        found.append(_timeline(path, of_file(game, index), Video(place)))
    return found


def _timeline(path: Path, annotation: Annotation, video: Video) -> Timeline:
    check_end(annotation.events, video.info)
    log.info("%s: %s, %s.", path.name, video.path.name, counted(len(annotation), "event"))
    boxes = in_pixels_of(video.info, annotation.tracks, annotation.video)
    return Timeline(path, replace(annotation, video=video.info, tracks=boxes), video)


def _kind(path: Path) -> str | None:
    """Return the format of a timeline where its suffix does not say it: JSON may be that of SoccerNet."""
    if path.suffix.lower() != ".json" or not path.is_file():
        return None
    try:
        document = as_object(load_json(path))
    except (OSError, FormError):
        # Reading it says what is wrong.
        return None
    is_ours = "events" in document
    return "soccernet" if {"annotations", "predictions"} & document.keys() and not is_ours else None


def _video_named(named: Path, table: Path, videos: Path | None) -> Path | None:
    """Return the video that a timeline names, wherever it lies now; None where it is nowhere."""
    places = [table.parent / named, named]
    for folder in _folders(table, videos):
        places.insert(0, folder / named.name)
    found = next((path for path in places if path.is_file()), None)
    return found or _video_called(named.stem, table, videos)


def _video_called(stem: str, table: Path, videos: Path | None) -> Path | None:
    """Return the video of a name without its suffix; `game.corrected` stands for `game` too.

    Raises:
        DataError: There are several.
    """
    if videos is not None and videos.is_file():
        return videos
    for name in _stems(stem):
        for folder in _folders(table, videos):
            found = [path for path in sorted(folder.iterdir()) if _is_video(path, name)]
            if len(found) > 1:
                raise DataError(
                    f"There are several videos of {table.name} in {folder}: "
                    f"{', '.join(path.name for path in found)}. Leave one, or name it with --videos FILE."
                )
            if found:
                return found[0]
    return None


def _stems(stem: str) -> Iterator[str]:
    """Yield a name, and what is left of it without the parts after its dots, the last first."""
    while stem:
        yield stem
        stem = stem.rpartition(".")[0]


def _is_video(path: Path, stem: str) -> bool:
    return (
        path.stem.casefold() == stem.casefold() and path.suffix.lower() in VIDEO_SUFFIXES and path.is_file()
    )


def _folders(table: Path, videos: Path | None) -> list[Path]:
    """Return where a video may lie, the likeliest place first."""
    if videos is not None and not videos.exists():
        raise OptionError(f"Cannot use --videos {videos}: there is no such folder or file.")
    given = [videos] if videos is not None and videos.is_dir() else []
    return [folder for folder in dict.fromkeys((*given, table.parent)) if folder.is_dir()]


def _with_tracks(timelines: Sequence[Timeline], tracks: Path | None) -> list[Timeline]:
    """Return timelines with the tracks of their players."""
    if tracks is not None and not tracks.exists():
        raise OptionError(f"Cannot use --tracks {tracks}: there is no such folder or file.")
    if tracks is not None and tracks.is_file() and len({one.video.path for one in timelines}) > 1:
        raise OptionError(
            f"Cannot use --tracks {tracks}: the timelines are about several videos, and one file has the "
            "players of one. Give a folder with a file for each, called like its video."
        )
    found = [replace(one, tracks=tuple(_players(one, tracks))) for one in timelines]
    if unknown := [one.path.name for one in found if not one.tracks]:
        raise DataError(
            f"No players are known in the videos of {len(unknown)} of {len(found)} timelines: "
            f"{', '.join(unknown)}. Find them first (bball-tag annotate VIDEO, or bball-tag track VIDEO "
            "--out VIDEO.tracks.csv), give files of boxes with --tracks DIR, or train on the whole frame "
            "with --subject frame."
        )
    return found


def _players(timeline: Timeline, tracks: Path | None) -> Iterator[Track]:
    video = timeline.video
    given = _tracks_file(timeline, tracks)
    if given is not None:
        known: Sequence[Track] = read_tracks(given, video.info.fps, video.info.times)
    else:
        known = timeline.annotation.tracks
        # A run over the whole frame, or of another program, has stored nobody.
        with suppress(ScoresError):
            known = known or stored_players(video, store_of(video, timeline.path)).tracks
    check_fits(known, video.info, ours=given is None)
    # Who is coded counts, whatever the file takes them for.
    coded = {event.player for event in timeline.annotation}
    for track in known:
        if track.role == "player" or track.id in coded:
            yield replace(track, role="player")


def _tracks_file(timeline: Timeline, tracks: Path | None) -> Path | None:
    if tracks is None or tracks.is_file():
        return tracks
    # In a folder with both, a timeline is no file of tracks.
    own = timeline.path.resolve()
    files = {path.name.casefold(): path for path in sorted(tracks.iterdir()) if path.resolve() != own}
    stems = (timeline.video.path.stem, *_stems(timeline.path.stem))
    names = (f"{stem}{ending}".casefold() for stem in stems for ending in _TRACKS)
    return next((files[name] for name in names if name in files), None)
