"""The sample court: the same seed gives the same world, and its truth is what is drawn."""

from __future__ import annotations

import csv
import json
import sys
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import pytest

from bball_tag.timecode import format_time

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "sample_videos"))

from court import (
    choose,
    clips,
    drill,
    enact,
    game,
    look,
    motion,
    operator,
    render,
    skeleton,
    timeline,
    video,
    write,
)
from court.scene import make_scene

SECONDS = 0.8
RATE = video.Rate(fps=Fraction(25))


def simulated(seed: int, seconds: float = 40.0) -> tuple[look.Look, timeline.Timeline]:
    rng = np.random.default_rng([seed, 0])
    drawn = look.make_look(rng)
    return drawn, game.simulate(rng, drawn, seconds)


@pytest.fixture(scope="module")
def whole_game() -> tuple[look.Look, timeline.Timeline]:
    return simulated(7)


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("court")
    video.write_game(folder, 7, SECONDS, RATE)
    return folder


def truth(folder: Path) -> list[dict[str, str]]:
    with (folder / "game.truth.csv").open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def drawn_frames(seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    drawn = look.make_look(rng)
    line = game.simulate(rng, drawn, 1.0)
    court = render.Court(
        drawn, line, operator.follow(line, drawn.camera, rng), make_scene(drawn), render.EVERYONE
    )
    return np.stack(list(video.whole_frames(court, np.array([0.2, 0.5]), rng)))


def test_same_seed_draws_and_writes_the_same(written: Path, tmp_path: Path) -> None:
    # The encoder may spend its bits differently from run to run: the frames are compared before it.
    assert np.array_equal(drawn_frames(7), drawn_frames(7))
    video.write_game(tmp_path, 7, SECONDS, RATE)
    for name in ("game.tracks.csv", "game.truth.csv"):
        assert (tmp_path / name).read_bytes() == (written / name).read_bytes(), name


def test_other_seed_looks_different() -> None:
    gap = np.abs(drawn_frames(7).astype(int) - drawn_frames(8).astype(int)).mean()
    assert gap > 15


def test_the_video_has_images_and_sound(written: Path) -> None:
    with av.open(str(written / "game.mp4")) as container:
        images, sound = container.streams.video[0], container.streams.audio[0]
        assert (images.codec_context.name, images.pix_fmt) == ("h264", "yuv420p")
        assert (images.width, images.height, images.average_rate) == (1280, 720, 25)
        assert (sound.codec_context.name, sound.channels) == ("aac", 1)
        assert sum(1 for _ in container.decode(video=0)) == round(SECONDS * 25)


def test_truth_covers_every_frame_of_every_player_once(written: Path) -> None:
    rows = truth(written)
    assert tuple(rows[0]) == write.COLUMNS
    for player in range(1, 11):
        own = [row for row in rows if row["player"] == str(player)]
        edges = [(int(row["start_frame"]), int(row["end_frame"])) for row in own]
        assert edges[0][0] == 0
        assert edges[-1][1] == round(SECONDS * 25)
        assert all(one[1] == other[0] for one, other in pairwise(edges))
        assert all(one["label"] != other["label"] for one, other in pairwise(own))
    for row in rows:
        assert float(row["start_s"]) == pytest.approx(int(row["start_frame"]) / 25)
        assert row["end"] == format_time(float(row["end_s"]))
        assert row["label"] in motion.LABELS


def test_tracks_are_one_based_and_in_the_frame(written: Path) -> None:
    table = np.loadtxt(written / "game.tracks.csv", delimiter=",")
    assert table.shape[1] == 10
    assert table[:, 0].min() == 1
    assert table[:, 0].max() == round(SECONDS * 25)
    assert set(table[:, 1]) <= set(range(1, 11))
    left, top, wide, high = table[:, 2:6].T
    assert (left >= 0).all()
    assert (top >= 0).all()
    assert (left + wide <= 1280.11).all()
    assert (top + high <= 720.11).all()
    assert (high > 30).all()
    assert len({(row[0], row[1]) for row in table.tolist()}) == len(table)


@pytest.mark.parametrize("seed", [7, 31])
def test_a_game_has_every_label_and_none_flickers(seed: int) -> None:
    drawn, line = simulated(seed)
    rows = write.truth_rows(line, drawn, int(40 * drawn.fps), list(range(10)))
    labels = [row[6] for row in rows]
    assert set(labels) == set(motion.LABELS)
    assert labels.count("pass") >= 3
    assert labels.count("shoot") >= 2
    inner = [row for row in rows if float(row[0]) > 0 and float(row[1]) < 39.9]
    assert min(float(row[1]) - float(row[0]) for row in inner) > 0.5


def test_ball_is_in_the_hands_of_its_owner_and_never_jumps(
    whole_game: tuple[look.Look, timeline.Timeline],
) -> None:
    drawn, line = whole_game
    steps = np.linalg.norm(np.diff(line.ball, axis=0), axis=1)
    assert steps.max() < 0.6
    assert line.ball[:, 2].min() >= motion.BALL_RADIUS - 1e-9
    times = np.arange(len(line.owner)) * timeline.STEP
    joints, _ = timeline.bodies(line, drawn, times, render.EVERYONE)
    for index in range(0, len(times), 10):
        owner = int(line.owner[index])
        settled = times[index] - line.since[index, owner] > timeline.BLEND
        if owner < 0 or line.label[index, owner] != motion.HOLD or not settled:
            continue
        hands = joints[index, owner, [skeleton.HAND_L, skeleton.HAND_R]]
        gaps = np.linalg.norm(hands - line.ball[index], axis=1)
        # Captured people hold it in one hand at times; made poses always in both.
        assert gaps.min() < 0.25
        assert line.part[index, owner] > 0 or gaps.max() < 0.3


def test_planted_feet_do_not_slide(whole_game: tuple[look.Look, timeline.Timeline]) -> None:
    drawn, line = whole_game
    times = np.arange(0.0, 39.0, timeline.STEP)
    joints, _ = timeline.bodies(line, drawn, times, render.EVERYONE)
    feet = joints[:, :, [skeleton.ANKLE_L, skeleton.ANKLE_R]]
    speed = np.linalg.norm(np.diff(feet[..., :2], axis=0), axis=-1) / timeline.STEP
    walks = (line.label[: len(times) - 1] == motion.WALK) & (
        times[:-1, None] - line.since[: len(times) - 1] > 0.3
    )
    body = np.linalg.norm(line.velocity[: len(times) - 1], axis=-1)
    slower = np.minimum(speed[..., 0], speed[..., 1])[walks]
    assert np.median(slower) < 0.35 * np.median(body[walks])


def test_limbs_keep_their_length() -> None:
    count = 200
    rng = np.random.default_rng(0)
    for label in range(10):
        moment = motion.Moment(
            label=np.full(count, label),
            age=np.linspace(0.0, 1.2, count),
            duration=np.ones(count),
            variant=rng.uniform(0, 1, count),
            phase=rng.uniform(0, 5, count),
            speed=rng.uniform(0, 6, count),
            forward=np.ones(count),
            left=np.zeros(count),
            gaze=np.zeros(count),
            hand=np.ones(count),
            part=np.zeros(count, int),
            played=np.zeros(count),
        )
        body = skeleton.settled(enact.enact(moment)[0])
        arm = np.linalg.norm(body[:, skeleton.ELBOW_L] - body[:, skeleton.HAND_L], axis=1)
        shin = np.linalg.norm(body[:, skeleton.KNEE_R] - body[:, skeleton.ANKLE_R], axis=1)
        assert np.allclose(arm, skeleton.FOREARM, atol=1e-6)
        assert np.allclose(shin, skeleton.SHIN, atol=1e-6)


def test_clips_are_as_many_as_asked_for_in_spacejam_layout(tmp_path: Path) -> None:
    assert clips.write_clips(tmp_path, 12, 1, 1) == 10
    annotation = json.loads((tmp_path / "annotation_dict.json").read_text(encoding="utf-8"))
    assert sorted(annotation.values()) == list(range(10))
    names = json.loads((tmp_path / "labels_dict.json").read_text(encoding="utf-8"))
    assert names == {str(index): label for index, label in enumerate(motion.LABELS)}
    files = sorted(path.stem for path in (tmp_path / "examples").iterdir())
    assert files == sorted(annotation)
    assert all(key.startswith("0000012_") for key in files)
    frames = list(write.read_video(tmp_path / "examples" / f"{files[0]}.mp4"))
    assert len(frames) == 16
    assert frames[0].shape == (176, 128, 3)


def test_chosen_clips_show_their_label() -> None:
    wanted, courts = choose.choose(3, 2)
    assert [clip.label for clip in wanted] == [label for label in range(10) for _ in range(2)]
    for clip in wanted:
        seen = courts[clip.filming].line.held("label", clip.times)[:, clip.player]
        assert (seen == clip.label).mean() >= 0.75
        assert seen[8] == clip.label


def test_the_drill_shows_one_player_large_in_the_frame() -> None:
    rng = np.random.default_rng(5)
    drawn = drill.drill_look(look.make_look(rng))
    line = drill.simulate_drill(rng, drawn, 22.0)
    hero = np.array([drill.HERO])
    court = render.Court(drawn, line, drill.follow_closely(line, drawn, rng), (), hero)
    times = np.arange(0.5, 21.5, 0.1)
    boxes, seen = write.track_boxes(court.shot(times).figures, drawn)
    assert seen.all()
    assert np.median(boxes[:, 0, 3]) > 0.55 * drawn.height
    assert set(line.label[:, drill.HERO]) == set(range(10))
