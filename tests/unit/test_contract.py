"""What a checkpoint promises, read without torch, and refused with a sentence."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from bball_tag.checkpoint.contract import HEADER_KEY, Contract, checkpoint_id, read_contract, to_header
from bball_tag.clips import ClipSpec
from bball_tag.errors import CheckpointError

CONTRACT = Contract(
    labels=("pass", "shoot", "ballón"),
    clip=ClipSpec(num_frames=4, fps=10.0, height=64, width=48),
    width=16,
    temperature=1.5,
    thresholds={"shoot": 0.4},
    provenance={"name": "mine", "accuracy": 0.9},
)


def write_header(path: Path, metadata: object) -> Path:
    header = json.dumps({"__metadata__": metadata}).encode()
    path.write_bytes(len(header).to_bytes(8, "little") + header)
    return path


def changed(**fields: object) -> dict[str, str]:
    contract = json.loads(to_header(CONTRACT)[HEADER_KEY]) | fields
    return {HEADER_KEY: json.dumps({name: value for name, value in contract.items() if value is not None})}


def test_a_contract_comes_back_as_it_was_written(tmp_path):
    path = write_header(tmp_path / "a.safetensors", to_header(CONTRACT))
    assert read_contract(path) == CONTRACT
    assert read_contract(path).name == "mine"


@pytest.mark.parametrize(
    ("metadata", "words"),
    [
        ({}, "no bball-tag contract"),
        (changed(format_version=99), "format version is 99"),
        (changed(labels=["one"]), "two different labels"),
        (changed(labels=None), "contract is invalid"),
        (changed(width="wide"), "contract is invalid"),
        (changed(temperature=0), "temperature"),
        (changed(architecture="x3d"), "unknown architecture"),
        (changed(surprise=1), "contract is invalid"),
        ({HEADER_KEY: "{"}, "contract is invalid"),
    ],
)
def test_a_contract_that_cannot_be_kept_is_refused(tmp_path, metadata, words):
    with pytest.raises(CheckpointError, match=words):
        read_contract(write_header(tmp_path / "a.safetensors", metadata))


def test_reading_a_contract_loads_neither_torch_nor_the_weights(tmp_path):
    path = write_header(tmp_path / "a.safetensors", to_header(CONTRACT))
    code = (
        "import sys; from pathlib import Path; from bball_tag.checkpoint.contract import read_contract; "
        f"read_contract(Path({str(path)!r})); sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize(
    "content", [b"", b"PK\x03\x04 a pickle in a zip" * 9, b"\xff" * 100, b"\x02\0\0\0\0\0\0\0[]"]
)
def test_what_is_not_a_safetensors_file_is_refused(tmp_path, content):
    path = tmp_path / "a.pth"
    path.write_bytes(content)
    with pytest.raises(CheckpointError, match="not a safetensors file"):
        read_contract(path)


def test_a_missing_checkpoint_or_a_folder_is_refused(tmp_path):
    with pytest.raises(CheckpointError, match="no such checkpoint"):
        read_contract(tmp_path / "none.safetensors")
    with pytest.raises(CheckpointError, match="is a folder"):
        read_contract(tmp_path)


def test_the_id_follows_the_content_and_not_the_name(tmp_path):
    one, two, three = (tmp_path / name for name in "abc")
    one.write_bytes(b"weights")
    two.write_bytes(b"weights")
    three.write_bytes(b"other weights")
    assert checkpoint_id(one) == checkpoint_id(two) != checkpoint_id(three)
