"""Made-up games of ten seconds with two players, and timelines of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from bball_tag.annotations import Annotation, write_annotation
from bball_tag.annotations.reviewed import Reviewed
from bball_tag.events import Event
from bball_tag.video.video import Video
from tests.synthetic import write_video


def event(label: str, start: float, end: float, player: str = "7", num_clips: int = 0) -> Event:
    return Event(label, start, end, 1.0, 1.0, start, num_clips, player=player)


def add_game(season: Path, name: str) -> Path:
    rows = ["time_s,player,left,top,width,height"]
    for index in range(250):
        rows.append(f"{index / 25:g},7,{10 + index * 0.2:.2f},30,41,90")
        if not 100 <= index < 125:
            rows.append(f"{index / 25:g},8,10,5,150,120")
    (season / "boxes" / f"{name}.tracks.csv").write_text("\n".join(rows) + "\n")
    return write_video(season / "games" / f"{name}.mp4", range(250), size=(320, 180))


def code(
    season: Path,
    name: str,
    *events: Event,
    game: str = "q1",
    kind: str | None = None,
    reviewed: Sequence[Reviewed] = (),
) -> Path:
    """Write a timeline of a game, which then lies elsewhere."""
    info = replace(Video(season / "games" / f"{game}.mp4").info, path=Path(f"/elsewhere/{game}.mp4"))
    path = season / "coded" / name
    write_annotation(Annotation(info, events, reviewed=reviewed), path, kind)
    return path
