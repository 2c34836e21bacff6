"""What a command writes is nothing that it reads."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bball_tag.cli import app
from bball_tag.cli.outputs import check_replaces_nothing
from bball_tag.errors import OptionError
from tests.synthetic import write_video

TRACKS = "time_s,player,left,top,width,height\n0,1,10,10,40,80\n1,1,10,10,40,80\n"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("game.mp4", "roster.csv", "tracks.csv", "periods.csv", "actions.csv"):
        (tmp_path / name).write_text(TRACKS)
    (tmp_path / "link.csv").symlink_to("tracks.csv")
    return tmp_path


def refused(*words):
    done = CliRunner().invoke(app, list(words))
    assert done.exit_code == 2, done.output
    return " ".join(done.output.split())


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("annotate game.mp4 --tracks tracks.csv --out tracks.csv", "tracks.csv: it is the file of --tracks"),
        ("annotate game.mp4 --tracks tracks.csv --out link.csv", "link.csv: it is the file of --tracks"),
        ("annotate game.mp4 --tracks tracks.csv --out a.xlsx --out ./tracks.csv", "the file of --tracks"),
        ("annotate game.mp4 --roster roster.csv --out roster.csv", "it is the file of --roster"),
        ("annotate game.mp4 --periods periods.csv --out periods.csv", "it is the file of --periods"),
        ("annotate game.mp4 --format csv --out game.mp4", "game.mp4: it is the file of VIDEO,"),
        ("align actions.csv game.mp4 --out actions.csv", "it is the file of GAME,"),
        ("suggest game.mp4 --scores tracks.csv --out tracks.csv", "it is the file of --scores,"),
        ("annotate game.mp4 --checkpoint tracks.csv --out tracks.csv", "it is the file of --checkpoint,"),
        ("track game.mp4 --out game.mp4", "game.mp4: it is the file of VIDEO,"),
        ("track game.mp4 --out roster.csv --roster roster.csv", "it is the file of --roster"),
        ("convert actions.csv --tracks tracks.csv --out tracks.csv", "it is the file of --tracks"),
    ],
)
def test_an_input_is_not_replaced(folder, words, said):
    assert said in refused(*words.split(), "--overwrite")
    assert all(path.read_text() == TRACKS for path in folder.iterdir())


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (
            "annotate game.mp4 --out a.csv --roster-template a.csv",
            "--out and --roster-template are both a.csv",
        ),
        (
            "align actions.csv game.mp4 --out a.csv --actions sub/../a.csv",
            "--out and --actions are both a.csv",
        ),
    ],
)
def test_two_outputs_are_two_files(folder, words, said):
    assert said in refused(*words.split())


def test_a_folder_of_outputs_replaces_no_input(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_video(tmp_path / "game.mp4", range(10))
    (tmp_path / "game.csv").write_text(TRACKS)
    words = "annotate game.mp4 --tracks game.csv --out-dir . --format csv --overwrite"
    assert "game.csv: it is the file of --tracks," in refused(*words.split())
    assert (tmp_path / "game.csv").read_text() == TRACKS


def test_a_file_that_keeps_its_periods_may_be_written_anew():
    for out, refuses in (("game.json", False), ("game.xlsx", False), ("game.csv", True)):
        given = [("--out", Path(out))], [("--periods", Path(out))]
        with pytest.raises(OptionError) if refuses else nullcontext():
            check_replaces_nothing(*given)


def test_a_table_may_be_written_anew_in_its_place(folder):
    (folder / "actions.csv").write_text("start_s,end_s,label,player\n1.0,2.0,run,7\n")
    done = CliRunner().invoke(
        app, ["convert", "actions.csv", "--out", "actions.csv", "--overwrite", "--fps", "25"]
    )
    assert done.exit_code == 0, done.output
    assert "run" in (folder / "actions.csv").read_text()
