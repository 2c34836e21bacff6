"""Readers of what belongs to training: lists of clips, settings, states, classes of detectors."""

from __future__ import annotations

from pathlib import Path

from tests.faults.parts import METADATA, Reader, text_of

_SETTINGS = '{"recipe": {"epochs": 3}, "data": "abc", "versions": {}}'
_LABELS = '{"4": "shoot", "11": "dunk"}'


def _keys(path: Path) -> None:
    from train.splits import read_keys

    read_keys(path)


def _clip_table(path: Path) -> None:
    from train.clipset import read_clipset

    read_clipset(path)


def _make_state(path: Path) -> None:
    import torch

    from train.history import EpochResult
    from train.resume import TrainState, save_state

    model = torch.nn.Linear(2, 2)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    model(torch.ones(1, 2)).sum().backward()
    optimizer.step()
    state = TrainState((EpochResult(1, 0.5, 0.5, 0.5, 0.5, 0.5, 0.1),))
    save_state(path, state, {"model": model, "optimizer": optimizer})


def _state(path: Path) -> None:
    import torch

    from train.resume import load_state

    model = torch.nn.Linear(2, 2)
    load_state(path, {"model": model, "optimizer": torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)})


def _settings(path: Path) -> None:
    from train.run_folder import RunFolder

    RunFolder(path.parent).stored_settings({"epochs": 3}, "abc")


def _cut_clips(path: Path) -> None:
    path.with_name("labels_dict.json").write_text(_LABELS)
    _add_clips(path.parent)


def _cut_labels(path: Path) -> None:
    path.with_name("annotation_dict.json").write_text('{"a_7_0000000": 4, "b": 11}')
    _add_clips(path.parent)


def _add_clips(folder: Path) -> None:
    from bball_tag.render.dataset import stored_clips

    stored_clips(folder)


def _labelled(path: Path) -> None:
    from train.label_ids import labelled_keys

    labelled_keys(path.parent)


def _classes(path: Path) -> None:
    from bball_tag.players.classes import people_of

    people_of(path.with_suffix(".onnx"), 3, None)


TRAINING_READERS: dict[str, Reader] = {
    "split": Reader("a.json", text_of('{"train": ["a", 8], "val": ["b"], "test": ["c"]}'), _keys),
    "list of test clips": Reader("a.txt", text_of("0000008\n0000011_flipped\n"), _keys),
    "table of clips": Reader("a.csv", text_of("path,label\na.mp4,run\nb.mp4,walk\n"), _clip_table),
    "state of a training": Reader("a.safetensors", _make_state, _state, METADATA),
    "settings of a training": Reader("settings.json", text_of(_SETTINGS), _settings),
    "clips that were cut": Reader("annotation_dict.json", text_of('{"a_7_0000000": 4, "b": 11}'), _cut_clips),
    "labels of clips": Reader("labels_dict.json", text_of(_LABELS), _cut_labels),
    "SpaceJam's list": Reader("annotation_dict.json", text_of('{"0000008": 2, "b/c": "walk"}'), _labelled),
    "classes of a detector": Reader("a.names", text_of("ball\nplayer\nreferee\n"), _classes),
}
"""By what they read."""
