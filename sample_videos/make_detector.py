"""Make `bball_tag/players/yolox_nano_basketball.onnx` again: draw games, teach YOLOX-nano their people.

    pip install onnx onnx2torch
    python sample_videos/make_detector.py WORK_DIR yolox_nano.onnx

The second file is the one that YOLOX's authors trained on COCO:
https://github.com/Megvii-BaseDetection/YOLOX/releases/download/0.1.1rc0/yolox_nano.onnx

Takes 16 minutes of one core for drawing and 20 of two for training, as measured beside other work; games
that are already drawn are kept. A detector that is made again is like the one that comes along, and not equal
to it.
"""

from __future__ import annotations

import sys
from pathlib import Path

import cv2
import numpy as np
import onnx
import torch
from court.moments import moments
from court.write import track_boxes
from detector_training import BATCH, trained
from detector_views import Frame, Views
from onnx import numpy_helper
from onnx2torch import convert
from torch import nn

TARGET = Path(__file__).parents[1] / "bball_tag" / "players" / "yolox_nano_basketball.onnx"
SEEDS = range(40000, 40256)
MOMENTS = 10
"""How often a game is looked at."""
STEPS = 1500
_QUALITY = 95
"""Of a frame's JPEG."""
_NUMBERS = 6
"""Of a cell: place, size, anything, and people, the first of COCO's 80 classes."""


def main(work: Path, base: Path) -> None:
    """Draw, teach, and install the detector."""
    cv2.setNumThreads(1)
    frames = [frame for seed in SEEDS for frame in drawn(work, seed)]
    model = people_only(onnx.load(base))
    net = convert(model).to(memory_format=torch.channels_last)
    weights = held(model, net)
    trained(net, Views(frames, STEPS * BATCH), STEPS, tell)
    for value, tensors in weights:
        for tensor in tensors:
            tensor.CopyFrom(numpy_helper.from_array(value.detach().contiguous().numpy(), tensor.name))
    onnx.save(model, TARGET)


def tell(step: int, losses: list[float]) -> None:
    """Print the losses of a step now and then."""
    if step % 50 == 49:
        box, anything, person = losses
        print(
            f"step {step + 1} of {STEPS}: box {box:.2f}, anything {anything:.2f}, person {person:.2f}",
            flush=True,
        )


def drawn(work: Path, seed: int) -> list[Frame]:
    """Return frames of a game, drawn if they are not there yet."""
    folder = work / f"{seed}"
    table = folder / "people.npy"
    if not table.exists():
        folder.mkdir(parents=True, exist_ok=True)
        game = moments(seed, MOMENTS)
        there = track_boxes(game.figures, game.court.look)[1]
        people = np.concatenate([game.figures.box, game.seen()[..., None], there[..., None]], axis=2)
        for at, image in enumerate(game.frames()):
            cv2.imwrite(str(folder / f"{at}.jpg"), image, [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])
        np.save(table, people)
    return [Frame(folder / f"{at}.jpg", people) for at, people in enumerate(np.load(table))]


def people_only(model: onnx.ModelProto) -> onnx.ModelProto:
    """Leave out all classes but people, and let the model take several images at once."""
    for tensor in model.graph.initializer:
        values = numpy_helper.to_array(tensor)
        if ".cls_preds." in tensor.name:
            tensor.CopyFrom(numpy_helper.from_array(values[:1].copy(), tensor.name))
        elif values.dtype == np.int64 and values.shape == (3,):
            # Batch, numbers and cells of each grid; 0 keeps the batch as it is.
            tensor.CopyFrom(numpy_helper.from_array(np.array([0, _NUMBERS, -1]), tensor.name))
    model.graph.output[0].type.tensor_type.shape.dim[2].dim_value = _NUMBERS
    del model.graph.value_info[:]
    onnx.checker.check_model(model)
    return model


def held(model: onnx.ModelProto, net: nn.Module) -> list[tuple[nn.Parameter, list[onnx.TensorProto]]]:
    """Return the weights of a net beside those of the file that it was made from."""
    tensors: dict[bytes, list[onnx.TensorProto]] = {}
    for tensor in model.graph.initializer:
        tensors.setdefault(numpy_helper.to_array(tensor).tobytes(), []).append(tensor)
    return [(value, tensors[value.detach().contiguous().numpy().tobytes()]) for value in net.parameters()]


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
