"""Shared storage in memory."""

from __future__ import annotations

from typing import Any

import fsspec


def empty_storage() -> Any:
    """Return storage in memory with nothing but the bucket `games`."""
    storage = fsspec.filesystem("memory")
    storage.store.clear()
    storage.pseudo_dirs[:] = ["", "/games"]
    return storage
