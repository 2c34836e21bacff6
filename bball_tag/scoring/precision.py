"""In which numbers to compute: chosen by the device, checked against fp32, never trusted."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from functools import partial
from operator import methodcaller
from typing import Any

import numpy as np
import torch
from torch import Tensor

from bball_tag.checkpoint.answer import answer
from bball_tag.checkpoint.checkpoint import Checkpoint
from bball_tag.checkpoint.contract import Contract, Precision
from bball_tag.clips import CHUNK, ClipSpec
from bball_tag.errors import BballTagError, CheckpointError
from bball_tag.scoring.backends import Engine, Scorer, check_device
from bball_tag.scoring.inference import run_size

SIXTEEN_BITS = ("bf16", "fp16")
_TOLERANCES = {"features": 0.1, "logits": 0.25}
"""How far 16-bit values may be from those of fp32, as a fraction of these. Those of trained models are within
0.01, those of random ones that amplify every rounding within 0.1; garbage is 1 or more away."""
_TIE = 0.05
"""A label that is less probable than the best one by no more than this counts as good as the best."""
_NUM_CLIPS = 2
_SQUARE = 16

log = logging.getLogger("bball_tag")


def pick_device(name: str) -> torch.device:
    """Return the device called `name`; `auto` takes CUDA, then Apple's MPS, then the CPU.

    Raises:
        OptionError: There is no such device.
        BballTagError: It cannot be used here.
    """
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "mps" if torch.backends.mps.is_available() else "cpu"
    check_device(name)
    try:
        device = torch.device(name)
        torch.empty(1, device=device)
    except (RuntimeError, AssertionError, NotImplementedError) as error:
        reason = str(error).splitlines()[0]
        raise BballTagError(f"Cannot compute on {name!r}: {reason}. Try --device cpu.") from error
    return device


def pick_precision(device: torch.device, precision: Precision) -> Precision:
    """Return the precision to compute in; for `auto` 16 bits where the device is fast in them."""
    if precision != "auto":
        return precision
    if device.type == "cuda":
        return "bf16" if torch.cuda.is_bf16_supported() else "fp16"
    if device.type == "mps":
        return "fp16"
    capabilities: dict[str, Any] = getattr(torch.cpu, "get_capabilities", dict)()
    return "bf16" if capabilities.get("avx512_bf16") or capabilities.get("amx_bf16") else "fp32"


def checked(checkpoint: Checkpoint, load: Callable[[Precision], Scorer], engine: Engine) -> CheckedScorer:
    """Load a scorer; where it computes in 16 bits and these are wrong here, take fp32 instead.

    Args:
        checkpoint: What `load` loads.
        load: Returns a scorer of the precision given; `auto` is its own choice.
        engine: Which precision is asked for, and how many clips are computed at once.
    """
    scorer = load(engine.precision)
    if scorer.precision in SIXTEEN_BITS:
        plain = load("fp32")
        # Where fp32 is not finite either, the checkpoint is to blame, not the machine.
        if fault := find_fault(scorer, CheckedScorer(checkpoint, plain, lambda: plain), engine.batch_size):
            log.warning(
                "%s cannot be trusted with this checkpoint on this machine: %s. "
                "Computing in fp32 instead, which is slower.",
                scorer.name,
                fault,
            )
            scorer = plain
    return CheckedScorer(checkpoint, scorer, partial(load, "fp32"))


class CheckedScorer:
    """A scorer that returns only finite values: a batch that is not finite is computed again in fp32."""

    def __init__(self, checkpoint: Checkpoint, scorer: Scorer, load_plain: Callable[[], Scorer]) -> None:
        """Watch over `scorer`; `load_plain` loads the same checkpoint in fp32, and is called when needed."""
        self.contract, self.precision, self.name = scorer.contract, scorer.precision, scorer.name
        self._path = checkpoint.path
        self.recomputed_batches = 0
        """Batches whose values were not finite, and which were computed again in fp32."""
        self._scorer, self._load_plain = scorer, load_plain
        self._plain: Scorer | None = scorer if scorer.precision == "fp32" else None

    def features_of(self, batches: Sequence[np.ndarray]) -> list[Any]:
        """Return the features of several arrays of images, as `Scorer.features_of`.

        Each array is a batch of its own: only those that are not finite are computed again.

        Raises:
            CheckpointError: The values are not finite in fp32 either.
        """
        found = self._scorer.features_of(batches)
        for at, images in enumerate(batches):
            if not is_finite(found[at]):
                (found[at],) = self._again(methodcaller("features_of", [images]))
        return found

    def frame_outputs(self, runs: Sequence[Sequence[Any]]) -> list[np.ndarray]:
        """Return the outputs of every frame of runs of consecutive frames, as `Scorer.frame_outputs`.

        Raises:
            CheckpointError: The values are not finite in fp32 either.
        """
        found = self._scorer.frame_outputs(runs)
        return found if all(map(is_finite, found)) else self._again(methodcaller("frame_outputs", runs))

    def _again(self, compute: Callable[[Scorer], list[Any]]) -> list[Any]:
        """Return a batch computed in fp32, as its values were not finite in 16 bits."""
        if self._plain is not self._scorer:
            self.recomputed_batches += 1
            self._plain = self._plain or self._load_plain()
            found = compute(self._plain)
            if all(map(is_finite, found)):
                return found
        raise CheckpointError(
            f"Cannot use {self._path}: it gives values that are not finite, even in fp32. Its weights are "
            "damaged, or its training went wrong. Train it again, or use another checkpoint."
        )


def is_finite(values: Tensor | np.ndarray) -> bool:
    """Say whether all values are finite, in one pass over them."""
    return bool(torch.as_tensor(values).sum(dtype=torch.float32).isfinite())


def difference(found: Tensor | np.ndarray, expected: Tensor | np.ndarray) -> float:
    """Return how far `found` is from `expected`, relative to the norm of `expected`.

    Both have items along their first axis, and the item with the largest difference counts.
    """
    one, other = (torch.as_tensor(values).float().flatten(1) for values in (found, expected))
    return float(((one - other).norm(dim=1) / other.norm(dim=1).clamp(min=1e-12)).max())


def find_fault(scorer: Scorer, plain: Scorer, batch_size: int) -> str | None:
    """Say what is wrong with a 16-bit scorer on this machine; None if nothing is.

    It computes as many images and clips at once as it will later, since wrong kernels are wrong for some
    shapes only. They are two clips over and over, so that fp32 computes no more than two.

    Args:
        scorer: The one to check.
        plain: The same checkpoint in fp32.
        batch_size: Clips that are computed at once.
    """
    spec = scorer.contract.clip
    images = _made_up_images(_NUM_CLIPS * spec.num_seen, spec)
    batches = np.resize(np.arange(len(images)), (-(-len(images) // CHUNK), CHUNK))
    (expected,), found = plain.features_of([images]), scorer.features_of([images[batch] for batch in batches])
    if fault := _fault("features", found, [expected[batch] for batch in batches]):
        return fault
    # With context the half over time sees one long run at once, without it `batch_size` clips.
    length, _ = run_size(spec, spec.stride_frames(spec.duration / 2))
    starts = [0] if spec.context_frames else [number * length for number in range(_NUM_CLIPS)]
    runs = [[(start + step) % len(images) for step in range(length)] for start in starts]
    right = plain.frame_outputs([[expected[index] for index in run] for run in runs])
    features = [image for batch in found for image in batch]
    repeated = [number % len(runs) for number in range(1 if spec.context_frames else batch_size)]
    outputs = scorer.frame_outputs([[features[index] for index in runs[number]] for number in repeated])
    one, other = np.stack(outputs), np.stack([right[number] for number in repeated])
    return _fault("logits", [one], [other]) or _label_fault(one, other, scorer.contract)


def _fault(what: str, found: Sequence[Any], expected: Sequence[Any]) -> str | None:
    """Say what is wrong with batches of values."""
    if not all(map(is_finite, found)):
        return f"its {what} are not finite"
    far = max(difference(*pair) for pair in zip(found, expected, strict=True))
    return f"its {what} are {far:.0%} away from those of fp32" if far > _TOLERANCES[what] else None


def _label_fault(found: np.ndarray, expected: np.ndarray, contract: Contract) -> str | None:
    """Say whether the outputs (N, frames, K + C) of runs give their first clip another label, ties aside."""
    count = len(contract.labels)
    own = slice(contract.clip.context_frames, contract.clip.context_frames + contract.clip.num_frames)
    one, other = (answer(rows[:, own, :count].mean(axis=1), contract, ["rgb"]) for rows in (found, expected))
    chosen = np.take_along_axis(other, one.argmax(axis=1)[:, None], axis=1)[:, 0]
    return "it gives other labels than fp32" if (other.max(axis=1) - chosen > _TIE).any() else None


def _made_up_images(count: int, spec: ClipSpec) -> np.ndarray:
    """Return images of coloured squares, uint8 (count, height, width, 3), the same ones every time."""
    rows, columns = -(-spec.height // _SQUARE), -(-spec.width // _SQUARE)
    squares = np.random.default_rng(0).integers(0, 256, (count, rows, columns, 3), np.uint8)
    return squares.repeat(_SQUARE, axis=1).repeat(_SQUARE, axis=2)[:, : spec.height, : spec.width]
