"""Games whose recordings share a file name: told apart in tables, stores and reviews."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import pytest

from bball_tag.annotations import Annotation, read_annotation
from bball_tag.annotations.game_files import files_of, joined, number_of_video, of_video
from bball_tag.annotations.video_names import file_names_of_videos, names_of_videos
from bball_tag.cli.annotated import work_on
from bball_tag.errors import BballTagError
from bball_tag.events import Event
from bball_tag.game_time import Period
from bball_tag.review.game_part import files_of as files_of_table
from bball_tag.review.game_part import part_beside, periods_of, tables_of_game
from bball_tag.video.info import VideoInfo

FIRST = VideoInfo.unknown(Path("/a/v.mp4"), duration=30.0)
SECOND = VideoInfo.unknown(Path("/b/v.mp4"), duration=20.0)
OTHER = VideoInfo.unknown(Path("/b/w.mp4"), duration=20.0)


def half(video: VideoInfo, *starts: float) -> Annotation:
    events = [Event("shoot", start, start + 2.0, 0.9, 0.9, start + 1.0, 4) for start in starts]
    return Annotation(video, events, ("shoot",))


def written(path: Path, *videos: VideoInfo) -> Path:
    """Write a game with events at 5 and 10 seconds of each video, and a period that lasts through."""
    whole = joined([half(video, 5.0, 10.0) for video in videos], files_of(videos))
    whole.with_periods([Period(1, "Q1", 0.0, 50.0, 600.0, 550.0)]).write(path)
    return path


def opened(info: VideoInfo) -> SimpleNamespace:
    return SimpleNamespace(path=info.path, info=info)


@pytest.mark.parametrize(
    ("paths", "names"),
    [
        (["a/x.mp4", "b/x.mp4"], ["x 1", "x 2"]),
        (["a/x.mp4", "b/x.mp4", "c/x 1.mp4"], ["x 2", "x 3", "x 1"]),
        (["a/x.mp4", "b/y.mp4"], ["x", "y"]),
    ],
)
def test_no_two_videos_are_called_the_same(paths, names):
    assert names_of_videos(list(map(Path, paths))) == names
    assert file_names_of_videos(list(map(Path, paths))) == [f"{name}.mp4" for name in names]


def test_files_of_two_kinds_keep_their_names():
    assert file_names_of_videos([Path("x.mp4"), Path("x.mov")]) == ["x.mp4", "x.mov"]


@pytest.mark.parametrize("suffix", [".csv", ".xlsx", ".json"])
def test_recordings_of_one_name_come_back_from_every_table(tmp_path, suffix):
    whole = read_annotation(written(tmp_path / f"game{suffix}", FIRST, SECOND))
    assert [(file.path, file.start) for file in whole.files] == [(FIRST.path, 0.0), (SECOND.path, 30.0)]
    assert [event.start for event in of_video(whole, SECOND)] == [5.0, 10.0]


def test_a_table_calls_a_file_by_its_name_where_that_is_enough(tmp_path):
    rows = written(tmp_path / "game.csv", FIRST, OTHER).read_text("utf-8").splitlines()
    assert [row.split(",")[-2] for row in rows] == ["file", "v.mp4", "v.mp4", "w.mp4", "w.mp4"]


def table(path: Path, *rows: tuple[float, float]) -> Path:
    """Write a table whose rows all name v.mp4, with their seconds in the game and in the file."""
    lines = [f"{start},{start + 1},shoot,v.mp4,{at}" for start, at in rows]
    path.write_text("\n".join(["start_s,end_s,label,file,file_s", *lines]) + "\n", encoding="utf-8")
    return path


def test_recordings_that_a_table_calls_by_one_name_are_several_files(tmp_path):
    whole = read_annotation(table(tmp_path / "a.csv", (5, 5), (10, 10), (35, 5), (44, 14), (90, 10)))
    assert [(file.name, file.start, file.duration) for file in whole.files] == [
        ("v.mp4", 0.0, 30.0),
        ("v.mp4", 30.0, 50.0),
        ("v.mp4", 80.0, 11.0),
    ]


@pytest.mark.parametrize("moved", [(12, 38), (50, 14), (3, 60), (66, 40)])
def test_an_event_that_was_moved_is_no_other_recording(tmp_path, moved):
    whole = read_annotation(table(tmp_path / "a.csv", (5, 5), (20, 20), moved, (40, 40), (60, 60)))
    assert whole.files == ()


@pytest.mark.parametrize("suffix", [".csv", ".xlsx", ".json", ".boris"])
@pytest.mark.parametrize(
    ("videos", "names"),
    [((FIRST, OTHER), ("v", "w")), ((FIRST, SECOND), ("v 1", "v 2"))],
    ids=["names", "alike"],
)
def test_each_video_of_a_game_has_judgements_of_its_own(tmp_path, suffix, videos, names):
    path = written(tmp_path / f"game{suffix}", *videos)
    assert len(files_of_table(path)) == 2
    beside = [part_beside(opened(video), path) for video in videos]
    assert [base.name for base in beside] == [f"game.{name}.mp4" for name in names]
    # The table is found again from there.
    for video, base in zip(videos, beside, strict=True):
        assert set(tables_of_game(opened(video), base)) == {path}


@pytest.mark.parametrize("path", ["/b/v.mp4", "/drive/game/b/v.mp4", "b/v.mp4"])
def test_a_recording_is_known_by_its_folder_wherever_that_lies(tmp_path, path):
    whole = joined([half(FIRST, 5.0), half(SECOND, 6.0)], files_of([FIRST, SECOND]))
    (event,) = of_video(whole, replace(SECOND, path=Path(path)))
    assert event.start == 6.0


def test_a_path_that_is_the_same_counts_more_than_one_that_ends_alike():
    near, far = (replace(FIRST, path=Path(path)) for path in ("b/v.mp4", "/games/b/v.mp4"))
    assert [number_of_video(files_of([far, near]), video) for video in (far, near)] == [0, 1]


def test_periods_of_a_recording_are_those_of_its_own_path(tmp_path):
    path = written(tmp_path / "game.json", FIRST, SECOND)
    (period,) = periods_of(opened(SECOND), path)
    assert (period.start, period.end) == (-30.0, 20.0)


def test_a_recording_that_is_not_of_the_game_is_refused_in_a_sentence(tmp_path):
    path = written(tmp_path / "game.json", FIRST, SECOND)
    stranger = opened(replace(FIRST, path=Path("/c/v.mp4")))
    for ask in (part_beside, periods_of):
        with pytest.raises(BballTagError, match=r"'v\.mp4' is not a file of the game: 1 \(v\.mp4\)"):
            ask(stranger, path)


def test_a_table_that_is_read_again_says_nothing_twice(tmp_path, caplog):
    # The frame rate is found from seconds and frames, and the log names it.
    path = tmp_path / "game.csv"
    rows = [(5.04, 126, "v.mp4", 5.04), (10.48, 262, "v.mp4", 10.48), (35.04, 876, "w.mp4", 5.04)]
    lines = [f"{start},{start + 1},{frame},{frame + 25},shoot,{name},{at}" for start, frame, name, at in rows]
    path.write_text("\n".join(["start_s,end_s,start_frame,end_frame,label,file,file_s", *lines]), "utf-8")
    with caplog.at_level("INFO", "bball_tag"):
        read_annotation(path)
        assert caplog.text
        caplog.clear()
        assert files_of_table(path)
        assert not caplog.text
        read_annotation(path)
        assert caplog.text


def test_scores_of_a_game_are_kept_apart_for_recordings_of_one_name(tmp_path):
    given: list[list[Path]] = []

    def annotated(videos, scores):
        given.append(scores)
        return half(FIRST)

    out = tmp_path / "game.json"
    write = partial(lambda annotation, *paths, format, overwrite: [], format=None, overwrite=False)
    for videos in (FIRST, SECOND), (FIRST, OTHER):
        work_on([video.path for video in videos], None, one_game=True)(lambda _: [[out]], annotated, write)
    assert [[path.name for path in scores] for scores in given] == [
        ["game.v 1.mp4.scores.db", "game.v 2.mp4.scores.db"],
        ["game.v.mp4.scores.db", "game.w.mp4.scores.db"],
    ]
