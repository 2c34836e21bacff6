"""Make `bball_tag/checkpoints/sample.safetensors` again: render clips, train on them, judge on unseen seeds.

    python sample_videos/make_checkpoint.py WORK_DIR

Takes an hour and a quarter on two idle cores. What was rendered or trained before is not done again. The
sample game is of seed 7 and in none of the parts.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from bball_tag.checkpoint.model import load_checkpoint, save_checkpoint, with_provenance

HERE = Path(__file__).parent
CHECKPOINTS = HERE.parent / "bball_tag" / "checkpoints"
SEEDS = {"train": (*range(1000, 1008), *range(1009, 1013)), "val": (1008,), "test": (5000, 5001)}
CLIPS_OF_A_LABEL = 100
EVERY = {"train": 1, "val": 2, "test": 1}
"""One clip in so many is taken: validation comes after every epoch and need not be long."""
SETTINGS = (
    *("--width", "16", "--picture", "80x112", "--frames", "8", "--fps", "12.5", "--init", "none"),
    *("--epochs", "11", "--dropout", "0.2", "--batch-size", "32", "--rate", "0.003", "--seed", "1", "--half"),
    *("--label-smoothing", "0.05", "--ema", "0.995", "--name", "sample court"),
)


def main(work: Path) -> None:
    """Render, train, and put the checkpoint and its report in place."""
    data, run, split = work / "clips", work / "run", work / "split.json"
    folders = {part: [render(work, seed) for seed in seeds] for part, seeds in SEEDS.items()}
    gather(folders, data, split)
    train = ["train", str(data), "--out", str(run), "--no-install", "--split", str(split), *SETTINGS]
    going_on = "--resume" if (run / "settings.json").exists() else "--overwrite"
    subprocess.run([sys.executable, "-m", "bball_tag", *train, going_on], check=True)
    put_in_place(run)


def gather(folders: Mapping[str, Sequence[Path]], data: Path, split_path: Path) -> None:
    """Copy the clips of all folders into one, and write which of them are for what."""
    (data / "examples").mkdir(parents=True, exist_ok=True)
    annotation: dict[str, int] = {}
    split: dict[str, list[str]] = {}
    for part, sources in folders.items():
        split[part] = []
        for folder in sources:
            every: dict[str, int] = json.loads((folder / "annotation_dict.json").read_text())
            labels = dict(list(every.items())[:: EVERY[part]])
            for key in labels:
                target = data / "examples" / f"{key}.mp4"
                if not target.exists():
                    shutil.copyfile(folder / "examples" / target.name, target)
            annotation |= labels
            split[part] += list(labels)
            shutil.copyfile(folder / "labels_dict.json", data / "labels_dict.json")
    (data / "annotation_dict.json").write_text(json.dumps(annotation, indent=0))
    split_path.write_text(json.dumps(split, indent=0))


def render(work: Path, seed: int, *options: str) -> Path:
    """Return the folder with the clips of a seed, rendered now if need be with further `options`."""
    out = work / f"s{seed}"
    if not (out / "clips" / "labels_dict.json").exists():
        command = [sys.executable, str(HERE / "make_court.py"), "--clips-only", "--seed", str(seed)]
        subprocess.run(
            [*command, "--clips", str(CLIPS_OF_A_LABEL), "--out", str(out), "--workers", "2", *options],
            check=True,
        )
    return out / "clips"


def put_in_place(run: Path) -> None:
    """Ship the checkpoint with how it was made in its contract, and its test report beside it."""
    model, contract = load_checkpoint(run / "checkpoint.safetensors")
    report = json.loads((run / "report.json").read_text())
    made = {
        "command": " ".join(["bball-tag train CLIPS --split SPLIT", *SETTINGS]),
        "seeds": {part: list(seeds) for part, seeds in SEEDS.items()},
        "clips_of_a_label_and_seed": CLIPS_OF_A_LABEL,
        "report": {name: report[name] for name in ("accuracy", "macro_f1", "num_clips", "labels")},
    }
    CHECKPOINTS.mkdir(exist_ok=True)
    save_checkpoint(CHECKPOINTS / "sample.safetensors", model, with_provenance(contract, **made), half=True)
    shutil.copyfile(run / "report.txt", CHECKPOINTS / "sample.report.txt")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
