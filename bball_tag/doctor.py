"""What works on this machine, what a video is, and about how long it takes to annotate it."""

from __future__ import annotations

import os
import platform
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from bball_tag import __version__
from bball_tag.api import annotate, open_checkpoint, open_video
from bball_tag.checkpoint.checkpoint import Checkpoint
from bball_tag.errors import BballTagError, explain_import
from bball_tag.timecode import format_clock, format_time
from bball_tag.video.cuts import cuts_in, thumbnail
from bball_tag.video.reader import DecodedFrame

if TYPE_CHECKING:
    from bball_tag.video.video import Video

_PACKAGES = (
    *("torch", "torchvision", "av", "opencv-python-headless", "opencv-python", "numpy"),
    *("onnxruntime", "onnxruntime-gpu"),
)
_DECODERS = ("h264", "hevc", "vp9", "mpeg4", "mpeg2video", "prores", "libdav1d")
_LEAST_FREE = 1 << 30
"""Bytes of disk and memory below which a run is likely to fail."""
_SAMPLES, _SAMPLE_S = 3, 4.0
"""Parts of a video that are looked at, and the seconds of each."""
_TIMED_S = 4.0
"""Seconds of a video that are annotated to tell how long all of it takes."""
Found = tuple[str, bool]
"""What was found, in words, and whether it works."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    name: str
    value: str
    """What was found, or why it does not work."""
    works: bool = True


def diagnose(video: str | Path | None = None, checkpoint: str | Path | None = None) -> Iterator[Finding]:
    """Yield what is found, as it is found; things that take long come last.

    Args:
        video: A video to look at too.
        checkpoint: What would annotate; None is the default.
    """
    machine: dict[str, Callable[[], Found]] = {
        "versions": _versions,
        "processor": _processor,
        "codecs": _codecs,
        "free disk": _disk,
        "free memory": _memory,
        "checkpoint": lambda: _checkpoint(open_checkpoint(checkpoint)),
        "computing": lambda: _computing(open_checkpoint(checkpoint)),
    }
    yield from (_tried(name, look) for name, look in machine.items())
    if video is not None:
        of_video: dict[str, Callable[[], Found]] = {
            "video": lambda: _video(open_video(video)),
            "frames": lambda: _frames(open_video(video)),
            "annotating": lambda: _annotating(open_video(video), checkpoint),
        }
        for name, look in of_video.items():
            yield (finding := _tried(name, look))
            if not finding.works and name == "video":
                return


def _tried(name: str, look: Callable[[], Found]) -> Finding:
    try:
        return Finding(name, *look())
    except BballTagError as error:
        return Finding(name, str(error), works=False)
    except (ImportError, OSError) as error:
        return Finding(name, str(explain_import(error) or error), works=False)


def _versions() -> Found:
    found = [f"bball-tag {__version__}", f"python {platform.python_version()}"]
    for package in _PACKAGES:
        try:
            found.append(f"{package} {version(package)}")
        except PackageNotFoundError:
            continue
    return ", ".join(found), True


def _processor() -> Found:
    import torch

    devices = [
        f"{torch.cuda.get_device_name(number)} (cuda:{number})" for number in range(torch.cuda.device_count())
    ]
    if torch.backends.mps.is_available():
        devices.append("mps")
    cores = f"{os.cpu_count()} cores ({platform.machine()}), {torch.get_num_threads()} threads"
    return "; ".join([cores, *(devices or ["no GPU"])]), True


def _codecs() -> Found:
    import av

    missing = [name for name in _DECODERS if not _has(name, "r")]
    if not _has("libx264", "w"):
        return (
            "no encoder of H.264 (libx264): render cannot write video. Reinstall PyAV: pip install av",
            False,
        )
    reads = ", ".join(name for name in _DECODERS if name not in missing)
    return f"reads {reads}; writes H.264 (FFmpeg in PyAV {av.__version__})", "h264" not in missing


def _has(name: str, mode: str) -> bool:
    import av

    try:
        av.Codec(name, mode)  # type: ignore[arg-type]
    except ValueError:
        return False
    return True


def _disk() -> Found:
    free = shutil.disk_usage(Path.cwd()).free
    return f"{free / 1e9:,.1f} GB in {Path.cwd()}", free >= _LEAST_FREE


def _memory() -> Found:
    try:
        # Linux counts what its caches would give back; elsewhere nobody says.
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
        known = {line.split(":")[0]: int(line.split()[1]) * 1024 for line in lines if len(line.split()) > 1}
        free = known["MemAvailable"]
    except (OSError, KeyError, ValueError):
        return "unknown", True
    return f"{free / 1e9:,.1f} GB", free >= _LEAST_FREE


def _checkpoint(opened: Checkpoint) -> Found:
    from bball_tag.checkpoint.description import description

    facts = description(opened)
    beware = f"; {facts['beware']}" if "beware" in facts else ""
    return f"{opened.path}: {facts['name']}, trained on {facts['trained on']}{beware}", True


def _computing(opened: Checkpoint) -> Found:
    """Say how clips are computed; a 16-bit precision is checked against fp32 as before every run."""
    from bball_tag.scoring.backends import Engine, open_scorer
    from bball_tag.scoring.precision import pick_device, pick_precision

    picked = pick_precision(pick_device("auto"), "auto")
    # Clips of a video are asked for by OpenVINO alone.
    scorer = open_scorer(opened, Engine(backend="torch"), 1, lambda: np.zeros((0, 1, 1, 1, 3), np.uint8))
    checked = "" if picked == "fp32" else f" ({picked} was checked against fp32)"
    return f"{scorer.name}{checked}", True


def _video(video: Video) -> Found:
    info = video.info
    with video.segment() as segment:
        codec = segment.reader.stream.codec_context.name
    rate = "variable, on average " if info.times else ""
    facts = [
        f"{codec}, {info.width}x{info.height}",
        f"{rate}{float(info.fps):.3f} frames per second",
        format_clock(info.duration) if info.duration else "length unknown",
        "with sound" if info.has_audio else "without sound",
    ]
    facts += [f"turned by {info.rotation}°"] if info.rotation else []
    return ", ".join(facts), True


def _frames(video: Video) -> Found:
    """Decode a few parts of a video; say what is damaged, and how often another shot begins."""
    duration = video.info.duration or _SAMPLE_S
    length = min(_SAMPLE_S, duration / _SAMPLES)
    seen, damaged, num_cuts, began = 0, 0, 0, time.monotonic()
    for number in range(_SAMPLES):
        start = (duration - length) * number / (_SAMPLES - 1)
        with video.segment(start, start + length) as segment:
            decoded = [one for one in segment.items() if isinstance(one, DecodedFrame)]
            thumbnails = [thumbnail(one.frame.to_ndarray(format="rgb24")) for one in decoded]
            damaged += segment.reader.damaged_packets
        seen += len(thumbnails)
        num_cuts += len(cuts_in(thumbnails, float(video.info.fps))) if thumbnails else 0
    speed = seen / max(time.monotonic() - began, 1e-6)
    expected = _SAMPLES * length * float(video.info.fps)
    text = f"{seen} in {_SAMPLES} parts, {speed:.0f} decoded per second, {damaged} damaged, {num_cuts} cuts"
    return text, damaged == 0 and seen >= 0.9 * expected - _SAMPLES


def _annotating(video: Video, checkpoint: str | Path | None) -> Found:
    """Annotate a few seconds from the middle, and say how long all of it would take."""
    duration = video.info.duration
    start = max((duration - _TIMED_S) / 2, 0.0)
    began = time.monotonic()
    found = annotate(video, checkpoint=checkpoint, start=start, end=start + _TIMED_S, progress=False)
    took = time.monotonic() - began
    whole = took / min(_TIMED_S, duration or _TIMED_S) * duration
    about = f"about {format_clock(whole)} for all of it" if duration else "length unknown"
    where = f"{len(found.players)} players from {format_time(start)} on"
    return f"{about}: {min(_TIMED_S, duration or _TIMED_S):.0f} s took {took:.0f} s ({where})", True
