"""Bodies of the sample court: joints move meshes, clothes cover them, the same seed gives the same person."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "sample_videos"))

from court import attire, bodies, casting, dress, skinning
from court import skeleton as sk
from court.skinning import Mesh

COURT = Path(bodies.__file__).parent
LIMBS = (
    (skinning.BICEPS, sk.SHOULDER_L, sk.ELBOW_L),
    (skinning.FORE, sk.ELBOW_L, sk.HAND_L),
    (skinning.QUAD, sk.HIP_L, sk.KNEE_L),
    (skinning.SHIN, sk.KNEE_L, sk.ANKLE_L),
)


def somebody(seed: int = 3, **changes: Any) -> dress.Outfit:
    rng = np.random.default_rng(seed)
    person, kit = casting.make_people(rng, 1)[0], casting.two_kits(rng)[0]
    of_kit = {name: changes.pop(name) for name in ("numbered", "free", "shirt") if name in changes}
    return dress.outfit(bodies.load(), replace(person, **changes), replace(kit, **of_kit), seed)


def turned(joints: np.ndarray, angle: float, shift: np.ndarray) -> np.ndarray:
    turn = np.array([[np.cos(angle), -np.sin(angle), 0], [np.sin(angle), np.cos(angle), 0], [0, 0, 1]])
    moved = joints @ turn.T
    moved[: sk.FRONT] += shift
    return np.asarray(moved)


def arms_up(rest: np.ndarray) -> np.ndarray:
    joints = rest.copy()
    for side in (0, 1):
        sign = 1.0 - 2.0 * side
        shoulder = rest[sk.SHOULDER_L + side]
        joints[sk.ELBOW_L + side] = shoulder + np.array([0.05, 0.02 * sign, 0.28])
        joints[sk.HAND_L + side] = shoulder + np.array([0.15, -0.02 * sign, 0.53])
    return joints


def deep_squat(rest: np.ndarray) -> np.ndarray:
    joints = rest.copy()
    upper = [joint for joint in range(sk.FRONT) if joint not in range(sk.KNEE_L, sk.TOE_R + 1)]
    joints[upper] -= [0.25, 0.0, 0.45]
    for side in (0, 1):
        hip, ankle = joints[[sk.HIP_L + side]], rest[[sk.ANKLE_L + side]]
        lengths = sk.THIGH, sk.SHIN
        joints[[sk.KNEE_L + side]], _ = sk.bent(hip, ankle, lengths, np.array([[1.0, 0.0, 0.0]]))
    return joints


def test_the_pack_is_small_and_has_its_licence_beside_it() -> None:
    assert (COURT / "bodies.npz").stat().st_size < 2_000_000
    assert "CC0 1.0" in (COURT / "bodies.LICENSE.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", bodies.PIECES)
def test_every_piece_is_whole(name: str) -> None:
    piece = bodies.load().pieces[name]
    assert piece.weights.shape == (len(piece.base), skinning.BONES)
    assert np.allclose(piece.weights.sum(axis=1), 1.0, atol=1e-5)
    assert set(piece.faces.ravel().tolist()) == set(range(len(piece.base)))
    assert piece.uv.shape == (len(piece.faces), 3, 2)
    assert ((piece.uv >= 0) & (piece.uv <= 1)).all()
    assert piece.changes.shape == (len(bodies.SHAPES), len(piece.base), 3)


def test_a_body_posed_as_it_rests_stays_as_it_is() -> None:
    mesh = somebody().mesh
    assert np.abs(skinning.pose(mesh, mesh.rest[None])[0] - mesh.vertices).max() < 1e-5


def test_turning_and_moving_all_joints_turns_and_moves_the_mesh() -> None:
    mesh = somebody().mesh
    shift = np.array([3.0, -2.0, 0.5])
    moved = skinning.pose(mesh, turned(mesh.rest, 2.0, shift)[None])[0]
    wanted = turned(np.vstack([mesh.vertices, [0, 0, 0]]), 2.0, np.zeros(3))[:-1] + shift
    assert np.abs(moved - wanted).max() < 1e-4


@pytest.mark.parametrize("side", [0, 1])
def test_bones_stretch_so_that_their_ends_lie_at_the_joints(side: int) -> None:
    rest = somebody().mesh.rest
    joints = arms_up(deep_squat(rest))
    for bone, start, stop in LIMBS:
        weights = np.zeros((2, skinning.BONES), np.float32)
        weights[:, bone + side] = 1.0
        ends = rest[[start + side, stop + side]].astype(np.float32)
        stick = Mesh(ends, weights, rest, np.zeros((0, 3), np.int32), np.zeros((0, 3, 2), np.float32))
        moved = skinning.pose(stick, joints[None])[0]
        assert np.abs(moved - joints[[start + side, stop + side]]).max() < 1e-4


def test_shoes_stand_on_the_floor_whatever_the_build() -> None:
    for seed in range(8):
        mesh = somebody(seed).mesh
        assert abs(float(mesh.vertices[:, 2].min())) < 0.012
        lowest = skinning.pose(mesh, deep_squat(mesh.rest)[None])[0][:, 2].min()
        assert abs(float(lowest)) < 0.03


def test_a_raised_arm_keeps_its_thickness() -> None:
    mesh = somebody(style="bald").mesh
    arm = mesh.weights[:, skinning.UPPER] + mesh.weights[:, skinning.BICEPS] > 0.9
    moved = arms_up(mesh.rest)
    posed = skinning.pose(mesh, moved[None])[0]

    def thickness(points: np.ndarray, joints: np.ndarray) -> float:
        way = joints[sk.ELBOW_L] - joints[sk.SHOULDER_L]
        way = way / np.linalg.norm(way)
        off = points[arm] - joints[sk.SHOULDER_L]
        return float(np.median(np.linalg.norm(off - (off @ way)[:, None] * way, axis=1)))

    ratio = thickness(posed, moved) / thickness(mesh.vertices, mesh.rest)
    assert 0.85 < ratio < 1.15


@pytest.mark.parametrize("change", [arms_up, deep_squat])
def test_no_edge_of_the_mesh_is_torn(change: Callable[[np.ndarray], np.ndarray]) -> None:
    mesh = somebody(style="bald").mesh
    posed = skinning.pose(mesh, change(mesh.rest)[None])[0]
    edges = np.concatenate([mesh.faces[:, [0, 1]], mesh.faces[:, [1, 2]], mesh.faces[:, [2, 0]]])

    def lengths(points: np.ndarray) -> np.ndarray:
        return np.asarray(np.linalg.norm(points[edges[:, 0]] - points[edges[:, 1]], axis=1))

    assert (lengths(posed) - lengths(mesh.vertices)).max() < 0.15


def test_straight_limbs_do_not_flip_when_they_bend_a_little() -> None:
    rest = somebody().mesh.rest
    joints = np.repeat(rest[None], 21, axis=0)
    way = np.array([0.0, 0.0, -1.0])
    for step, bend in enumerate(np.linspace(-0.03, 0.03, 21)):
        joints[step, sk.ELBOW_L] = rest[sk.SHOULDER_L] + 0.3 * way + [bend, 0.0, 0.0]
        joints[step, sk.HAND_L] = rest[sk.SHOULDER_L] + 0.6 * way
    front = skinning.frames(joints).axes[:, skinning.FORE, 0]
    steps = np.sum(front[1:] * front[:-1], axis=1)
    assert steps.min() > 0.9


def test_the_same_person_in_the_same_kit_is_drawn_the_same() -> None:
    one, two = somebody(5), somebody(5)
    assert np.array_equal(one.mesh.vertices, two.mesh.vertices)
    assert np.array_equal(one.texture, two.texture)


def test_a_person_has_no_more_faces_than_can_be_drawn_fast() -> None:
    for seed in range(8):
        assert 2_500 < len(somebody(seed).mesh.faces) < 4_500


def test_numbers_stand_on_chest_and_back_only_of_kits_that_have_them() -> None:
    left, top, wide, high = bodies.TILES["top"]
    with_number = (
        somebody(free=False, numbered=True).texture[top : top + high, left : left + wide].astype(int)
    )
    without = somebody(free=False, numbered=False).texture[top : top + high, left : left + wide].astype(int)
    changed = np.abs(with_number - without).max(axis=-1) > 60
    assert changed[:, : wide // 2].sum() > 40
    assert changed[:, wide // 2 :].sum() > 80


def test_without_kits_people_wear_clothes_of_their_own() -> None:
    rng = np.random.default_rng(1)
    persons = casting.make_people(rng, 6)
    kit = replace(casting.two_kits(rng)[0], free=True)
    left, top, _, _ = bodies.TILES["top"]
    colours = {
        tuple(dress.outfit(bodies.load(), one, kit, 0).texture[top + 40, left + 20].tolist())
        for one in persons
    }
    assert len(colours) == 6


def test_coaches_wear_trousers_down_to_their_shoes_and_sleeves_down_to_their_hands() -> None:
    person = casting.make_people(np.random.default_rng(2), 1)[0]
    kit = attire.staff("coach", (200.0, 10.0, 10.0), (10.0, 200.0, 10.0), sleeves=True)
    worn = dress.outfit(bodies.load(), replace(person, hair=(9.0, 9.0, 9.0), size=1.0), kit, 0)
    middle = worn.mesh.uv.mean(axis=1) * bodies.ATLAS
    colours = worn.texture[middle[:, 1].astype(int), middle[:, 0].astype(int)].astype(int)
    spots = worn.mesh.vertices[worn.mesh.faces].mean(axis=1)
    green = colours[:, 1] > colours[:, [0, 2]].max(axis=1) + 80
    blue = colours[:, 0] > colours[:, [1, 2]].max(axis=1) + 80
    assert spots[green, 2].min() < 0.2
    assert spots[green, 2].max() > 1.0
    assert np.abs(spots[blue, 1]).max() > 0.45


def test_hair_makes_the_head_higher_than_a_bald_one() -> None:
    tops = {
        style: float(somebody(style=style).mesh.vertices[:, 2].max())
        for style in ("bald", "buzz", "short", "afro")
    }
    assert tops["bald"] == tops["buzz"] < tops["short"] < tops["afro"]


def test_builds_differ_in_girth_but_not_in_height() -> None:
    skin = bodies.load().pieces["skin"]
    usual = skin.shaped(np.zeros(len(bodies.SHAPES)))
    heavy = skin.shaped(np.eye(len(bodies.SHAPES))[bodies.SHAPES.index("heavy")])
    assert abs(float(usual[:, 2].max() - heavy[:, 2].max())) < 0.01
    thigh = (usual[:, 2] > 0.65) & (usual[:, 2] < 0.85) & (usual[:, 1] > 0) & (usual[:, 1] < 0.4)
    assert np.ptp(heavy[thigh, 1]) > 1.1 * np.ptp(usual[thigh, 1])
