"""Small sets of labelled clips."""

from __future__ import annotations

import json
from pathlib import Path

from train.clipset import LabelledClip


def spacejam(folder: Path, ids: dict[str, int], labels: dict[str, str] | None = None) -> Path:
    (folder / "examples").mkdir(parents=True)
    for key in ids:
        (folder / "examples" / f"{key}.mp4").touch()
    (folder / "annotation_dict.json").write_text(json.dumps(ids))
    if labels:
        (folder / "labels_dict.json").write_text(json.dumps(labels))
    return folder


def clips(count: int, label: int = 0, prefix: str = "a", copies: int = 1) -> list[LabelledClip]:
    return [
        LabelledClip(f"{prefix}{number}{'_flipped' * copy}", Path("x"), label, f"{prefix}{number}")
        for number in range(count)
        for copy in range(copies)
    ]
