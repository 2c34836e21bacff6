"""Make `bball_tag/checkpoint/sample.safetensors` again: render clips, train on them, test on other seeds.

    python sample_videos/make_checkpoint.py WORK_DIR

Takes about an hour on two idle cores, half of it for rendering. Clips that are already rendered and epochs
that are already trained are kept. No part contains the sample game, which has seed 7. Then
`benchmarks/sureness.py` fits how sure its events are, `benchmarks/calibrate.py` how it is read on real video.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from bball_tag.checkpoint.checkpoint import Checkpoint
from bball_tag.checkpoint.model import save_checkpoint

HERE = Path(__file__).parent
CHECKPOINTS = HERE.parent / "bball_tag" / "checkpoint"
SEEDS = {"train": (*range(1000, 1008), 1009, 1010), "val": (1008,), "test": (5000, 5001)}
CLIPS_PER_LABEL = {"train": 100, "val": 50, "test": 50}
"""Of each seed: validation runs after every epoch and need not be long."""
RATE = "12.5"
"""Frames per second that are drawn: those that the model sees, and no others."""
SETTINGS = (
    *("--streams", "rgb,pose,motion", "--width", "16", "--size", "80x112", "--frames", "8"),
    *("--sample-fps", RATE, "--source-fps", RATE, "--init", "none", "--augment", "flip,move,colour,blur"),
    *("--epochs", "11", "--dropout", "0.2", "--batch-size", "32", "--lr", "0.003", "--seed", "1", "--half"),
    *("--label-smoothing", "0.05", "--ema", "0.998", "--name", "sample court"),
)
FILES = {"examples": ".mp4", "joints": ".npy", "taught": ".npy", "motion": ".npy"}
"""Folders of a set of clips, and how the names of the files in them end."""


def main(work: Path) -> None:
    """Render, train, and install the checkpoint and its report."""
    data, run, split = work / "clips", work / "run", work / "split.json"
    folders = {
        part: [render(work, seed, CLIPS_PER_LABEL[part], "--clip-fps", RATE) for seed in seeds]
        for part, seeds in SEEDS.items()
    }
    gather(folders, data, split)
    train = ["train", str(data), "--out", str(run), "--no-set-default", "--split", str(split), *SETTINGS]
    resume = "--resume" if (run / "settings.json").exists() else "--overwrite"
    subprocess.run([sys.executable, "-m", "bball_tag", *train, resume], check=True)
    install(run)


def gather(folders: Mapping[str, Sequence[Path]], data: Path, split_path: Path) -> None:
    """Copy the clips of all folders into one, and write the split.

    The images of training clips are taught the exact keypoints, and the ball. The pose stream is shown them
    in every second training clip; on all others, as on any video, keypoints are found in images: a pose model
    errs on rendered players in its own ways, and the exact ones alone hide them.
    """
    for name in FILES:
        # Anew, as an earlier version may have left others; with their times, by which clips are known.
        shutil.rmtree(data / name, ignore_errors=True)
        (data / name).mkdir(parents=True)
    annotation: dict[str, int] = {}
    split: dict[str, list[str]] = {}
    for part, sources in folders.items():
        split[part] = []
        for folder in sources:
            labels: dict[str, int] = json.loads((folder / "annotation_dict.json").read_text())
            for name, suffix in FILES.items():
                if name in ("joints", "taught") and part != "train":
                    continue
                for key in list(labels)[:: 2 if name == "joints" else 1]:
                    shutil.copy2(folder / name / f"{key}{suffix}", data / name)
            annotation |= labels
            split[part] += list(labels)
            shutil.copyfile(folder / "labels_dict.json", data / "labels_dict.json")
    (data / "annotation_dict.json").write_text(json.dumps(annotation, indent=0))
    split_path.write_text(json.dumps(split, indent=0))


def render(work: Path, seed: int, clips_per_label: int, *options: str) -> Path:
    """Return the folder with the clips of a seed; render them with `options` if they are missing."""
    out = work / f"s{seed}"
    drawn = [out / "clips" / name for name in (*FILES, "labels_dict.json")]
    if not all(path.exists() for path in drawn):
        command = [sys.executable, str(HERE / "make_court.py"), "--clips-only", "--seed", str(seed)]
        subprocess.run(
            [*command, "--clips", str(clips_per_label), "--out", str(out), "--workers", "2", *options],
            check=True,
        )
    return out / "clips"


def install(run: Path) -> None:
    """Copy the checkpoint, with its provenance in the contract, and its test report into the package."""
    trained = Checkpoint(run / "checkpoint.safetensors")
    report = json.loads((run / "report.json").read_text())
    made = {
        "command": " ".join(["bball-tag train CLIPS --split SPLIT", *SETTINGS]),
        "seeds": {part: list(seeds) for part, seeds in SEEDS.items()},
        "clips_per_label_and_seed": CLIPS_PER_LABEL,
        "report": {name: report[name] for name in ("accuracy", "macro_f1", "num_clips", "labels")},
    }
    CHECKPOINTS.mkdir(exist_ok=True)
    contract = replace(trained.contract, provenance={**trained.contract.provenance, **made})
    save_checkpoint(CHECKPOINTS / "sample.safetensors", trained.load(), contract, half=True)
    shutil.copyfile(run / "report.txt", CHECKPOINTS / "sample.report.txt")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
