"""Commands that are ended at random moments, and what is counted of them."""

from __future__ import annotations

import signal
from collections.abc import Callable, Sequence
from pathlib import Path

from tests.faults.runs import Ended, ended, killed_at_random
from tests.faults.tally import Amount, Tally

__all__ = ["Tally", "drafts", "finished", "is_cut_off", "kill_at_random"]


def finished(arguments: Sequence[object], folder: Path) -> float:
    """Run `bball-tag` in `folder` to its end, and return how many seconds it computed."""
    done = ended(arguments, folder)
    assert done.code == 0, done.said
    return done.cpu_s


def kill_at_random(
    tally: Tally,
    arguments: Sequence[object],
    folder: Path,
    took: float,
    fault: Callable[[], str],
    before: Callable[[], None] = lambda: None,
) -> None:
    """End a command at random moments of the `took` seconds that it computes: SIGKILL, SIGTERM or Ctrl-C.

    Args:
        tally: Where it is counted.
        arguments: What is run.
        folder: Where.
        took: Seconds that an undisturbed run computes; moments are evenly likely from its first to its last.
        fault: Says what is not as it should be afterwards; nothing where all is well.
        before: What is done before each run.
    """
    rng = tally.rng
    for _ in range(Amount.of(1, 12)):
        before()
        done, how = killed_at_random(arguments, folder, took, rng)
        tally.most_memory = max(tally.most_memory, done.memory)
        words = fault()
        if how != "SIGKILL":
            words = words or ("" if how and is_cut_off(done, how) else done.fault)
        if how == "SIGINT" and drafts(folder):
            words = words or f"left behind: {', '.join(sorted(drafts(folder)))}"
        for name in drafts(folder):
            (folder / name).unlink()
        tally.count(f"by {how}" if how else "done before", words)


def is_cut_off(done: Ended, how: str) -> bool:
    """Say whether a signal came before the command began, or after its end, and ended it as any program.

    That is by itself, or for Ctrl-C in the words of Python.
    """
    by_itself = done.code == -signal.Signals[how]
    in_words = how == "SIGINT" and done.said.rstrip().rpartition("\n")[2].startswith("KeyboardInterrupt")
    return not done.in_order and (by_itself or in_words)


def drafts(folder: Path) -> set[str]:
    """Return the names of files that a run was about to write."""
    return {path.name for path in folder.iterdir() if ".part" in path.name}
