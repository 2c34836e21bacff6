"""`make docs`: pages of the Python API, from the docstrings."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

import bball_tag

ROOT = Path(__file__).parents[2]


@pytest.mark.slow
def test_the_pages_show_every_function_of_the_face(tmp_path):
    recipe = re.search(
        r"^docs: install\n\t\$\(BIN\)/python (-m pdoc .+)$", (ROOT / "Makefile").read_text(), re.M
    )
    assert recipe
    arguments = [part.replace("build/docs", str(tmp_path)) for part in shlex.split(recipe[1])]
    done = subprocess.run([sys.executable, *arguments], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "Warn" not in done.stderr
    face = (tmp_path / "bball_tag.html").read_text(encoding="utf-8")
    for name in bball_tag.__all__:
        assert f'id="{name}"' in face, name
    # Docstrings in Google's style are read as such: arguments become a list.
    assert "<strong>tracks</strong>" in face
    assert (tmp_path / "train" / "recipe.html").exists()
    assert not (tmp_path / "bball_tag" / "cli.html").exists()
