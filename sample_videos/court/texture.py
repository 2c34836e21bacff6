"""The texture of a person: skin, face, hair, cloth with stripes and numbers, shoes."""

from __future__ import annotations

import cv2
import numpy as np

from .attire import Kit, Person
from .bodies import ARM_SPAN, ATLAS, HAIRLINE, SPANS, TILES, WRAP, Bodies
from .hall import Colour

FONTS = (cv2.FONT_HERSHEY_SIMPLEX, cv2.FONT_HERSHEY_DUPLEX, cv2.FONT_HERSHEY_TRIPLEX)
_FINE = 4
"""How many times finer than the texture letters are drawn."""
_METRES = {"top": 1.12, "shorts_l": 0.62, "shorts_r": 0.62}
"""Lengths around the body that a tile unrolls, in metres."""


def texture(bodies: Bodies, person: Person, kit: Kit, rng: np.random.Generator) -> np.ndarray:
    """Return the texture (ATLAS, ATLAS, 3) of `person` in `kit`, uint8 BGR."""
    sheet = np.zeros((ATLAS, ATLAS, 3), np.float32)
    sheet[:] = person.skin
    _head(_tile(sheet, "head"), bodies.heads[person.face], person, rng)
    _hair(_tile(sheet, "hair"), person, rng)
    for index, mark in enumerate("lr"):
        _arm(_tile(sheet, f"arm_{mark}"), person, index)
        _leg(_tile(sheet, f"leg_{mark}"), person, kit, index)
        _shorts(_tile(sheet, f"shorts_{mark}"), kit, rng)
    _top(_tile(sheet, "top"), person, kit, rng)
    _shoes(_tile(sheet, "shoes"), person)
    return np.clip(sheet, 0, 255).astype(np.uint8)


def tile_spot(tile: str, across: float, down: float) -> tuple[float, float]:
    """Return the pixel of a place in a tile: around the part and down it, both 0 to 1."""
    left, top, wide, high = TILES[tile]
    return left + (WRAP + across * (1 - 2 * WRAP)) * wide, top + down * high


def _tile(sheet: np.ndarray, name: str) -> np.ndarray:
    left, top, wide, high = TILES[name]
    return sheet[top : top + high, left : left + wide]


def _around(tile: np.ndarray) -> np.ndarray:
    """Return the angle of each column, in radians, shape (1, W)."""
    wide = tile.shape[1]
    across = ((np.arange(wide) + 0.5) / wide - WRAP) / (1 - 2 * WRAP)
    turn = (across - 0.5) * 2 * np.pi
    return np.asarray(np.angle(np.exp(1j * turn)))[None]


def _heights(tile: np.ndarray, name: str) -> np.ndarray:
    """Return the height of each row at rest, in metres, shape (H, 1)."""
    top, bottom = SPANS[name]
    rows = (np.arange(len(tile)) + 0.5) / len(tile)
    return np.asarray(top + rows * (bottom - top))[:, None]


def _mix(tile: np.ndarray, share: np.ndarray, colour: Colour | np.ndarray) -> None:
    """Paint `colour` over the tile where `share` (H or 1, W or 1) is 1, thinner where it is less."""
    tile += np.clip(share, 0, 1)[..., None] * (np.asarray(colour, np.float32) - tile)


def _edge(distance: np.ndarray, soft: float) -> np.ndarray:
    """Return 1 where `distance` is above 0, 0 where it is below, and a ramp `soft` wide between."""
    return np.clip(distance / soft + 0.5, 0, 1)


def _head(tile: np.ndarray, image: np.ndarray, person: Person, rng: np.random.Generator) -> None:
    """Paint the face in the person's tone, then hair, brows, eyes and beard."""
    angle, height = _around(tile), _heights(tile, "head")
    face = (np.abs(angle) < 0.9) & (height > 1.70) & (height < 1.82)
    image = cv2.GaussianBlur(image, (0, 0), 0.7)
    usual = np.median(image[face].astype(np.float32), axis=0)
    tile[:] = np.clip(image / usual, 0.45, 1.25) * np.asarray(person.skin)
    hairline = np.interp(np.abs(angle), *HAIRLINE)
    behind = _edge(np.abs(angle) - 1.7, 0.4)
    _mix(tile, np.maximum(_edge(height - hairline + 0.015, 0.02), behind), np.asarray(person.skin) * 0.97)
    if person.style != "bald":
        thick = (0.75 if person.style == "buzz" else 1.0) * rng.uniform(0.8, 1.0, tile.shape[:2])
        _mix(tile, _edge(height - hairline, 0.012) * thick, person.hair)
    for side in (-0.36, 0.36):
        off = np.abs(angle - side)
        _mix(tile, 0.7 * _edge(0.20 - off, 0.1) * _edge(0.005 - np.abs(height - 1.803), 0.006), person.hair)
        level = np.abs(height - 1.781)
        _mix(tile, 0.8 * _edge(0.13 - off, 0.1) * _edge(0.006 - level, 0.008), (150, 155, 160))
        _mix(tile, _edge(0.06 - off, 0.08) * _edge(0.006 - level, 0.006), (25, 28, 36))
    _mix(tile, person.beard * _beard(angle, height), person.hair)
    if person.band is not None:
        _mix(tile, _edge(0.021 - np.abs(height - 1.835), 0.006), person.band)


