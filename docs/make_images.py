"""Make the README's images from the sample game: `python docs/make_images.py [ACTIONS]`.

They show the true events of the game, or those in ACTIONS. LibreOffice and poppler, which print the workbook,
must be installed.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from PIL import Image, ImageChops

ROOT = Path(__file__).parents[1]
GAME = ROOT / "sample_videos" / "game.mp4"
IMAGES = ROOT / "docs" / "images"
MOMENT = 12.3
"""Seconds into the game: a shot is blocked."""
WIDTH = 1280
DPI = 130
ROWS = 0.42
"""Fraction of the first page of Actions that is shown."""


def main(actions: str = str(GAME.with_suffix(".truth.csv"))) -> None:
    """Make all images."""
    IMAGES.mkdir(exist_ok=True)
    with TemporaryDirectory() as folder:
        overlay(actions, Path(folder)).save(IMAGES / "overlay.jpg", quality=85, optimize=True)
        workbook(actions, Path(folder)).save(IMAGES / "workbook.png", optimize=True)


def overlay(actions: str, folder: Path) -> Image.Image:
    """Return a frame of the overlay, as it is in the video."""
    import av

    path = folder / "overlay.mp4"
    tracks = GAME.with_suffix(".tracks.csv")
    part = ("--start", f"{MOMENT}", "--end", f"{MOMENT + 0.1}")
    bball_tag("render", GAME, actions, "--tracks", tracks, "--overlay", "--out", path, *part)
    with av.open(path) as container:
        frame: Image.Image = next(container.decode(video=0)).to_image()
    return frame


def workbook(actions: str, folder: Path) -> Image.Image:
    """Return an image of the workbook's sheets below each other, as LibreOffice prints them."""
    bball_tag("convert", actions, "--video", GAME, "--out", folder / "actions.xlsx")
    profile = f"-env:UserInstallation={(folder / 'profile').as_uri()}"
    printing = ["soffice", profile, "--headless", "--convert-to", "pdf", "--outdir", folder]
    subprocess.run([*printing, folder / "actions.xlsx"], check=True, stdout=subprocess.DEVNULL)
    subprocess.run(["pdftoppm", "-r", f"{DPI}", "-png", folder / "actions.pdf", folder / "page"], check=True)
    # Actions begins on the first page; Summary, Timeline and Run are the last three.
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


def bball_tag(*arguments: object) -> None:
    """Run the command line."""
    subprocess.run([sys.executable, "-m", "bball_tag", *map(str, arguments)], check=True, cwd=ROOT)


if __name__ == "__main__":
    main(*sys.argv[1:])
