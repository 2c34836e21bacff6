"""Several games at work at the same time, so that no worker waits while one of them begins or ends."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import ExitStack
from typing import TypeVar

from bball_tag.scale.crew import Crew

G = TypeVar("G")


def each_game(
    games: Iterable[G], work: Callable[[G], None], crew: Crew | None
) -> Generator[tuple[G, BaseException | None]]:
    """Do `work` for every game; yield each as it ends, with what went wrong.

    With a crew, one game more than it has workers is under way, in a thread each. Whoever stops before the
    end closes the crew.
    """
    if crew is None:
        for game in games:
            try:
                work(game)
            except Exception as error:  # noqa: BLE001 - whoever asked decides
                yield game, error
            else:
                yield game, None
        return
    with ThreadPoolExecutor(len(crew) + 1, "game") as threads, ExitStack() as unless_all_is_done:
        # The threads hear that nothing will come of what they wait for.
        unless_all_is_done.callback(crew.close)
        unless_all_is_done.callback(threads.shutdown, wait=False, cancel_futures=True)
        begun = {threads.submit(work, game): game for game in games}
        for future in as_completed(begun):
            yield begun[future], future.exception()
        unless_all_is_done.pop_all()
