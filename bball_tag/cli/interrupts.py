"""Ctrl-C and SIGTERM end a command in good order."""

from __future__ import annotations

import _thread
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from types import FrameType

_AGAIN_S = 0.05
"""After how many seconds a signal comes again that came at a bad moment."""
_IMPORTS_S = 30.0
"""For how many seconds an import is such a moment."""


class _Terminated(KeyboardInterrupt):
    """The system asks for the end: at a shutdown, or where the time in a queue is over."""


@contextmanager
def in_order(came: list[KeyboardInterrupt]) -> Iterator[None]:
    """Let SIGTERM end a command as Ctrl-C does, so that what is half written goes away; note it in `came`."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    # Of this generator, of what enters the block, and of whom the block belongs to.
    signals = _Signals(came, sys._getframe(2))
    before = {number: signal.signal(number, signals.stop) for number in (signal.SIGINT, signal.SIGTERM)}
    sys.unraisablehook = signals.unraisable
    try:
        yield
    except Exception as error:
        # Where its own code is interrupted, torch makes another error of it.
        if came:
            raise came[-1] from error
        raise
    finally:
        signals.cancel()
        sys.unraisablehook = signals.shown
        for number, handler in before.items():
            signal.signal(number, handler or signal.SIG_DFL)


def number_of(interrupt: KeyboardInterrupt) -> int:
    """Return the number of the signal that an interrupt comes from."""
    return signal.SIGTERM if isinstance(interrupt, _Terminated) else signal.SIGINT


class _Signals:
    """What the signals that end a command do in the main thread."""

    def __init__(self, came: list[KeyboardInterrupt], block: FrameType) -> None:
        self.shown = sys.unraisablehook
        self._came, self._block, self._own = came, block, os.getpid()
        self._first: float | None = None
        self._again: threading.Timer | None = None
        # Another thread sends it: what the main thread waits for is interrupted where the system can do it.
        to_main = getattr(signal, "pthread_kill", None)
        send = partial(to_main, threading.get_ident()) if to_main else _thread.interrupt_main
        self._send: Callable[[signal.Signals], object] = send

    def stop(self, number: int, frame: FrameType | None) -> None:
        """Raise what ends the command."""
        if os.getpid() != self._own:
            # Processes that load clips are forked, with this handler: they end without a word.
            signal.signal(number, signal.SIG_DFL)
            os.kill(os.getpid(), number)
        now = time.monotonic()
        self._first = now if self._first is None else self._first
        if self._is_importing(frame) and now - self._first < _IMPORTS_S:
            # An import that is interrupted may keep its lock, and a thread that imports would wait for ever.
            self._come_again(number)
            return
        # One is enough: another would break off what is being tidied up.
        self.cancel()
        self._came.append(_Terminated() if number == signal.SIGTERM else KeyboardInterrupt())
        raise self._came[-1]

    def unraisable(self, what: sys.UnraisableHookArgs) -> None:
        """Send a signal once more that came while something was tidied up: Python swallows what it raises."""
        if what.exc_value in self._came:
            self._come_again(number_of(self._came[-1]))
        else:
            self.shown(what)

    def cancel(self) -> None:
        """Send no signal again."""
        if self._again is not None:
            self._again.cancel()
        self._again, self._first = None, None

    def _come_again(self, number: int) -> None:
        if self._again is None:
            self._again = threading.Timer(_AGAIN_S, self._send_again, (number,))
            self._again.daemon = True
            self._again.start()

    def _send_again(self, number: int) -> None:
        self._again = None
        self._send(signal.Signals(number))

    def _is_importing(self, frame: FrameType | None) -> bool:
        """Whether a module is being imported where the block is at work."""
        while frame is not None and frame is not self._block:
            if frame.f_code.co_filename.startswith("<frozen importlib"):
                return True
            frame = frame.f_back
        return False
