"""Rules that are tuned to corrected games, on made-up scores whose best rules are known."""

from __future__ import annotations

import shutil
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

import bball_tag
from bball_tag.annotations import Annotation, read_annotation
from bball_tag.annotations.game_files import files_of, joined
from bball_tag.annotations.reviewed import Reviewed
from bball_tag.checkpoint.checkpoint import Checkpoint
from bball_tag.cli import app
from bball_tag.errors import BballTagError, OptionError
from bball_tag.events import Event, EventRules, Scores, find_events
from bball_tag.events.compare import match_events, total
from bball_tag.events.rules_file import read_rules
from bball_tag.learning.games import scores_of
from bball_tag.learning.rule_search import Goal, Search, goal_of
from bball_tag.learning.tables import open_tables
from bball_tag.learning.tuned_games import TunedGame, material
from bball_tag.scoring.features import FeatureKind
from bball_tag.scoring.store import ClipScore, RunState, ScoreStore
from bball_tag.video.video import Video
from tests.synthetic import write_video

SAMPLE = Path(bball_tag.__file__).parent / "checkpoint" / "sample.safetensors"
CHECKPOINT = Checkpoint(SAMPLE)
LABELS = CHECKPOINT.contract.labels
SECONDS, FPS = 120, 12.5


@pytest.fixture(scope="module")
def video(tmp_path_factory) -> Path:
    return write_video(tmp_path_factory.mktemp("tune") / "game.mp4", range(2 * SECONDS), fps=Fraction(2))


@pytest.fixture
def game(video, tmp_path) -> Path:
    """A player 4 runs for three seconds out of six, and the model is never more than 40 % sure of it."""
    path = tmp_path / "game.mp4"
    shutil.copy(video, path)
    save(path)
    return path


def truth(player: str = "4", seconds: int = SECONDS) -> list[Event]:
    starts = range(0, seconds, 6)
    return [
        Event("run", start, start + 3.0, 1.0, 1.0, start + 1.5, 0, player) for start in map(float, starts)
    ]


def save(path: Path, sure: float = 0.4, checkpoint: str = CHECKPOINT.id) -> None:
    content = Video(path).content_id
    kind = FeatureKind("b1", checkpoint, LABELS, FPS, 8, ("rgb",), (1,))
    rng = np.random.default_rng(1)
    with ScoreStore(path.with_name("game.json.scores.db"), {"video": content}, {"video": content}) as store:
        store.keep_features(kind)
        clips = []
        for start in range(0, int(SECONDS * FPS) - 8, 4):
            runs = (start + 4) / FPS % 6 < 3
            own = (sure if runs else 0.06) + rng.uniform(-0.03, 0.03)
            chance = np.full(len(LABELS), (1 - own) / (len(LABELS) - 1))
            chance[LABELS.index("run")] = own
            vector = np.zeros(1, np.float16)
            clips.append(ClipScore("4", start, start + 8, chance.astype(np.float32), vector, ("rgb",)))
        store.append(clips, RunState(1, complete=True, end=float(SECONDS)))


def table(
    game: Path, events: list[Event], name: str = "mine.json", reviewed: tuple[Reviewed, ...] = ()
) -> Path:
    path = game.with_name(name)
    Annotation(Video(game).info, events, reviewed=reviewed).write(path, overwrite=True)
    return path


START = EventRules(threshold=0.6)


def test_a_table_of_a_game_in_several_files_is_about_each_of_them(game):
    second = game.with_name("second.mp4")
    shutil.copy(game, second)
    infos = [Video(path).info for path in (game, second)]
    parts = [Annotation(info, events) for info, events in zip(infos, (truth()[:2], truth()[:1]), strict=True)]
    path = game.with_name("whole.json")
    joined(parts, files_of(infos)).write(path)
    assert [event.start for event in read_annotation(path)] == [0.0, 6.0, float(SECONDS)]
    tables = open_tables([path], [], [])
    assert [[event.start for event in one.annotation] for one in tables] == [[0.0, 6.0], [0.0]]
    # Events of the first file are none of the second, though these seconds have others there.
    (only,) = open_tables([path], [second], [])
    assert [event.start for event in only.annotation] == [0.0]
    assert only.game.video.path == second


def test_a_threshold_that_was_too_high_is_lowered_and_tested_on_what_was_left_out(game):
    report = bball_tag.tune(table(game, truth()), checkpoint=SAMPLE, start=START)
    (run,) = report.labels
    assert (run.label, run.num_true, run.before[0]) == ("run", 20, 0.6)
    assert run.after[0] < 0.45
    assert (report.before, report.after) == (0.0, pytest.approx(1.0))
    assert len(report.gains) == 5
    assert "parts of the one game" in report.tested_on
    (opened,) = open_tables([table(game, truth())], (), ())
    found = find_events(scores_of(opened.game), report.rules)
    assert total(match_events(found, truth())).f1 == pytest.approx(1.0)


def test_a_label_with_too_few_true_events_keeps_its_rule_and_says_so(game):
    report = bball_tag.tune(table(game, truth(seconds=18)), checkpoint=SAMPLE, start=START)
    (run,) = report.labels
    assert run.kept == "only 3 true events"
    assert run.after == run.before
    assert "run keeps its rule: only 3 true events." in str(report)


def test_an_event_on_the_edge_of_what_was_reviewed_counts_where_its_true_one_does():
    def run(start: float, end: float) -> Event:
        return Event("run", start, end, 0.9, 0.9, start, 1)

    scores = Scores(("run",), 12.5, 16, 20.0, *(np.zeros(0),) * 3, np.zeros((0, 1)))
    edge = TunedGame(
        "a",
        scores,
        truth=(run(2, 9.8),),
        reviewed=(Reviewed(0, 10),),
        with_players=False,
        edges=(0.0,),
        unreviewed=(run(9, 12),),
    )
    # The middle of the first is outside, that of the second is inside, and neither decides.
    like_the_judged_one, like_the_other, alone = run(4, 17), run(8, 11.9), run(0, 1)
    assert edge.judged([like_the_judged_one, like_the_other, alone]) == [like_the_judged_one, alone]


