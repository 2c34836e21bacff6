"""Convert a checkpoint for OpenVINO, once: kept in the user's cache by the checkpoint's hash."""

from __future__ import annotations

import io
import json
import logging
import shutil
import sys
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np
import platformdirs
import torch
from torch import Tensor, nn

from bball_tag.checkpoint.checkpoint import Checkpoint
from bball_tag.checkpoint.contract import Contract
from bball_tag.checkpoint.model import fold_norms, frame_half, normalise, time_half
from bball_tag.clips import ClipSpec
from bball_tag.errors import BballTagError

# OpenVINO's and NNCF's Python parts report every use to their makers unless this package is missing.
# Nobody who annotates video has agreed to that.
sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]
import openvino as ov  # noqa: E402

_IMAGES, _CLIPS = 16, 4
"""Sizes of the fixed batches that the graphs are compiled for; smaller ones are filled up."""
_MOST_STREAMS = 4
"""Batches computed at once on machines with more cores, as a single player's chunk has only two."""
_REVISION = 2
"""Raised when graphs that were kept before would be misread."""
_CALIBRATION_STEP = 4
"""Every fourth clip of the sample calibrates, the others are compared with fp32."""
_HINTS = {"fp32": "f32", "bf16": "bf16", "int8": "f32"}

log = logging.getLogger("bball_tag")


@dataclass(frozen=True, slots=True)
class Quantised:
    """A checkpoint in 8-bit integers, and how well they do."""

    folder: Path
    clips: int
    """Clips that were compared with fp32."""
    kept: int
    """Those that kept their most likely label."""


class Halves:
    """The graphs of a folder, compiled for this processor, which compute several batches side by side."""

    def __init__(self, folder: Path, precision: str) -> None:
        """Compile both to compute in `precision`."""
        core, cores = ov.Core(), torch.get_num_threads()
        settings = {
            "INFERENCE_PRECISION_HINT": _HINTS[precision],
            "INFERENCE_NUM_THREADS": cores,
            "NUM_STREAMS": min(cores, _MOST_STREAMS),
        }
        front, back = (
            core.compile_model(folder / name, "CPU", settings) for name in ("front.xml", "back.xml")
        )
        self._front, self._back = ov.AsyncInferQueue(front), ov.AsyncInferQueue(back)
        self._features = tuple(front.output(0).shape)[1:]
        # Without context a run is a clip, and the graph takes several at once; with it, one of any length.
        self._at_once = 1 if back.input(0).get_partial_shape().is_dynamic else _CLIPS
        self._outputs = back.output(0).get_partial_shape()[2].get_length()

    def features_of(self, batches: Sequence[np.ndarray]) -> list[np.ndarray]:
        """Return the features, float32 (n, C, h, w), of arrays of uint8 RGB images (n, H, W, 3)."""
        found = [np.empty((len(images), *self._features), np.float32) for images in batches]
        _infer(
            self._front,
            (
                (_filled(images[at : at + _IMAGES], _IMAGES), place[at : at + _IMAGES])
                for images, place in zip(batches, found, strict=True)
                for at in range(0, len(images), _IMAGES)
            ),
        )
        return found

    def frame_outputs(self, runs: Sequence[Sequence[np.ndarray]]) -> list[np.ndarray]:
        """Return the outputs (frames, K + C) of runs given as the features of their frames."""
        parts = [runs[at : at + self._at_once] for at in range(0, len(runs), self._at_once)]
        found = [np.empty((len(part), len(part[0]), self._outputs), np.float32) for part in parts]
        stacked = (_filled(np.array(part), self._at_once) for part in parts)
        _infer(self._back, zip(stacked, found, strict=True))
        return [rows for part in found for rows in part]


def _infer(queue: Any, batches: Iterable[tuple[np.ndarray, np.ndarray]]) -> None:
    """Compute batches side by side, and copy what comes of the items of each to its place."""

    def keep(request: Any, batch: tuple[np.ndarray, np.ndarray]) -> None:
        _, place = batch
        place[:] = request.get_output_tensor().data[: len(place)]

    queue.set_callback(keep)
    for batch in batches:
        # The input is not copied: it lives as long as the queue keeps `batch` for `keep`.
        queue.start_async([batch[0]], batch, share_inputs=True)
    queue.wait_all()


def _filled(items: np.ndarray, size: int) -> np.ndarray:
    """Fill a batch up to `size` items; what the added ones give is dropped."""
    return items if len(items) == size else np.resize(items, (size, *items.shape[1:]))


