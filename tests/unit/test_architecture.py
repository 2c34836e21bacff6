"""Dependencies point one way, and what must start quickly loads nothing heavy."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "bball_tag"
STANDARD = {*sys.stdlib_module_names, "bball_tag"}
NUMERIC = {*STANDARD, "numpy"}
ALLOWED = {
    "errors.py": STANDARD,
    "timecode.py": STANDARD,
    "files.py": STANDARD,
    "clips.py": STANDARD,
    "labels.py": STANDARD,
    "contract.py": STANDARD,
    "memory.py": STANDARD,
    "events.py": NUMERIC,
    "compare.py": NUMERIC,
    "scores.py": NUMERIC,
    "video.py": {*NUMERIC, "av"},
    "annotate.py": NUMERIC,
    "players/crop.py": {*NUMERIC, "cv2"},
    "players/subjects.py": NUMERIC,
    "players/tracks.py": NUMERIC,
    "checkpoints/__init__.py": {*STANDARD, "platformdirs"},
    "model.py": {*NUMERIC, "torch", "safetensors", "pytorchvideo"},
    "inference.py": {*NUMERIC, "torch"},
    "sample.py": NUMERIC,
    "backends/__init__.py": NUMERIC,
    "backends/pytorch.py": {*NUMERIC, "torch"},
    "backends/openvino.py": {*NUMERIC, "torch"},
    "backends/conversion.py": {*NUMERIC, "torch", "openvino", "nncf", "platformdirs"},
    "console.py": {*STANDARD, "rich"},
}


def imports(path: Path) -> set[str]:
    """Packages that a module imports anywhere, even inside a function."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            found.add(node.module.split(".")[0])
    return found


@pytest.mark.parametrize("name", ALLOWED)
def test_a_module_imports_only_what_its_place_allows(name):
    assert imports(PACKAGE / name) - ALLOWED[name] == set()


@pytest.mark.parametrize(
    "path", [path for path in sorted(PACKAGE.rglob("*.py")) if "cli" not in path.parts], ids=str
)
def test_the_library_knows_neither_the_trainer_nor_the_command_line(path):
    forbidden = {"train", "typer"} if path.name == "console.py" else {"train", "typer", "rich"}
    if path.name != "__main__.py":
        assert imports(path) & forbidden == set()


@pytest.mark.parametrize("path", sorted((ROOT / "train").rglob("*.py")), ids=lambda path: path.name)
def test_the_trainer_does_not_know_the_command_line(path):
    assert "typer" not in imports(path)
    assert not re.search(r"bball_tag\.cli\b", path.read_text(encoding="utf-8"))


def test_help_loads_nothing_heavy():
    heavy = "{'torch', 'cv2', 'av', 'pandas', 'sklearn', 'openpyxl', 'lightning_fabric', 'matplotlib'}"
    code = f"import sys, bball_tag.cli; sys.exit(', '.join({heavy} & set(sys.modules)) or 0)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
