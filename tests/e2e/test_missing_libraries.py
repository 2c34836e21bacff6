"""A machine that lacks something: libraries that cannot be loaded, a standard output that is full."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.parametrize(
    ("library", "problem", "words"),
    [
        ("cv2", "libGL.so.1: cannot open shared object file", "libgl1 libglib2.0-0"),
        ("cv2", "libxcb.so.1: cannot open shared object file", "libgl1 libglib2.0-0"),
        ("torch", "libtorch_cpu.so: cannot enable executable stack", "PyTorch cannot be loaded"),
    ],
)
def test_a_library_that_cannot_be_loaded_gets_a_sentence(
    run_alone, video, checkpoint, tmp_path, library, problem, words
):
    (tmp_path / f"{library}.py").write_text(f"raise ImportError({problem!r}, name={library!r})")
    done = run_alone("annotate", video, "--out", "a.csv", "--checkpoint", checkpoint)
    assert done.returncode == 1
    assert words in done.stderr
    assert problem.split(":")[0] in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
@pytest.mark.parametrize("arguments", [("--help",), ("--version",), ("annotate",)])
def test_a_full_standard_output_gets_a_sentence(video, checkpoint, tmp_path, arguments):
    if arguments == ("annotate",):
        arguments = ("annotate", str(video), "--out", "a.csv", "--checkpoint", str(checkpoint))
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "bball_tag", *arguments],
            cwd=tmp_path,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert done.returncode == 1
    assert "Error: Cannot write to standard output: No space left on device." in done.stderr
    assert "Traceback" not in done.stderr
    assert "Exception ignored" not in done.stderr
    assert ("a.csv itself is complete" in done.stderr) == (arguments[0] == "annotate")
