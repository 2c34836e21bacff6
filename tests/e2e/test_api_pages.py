"""`make docs`: pages of the Python API, from the docstrings."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import bball_tag

ROOT = Path(__file__).parents[2]


@pytest.mark.slow
def test_the_pages_show_every_function_of_the_face(tmp_path):
    recipe = "\t$(BIN)/python docs/make_api_pages.py build/docs\n"
    assert recipe in (ROOT / "Makefile").read_text(encoding="utf-8")
    command = [sys.executable, "docs/make_api_pages.py", str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "Warn" not in done.stderr
    face = (tmp_path / "bball_tag.html").read_text(encoding="utf-8")
    for name in bball_tag.__all__:
        assert f'id="{name}"' in face, name
    # Docstrings in Google's style are understood: the arguments become a list.
    assert "<strong>tracks:</strong>" in face
    for page in ("bball_tag/events.html", "bball_tag/video/video.html", "train/recipe.html"):
        assert (tmp_path / page).exists(), page
    assert not (tmp_path / "bball_tag" / "cli.html").exists()
