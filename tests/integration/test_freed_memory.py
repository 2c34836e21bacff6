"""Memory that glibc keeps for the next step is given back now and then."""

from __future__ import annotations

import subprocess
import sys

import pytest

_SCRIPT = """
import ctypes, os
from bball_tag.scoring.malloc import give_back_freed_memory, keep_freed_memory

def held():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") >> 20

keep_freed_memory()
libc = ctypes.CDLL(None)
libc.malloc.restype, libc.malloc.argtypes = ctypes.c_void_p, [ctypes.c_size_t]
libc.free.argtypes = [ctypes.c_void_p]
blocks = [libc.malloc(1 << 20) for _ in range(200)]
for block in blocks:
    ctypes.memset(block, 1, 1 << 20)
for block in blocks[:-1]:
    libc.free(block)
kept = held()
give_back_freed_memory()
print(kept, held())
"""


@pytest.mark.skipif(sys.platform != "linux", reason="glibc is the C library of Linux")
def test_freed_memory_is_kept_until_it_is_given_back():
    done = subprocess.run([sys.executable, "-c", _SCRIPT], capture_output=True, text=True, check=True)
    kept, after = map(int, done.stdout.split())
    # 200 MiB were freed below a block that is still used, so that the system could not have had them.
    assert kept - after > 150
