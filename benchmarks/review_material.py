"""A long game for measuring the review page: the sample game over and over, with players and many events."""

from __future__ import annotations

import csv
import random
from pathlib import Path

import av

SAMPLES = Path(__file__).parents[1] / "sample_videos"
LENGTH_S, FRAMES = 40, 1000
"""Of the sample game."""
SEED = 0


def make_game(folder: Path, repeats: int = 15, num_events: int = 2000) -> tuple[Path, Path, Path]:
    """Write a game of `repeats` times 40 s; return its video, its events and its tracks."""
    video, events, tracks = folder / "long.mp4", folder / "long.csv", folder / "long.tracks.csv"
    _repeat_video(video, repeats)
    _repeat_tracks(tracks, repeats)
    _repeat_events(events, repeats, num_events)
    return video, events, tracks


def _repeat_video(path: Path, repeats: int) -> None:
    """Copy the packets of the sample game, each round later than the one before."""
    with av.open(str(SAMPLES / "game.mp4")) as source, av.open(str(path), "w") as target:
        stream = source.streams.video[0]
        copy = target.add_stream_from_template(stream)
        packets = [packet for packet in source.demux(stream) if None not in (packet.pts, packet.dts)]
        places = [(packet.pts, packet.dts) for packet in packets if packet.pts is not None]
        assert stream.time_base is not None
        length = round(LENGTH_S / stream.time_base)
        for repeat in range(repeats):
            for packet, (pts, dts) in zip(packets, places, strict=True):
                packet.pts, packet.dts = pts + repeat * length, (dts or 0) + repeat * length
                packet.stream = copy
                target.mux(packet)


def _repeat_tracks(path: Path, repeats: int) -> None:
    lines = (SAMPLES / "game.tracks.csv").read_text(encoding="utf-8").splitlines()
    rows = [line.split(",", 1) for line in lines]
    with path.open("w", encoding="utf-8") as file:
        for repeat in range(repeats):
            file.writelines(f"{int(frame) + repeat * FRAMES},{rest}\n" for frame, rest in rows)


def _repeat_events(path: Path, repeats: int, num_events: int) -> None:
    """Write `num_events` of the repeated events, with confidences drawn at random."""
    with (SAMPLES / "game.truth.csv").open(newline="", encoding="utf-8") as file:
        truth = list(csv.DictReader(file))
    draw = random.Random(SEED)
    events = [
        (float(row["start_s"]) + late, float(row["end_s"]) + late, row["label"], row["player"], row["team"])
        for late in range(0, repeats * LENGTH_S, LENGTH_S)
        for row in truth
    ]
    chosen = sorted(draw.sample(events, min(num_events, len(events))))
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(("start_s", "end_s", "label", "confidence", "player", "team"))
        for start, end, label, player, team in chosen:
            confidence = draw.betavariate(4, 2)
            writer.writerow((f"{start:.3f}", f"{end:.3f}", label, f"{confidence:.3f}", player, team))
