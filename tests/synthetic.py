"""Made-up media that carry their own truth: every frame paints its number, and survives a codec."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

BITS = 12
_IDENTITY = bytes.fromhex("00010000" + "0" * 24 + "00010000" + "0" * 24 + "40000000")
_MATRICES = {  # what a phone held upright or upside down writes into the track header
    90: "00000000 00010000 00000000 ffff0000 00000000 00000000",
    180: "ffff0000 00000000 00000000 00000000 ffff0000 00000000",
    270: "00000000 ffff0000 00000000 00010000 00000000 00000000",
}


def painted(index: int, width: int = 192, height: int = 96) -> np.ndarray:
    """Return a picture whose vertical bars are the bits of `index`, red above and green below."""
    bits = np.array([(index >> bit) & 1 for bit in range(BITS)], np.uint8)
    columns = bits[np.arange(width) * BITS // width]
    image = np.zeros((height, width, 3), np.uint8)
    image[: height // 2, :, 0] = columns * 200 + 30
    image[height // 2 :, :, 1] = columns * 200 + 30
    return image


def read_number(image: np.ndarray) -> int:
    """Return the number painted into an upright picture of any size."""
    height, width = image.shape[:2]
    assert (
        image[: height // 2, :, 0].max() > image[height // 2 :, :, 0].max() + 20 or not image.max() > 150
    ), "the picture is not upright, or its colours are swapped"
    row = image[height // 4, :, 0].astype(int)
    middles = (np.arange(BITS) * 2 + 1) * width // (2 * BITS)
    return int(sum(int(row[middle] > 125) << bit for bit, middle in enumerate(middles)))


def write_video(
    path: Path,
    numbers: Iterable[int] = range(60),
    *,
    fps: Fraction = Fraction(25),
    times: Iterable[Fraction] | None = None,
    size: tuple[int, int] = (192, 96),
    codec: str = "libx264",
    pix_fmt: str = "yuv420p",
    options: dict[str, str] | None = None,
    sound: bool = False,
    faststart: bool = False,
    title: str = "",
) -> Path:
    """Write a video whose frames show `numbers`.

    Args:
        times: When each frame is shown, in seconds; None is a constant rate of `fps`.
    """
    numbers = list(numbers)
    shown = list(times) if times is not None else [index / fps for index in range(len(numbers))]
    base = Fraction(1, 90_000) if times is not None else 1 / fps
    with av.open(path, "w", options={"movflags": "faststart"} if faststart else {}) as container:
        if title:
            container.metadata["title"] = title
        stream = container.add_stream(codec, rate=fps, options=options or {})
        stream.width, stream.height, stream.pix_fmt = *size, pix_fmt
        stream.codec_context.time_base = base
        audio = container.add_stream("aac", rate=44_100, layout="mono") if sound else None
        for number, time in zip(numbers, shown, strict=True):
            frame = av.VideoFrame.from_ndarray(painted(number, *size), format="rgb24")
            frame.pts, frame.time_base = round(time / base), base
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
        if audio is not None:
            seconds = float(shown[-1] + 1 / fps)
            _mux_tone(container, audio, seconds)
    return path


def write_sound(path: Path, seconds: float = 2.0) -> Path:
    """Write a file with a tone and no picture."""
    with av.open(path, "w") as container:
        _mux_tone(container, container.add_stream("aac", rate=44_100, layout="mono"), seconds)
    return path


def rotate(path: Path, degrees: int) -> Path:
    """Mark an MP4 as turned by `degrees`, as a phone does, without touching its pictures."""
    data = path.read_bytes()
    header = data.index(b"tkhd")
    place = data.index(_IDENTITY, header)
    matrix = [bytes.fromhex(part) for part in _MATRICES[degrees].split()]
    zero = bytes(4)
    turned = b"".join([*matrix[:2], zero, *matrix[3:5], zero, zero, zero, _IDENTITY[-4:]])
    path.write_bytes(data[:place] + turned + data[place + len(turned) :])
    return path


def _mux_tone(container: av.container.OutputContainer, stream: av.AudioStream, seconds: float) -> None:
    total, size = int(seconds * 44_100), 1024
    for start in range(0, total, size):
        wave = np.sin(np.arange(start, min(start + size, total)) * 0.05).astype(np.float32)[None] * 0.1
        frame = av.AudioFrame.from_ndarray(wave, format="fltp", layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = 44_100, start, Fraction(1, 44_100)
        container.mux(stream.encode(frame))
    container.mux(stream.encode(None))
