"""Do memory and open files stay flat over hours of video?

    python benchmarks/long_video.py [--minutes 120] [--small] [--video FILE] [--work DIR]

The video, made small, is repeated until it is as long as asked for, without encoding it again. `annotate`
and `render --overlay` run over it, each in a process of its own, which is looked at once a second: its memory
(resident set), open files and threads. Printed are the medians of every tenth of each run, and the most
memory. Ends with an error if the ninth tenth has over 10 % and 50 MiB more than the middle one, or more open
files; in the last tenth all of the video's scores and players are read, to decide on the events. With
`--small`, players are found and followed five times a second and labelled by a narrow model, which takes a
tenth of the time.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from statistics import median_high

import av
import psutil

from bball_tag.files import scores_beside
from bball_tag.video.video import Video

ROOT = Path(__file__).parent.parent
SAMPLE = ROOT / "sample_videos" / "game.mp4"
MORE, MORE_BYTES = 1.1, 50 << 20
"""How much more the end may have than the middle."""


@dataclass(frozen=True, slots=True)
class Look:
    """What a process has at one moment."""

    memory: int
    files: int
    threads: int


def small_video(source: Path, height: int, rate: int, target: Path) -> None:
    """Write a video in a smaller size, with `rate` frames a second and without sound."""
    video = Video(source)
    width = round(video.info.width * height / video.info.height / 2) * 2
    with av.open(target, "w") as container:
        stream = container.add_stream("libx264", rate=rate, options={"preset": "veryfast", "crf": "30"})
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        for number, frame in enumerate(video.frames(float(rate), size=(height, width))):
            image = av.VideoFrame.from_ndarray(frame.image, format="rgb24")
            image.pts, image.time_base = number, 1 / Fraction(rate)
            container.mux(stream.encode(image))
        container.mux(stream.encode(None))


def small_checkpoint(target: Path) -> None:
    """Write a narrow model, which knows nothing, of clips of players with five images a second."""
    from bball_tag.checkpoint.contract import Contract
    from bball_tag.checkpoint.model import build_model, save_checkpoint
    from bball_tag.clips import ClipSpec

    spec = ClipSpec(num_frames=4, fps=5, height=64, width=48)
    save_checkpoint(target, build_model(2, spec, 4), Contract(("run", "walk"), spec, 4))


def repeated(source: Path, seconds: float, target: Path) -> None:
    """Write the packets of a video over and over until they last `seconds`."""
    with av.open(target, "w") as out:
        offset, stream = 0, None
        while True:
            with av.open(source) as container:
                first = container.streams.video[0]
                stream = stream or out.add_stream_from_template(first)
                tick = first.time_base or Fraction(1, 1)
                length = 0
                for packet in container.demux(first):
                    if packet.dts is None or packet.pts is None:
                        continue
                    length = max(length, packet.pts + (packet.duration or 1))
                    packet.dts, packet.pts = packet.dts + offset, packet.pts + offset
                    packet.stream = stream
                    out.mux(packet)
                offset += length
            if offset * tick >= seconds:
                return


def watched(arguments: list[str]) -> tuple[list[Look], float]:
    """Run `bball-tag`, and return what it had, second by second, and how long it took.

    Raises:
        SystemExit: It failed.
    """
    began = time.monotonic()
    process = subprocess.Popen([sys.executable, "-m", "bball_tag", "-q", *arguments], cwd=ROOT)
    seen, known = [], psutil.Process(process.pid)
    while process.poll() is None:
        try:
            seen.append(Look(known.memory_info().rss, known.num_fds(), known.num_threads()))
        except psutil.Error:
            break
        time.sleep(1)
    if code := process.wait():
        sys.exit(f"bball-tag {' '.join(arguments)} returned {code}.")
    return seen, time.monotonic() - began


def tenths(seen: list[Look]) -> list[Look]:
    """Return what there was as a rule in each tenth."""
    edges = [len(seen) * number // 10 for number in range(11)]
    parts = [seen[first:stop] or seen[-1:] for first, stop in pairwise(edges)]
    return [
        Look(*(median_high(getattr(look, name) for look in part) for name in ("memory", "files", "threads")))
        for part in parts
    ]


def main() -> None:
    """Make the video, run both commands, and print what they had."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--minutes", type=float, default=120)
    parser.add_argument("--video", type=Path, default=SAMPLE)
    parser.add_argument("--height", type=int, default=144)
    parser.add_argument("--fps", type=int, default=10)
    parser.add_argument("--small", action="store_true", help="a narrow model instead of the shipped one")
    parser.add_argument("--work", type=Path, help="keep the files here")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = (chosen.work or Path(scratch)).resolve()
        folder.mkdir(parents=True, exist_ok=True)
        small, game = folder / "small.mp4", folder / "long.mp4"
        small_video(chosen.video, chosen.height, chosen.fps, small)
        repeated(small, chosen.minutes * 60, game)
        print(f"{Video(game).info.duration / 60:.1f} minutes, {game.stat().st_size >> 20} MiB")
        table, overlay = folder / "long.json", folder / "overlay.mp4"
        scores_beside(table).unlink(missing_ok=True)
        annotate = ["annotate", str(game), "--out", str(table), "--overwrite"]
        if chosen.small:
            small_checkpoint(folder / "small.safetensors")
            annotate += ["--checkpoint", str(folder / "small.safetensors"), "--threshold", "0.3"]
        render = ["render", str(game), str(table), "--overlay", "--out", str(overlay), "--overwrite"]
        grew = [name for name, run in (("annotate", annotate), ("render", render)) if has_grown(name, run)]
    if grew:
        sys.exit(f"Memory or open files grew: {', '.join(grew)}.")


def has_grown(name: str, arguments: list[str]) -> bool:
    """Run a command, print what it had, and say whether it had ever more."""
    seen, took = watched(arguments)
    found = tenths(seen)
    for number, look in enumerate(found, start=1):
        counts = f"{look.files} files, {look.threads} threads"
        print(f"{name:8} tenth {number:2}: {look.memory >> 20:5} MiB, {counts}", flush=True)
    most = max(look.memory for look in seen) >> 20
    print(f"{name:8} at most {most} MiB, took {took / 60:.1f} minutes", flush=True)
    middle, late = found[4], found[8]
    return late.memory > max(middle.memory * MORE, middle.memory + MORE_BYTES) or late.files > middle.files


if __name__ == "__main__":
    main()
