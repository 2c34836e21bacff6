"""One thread makes what another uses."""

from __future__ import annotations

import threading
import time

import pytest

from bball_tag.errors import BballTagError
from bball_tag.video.prefetch import prefetch


def counted(made: list[int]):
    for number in range(50):
        made.append(number)
        yield number


def test_items_come_in_their_order_and_all_of_them():
    with prefetch(iter(range(50)), 3) as numbers:
        assert list(numbers) == list(range(50))


def test_the_thread_works_ahead_but_not_far():
    made: list[int] = []
    with prefetch(counted(made), 3) as numbers:
        assert next(numbers) == 0
        deadline = time.monotonic() + 30
        while len(made) < 4 and time.monotonic() < deadline:
            time.sleep(0.01)
        time.sleep(0.1)
        assert made == [0, 1, 2, 3]  # the one that was taken, and three more
        assert list(numbers) == list(range(1, 50))


def test_an_error_is_raised_where_the_item_is_taken():
    def broken():
        yield 1
        raise BballTagError("the disk is gone")

    with prefetch(broken(), 2) as numbers:
        assert next(numbers) == 1
        with pytest.raises(BballTagError, match="the disk is gone"):
            next(numbers)


@pytest.mark.parametrize("error", [None, KeyError("the block fails")])
def test_the_thread_has_ended_when_the_block_ends_early(error):
    made: list[int] = []
    threads: set[int] = set()

    def numbers():
        for number in counted(made):
            threads.add(threading.get_ident())
            yield number

    def use() -> None:
        with prefetch(numbers(), 3) as taken:
            next(taken)
            if error:
                raise error

    if error:
        with pytest.raises(KeyError):
            use()
    else:
        use()
    assert threads
    assert threads.isdisjoint({thread.ident for thread in threading.enumerate()})
    assert len(made) <= 4  # what waited in the queue was cancelled


def test_stages_follow_one_another_and_end_from_the_last_to_the_first():
    made: list[int] = []
    with (
        prefetch(counted(made), 2) as first,
        prefetch(map(str, first), 2) as second,
    ):
        assert [next(second), next(second)] == ["0", "1"]
    assert len(made) <= 7  # two taken, two and two waiting, one being made
