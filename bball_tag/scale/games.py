"""Several games at work at the same time, so that no worker waits while one of them begins or ends."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import ExitStack
from typing import TypeVar

from bball_tag.scale.crew import Crew

G = TypeVar("G")
_MOST = 10_000
"""Games at work at the same time, however large a crew is: each has a thread."""
_LOOK_S = 0.5
"""Seconds between looks at how many workers there are, while games are at work."""


def each_game(
    games: Iterable[G | None], work: Callable[[G], None], crew: Crew | None
) -> Generator[tuple[G, BaseException | None]]:
    """Do `work` for every game; yield each as it ends, with what went wrong.

    With a crew, one game more than it has workers is under way, in a thread each. Whoever stops before the
    end closes the crew.

    Args:
        games: They begin in this order, and each is asked for when it can begin. None says that there is
            none at the moment: with a crew, others may have ended meanwhile.
        work: What is done for one.
        crew: Who computes; None is this process, one game after the other.
    """
    if crew is None:
        yield from _one_after_another(games, work)
        return
    with ThreadPoolExecutor(_MOST, "game") as threads, ExitStack() as unless_all_is_done:
        # The threads hear that nothing will come of what they wait for.
        unless_all_is_done.callback(crew.close)
        unless_all_is_done.callback(threads.shutdown, wait=False, cancel_futures=True)
        coming, is_over = iter(games), False
        begun: dict[Future[None], G] = {}
        while begun or not is_over:
            has_room = not is_over and len(begun) < crew.most_games
            if has_room:
                try:
                    game = next(coming)
                except StopIteration:
                    is_over = True
                    continue
                if game is not None:
                    begun[threads.submit(work, game)] = game
            # Who may begin another one at once waits for none to end.
            done, _ = wait(begun, 0 if has_room else _LOOK_S, FIRST_COMPLETED)
            for future in done:
                yield begun.pop(future), future.exception()
        unless_all_is_done.pop_all()


def _one_after_another(
    games: Iterable[G | None], work: Callable[[G], None]
) -> Generator[tuple[G, BaseException | None]]:
    for game in games:
        if game is None:
            continue
        try:
            work(game)
        except Exception as error:  # noqa: BLE001 - whoever asked decides
            yield game, error
        else:
            yield game, None
