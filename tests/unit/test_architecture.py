"""The house: dependencies point one way, what must start quickly is light, and nothing grows too large."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE, TRAIN = ROOT / "bball_tag", ROOT / "train"
MODULES = sorted([*PACKAGE.rglob("*.py"), *TRAIN.rglob("*.py")])
STANDARD = {*sys.stdlib_module_names, "bball_tag"}
NUMERIC = {*STANDARD, "numpy"}

GROUND = [
    "errors",
    "storage",
    "checks",
    "faults",
    "labels",
    "timecode",
    "game_time",
    "files",
    "backups",
    "text_files",
    "json_files",
    "palette",
    "console",
    "stage_times",
    "train_options",
]
ROOMS = [
    *GROUND,
    "onednn",
    "clips",
    "events",
    "video",
    "players",
    "checkpoint",
    "scoring",
    "scale",
    "annotations",
    "comparison",
    "learning",
    "play_by_play",
    "timelines",
    "render",
    "watching",
    "annotation_run",
    "given",
    "api",
    "one_game",
    "comparing",
    "event_source",
    "rendering",
    "tracking",
    "training",
    "teaching",
    "aligning",
    "tuning",
    "review",
    "reviewing",
    "bench",
    "doctor",
    "cli",
]
"""From the bottom to the top: a room imports only rooms before it."""
OUTSIDE = {
    "errors": STANDARD,
    "storage": {*STANDARD, "fsspec", "platformdirs"},
    "checks": STANDARD,
    "faults": STANDARD,
    "labels": STANDARD,
    "timecode": STANDARD,
    "game_time": STANDARD,
    "files": STANDARD,
    "backups": {*STANDARD, "platformdirs"},
    "text_files": STANDARD,
    "json_files": {*STANDARD, "pyjson5"},
    "palette": STANDARD,
    "stage_times": STANDARD,
    "train_options": STANDARD,
    "onednn": {*STANDARD, "torch"},
    "clips": STANDARD,
    "console": {*STANDARD, "rich", "IPython"},
    "events": NUMERIC,
    "video": {*NUMERIC, "av", "cv2", "scenedetect"},
    "players": {
        *NUMERIC,
        "cv2",
        "onnxruntime",
        "platformdirs",
        "pooch",
        "requests",
        "safetensors",
        "scipy",
        "sklearn",
        "supervision",
        "torch",
        "trackers",
    },
    "checkpoint": {*NUMERIC, "torch", "torchvision", "safetensors", "pytorchvideo", "platformdirs"},
    "scoring": {*NUMERIC, "torch", "openvino", "nncf", "platformdirs"},
    "scale": {*STANDARD, "cv2", "ray", "torch"},
    "annotations": {*NUMERIC, "openpyxl", "pandas", "matplotlib"},
    "comparison": {*NUMERIC, "jinja2", "openpyxl"},
    "learning": {*NUMERIC, "safetensors", "scipy", "sklearn"},
    "timelines": NUMERIC,
    "play_by_play": {*NUMERIC, "openpyxl", "scipy"},
    "render": {*NUMERIC, "av", "cv2", "PIL", "matplotlib"},
    "watching": STANDARD,
    "annotation_run": STANDARD,
    "given": STANDARD,
    "api": STANDARD,
    "one_game": STANDARD,
    "comparing": STANDARD,
    "event_source": STANDARD,
    "rendering": STANDARD,
    "tracking": STANDARD,
    "training": {*STANDARD, "train"},
    "teaching": STANDARD,
    "aligning": STANDARD,
    "tuning": STANDARD,
    "review": {*NUMERIC, "filelock", "platformdirs", "starlette", "uvicorn"},
    "reviewing": STANDARD,
    "bench": {*NUMERIC, "torch"},
    "doctor": {*NUMERIC, "av", "torch"},
    "cli": {*STANDARD, "typer"},
}
"""What a room may import from outside."""
FACE = {
    "api.py",
    "comparing.py",
    "given.py",
    "one_game.py",
    "rendering.py",
    "teaching.py",
    "tracking.py",
    "reviewing.py",
    "training.py",
    "tuning.py",
}
LONGEST_MODULE, LONGEST_FUNCTION = 300, 40
HEAVY = {"torch", "cv2", "av", "numpy", "pandas", "sklearn", "openpyxl", "lightning_fabric", "matplotlib"}
HEAVY |= {"http.client", "bball_tag.annotations"}


def imported(path: Path) -> set[str]:
    """Modules that a file imports when it runs, even inside a function; imports for types do not count."""
    found: set[str] = set()
    for node in ast.walk(_without_type_checking(ast.parse(path.read_text(encoding="utf-8")))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def _without_type_checking(tree: ast.Module) -> ast.Module:
    tree.body = [
        node
        for node in tree.body
        if not (
            isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"
        )
    ]
    return tree


def room_of(module: str) -> str | None:
    """The room of a module of the package; None for the face itself and for what is outside."""
    parts = module.split(".")
    return parts[1] if parts[0] == "bball_tag" and len(parts) > 1 and parts[1] in ROOMS else None


def home_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


@pytest.mark.parametrize(
    "path",
    [path for path in MODULES if (PACKAGE in path.parents and path.parent != PACKAGE) or path.stem in ROOMS],
    ids=lambda path: str(path.relative_to(ROOT)),
)
def test_dependencies_point_one_way(path):
    own = home_of(path)
    above = {room for module in imported(path) if (room := room_of(module))} - {own}
    assert {room for room in above if ROOMS.index(room) > ROOMS.index(own)} == set()
    outside = {module.split(".")[0] for module in imported(path)}
    assert outside - OUTSIDE[own] == set()


def test_every_file_has_a_room():
    homes = {home_of(path) for path in PACKAGE.rglob("*.py")}
    assert homes - {"__init__", "__main__"} == set(ROOMS)


@pytest.mark.parametrize("path", sorted(TRAIN.rglob("*.py")), ids=lambda path: path.name)
def test_the_trainer_knows_neither_the_face_nor_the_command_line(path):
    above = {"cli", "api", "rendering", "training", "annotation_run", "annotations", "render", "bench"}
    assert {room_of(module) for module in imported(path)} & above == set()
    assert "typer" not in {module.split(".")[0] for module in imported(path)}


@pytest.mark.parametrize("path", sorted((PACKAGE / "cli").glob("*.py")), ids=lambda path: path.name)
def test_a_command_uses_no_private_name_of_another(path):
    private = {module for module in imported(path) if re.search(r"bball_tag\.cli\.\w+\._", module)}
    assert private == set()
    built = r"\b(ClipDataset|TrainConfig|TrainingJob|AnnotationRun|ScoringOptions|Engine|Machine)\("
    assert re.findall(built, path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_nothing_grows_too_large(path):
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= LONGEST_MODULE
    functions = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.FunctionDef)]
    has_options = path.parent.name == "cli" or path.name in FACE
    assert {node.name for node in functions if _length(node, has_options) > LONGEST_FUNCTION} == set()


def _length(function: ast.FunctionDef, has_options: bool) -> int:
    """Lines of a function without its docstring; a list of options is as long as it must be."""
    body = function.body[1:] if ast.get_docstring(function) else function.body
    lines = body[-1].end_lineno - body[0].lineno + 1 if body else 0
    return lines if has_options else lines + function.body[0].lineno - function.lineno


def test_one_place_opens_files_to_write_video():
    places = [
        path
        for path in MODULES
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
        and ast.unparse(node.func) == "av.open"
        and any(isinstance(value, ast.Constant) and value.value == "w" for value in node.args)
    ]
    assert len(places) == 1


@pytest.mark.parametrize("name", ["bball_tag", "bball_tag.cli"])
def test_what_must_start_quickly_loads_nothing_heavy(name):
    program = f"import sys, {name}\nsys.exit(', '.join({HEAVY!r} & sys.modules.keys()) or 0)"
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_every_name_of_the_face_is_there():
    import bball_tag

    assert {name for name in bball_tag.__all__ if not hasattr(bball_tag, name)} == set()
    assert set(bball_tag.__all__) <= set(dir(bball_tag))


def test_the_answers_of_the_architecture_page_are_true():
    """Each row of its table names a symbol and the file that it lives in."""
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    table = page.split("## Where is …?")[1].split("\n## ")[0]
    rows = re.findall(r"^\| (.+?) \| `([\w.]+)` \| `([\w/.]+)` \|$", table, re.MULTILINE)
    assert len(rows) >= 10
    for question, symbol, file in rows:
        text = (ROOT / file).read_text(encoding="utf-8")
        name = symbol.rsplit(".", 1)[-1]
        assert re.search(rf"^ *(?:async )?(?:def|class) {name}\b|^ *{name}\b.* = ", text, re.MULTILINE), (
            question
        )
