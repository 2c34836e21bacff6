"""Games of five minutes with exact truth, to measure finding, following and naming players on.

    python benchmarks/rendered_games.py WORK_DIR [--seeds 11 12 13 14 15] [--minutes 5] [--video]

The camera pans and zooms with the play, so that players leave the frame and return; players cover each
other; every minute or so a team replaces a player, and those replaced come back later. Coaches and
substitutes stand at the far side line, and two referees run along. The same seed gives the same game. Each
game is a folder of `WORK_DIR`:

    game11/boxes.csv        everybody in the frame, with these columns:
                            frame,id,left,top,width,height,playing,visibility,red,green,blue
    game11/players.mot.csv  who plays only: frame,id,left,top,width,height,1,1,visibility (MOTChallenge)
    game11/people.csv       id,team,role,red,green,blue,number: role is player, referee or coach; the colour
                            is the jersey's
    game11/events.csv       truth of labels, with the columns of bball-tag's own CSV; player is the id
    game11/camera.csv       frame,a,b,x,y: where the background of the frame before is now, as a similarity
                            that maps (u, v) to (a u - b v + x, b u + a v + y)
    game11/game.mp4         with --video: 1280x720, H.264, with sound
    tracking/game11.txt, tracking/game11.camera.npy
                            who plays and the camera once more, as `benchmarks/tracking.py` takes them

Frames are counted from 1, 25 a second, with and without video; boxes are in pixels. `visibility` is the part
of a person's silhouette that is in the frame and not covered; a person with less than 35 % of their box in
the frame is left out. `red,green,blue` is the mean colour of the box's torso region (rows 20 to 50 %, middle
half of the columns), flatly painted: cloth, floor, and whoever stands in front. `playing` is 0 for referees,
coaches and who is on the bench. `read_boxes` and `read_camera` read the tables.
"""

from __future__ import annotations

import argparse
import csv
import shutil
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "sample_videos"))

from court.coverage import covered, torso_colour
from court.look import Look, make_look
from court.motion import LABELS
from court.render import Court
from court.scene import LENGTH, WIDTH, make_scene
from court.squad import COACHES, PEOPLE, PLAYERS, REFEREES, Squad, simulate_squad
from court.video import whole_frames
from court.write import SOUND_RATE, crowd_noise, track_boxes, write_truth, write_video

from bball_tag.timecode import format_time

FPS = Fraction(25)
CHUNK = 250
"""Frames whose boxes are computed at once."""
BOX_COLUMNS = "frame,id,left,top,width,height,playing,visibility,red,green,blue"


@dataclass(frozen=True, slots=True)
class Boxes:
    """Everybody in the frames of a game, as `boxes.csv` has them; N rows, ordered by frame and id."""

    frame: np.ndarray
    """Counted from 1, int64 array of shape (N,)."""
    person: np.ndarray
    """The true id, int64 array of shape (N,)."""
    boxes: np.ndarray
    """left, top, width, height in pixels, shape (N, 4)."""
    playing: np.ndarray
    """bool array of shape (N,)."""
    visibility: np.ndarray
    """0 to 1, shape (N,)."""
    colours: np.ndarray
    """red, green, blue of the torso, 0 to 255, shape (N, 3)."""


