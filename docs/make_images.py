"""Make the README's images from the sample game: `python docs/make_images.py [ACTIONS]`.

Shows the game's truth, or the events given. LibreOffice and poppler, which must be installed, print the
workbook.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import av
from PIL import Image, ImageChops

import bball_tag as bt

ROOT = Path(__file__).parents[1]
GAME = ROOT / "sample_videos" / "game.mp4"
TRUTH, TRACKS = GAME.with_suffix(".truth.csv"), GAME.with_suffix(".tracks.csv")
IMAGES = ROOT / "docs" / "images"
MOMENT = 12.3
"""Seconds into the game: a shot is blocked."""
WIDTH = 1280
DPI = 130
ROWS = 0.42
"""Fraction of the first page of Actions that is shown."""


def main(actions: str = str(TRUTH)) -> None:
    """Make all images."""
    IMAGES.mkdir(exist_ok=True)
    with TemporaryDirectory() as folder:
        overlay(actions, Path(folder)).save(IMAGES / "overlay.jpg", quality=85, optimize=True)
        workbook(actions, Path(folder)).save(IMAGES / "workbook.png", optimize=True)


def overlay(actions: str, folder: Path) -> Image.Image:
    """Return a frame of the overlay as it is in the video."""
    out = folder / "overlay.mp4"
    bt.render_overlay(GAME, actions, out, tracks=TRACKS, start=MOMENT, end=MOMENT + 0.1)
    with av.open(out) as container:
        image: Image.Image = next(container.decode(video=0)).to_image()
    return image


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