class Conversion:
    """What the cache has, or will have, of one checkpoint."""

    def __init__(self, checkpoint: Checkpoint) -> None:
        version = ov.get_version().split("-")[0]
        name = f"{checkpoint.id}-{version}-{_REVISION}"
        self._checkpoint = checkpoint
        self._folder = platformdirs.user_cache_path("bball-tag", appauthor=False) / "openvino" / name

    def floats(self) -> Path:
        """Return the folder of the graphs in floats, made now if it is missing."""
        folder = self._folder / "float"
        if not folder.exists():
            with _appearing(folder, self._checkpoint) as draft:
                self._convert(draft)
        return folder

    def integers(self, sample: Callable[[], np.ndarray]) -> Quantised:
        """Return the graphs in 8-bit integers, made by the clips of `sample` if they are missing."""
        folder = self._folder / "int8"
        if not folder.exists():
            log.info("Quantising the checkpoint for OpenVINO: once, a minute or less.")
            clips = sample()
            with _appearing(folder, self._checkpoint) as draft:
                self._quantise(draft, clips)
        return Quantised(folder, **json.loads((folder / "facts.json").read_text(encoding="utf-8")))

    def _convert(self, folder: Path) -> None:
        model, clip = fold_norms(self._checkpoint.load()), self._checkpoint.contract.clip
        images = torch.zeros(_IMAGES, clip.height, clip.width, 3, dtype=torch.uint8)
        front = _Front(model, clip)
        with torch.no_grad():
            features = front(images)
        clips = torch.zeros(_clips_at_once(clip), clip.num_seen, *features.shape[1:])
        shape = ov.PartialShape(clips.shape)
        if clip.context_frames:
            shape[1] = ov.Dimension.dynamic()
        for name, module, example, size in (
            ("front", front, images, ov.PartialShape(images.shape)),
            ("back", _Back(model), clips, shape),
        ):
            graph = ov.convert_model(module, example_input=example, input=[size])
            ov.save_model(graph, folder / f"{name}.xml", compress_to_fp16=False)

    def _quantise(self, folder: Path, clips: np.ndarray) -> None:
        floats, clip = self.floats(), self._checkpoint.contract.clip
        plain, some = Halves(floats, "fp32"), clips[::_CALIBRATION_STEP]
        images = some.reshape(-1, *some.shape[2:])
        (features,) = plain.features_of([images])
        clips_of = features.reshape(*some.shape[:2], *features.shape[1:])
        for name, items, size in (("front", images, _IMAGES), ("back", clips_of, _clips_at_once(clip))):
            batches = _full_batches(items, size)
            ov.save_model(_quantised(floats / f"{name}.xml", batches), folder / f"{name}.xml")
        others = np.concatenate([clips[at::_CALIBRATION_STEP] for at in range(1, _CALIBRATION_STEP)])
        others = others if len(others) else clips
        contract = self._checkpoint.contract
        kept = _labels(plain, others, contract) == _labels(Halves(folder, "int8"), others, contract)
        facts = {"clips": len(others), "kept": int(kept.sum())}
        (folder / "facts.json").write_text(json.dumps(facts), encoding="utf-8")


class _Front(nn.Module):
    """From uint8 images (n, H, W, 3) to the features (n, C, h, w) of each."""

    def __init__(self, model: nn.Module, clip: ClipSpec) -> None:
        super().__init__()
        self._half, self._clip = frame_half(model), clip

    def forward(self, images: Tensor) -> Tensor:
        features: Tensor = self._half(normalise(images[:, None], self._clip))
        return features[:, :, 0]


class _Back(nn.Module):
    """From features (N, T, c, h, w) to the frames' outputs; stacking such features is one copy."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self._half = time_half(model)

    def forward(self, features: Tensor) -> Tensor:
        outputs: Tensor = self._half(features.permute(0, 2, 1, 3, 4))
        return outputs


def _quantised(path: Path, batches: Sequence[np.ndarray]) -> Any:
    import nncf

    nncf.set_log_level(logging.ERROR)
    return nncf.quantize(
        ov.Core().read_model(path),
        nncf.Dataset(batches),
        subset_size=len(batches),
        preset=nncf.QuantizationPreset.MIXED,
    )


def _labels(halves: Halves, clips: np.ndarray, contract: Contract) -> np.ndarray:
    spec = contract.clip
    own = slice(spec.context_frames, spec.context_frames + spec.num_frames)
    rows = [halves.frame_outputs([list(*halves.features_of([clip]))])[0][own].mean(axis=0) for clip in clips]
    labels: np.ndarray = np.argmax(np.stack(rows)[:, : len(contract.labels)], axis=1)
    return labels


def _clips_at_once(spec: ClipSpec) -> int:
    return 1 if spec.context_frames else _CLIPS


def _full_batches(items: np.ndarray, size: int) -> list[np.ndarray]:
    """Cut `items` into batches of `size`, the last one filled up from the beginning."""
    count = -(-len(items) // size) * size
    return np.split(np.resize(items, (count, *items.shape[1:])), count // size)


@contextmanager
def _appearing(folder: Path, checkpoint: Checkpoint) -> Iterator[Path]:
    """Yield a draft folder that becomes `folder` as a whole; what another run made first stays.

    The libraries' chatter is kept from the user, and their errors in a sentence.
    """
    logging.getLogger("torch.utils.cpp_extension").setLevel(logging.ERROR)
    # Machines and containers that share a cache may have processes of the same number.
    draft = folder.with_name(f".{folder.name}.{uuid4().hex}")
    try:
        with warnings.catch_warnings(), redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
            warnings.simplefilter("ignore")
            draft.mkdir(parents=True)
            yield draft
        _become(draft, folder)
    except (RuntimeError, ValueError, ImportError, OSError) as error:
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise BballTagError(f"OpenVINO cannot convert {checkpoint.path.name}: {reason}.") from error
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _become(draft: Path, folder: Path) -> None:
    """Rename a folder, unless another process made the same one in the meantime."""
    try:
        draft.rename(folder)
    except OSError:
        if not folder.exists():
            raise
