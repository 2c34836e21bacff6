"""What all tests share."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser

# Plain text whatever the terminal, and a fixed width so that sentences are not broken.
os.environ.update(TERM="dumb", NO_COLOR="1", COLUMNS="200")


@pytest.fixture
def real_data() -> Path:
    """The folder of real material that is not part of the project."""
    folder = os.environ.get("BBALL_TAG_REAL_DATA")
    if not folder:
        pytest.skip("BBALL_TAG_REAL_DATA is not set")
    return Path(folder)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """A browser without a window, one for all tests: each opens pages of its own."""
    from tests.browser import chromium

    with chromium() as found:
        yield found


@pytest.fixture(autouse=True)
def _own_home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the tester's own checkpoints and caches out of the tests."""
    home = tmp_path_factory.mktemp("home")
    for name in ("DATA", "CACHE", "CONFIG", "STATE"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(home / name.lower()))
    monkeypatch.delenv("BBALL_TAG_CHECKPOINT", raising=False)


@pytest.fixture(autouse=True)
def _fresh_log() -> None:
    """Undo what the command line did to the log."""
    log = logging.getLogger("bball_tag")
    log.handlers.clear()
    log.propagate = True
    log.setLevel(logging.NOTSET)
