"""Libraries of the oracles' own environment, asked about files that we wrote."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import pytest


def asked(script: str, path: Path) -> Any:
    """Return what a library of the oracles' own environment says of a file: the JSON that `script` prints."""
    done = subprocess.run(
        [oracle_python(), "-c", textwrap.dedent(script), path], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def oracle_python() -> Path:
    """Return the Python of the oracles' environment; without one the test is skipped."""
    python = Path(sys.prefix) / "oracles" / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    if not python.exists():
        pytest.skip("run `make oracles`: this library cannot live beside ours")
    return python
