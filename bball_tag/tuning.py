"""The face of tuning: `bball_tag.tune`, rules of events from corrected games."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from bball_tag.api import open_checkpoint
from bball_tag.checks import Paths, as_path, as_paths
from bball_tag.errors import OptionError, explained_imports
from bball_tag.events import EventRules
from bball_tag.given import path_or_none

if TYPE_CHECKING:
    from bball_tag.checkpoint.checkpoint import Checkpoint
    from bball_tag.checkpoint.contract import World
    from bball_tag.learning.tables import Table
    from bball_tag.learning.tune_report import TuneReport


@explained_imports
def tune(
    truth: Paths,
    *,
    rules: str | Path | None = None,
    into: str | Path | None = None,
    checkpoint: str | Path | Checkpoint | None = None,
    start: EventRules | str | Path | None = None,
    video: Paths | None = None,
    scores: Paths | None = None,
    metric: str = "f1@0.5",
    ignore_players: bool = False,
    overwrite: bool = False,
    progress: bool = True,
) -> TuneReport:
    """Find the rules by which scores become the events that a person says are true.

    Thresholds, shortest events and longest gaps of each label are tuned, and what makes the confidence of an
    event the probability that it is right. No frame is read.

    Args:
        truth: Tables of events that a person corrected, in any format that `read` takes.
        rules: Write the rules to this file (`mine.rules.toml`), for `annotate(rules=...)`.
        into: Write them into this checkpoint, whose rules they are from then on; the games must have been
            annotated with it.
        checkpoint: What the games were annotated with. None takes `into`, else the default one.
        start: Rules to start from, or a file of them; None takes the checkpoint's.
        video: The video of each table, or one for all; None takes those that the tables name.
        scores: The store of each table, or one for all; None takes those beside the tables and videos.
        metric: What to be good at: F-beta at a temporal IoU, such as f1@0.5 or f0.5@0.3.
        ignore_players: Match events whoever did them.
        overwrite: Replace a rules file that exists.
        progress: Show a progress bar in a terminal or a notebook.

    Returns:
        The rules, what changed, and what it gains on games that were left out.

    Raises:
        BballTagError: A table, video, store or checkpoint cannot be used, or there is too little truth.
    """
    from bball_tag.console import count_progress
    from bball_tag.events.rules_file import SUFFIX, given_rules, write_rules
    from bball_tag.files import check_output
    from bball_tag.learning.rule_search import goal_of
    from bball_tag.learning.tables import open_tables
    from bball_tag.learning.tune import tune as tune_of
    from bball_tag.learning.tuned_games import material

    goal, target, inside = goal_of(metric), path_or_none("rules", rules), path_or_none("into", into)
    if target is not None:
        if target.suffix.lower() != SUFFIX:
            raise OptionError(f"Rules are a {SUFFIX} file: name it {target.with_suffix(SUFFIX)}.")
        check_output(target, overwrite=overwrite)
    if inside is not None and checkpoint is not None:
        raise OptionError("The rules go into the checkpoint of the games: give into or checkpoint, not both.")
    opened = open_checkpoint(checkpoint if inside is None else inside)
    videos, stores = as_paths("video", video or ()), as_paths("scores", scores or ())
    tables = open_tables(as_paths("truth", truth), videos, stores)
    world = _world_of(tables, opened)
    contract = opened.contract.on(world)
    # Where some games have given players and some have found ones, neither's confidence is that of all.
    players = {table.game.players for table in tables}
    own = contract.event_rules(players.pop() if len(players) == 1 else None)
    base = given_rules(start, own, contract.labels)
    known = material(tables, base.background, ignore_players=ignore_players)
    with count_progress("tuning (%)", 100, shown=progress) as show:
        report = tune_of(known, base, goal, lambda done: show(round(100 * done)))
    if target is not None:
        write_rules(report.rules, target, report.remarks())
    if inside is not None:
        from bball_tag.checkpoint.backbone import write_contract

        write_contract(as_path("into", inside), opened.contract.with_rules(report.rules, world))
    return report


def _world_of(tables: Sequence[Table], checkpoint: Checkpoint) -> World:
    """Return whether the games show rendered players or real ones.

    Raises:
        OptionError: They show both, or were scored with another checkpoint.
    """
    for table in tables:
        if table.game.stored.kind.checkpoint != checkpoint.id:
            raise OptionError(
                f"The scores in {table.game.store} were made with another checkpoint than {checkpoint.path}. "
                "Name the one that the game was annotated with (--checkpoint FILE), or annotate it with this."
            )
    worlds = sorted({table.game.world for table in tables})
    if len(worlds) > 1:
        raise OptionError("Some of the games are rendered and some are real. Tune on each kind by itself.")
    return worlds[0]
