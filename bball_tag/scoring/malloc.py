"""The memory of this process: what the C library does with freed blocks, and how much was used."""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Callable

_M_TRIM_THRESHOLD, _M_TOP_PAD, _M_MMAP_MAX = -1, -2, -4


def keep_freed_memory() -> None:
    """Tell glibc to keep large freed blocks for the next step instead of giving them back.

    A model frees and asks for the same large tensors at every step. By default glibc returns each to
    the system and gets fresh, empty pages, which can cost more than the arithmetic. The price is that
    the process keeps its peak memory until `give_back_freed_memory`. Does nothing where there is no glibc.
    """
    if (mallopt := _of_glibc("mallopt")) is None:
        return
    mallopt(_M_MMAP_MAX, 0)
    mallopt(_M_TRIM_THRESHOLD, 2**31 - 1)
    mallopt(_M_TOP_PAD, 256 * 2**20)


def give_back_freed_memory() -> None:
    """Give freed blocks back to the system, which is worth its time once in many steps.

    Blocks of other sizes than before do not always fit into freed ones: over hours, more and more would be
    kept. Does nothing where there is no glibc.
    """
    if (trim := _of_glibc("malloc_trim")) is not None:
        trim(ctypes.c_size_t(0))


def _of_glibc(name: str) -> Callable[..., int] | None:
    return getattr(ctypes.CDLL(None), name, None) if sys.platform.startswith("linux") else None


def peak_memory() -> int:
    """Return the most memory that this process has used so far, in bytes; 0 on Windows."""
    if sys.platform == "win32":
        return 0
    import resource

    # macOS counts in bytes.
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
