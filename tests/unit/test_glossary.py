"""One word for one idea: the words that may not come back, in code, help and documentation.

The glossary itself is in `docs/architecture.md`.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FOLDERS = ("bball_tag", "train", "sample_videos", "benchmarks", "docs", ".github")
SUFFIXES = {".py", ".md", ".j2", ".yml", ".yaml", ".ipynb", ".toml", ".json", ".cff"}
FILES = sorted(
    path
    for path in [
        *(path for folder in FOLDERS for path in (ROOT / folder).rglob("*")),
        *ROOT.glob("*.md"),
        *ROOT.glob("*.toml"),
        *ROOT.glob("*.cff"),
        *(ROOT / name for name in ("Makefile", "Dockerfile")),
    ]
    if path.is_file() and (path.suffix in SUFFIXES or path.name in ("Makefile", "Dockerfile"))
    if "clips" not in path.parts and "build" not in path.parts
)
BANNED = {
    r"films?(?![a-z])": "video",
    r"pictures?(?![a-z])": "frame (of a video), image (pixels), crop (a player's image)",
    r"\b(?:it|this|that|which) is no (?!longer|more)": "is not a",
    r"\bgo(?:es|ing)? on\b|\bwent on\b": "resume, continue",
    r"\blearnt\b|\blearn(?:s|ed|ing)? from\b": "train on",
    r"(?<![a-z])said(?![a-z])": "predicted",
    r"\bso (?:many|much)\b": "say how many",
    r"\b(?:he|his|him|himself)\b": "they, the player, the user",
    r"(?<![a-z])strands?(?![a-z])": "subject",
    r"(?<![a-z])passages?(?![a-z])": "segment",
    r"\bwhereabouts\b|(?<!intended )\baudience\b|\bfineness\b|\bchances\b": "see the glossary",
    r"\bStrip\b|\bthe strip\b": "timeline",
    r"(?<!neural )\bnetworks?\b(?! access| connection| drive| share)": "model",
    r"\b(?:is|are) told\b": "gets, is logged",
    r"\bdealt\b|\bdeals? out\b": "stratified, split",
    r"\bof peak\b": "deleted",
    r"--(?:only|players|picture|install|no-install|rate|with|without)\b": "the new option name",
}


@pytest.mark.parametrize("pattern", BANNED)
def test_a_word_does_not_come_back(pattern):
    found = [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()[:100]}"
        for path in FILES
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        if re.search(pattern, line, re.IGNORECASE)
        and not (pattern.startswith(r"\bStrip") and "Strip" not in line)
    ]
    assert found == [], f"write instead: {BANNED[pattern]}"
