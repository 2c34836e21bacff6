"""Rendered games: whole squads with exact truth, and whose a found track is."""

from __future__ import annotations

import csv
import sys
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from benchmarks import rendered_games as games

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "sample_videos"))

from court import coverage, squad
from court.render import Court
from court.squad import Squad, simulate_squad

SEED, SECONDS = 11, 60.0


@pytest.fixture(scope="module")
def played() -> Squad:
    return simulated()


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return games.write_game(tmp_path_factory.mktemp("games"), SEED, 1.2, video=False)


def simulated() -> Squad:
    rng = np.random.default_rng(SEED)
    return simulate_squad(rng, games.make_look(rng, fps=games.FPS), SECONDS)


def court_of(played: Squad) -> Court:
    return Court(played.look, played.line, played.aim, (), games.PEOPLE)


def test_five_of_each_team_play_at_every_time(played: Squad) -> None:
    home = [*range(5), *squad.SUBSTITUTES[0]]
    guests = [*range(5, 10), *squad.SUBSTITUTES[1]]
    assert (played.playing[:, home].sum(axis=1) == 5).all()
    assert (played.playing[:, guests].sum(axis=1) == 5).all()
    assert not played.playing[:, [*squad.REFEREES, *squad.COACHES]].any()


def test_substitutes_come_on(played: Squad) -> None:
    changes = np.abs(np.diff(played.playing.astype(int), axis=0)).sum(axis=1)
    assert set(changes.tolist()) == {0, 2}
    assert played.playing[:, 10:].any()


def test_nobody_jumps_even_when_they_come_on(played: Squad) -> None:
    steps = np.linalg.norm(np.diff(played.line.position[:, games.PEOPLE], axis=0), axis=-1)
    # 9 metres a second, the world's fastest, are 0.18 m in a step of 0.02 s.
    assert steps.max() < 0.2


def test_the_ball_is_never_with_somebody_who_does_not_play(played: Squad) -> None:
    owned = np.flatnonzero(played.line.owner >= 0)
    assert played.playing[owned, played.line.owner[owned]].all()


def test_players_leave_the_frame_and_return(played: Squad) -> None:
    times = np.arange(0.0, SECONDS, 0.2)
    seen = games.track_boxes(court_of(played).shot(times).figures, played.look)[1][:, :10]
    assert 0.6 < seen.mean() < 0.97
    returns = (seen[1:] & ~seen[:-1]).sum(axis=0)
    assert (returns >= 1).sum() >= 5


def test_whoever_stands_in_front_is_seen_whole(played: Squad) -> None:
    figures = court_of(played).shot(np.array([5.0, 9.0])).figures
    for frame in range(2):
        visible, mask = coverage.covered(figures, frame, played.look)
        low, high = figures.box[frame, :, :2], figures.box[frame, :, 2:]
        inside = ((low > 0) & (high < [played.look.width, played.look.height])).all(axis=1)
        nearest = np.flatnonzero(inside)[np.argmin(figures.depth[frame, inside])]
        assert visible[nearest] > 0.97
        assert (visible <= 1.0).all()
        assert mask.shape == (180, 320)


def test_the_torso_colour_is_the_mean_of_what_covers_it() -> None:
    mask = np.zeros((40, 40), np.uint8)
    mask[:, :10] = 1
    paints = np.array([[100.0, 100.0, 100.0], [200.0, 0.0, 0.0]])
    # The box covers 0 to 20 of the mask's columns; its middle half is 5 to 15, of which 5 show person 1.
    colour = coverage.torso_colour(mask, np.array([0.0, 0.0, 80.0, 160.0]), paints)
    assert colour == pytest.approx([100 + 100 * 5 / 11, 100 - 100 * 5 / 11, 100 - 100 * 5 / 11])


def test_the_same_seed_writes_the_same_truth(written: Path, tmp_path: Path) -> None:
    again = games.write_game(tmp_path, SEED, 1.2, video=False)
    names = sorted(path.name for path in written.iterdir())
    assert names == ["boxes.csv", "camera.csv", "events.csv", "people.csv", "players.mot.csv"]
    for name in names:
        assert (again / name).read_bytes() == (written / name).read_bytes(), name


def test_the_tables_agree_with_each_other(written: Path) -> None:
    boxes = games.read_boxes(written / "boxes.csv")
    mot = np.loadtxt(written / "players.mot.csv", delimiter=",")
    assert np.array_equal(mot[:, :2], np.stack([boxes.frame, boxes.person], axis=1)[boxes.playing])
    assert np.array_equal(mot[:, 2:6], boxes.boxes[boxes.playing])
    assert (boxes.frame.min(), boxes.frame.max()) == (1, 30)
    with (written / "people.csv").open(encoding="utf-8") as file:
        people = {int(row["id"]): row for row in csv.DictReader(file)}
    assert set(boxes.person.tolist()) <= set(people)
    assert all(people[one]["role"] == "player" for one in boxes.person[boxes.playing].tolist())
    assert [row["role"] for row in people.values()].count("referee") == 2
    tracking = written.parent / "tracking"
    assert (tracking / f"game{SEED}.txt").read_bytes() == (written / "players.mot.csv").read_bytes()
    assert np.load(tracking / f"game{SEED}.camera.npy").shape == (30, 2, 3)


def test_events_cover_the_time_of_everybody_who_plays_once(played: Squad) -> None:
    frames = int(SECONDS * games.FPS)
    rows = games.event_rows(played, frames)
    covered = np.zeros((frames, squad.COUNT), int)
    for row in rows:
        covered[int(row[4]) : int(row[5]), int(row[11]) - 1] += 1
    assert np.array_equal(covered, played.playing[::2][:frames])
    for person in {row[11] for row in rows}:
        own = [row for row in rows if row[11] == person]
        assert all(one[6] != other[6] for one, other in pairwise(own) if one[5] == other[4])


def test_the_camera_says_where_the_background_is_now(played: Squad, tmp_path: Path) -> None:
    court, times = court_of(played), np.arange(50) / 25
    games.write_camera(tmp_path / "camera.csv", court, times)
    moves = games.read_camera(tmp_path / "camera.csv")
    assert np.array_equal(moves[0], [[1, 0, 0], [0, 1, 0]])
    pixels = court.views(times).project(np.tile([[[0.0, 0.0, 0.0]]], (50, 1, 1)))[0][:, 0]
    mapped = np.einsum("tij,tj->ti", moves[1:, :, :2], pixels[:-1]) + moves[1:, :, 2]
    moved = np.linalg.norm(np.diff(pixels, axis=0), axis=1)
    gap = np.linalg.norm(mapped - pixels[1:], axis=1)
    # A similarity leaves out how perspective changes: a small part of the movement.
    assert gap.mean() < 0.25 * moved.mean()
