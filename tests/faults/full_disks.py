"""A disk that is full: a limit on the size of files, which every library meets, or a small disk indeed."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def full_disk(most_bytes: int) -> Iterator[None]:
    """Let no file become larger than `most_bytes` in the block, whichever library writes it."""
    import resource

    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most_bytes, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@contextmanager
def small_disk(place: Path, most_bytes: int) -> Iterator[bool]:
    """Make `place` a folder that is a disk of its own; yield False where only the master may do that."""
    place.mkdir()
    mount = shutil.which("mount")
    size = f"size={-(-most_bytes // 4096) * 4096}"
    # A system without tmpfs, or a container without the right to mount, says so.
    made = (
        bool(mount)
        and not subprocess.run(
            [str(mount), "-t", "tmpfs", "-o", size, "tmpfs", str(place)], capture_output=True, check=False
        ).returncode
    )
    try:
        yield made
    finally:
        if made:
            subprocess.run(["umount", "--lazy", str(place)], check=True)