def _beard(angle: np.ndarray, height: np.ndarray) -> np.ndarray:
    """Return where a beard grows, 0 to 1, shape (H, W)."""
    upper = 1.712 + 0.045 * np.clip(np.abs(angle) - 0.5, 0, 1.0)
    jaw = _edge(height - 1.64, 0.012) * _edge(upper - height, 0.01) * _edge(1.45 - np.abs(angle), 0.2)
    lips = _edge(1.0 - (angle / 0.33) ** 2 - ((height - 1.697) / 0.009) ** 2, 0.5)
    return np.asarray(jaw * (1.0 - lips))


def _hair(tile: np.ndarray, person: Person, rng: np.random.Generator) -> None:
    """Paint hair with locks or curls, and the headband."""
    curls = person.style in ("curly", "afro", "crop", "top")
    grain = _grain(tile, rng, (1.0, 1.0 if curls else 5.0))
    tile[:] = np.asarray(person.hair) * (1.0 + 0.22 * grain) + 6.0 * np.maximum(grain, 0)
    if person.band is not None:
        _mix(
            tile,
            _edge(0.021 - np.abs(_heights(tile, "hair") - 1.835), 0.006),
            person.band,
        )


def _arm(tile: np.ndarray, person: Person, side: int) -> None:
    """Paint an arm: skin, a tight sleeve, a shirt below the jersey."""
    along = ((np.arange(len(tile)) + 0.5) / len(tile) * ARM_SPAN)[:, None]
    inner = 1.0 + 0.05 * np.cos(_around(tile) + np.pi)
    tile *= (inner * (1.0 - 0.06 * np.exp(-(((along - 1.0) / 0.08) ** 2))))[..., None]
    sleeve = person.sleeves[side]
    if sleeve is not None:
        _mix(tile, _edge(along - 0.45, 0.04) * _edge(1.9 - along, 0.04), sleeve)
    if person.under is not None:
        _mix(tile, _edge(0.5 - along, 0.04), person.under)


def _leg(tile: np.ndarray, person: Person, kit: Kit, side: int) -> None:
    """Paint a leg: skin, tight legwear, a sock."""
    height = _heights(tile, "leg")
    tile *= (1.0 - 0.08 * np.exp(-(((height - 0.53) / 0.05) ** 2)))[..., None]
    tight = person.legs[side]
    if tight is not None:
        _mix(tile, _edge(height - 0.18, 0.02), tight)
    _mix(tile, _edge(person.sock_height - height, 0.012), person.sock)
    ribs = _edge(0.008 - np.abs(height - person.sock_height + 0.02), 0.008)
    _mix(tile, 0.25 * ribs, person.shoe)
    if kit.covered[1]:
        tile[:] = kit.shorts


def _folds(tile: np.ndarray, rng: np.random.Generator, strength: float) -> None:
    """Darken and brighten cloth as soft upright folds do."""
    tile *= 1.0 + strength * np.clip(_grain(tile, rng, (3.0, 11.0)), -2, 2)


def _grain(tile: np.ndarray, rng: np.random.Generator, size: tuple[float, float]) -> np.ndarray:
    """Return soft noise of standard deviation 1, shape (H, W, 1), with grains `size` pixels wide and high."""
    fine = rng.normal(0, 1, tile.shape[:2]).astype(np.float32)
    fine = np.asarray(cv2.GaussianBlur(fine, (0, 0), size[0], sigmaY=size[1]))
    return np.asarray(fine / fine.std())[..., None]


def _shorts(tile: np.ndarray, kit: Kit, rng: np.random.Generator) -> None:
    """Paint one leg of the shorts."""
    tile[:] = kit.shorts
    angle, height = _around(tile), _heights(tile, "shorts")
    if kit.pattern in ("sides", "wings", "band"):
        wide = 0.32 if kit.pattern == "sides" else 0.55 * np.clip((1.0 - height) / 0.4, 0.1, 1)
        _mix(tile, _edge(wide - np.abs(angle), 0.1), kit.trim)
    if kit.pattern in ("pins", "yoke"):
        _mix(tile, _edge(0.60 - height, 0.008), kit.trim)
    _folds(tile, rng, 0.05)


