"""One setting of the C library that decides whether a CPU spends its time computing or page-faulting."""

from __future__ import annotations

import ctypes
import sys

_M_TRIM_THRESHOLD, _M_TOP_PAD, _M_MMAP_MAX = -1, -2, -4


def keep_freed_memory() -> None:
    """Tell glibc to keep large freed blocks for the next step instead of giving them back.

    A network frees and asks for the same large tensors at every step. By default glibc returns each to
    the system and gets fresh, empty pages, which can cost more than the arithmetic. The price is that
    the process keeps its peak memory until it ends. Does nothing where there is no glibc.
    """
    if not sys.platform.startswith("linux"):
        return
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is None:
        return
    mallopt(_M_MMAP_MAX, 0)
    mallopt(_M_TRIM_THRESHOLD, 2**31 - 1)
    mallopt(_M_TOP_PAD, 256 * 2**20)
