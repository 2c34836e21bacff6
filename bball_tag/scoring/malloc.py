"""The memory of this process: what the C library does with freed blocks, and how much was used."""

from __future__ import annotations

import ctypes
import sys

_M_TRIM_THRESHOLD, _M_TOP_PAD, _M_MMAP_MAX = -1, -2, -4


def keep_freed_memory() -> None:
    """Tell glibc to keep large freed blocks for the next step instead of giving them back.

    A model frees and asks for the same large tensors at every step. By default glibc returns each to
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


def peak_memory() -> int:
    """Return the most memory that this process has used so far, in bytes; 0 on Windows."""
    if sys.platform == "win32":
        return 0
    import resource

    # macOS counts in bytes.
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
