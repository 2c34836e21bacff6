"""What a release is: a wheel and a source distribution that install and run on their own."""

from __future__ import annotations

import csv
import email
import os
import subprocess
import sys
import sysconfig
import tarfile
import venv
import zipfile
from collections.abc import Sequence
from email.message import Message
from pathlib import Path

import pytest

import bball_tag

pytestmark = pytest.mark.slow
ROOT = Path(__file__).parents[2]
DRILL = ROOT / "sample_videos" / "drill.mp4"


def run(command: Sequence[object], cwd: Path) -> str:
    """Run a command and return what it prints; fail with its errors."""
    clean = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(
        [str(part) for part in command], cwd=cwd, env=clean, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def build(out: Path, source: Path, *options: str) -> None:
    run([sys.executable, "-m", "build", "--no-isolation", *options, "--outdir", out, source], cwd=out)


@pytest.fixture(scope="module")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the wheel and the source distribution of this checkout."""
    folder = tmp_path_factory.mktemp("dist")
    build(folder, ROOT, "--wheel", "--sdist")
    return folder


@pytest.fixture(scope="module")
def wheel(dist: Path) -> Path:
    return next(dist.glob("*.whl"))


def members(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


def metadata(wheel: Path) -> Message:
    with zipfile.ZipFile(wheel) as archive:
        name = next(name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        return email.message_from_bytes(archive.read(name))


def installed(folder: Path, wheel: Path, extra: str = "") -> Path:
    """Install the wheel into a new environment that sees this one's packages; return its scripts folder."""
    venv.create(folder, with_pip=False)
    programs = folder / ("Scripts" if os.name == "nt" else "bin")
    python = programs / "python"
    packages = run([python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"], folder).strip()
    seen = {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}
    (Path(packages) / "borrowed.pth").write_text("\n".join(sorted(seen)) + "\n")
    # This environment's own bball-tag may be seen too: it must not count as installed.
    offline = [python, "-m", "pip", "install", "--no-index", "--disable-pip-version-check", "--quiet"]
    run([*offline, "--ignore-installed", "--no-deps", wheel], folder)
    # Installs nothing, and fails where a requirement is not met.
    run([*offline, f"bball-tag{extra}=={bball_tag.__version__}"], folder)
    return programs


def test_the_wheel_has_the_code_its_data_and_nothing_else(wheel):
    names = members(wheel)
    info = f"bball_tag-{bball_tag.__version__}.dist-info"
    assert {
        "bball_tag/py.typed",
        "train/py.typed",
        "bball_tag/checkpoint/sample.safetensors",
        "bball_tag/players/yolox_nano_basketball.names",
        "bball_tag/players/appearance.onnx",
        "bball_tag/players/attire.onnx",
        "bball_tag/annotations/annotation.schema.json",
        "train/mistakes.html.j2",
        *(path.relative_to(ROOT).as_posix() for path in (ROOT / "bball_tag/review/page").iterdir()),
        f"{info}/licenses/LICENSE",
    } <= names
    assert {name.split("/")[0] for name in names} == {"bball_tag", "train", info}
    suffixes = {Path(name).suffix for name in names if not name.startswith(info)}
    assert suffixes == {
        *(".py", ".typed", ".safetensors", ".json", ".j2", ".txt", ".onnx", ".names", ".LICENSE"),
        *(".html", ".css", ".js"),
    }
    code = {
        path.relative_to(ROOT).as_posix()
        for part in ("bball_tag", "train")
        for path in (ROOT / part).rglob("*.py")
    }
    assert {name for name in names if name.endswith(".py")} == code


def test_the_metadata_says_what_it_needs_and_offers(wheel):
    about = metadata(wheel)
    assert about["Name"] == "bball-tag"
    assert about["Version"] == bball_tag.__version__
    assert about["Requires-Python"] == ">=3.11"
    # The code, and the weights of the detector and the pose model that come along.
    assert about["License-Expression"] == "MIT AND Apache-2.0"
    assert set(about.get_all("Provides-Extra")) == {"cluster", "dev", "openvino", "s3", "tensorboard"}
    classifiers = about.get_all("Classifier")
    for minor in range(11, 15):
        assert f"Programming Language :: Python :: 3.{minor}" in classifiers
    assert "Typing :: Typed" in classifiers
    assert about.get_payload().startswith("# bball-tag")
    with zipfile.ZipFile(wheel) as archive:
        points = archive.read(f"bball_tag-{bball_tag.__version__}.dist-info/entry_points.txt").decode()
    assert "bball-tag = bball_tag.cli:app" in points


def test_the_source_distribution_builds_the_same_wheel(dist, wheel, tmp_path):
    with tarfile.open(next(dist.glob("*.tar.gz"))) as archive:
        archive.extractall(tmp_path, filter="data")
    source = next(tmp_path.iterdir())
    assert (source / "tests" / "e2e" / Path(__file__).name).exists()
    assert not list(source.rglob("*.mp4"))
    out = tmp_path / "again"
    out.mkdir()
    build(out, source, "--wheel")
    again = next(out.glob("*.whl"))
    assert again.name == wheel.name
    with zipfile.ZipFile(wheel) as one, zipfile.ZipFile(again) as other:
        assert {name: one.read(name) for name in one.namelist()} == {
            name: other.read(name) for name in other.namelist()
        }


def test_the_installed_wheel_annotates_in_an_empty_folder(wheel, tmp_path):
    program = installed(tmp_path / "env", wheel) / "bball-tag"
    empty = tmp_path / "empty"
    empty.mkdir()
    where = run(
        [
            program.with_name("python"),
            "-c",
            "import bball_tag, train; print(bball_tag.__file__, train.__file__)",
        ],
        empty,
    )
    assert all(path.startswith(str(tmp_path / "env")) for path in where.split())
    assert run([program, "--version"], empty).split() == ["bball-tag", bball_tag.__version__]
    for command in ([], ["annotate"], ["convert"], ["render"], ["train"], ["evaluate"], ["bench"]):
        assert "Usage" in run([program, *command, "--help"], empty)
    options = [
        "--tracks",
        DRILL.with_suffix(".tracks.csv"),
        "--end",
        "3",
        "--backend",
        "torch",
        "--precision",
        "fp32",
    ]
    printed = run([program, "annotate", DRILL, *options, "--out", "actions.csv"], empty)
    assert printed.split() == ["actions.csv"]
    with (empty / "actions.csv").open(newline="", encoding="utf-8") as file:
        events = list(csv.DictReader(file))
    # The player does nothing for 1.967 s, then holds the ball until 3.767 s.
    assert [event["label"] for event in events] == ["ball in hand"]
    assert 1.7 < float(events[0]["start_s"]) < 2.2


def test_the_wheel_installs_with_an_extra(wheel, tmp_path):
    program = installed(tmp_path / "env", wheel, "[tensorboard]") / "bball-tag"
    assert "--tensorboard" in run([program, "train", "--help"], tmp_path)
