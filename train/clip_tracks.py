"""The tracks that a table of labelled spans names."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from bball_tag.errors import VideoError
from bball_tag.players.spans import TrackedVideo
from bball_tag.players.track_files import check_fits, read_tracks
from bball_tag.players.tracks import Track
from bball_tag.video.video import Video


class ClipTracks:
    """The tracks that a table names, each file read once for a video."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._known: dict[tuple[Path, str], TrackedVideo | None] = {}

    def of(self, video: Path, name: str, player: str) -> tuple[Track | None, TrackedVideo | None]:
        """Return the track of a player of `video` in the file `name`, and all of it; None if none is named.

        Raises:
            ValueError: Only one of them is named, or there is no such player.
            TracksError: The file cannot be read, or belongs to another video.
        """
        name, player = name.strip(), player.strip()
        if not name and not player:
            return None, None
        if not name or not player:
            raise ValueError("tracks and player go together: name both, or neither.")
        if (video, name) not in self._known:
            self._known[video, name] = self._read(video, self._folder / name)
        if (tracked := self._known[video, name]) is None:
            return None, None
        for track in tracked.people:
            if track.id == player:
                return track, tracked
        known = ", ".join(track.id for track in tracked.people)
        raise ValueError(f"there is no player {player!r} in {name}. There are: {known}.")

    def _read(self, path: Path, tracks_path: Path) -> TrackedVideo | None:
        try:
            video = Video(path)
        except VideoError:
            # It is named later, together with all other clips that cannot be used.
            return None
        tracks = read_tracks(tracks_path, video.info.fps, video.info.times)
        check_fits(tracks, video.info)
        # Who is labelled counts, whatever the file takes them for.
        return TrackedVideo(video, tuple(replace(track, role="player") for track in tracks))
