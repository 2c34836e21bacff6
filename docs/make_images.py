"""Make the images of README and docs: `python docs/make_images.py [ACTIONS]`.

The workbook shows the truth of the sample game, or the events given. LibreOffice and poppler, which must be
installed, print it. Where the environment variable BBALL_TAG_REAL_DATA names the real data, the
images of the gym game (CC BY 3.0, IBM MAX samples) are made too.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import av
from PIL import Image, ImageChops

import bball_tag as bt
from bball_tag.clips import ClipSpec
from train.clip_images import Loading, load_clip
from train.clipset import read_clipset

ROOT = Path(__file__).parents[1]
GAME = ROOT / "sample_videos" / "game.mp4"
TRUTH = GAME.with_suffix(".truth.csv")
IMAGES = ROOT / "docs" / "images"
GYM_MOMENT = 4.9
CROPS = 10
"""Players in a row."""
WIDTH = 1280
DPI = 130
ROWS = 0.42
"""Fraction of the first page of Actions that is shown."""


def main(actions: str = str(TRUTH)) -> None:
    """Make all images."""
    IMAGES.mkdir(exist_ok=True)
    with TemporaryDirectory() as folder:
        workbook(actions, Path(folder)).save(IMAGES / "workbook.png", optimize=True)
        if data := os.environ.get("BBALL_TAG_REAL_DATA"):
            gym(Path(data), Path(folder)).save(IMAGES / "gym.jpg", quality=85, optimize=True)
            worlds(Path(data)).save(IMAGES / "worlds.jpg", quality=85, optimize=True)


def gym(data: Path, folder: Path) -> Image.Image:
    """Return a frame of the gym game's overlay, as the default checkpoint labels it."""
    video, out = data / "footage" / "gym_game_640x360_26fps.mp4", folder / "gym.mp4"
    bt.render_overlay(video, bt.annotate(video), out, start=GYM_MOMENT, end=GYM_MOMENT + 0.1)
    with av.open(out) as container:
        image: Image.Image = next(container.decode(video=0)).to_image()
    return image.resize((WIDTH, round(image.height * WIDTH / image.width)), Image.Resampling.LANCZOS)


def worlds(data: Path) -> Image.Image:
    """Return crops of rendered players above crops of real ones, of the gym game."""
    spec = ClipSpec(height=176, width=128)
    rendered = read_clipset(ROOT / "sample_videos" / "clips").clips[:: 120 // CROPS]
    spans = read_clipset(data / "real_windows" / "spans.csv").clips
    real = [clip for clip in spans if clip.path.stem.startswith("gym_game")]
    whole = Image.new("RGB", (CROPS * spec.width, 2 * spec.height))
    for row, (clips, fps) in enumerate(((rendered, 25.0), (real, None))):
        for column, clip in enumerate(clips[:CROPS]):
            images = load_clip(clip, Loading(spec, fps)).images
            whole.paste(Image.fromarray(images[0]), (column * spec.width, row * spec.height))
    return whole


def workbook(actions: str, folder: Path) -> Image.Image:
    """Return the workbook's sheets below each other, as LibreOffice prints them."""
    convert = ("convert", actions, "--video", GAME, "--out", folder / "actions.xlsx")
    run(sys.executable, "-m", "bball_tag", *convert)
    profile = f"-env:UserInstallation={(folder / 'profile').as_uri()}"
    printing = ("soffice", profile, "--headless", "--convert-to", "pdf", "--outdir", folder)
    run(*printing, folder / "actions.xlsx")
    run("pdftoppm", "-r", DPI, "-png", folder / "actions.pdf", folder / "page")
    # The last page is Run; before it come Timeline and Summary, and the first begins Actions.
    pages = [Image.open(path).convert("RGB") for path in sorted(folder.glob("page-*.png"))]
    shown = [trimmed(page) for page in (pages[0], *pages[-3:-1])]
    shown[0] = shown[0].crop((0, 0, shown[0].width, round(shown[0].height * ROWS)))
    sheets = [one.resize((WIDTH, round(one.height * WIDTH / one.width))) for one in shown]
    gap = 24
    whole = Image.new("RGB", (WIDTH, sum(one.height + gap for one in sheets) - gap), "white")
    top = 0
    for one in sheets:
        whole.paste(one, (0, top))
        top += one.height + gap
    # A few hundred colours are all that is in it.
    return whole.quantize(128)


def trimmed(page: Image.Image) -> Image.Image:
    """Return a page without its white margins."""
    return page.crop(ImageChops.difference(page, Image.new("RGB", page.size, "white")).getbbox())


def run(*command: object) -> None:
    """Run a program in the project's folder."""
    subprocess.run(list(map(str, command)), check=True, cwd=ROOT, stdout=subprocess.DEVNULL)


if __name__ == "__main__":
    main(*sys.argv[1:])