def _top(tile: np.ndarray, person: Person, kit: Kit, rng: np.random.Generator) -> None:
    """Paint jersey or shirt: pattern, number, name, badge."""
    tile[:] = kit.jersey
    angle, height = _around(tile), _heights(tile, "top")
    # The chest is a quarter of the way round, the back three quarters.
    flank = np.minimum(
        np.abs(np.angle(np.exp(1j * angle))),
        np.abs(np.angle(np.exp(1j * (angle - np.pi)))),
    )
    low = height < 1.36
    if kit.pattern == "sides":
        _mix(tile, _edge(0.26 - flank, 0.08) * low, kit.trim)
    elif kit.pattern == "wings":
        _mix(
            tile,
            _edge(0.62 * np.clip((1.42 - height) / 0.5, 0.1, 1) - flank, 0.08) * low,
            kit.trim,
        )
    elif kit.pattern == "band":
        _mix(tile, _edge(0.035 - np.abs(height - 1.17), 0.01), kit.trim)
    elif kit.pattern == "yoke":
        _mix(tile, _edge(height - 1.44, 0.01), kit.trim)
    elif kit.pattern == "pins":
        _mix(tile, 0.6 * _edge(np.cos(angle * 22) - 0.75, 0.4) * _edge(1.43 - height, 0.02), kit.trim)
    elif kit.pattern == "logo":
        spot = (np.abs(angle + np.pi / 2) / 0.35) ** 2 + (
            (height - 1.32) / float(rng.uniform(0.03, 0.09))
        ) ** 2
        _mix(tile, _edge(1.0 - spot, 0.3), kit.trim)
    if kit.numbered:
        font = FONTS[int(rng.integers(len(FONTS)))]
        big = float(rng.uniform(0.19, 0.25))
        _write(tile, str(person.number), (-np.pi / 2, 1.24), 0.11, kit.number, font)
        _write(tile, str(person.number), (np.pi / 2, 1.22), big, kit.number, font)
        letters = "".join(chr(65 + int(code)) for code in rng.integers(0, 26, int(rng.integers(5, 9))))
        if rng.random() < 0.7:
            _write(tile, letters, (np.pi / 2, 1.42), 0.05, kit.number, font)
        _write(tile, letters[::-1], (-np.pi / 2, 1.35), 0.05, kit.number, font)
    _folds(tile, rng, 0.045)


def _write(
    tile: np.ndarray,
    text: str,
    spot: tuple[float, float],
    high: float,
    colour: Colour,
    font: int,
) -> None:
    """Write `text`, `high` metres high, around the angle and height `spot`."""
    top, bottom = SPANS["top"]
    down = len(tile) / (top - bottom) * _FINE
    across = tile.shape[1] * (1 - 2 * WRAP) / _METRES["top"] * _FINE
    thick = max(1, round(high * down * 0.16))
    (wide, _), _ = cv2.getTextSize(text, font, 1.0, 1)
    scale = high * down / 21.0
    canvas = np.zeros((round(high * down) + 2 * thick, round(wide * scale) + 2 * thick), np.uint8)
    cv2.putText(canvas, text, (thick, len(canvas) - thick), font, scale, 255, thick, cv2.LINE_AA)
    size = (round(canvas.shape[1] * across / down / _FINE), round(len(canvas) / _FINE))
    small = cv2.resize(canvas, (max(size[0], 1), max(size[1], 1)), interpolation=cv2.INTER_AREA)
    column = (WRAP + (spot[0] / (2 * np.pi) + 0.5) * (1 - 2 * WRAP)) * tile.shape[1] - small.shape[1] / 2
    row = (top - spot[1]) / (top - bottom) * len(tile) - small.shape[0] / 2
    left, upper = max(round(column), 0), max(round(row), 0)
    part = tile[upper : upper + small.shape[0], left : left + small.shape[1]]
    _mix(part, small[: part.shape[0], : part.shape[1]] / 255.0, colour)


def _shoes(tile: np.ndarray, person: Person) -> None:
    """Paint shoes seen from the side: sole, upper, toe cap, tongue, a mark, and the sock above."""
    rows = (np.arange(len(tile)) + 0.5)[:, None] / len(tile)
    height = 0.157 - rows * 0.17
    across = ((np.arange(tile.shape[1]) + 0.5)[None] / tile.shape[1] - WRAP) / (1 - 2 * WRAP)
    tile[:] = person.shoe
    shade = np.asarray(person.shoe) * 0.8
    _mix(tile, _edge(across - 0.78, 0.03) * _edge(0.045 - height, 0.02), shade)
    mark = _edge(0.012 - np.abs(height - 0.03 - 0.12 * (0.55 - across)), 0.006) * _edge(0.6 - across, 0.05)
    _mix(tile, mark * _edge(across - 0.2, 0.05) * 0.6, person.sole)
    _mix(tile, _edge(0.014 - height, 0.005), person.sole)
    _mix(tile, _edge(height - person.shoe_top, 0.008), person.sock)