def main() -> None:
    """Write the games that the options ask for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("work", type=Path, help="folder to write into")
    parser.add_argument("--seeds", type=int, nargs="+", default=[11, 12, 13, 14, 15])
    parser.add_argument("--minutes", type=float, default=5.0, help="length of each game")
    parser.add_argument("--video", action="store_true", help="draw the games too")
    options = parser.parse_args()
    cv2.setNumThreads(1)
    for seed in options.seeds:
        began = time.monotonic()
        folder = write_game(options.work, seed, 60.0 * options.minutes, video=options.video)
        print(f"{folder}: {time.monotonic() - began:.0f} s", flush=True)


def write_game(work: Path, seed: int, seconds: float, *, video: bool) -> Path:
    """Write one game into a folder of `work`, and return the folder."""
    folder = work / f"game{seed}"
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng([seed, 13])
    squad = simulate_squad(rng, make_look(rng, fps=FPS), seconds)
    court = Court(squad.look, squad.line, squad.aim, make_scene(squad.look), PEOPLE)
    times = np.arange(round(seconds * FPS)) / float(FPS)
    write_boxes(folder, court, squad, times)
    write_people(folder / "people.csv", squad.look)
    write_truth(folder / "events.csv", event_rows(squad, len(times)))
    write_camera(folder / "camera.csv", court, times)
    hand_on(folder, work / "tracking")
    if video:
        sound = crowd_noise(np.random.default_rng([seed, 3]), squad.line)[: round(seconds * SOUND_RATE)]
        frames = whole_frames(court, times, np.random.default_rng([seed, 5]))
        write_video(folder / "game.mp4", frames, FPS, squad.look.sensor.crf, sound=sound)
    return folder


def write_boxes(folder: Path, court: Court, squad: Squad, times: np.ndarray) -> None:
    """Write `boxes.csv` and `players.mot.csv`."""
    with (
        (folder / "boxes.csv").open("w", newline="", encoding="utf-8") as every,
        (folder / "players.mot.csv").open("w", newline="", encoding="utf-8") as mot,
    ):
        every.write(BOX_COLUMNS + "\n")
        for frame, person, box, visibility, colour in seen_people(court, times):
            plays = bool(squad.playing[round(float(times[frame - 1]) * 50), person])
            where = f"{frame},{person + 1}," + ",".join(f"{side:.1f}" for side in box)
            tones = ",".join(f"{tone:.0f}" for tone in colour)
            every.write(f"{where},{plays:d},{visibility:.3f},{tones}\n")
            if plays:
                mot.write(f"{where},1,1,{visibility:.3f}\n")


Seen = tuple[int, int, np.ndarray, float, np.ndarray]


def seen_people(court: Court, times: np.ndarray) -> Iterator[Seen]:
    """Yield frame (from 1), person (from 0), box, visibility and torso colour of everybody in the frame."""
    look = court.look
    jerseys = np.stack([jersey(look, person) for person in court.players.tolist()])
    paints = np.concatenate([[np.asarray(look.hall.floor)[::-1]], jerseys])
    for first in range(0, len(times), CHUNK):
        figures = court.shot(times[first : first + CHUNK]).figures
        boxes, seen = track_boxes(figures, look)
        for frame in range(len(boxes)):
            visibility, mask = covered(figures, frame, look)
            for index in np.flatnonzero(seen[frame]).tolist():
                box = boxes[frame, index]
                colour = torso_colour(mask, box, paints)
                yield first + frame + 1, int(court.players[index]), box, float(visibility[index]), colour


def jersey(look: Look, person: int) -> np.ndarray:
    """Return red, green and blue of what a person wears above the waist, lit as the hall is."""
    lit = np.asarray(look.kits[person // 5].jersey) * np.asarray(look.gain)
    return np.asarray(np.clip(lit, 0, 255)[::-1])


def team_of(person: int) -> int:
    """Return 0 or 1: the team that a player or a coach belongs to."""
    return person % 2 if person in COACHES else person // 5 % 2


def write_people(path: Path, look: Look) -> None:
    """Write who is who."""
    with path.open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(("id", "team", "role", "red", "green", "blue", "number"))
        for person in PEOPLE.tolist():
            role = "referee" if person in REFEREES else "coach" if person in COACHES else "player"
            team = "" if role == "referee" else look.kits[team_of(person)].name
            tones = [round(tone) for tone in jersey(look, person).tolist()]
            number = look.people[person].number if role == "player" else ""
            table.writerow((person + 1, team, role, *tones, number))


def event_rows(squad: Squad, frames: int) -> list[list[str]]:
    """Return the rows of the truth: maximal stretches of one label of one player while they play."""
    times = np.arange(frames) / float(FPS)
    labels, plays = squad.line.held("label", times), squad.playing[:: round(50 / FPS)][:frames]
    rows = []
    for person in PLAYERS:
        track = np.where(plays[:, person], labels[:, person], -1)
        edges = [0, *(np.flatnonzero(np.diff(track)) + 1).tolist(), frames]
        for first, stop in pairwise(edges):
            if track[first] < 0:
                continue
            start, end = float(first / FPS), float(stop / FPS)
            row = [f"{start:.3f}", f"{end:.3f}", format_time(start), format_time(end), str(first), str(stop)]
            row += [LABELS[track[first]], "1.000", "1.000", f"{(start + end) / 2:.3f}", "0"]
            rows.append([*row, str(person + 1), squad.look.kits[team_of(person)].name])
    return sorted(rows, key=lambda row: (int(row[4]), int(row[11])))


def write_camera(path: Path, court: Court, times: np.ndarray) -> None:
    """Write the similarity from each frame's background to the next one's, fitted to points of the hall."""
    points = _hall_points(court.look)
    with path.open("w", newline="", encoding="utf-8") as file:
        file.write("frame,a,b,x,y\n1,1,0,0,0\n")
        for first in range(0, len(times) - 1, CHUNK):
            part = times[first : first + CHUNK + 1]
            pixels, _, depth = court.views(part).project(np.tile(points, (len(part), 1, 1)))
            fit = np.array([court.look.width, court.look.height])
            inside = ((pixels >= 0) & (pixels < fit)).all(axis=-1) & (depth > 1.0)
            for step, (turn, shift) in enumerate(_similarities(pixels, inside), start=first + 2):
                file.write(f"{step},{turn.real:.7f},{turn.imag:.7f},{shift.real:.4f},{shift.imag:.4f}\n")


def _hall_points(look: Look) -> np.ndarray:
    """Return points of the floor, the boards and the stands, shape (1, K, 3), in metres."""
    along, across = np.meshgrid(
        np.linspace(-LENGTH / 2, LENGTH / 2, 29), np.linspace(-WIDTH / 2, WIDTH / 2, 16)
    )
    floor = np.stack([along, across, 0 * along], axis=-1).reshape(-1, 3)
    wide, deep = np.meshgrid(np.linspace(-24, 24, 33), np.linspace(0, 12, 9))
    stand = np.stack([wide, look.side * (WIDTH / 2 + 4 + deep), 0.9 + deep * 7.6 / 12], axis=-1).reshape(
        -1, 3
    )
    return np.concatenate([floor, stand])[None]


def _similarities(pixels: np.ndarray, inside: np.ndarray) -> Iterator[tuple[complex, complex]]:
    """Yield turn and shift, as complex numbers, from each time's pixels (T, K, 2) to the next one's."""
    flat = pixels[..., 0] + 1j * pixels[..., 1]
    for before, after in pairwise(range(len(pixels))):
        both = inside[before] & inside[after]
        old, new = flat[before, both], flat[after, both]
        centred = old - old.mean()
        turn = complex(np.vdot(centred, new) / np.vdot(centred, centred).real)
        yield turn, complex(new.mean() - turn * old.mean())


def hand_on(folder: Path, target: Path) -> None:
    """Copy the truth of tracking to where `benchmarks/tracking.py` looks for it."""
    target.mkdir(exist_ok=True)
    shutil.copyfile(folder / "players.mot.csv", target / f"{folder.name}.txt")
    np.save(target / f"{folder.name}.camera.npy", read_camera(folder / "camera.csv"))


def read_boxes(path: Path) -> Boxes:
    """Read `boxes.csv`."""
    table = np.loadtxt(path, delimiter=",", skiprows=1, ndmin=2)
    return Boxes(
        table[:, 0].astype(np.int64),
        table[:, 1].astype(np.int64),
        table[:, 2:6],
        table[:, 6] > 0,
        table[:, 7],
        table[:, 8:11],
    )


def read_camera(path: Path) -> np.ndarray:
    """Read `camera.csv`: similarities from each frame's background to the next one's, shape (T, 2, 3)."""
    _, a, b, x, y = np.loadtxt(path, delimiter=",", skiprows=1, ndmin=2).T
    return np.stack([np.stack([a, -b, x], axis=1), np.stack([b, a, y], axis=1)], axis=1)


if __name__ == "__main__":
    main()
