"""Waiting threads do not spin: set before torch is loaded, unless the user has set it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

NAMES = ("OMP_WAIT_POLICY", "GOMP_SPINCOUNT", "KMP_BLOCKTIME")
CODE = """
import json, os, sys

class Spy:
    def find_spec(self, name, path=None, target=None):
        if name == "torch":
            print(json.dumps({{name: os.environ[name] for name in {names} if name in os.environ}}))
            sys.exit()

sys.meta_path.insert(0, Spy())
{statement}
"""


def seen_by_torch(statement: str, **settings: str) -> dict[str, str]:
    """Run `statement` in a fresh process; return what is set when torch is about to be loaded."""
    environment = {name: value for name, value in os.environ.items() if name not in NAMES} | settings
    code = CODE.format(names=NAMES, statement=statement)
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )
    found: dict[str, str] = json.loads(done.stdout)
    return found


@pytest.mark.parametrize(
    "statement",
    [
        "import bball_tag.scoring.backends.pytorch",
        "import bball_tag.checkpoint.model",
        "import bball_tag.bench",
        "import bball_tag; bball_tag.annotate",
    ],
)
def test_waiting_threads_do_not_spin(statement):
    if statement.endswith("annotate"):
        statement += "('sample_videos/game.mp4', device='cpu', progress=False)"
    assert seen_by_torch(statement) == {"GOMP_SPINCOUNT": "1000", "KMP_BLOCKTIME": "0"}


@pytest.mark.parametrize(
    "own", [{"OMP_WAIT_POLICY": "ACTIVE"}, {"GOMP_SPINCOUNT": "5"}, {"KMP_BLOCKTIME": "200"}]
)
def test_what_the_user_has_set_stays_as_it_is(own):
    assert seen_by_torch("import bball_tag.checkpoint.model", **own) == own