def test_only_what_was_reviewed_counts(game):
    # Nobody looked after the first minute: what is found there is neither right nor wrong.
    half = (Reviewed(0.0, 60.0),)
    report = bball_tag.tune(table(game, truth(seconds=60), reviewed=half), checkpoint=SAMPLE, start=START)
    assert report.labels[0].num_true == 10
    assert report.after == pytest.approx(1.0)
    unsaid = bball_tag.tune(table(game, truth(seconds=60)), checkpoint=SAMPLE, start=START)
    assert unsaid.after < 0.8


def test_true_events_of_other_names_are_matched_whoever_did_them(game, caplog):
    report = bball_tag.tune(table(game, truth(player="LeBron")), checkpoint=SAMPLE, start=START)
    assert "matched whoever did them" in caplog.text
    assert report.after == pytest.approx(1.0)


def test_unknown_labels_and_what_was_not_scored_are_left_out_and_named(game):
    strange = [Event("dunk", 1.0, 2.0, 1.0, 1.0, 1.5, 0, "4")]
    report = bball_tag.tune(table(game, truth() + strange), checkpoint=SAMPLE, start=START)
    assert dict(report.left_out) == {"of the label 'dunk', which the checkpoint does not know": 1}
    with pytest.raises(BballTagError, match=r"No true event is left to tune on \(1 of the label 'dunk'"):
        bball_tag.tune(table(game, strange), checkpoint=SAMPLE)


def test_a_table_that_nobody_corrected_is_warned_of(game, caplog):
    untouched = [replace(event, num_clips=5) for event in truth()]
    bball_tag.tune(table(game, untouched), checkpoint=SAMPLE, start=START)
    assert "nobody corrected any event in it" in caplog.text


def test_scores_of_another_checkpoint_are_refused(game):
    path = table(game, truth())
    for store in game.parent.glob("*.scores.db*"):
        store.unlink()
    save(game, checkpoint="other")
    with pytest.raises(OptionError, match=r"were made with another checkpoint"):
        bball_tag.tune(path, checkpoint=SAMPLE)


def test_counts_of_the_search_are_those_of_the_decisions(game):
    tables = open_tables([table(game, truth())], (), ())
    rules = EventRules(threshold=0.3, min_durations={"run": 1.0}, max_gaps={"no_action": 0.0})
    known = material(tables, rules.background, ignore_players=False)
    search = Search.over(known, rules, Goal())
    found = find_events(known.games[0].scores, rules)
    matches = total(match_events(found, truth()))
    assert search.total(rules).sum(axis=0).tolist() == [
        matches.num_true,
        matches.num_found,
        matches.num_right,
    ]


def test_the_command_writes_a_file_or_into_the_checkpoint(game):
    path, mine = table(game, truth()), game.with_name("mine.safetensors")
    shutil.copy(SAMPLE, mine)
    rules = game.with_name("mine.toml")
    arguments = ["tune", str(path), "--into", str(mine), "--rules", str(rules)]
    done = CliRunner().invoke(app, arguments)
    assert done.exit_code == 0, done.output
    written = read_rules(rules, EventRules(), LABELS)
    # The checkpoint is of rendered players and the game is not: rules for such video are others.
    changed = Checkpoint(mine).contract
    assert changed.on("real").event_rules() == written
    assert changed.event_rules() == CHECKPOINT.contract.event_rules()
    assert "# label" in rules.read_text(encoding="utf-8")
    again = CliRunner().invoke(app, ["tune", str(path), "--rules", str(rules)])
    assert again.exit_code == 1
    assert CliRunner().invoke(app, ["tune", str(path)]).exit_code == 2


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"metric": "map"}, "Write f1@0.5"),
        ({"metric": "f0@0.5"}, "Write f1@0.5"),
        ({"metric": "f1@1.5"}, "Write f1@0.5"),
        ({"rules": "mine.xlsx"}, "name it mine.toml"),
        ({"into": SAMPLE, "checkpoint": SAMPLE}, "not both"),
        ({"start": "none.toml", "checkpoint": SAMPLE}, "none.toml"),
    ],
)
def test_impossible_wishes_are_refused(game, arguments, words):
    with pytest.raises(OptionError, match=words):
        bball_tag.tune(table(game, truth()), **arguments)


def test_a_metric_names_how_much_a_miss_is_worse_and_the_overlap():
    assert goal_of("f2@0.3") == Goal(2.0, 0.3)
    # 4 true, 5 found, 3 right: F1 = 6/9; F2 = 5 * 3 / (4 * 4 + 5).
    counts = np.array([4, 5, 3])
    assert Goal().of(counts) == pytest.approx(6 / 9)
    assert Goal(2.0).of(counts) == pytest.approx(15 / 21)
    assert Goal().of(np.zeros(3)) == 0


def test_rules_that_are_no_better_on_what_was_left_out_change_nothing(game):
    # What is true has nothing to do with the scores.
    rng = np.random.default_rng(3)
    starts = np.sort(rng.uniform(0, SECONDS - 2, 40)).tolist()
    events = [Event("run", start, start + 0.7, 1.0, 1.0, start, 0, "4") for start in starts]
    report = bball_tag.tune(table(game, events), checkpoint=SAMPLE, start=EventRules(threshold=0.3))
    assert report.after <= report.before
    assert dict(report.rules.thresholds) == {}
    assert "No rule is changed" in str(report)
