"""Make `bball_tag/checkpoints/sample.safetensors` again: render clips, train on them, judge on unseen seeds.

    python sample_videos/make_checkpoint.py WORK_DIR

Takes about an hour on two cores. Clips that were rendered before are not rendered again. The sample game is
of seed 7 and in none of the parts.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
CHECKPOINTS = HERE.parent / "bball_tag" / "checkpoints"
SEEDS = {"train": range(1000, 1005), "val": range(1005, 1006), "test": range(5000, 5002)}
CLIPS_OF_A_LABEL = 100
SETTINGS = (
    *("--width", "16", "--picture", "80x112", "--frames", "8", "--fps", "12.5", "--init", "none"),
    *("--epochs", "14", "--batch-size", "16", "--rate", "0.0015", "--seed", "1", "--half"),
    *("--label-smoothing", "0.05", "--ema", "0.995", "--name", "sample court"),
)


def main(work: Path) -> None:
    """Render, train, and put the checkpoint and its report in place."""
    data, run = work / "clips", work / "run"
    (data / "examples").mkdir(parents=True, exist_ok=True)
    annotation: dict[str, int] = {}
    split: dict[str, list[str]] = {}
    for part, seeds in SEEDS.items():
        split[part] = []
        for seed in seeds:
            folder = render(work, seed)
            labels: dict[str, int] = json.loads((folder / "annotation_dict.json").read_text())
            for key in labels:
                target = data / "examples" / f"{key}.mp4"
                if not target.exists():
                    shutil.copyfile(folder / "examples" / target.name, target)
            annotation |= labels
            split[part] += list(labels)
            shutil.copyfile(folder / "labels_dict.json", data / "labels_dict.json")
    (data / "annotation_dict.json").write_text(json.dumps(annotation, indent=0))
    (work / "split.json").write_text(json.dumps(split, indent=0))
    train = [sys.executable, "-m", "bball_tag", "train", str(data), "--out", str(run), "--no-install"]
    going_on = "--resume" if (run / "state.safetensors").exists() else "--overwrite"
    subprocess.run([*train, "--split", str(work / "split.json"), going_on, *SETTINGS], check=True)
    shutil.copyfile(run / "checkpoint.safetensors", CHECKPOINTS / "sample.safetensors")
    shutil.copyfile(run / "report.txt", CHECKPOINTS / "sample.report.txt")


def render(work: Path, seed: int) -> Path:
    """Return the folder with the clips of a seed, rendered now if need be."""
    out = work / f"s{seed}"
    if not (out / "clips" / "labels_dict.json").exists():
        command = [sys.executable, str(HERE / "make_court.py"), "--clips-only", "--seed", str(seed)]
        subprocess.run(
            [*command, "--clips", str(CLIPS_OF_A_LABEL), "--out", str(out), "--workers", "2"], check=True
        )
    return out / "clips"


if __name__ == "__main__":
    main(Path(sys.argv[1]))
