"""The reviewing half of the face: `bball_tag.review_game` and `bball_tag.write_report`."""

from __future__ import annotations

import getpass
import logging
import shlex
import webbrowser
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from bball_tag.api import open_video
from bball_tag.checks import Paths, as_local_path, as_path, as_paths, check_number
from bball_tag.errors import OptionError, explained_imports
from bball_tag.files import check_output
from bball_tag.given import path_or_none

if TYPE_CHECKING:
    from bball_tag.review.material import Material
    from bball_tag.review.playback import Playback
    from bball_tag.review.review import Review
    from bball_tag.video.video import Video

log = logging.getLogger("bball_tag")


@explained_imports
def review_game(
    video: str | Path | Video,
    actions: str | Path | None = None,
    *,
    out: Paths | None = None,
    tracks: str | Path | None = None,
    checkpoint: str | Path | None = None,
    by: str | None = None,
    port: int = 0,
    browser: bool = True,
    blur_faces: bool = False,
    overwrite: bool = False,
    progress: bool = True,
) -> list[Path]:
    """Open the page on which a game is looked at, judged, corrected and named; it ends with Ctrl-C.

    Every judgement is kept in ACTIONS.review.jsonl as it is made.

    Args:
        video: The file, or an open `Video`.
        actions: The file of its events; None takes that beside the video, else decides from stored scores.
        out: Write what was judged so far to these files, and open no page. None opens it.
        tracks: A file of the players' boxes; None takes those of the events, or those that were found.
        checkpoint: Where the button Learn begins: what the game was annotated with. None is the default one.
        by: Who judges; None is the name of this machine's user.
        port: Port of the page; 0 takes any that is free.
        browser: Whether a browser is opened.
        blur_faces: Show a copy of the video in which the heads of everybody who was found are blurred.
        overwrite: Replace the files of `out` if they exist.
        progress: Show a progress bar where the video has to be copied.

    Returns:
        The files of `out`, and the roster if anybody was named.

    Raises:
        BballTagError: A file cannot be used, or the game is under review already.
    """
    from bball_tag.review.export import Export, write_corrected
    from bball_tag.review.material import open_material
    from bball_tag.review.opening import open_session, roster_of_journal
    from bball_tag.review.review import Review
    from bball_tag.review.server import Server

    check_number("port", port, 0, whole=True)
    opened, table = open_video(video), path_or_none("actions", actions)
    as_local_path("video", opened.path)
    material = open_material(opened, table, tracks, roster_of_journal(opened, table))
    start = path_or_none("checkpoint", checkpoint)
    with open_session(material, _user() if by is None else by) as session:
        if out:
            return write_corrected(material, session.state, as_paths("out", out), Export(overwrite=overwrite))
        review = Review(material, session, _playback(material, blur_faces, progress), start)
        server = Server(review, port)
        log.info("The page is at %s until you press Ctrl-C.", server.address)
        if browser:
            webbrowser.open(server.address)
        with suppress(KeyboardInterrupt):
            server.run()
        log.info("%s", _farewell(review))
    return []


@explained_imports
def write_report(
    actions: str | Path,
    out: str | Path,
    *,
    video: str | Path | Video | None = None,
    tracks: str | Path | None = None,
    embed: bool = False,
    blur_faces: bool = False,
    overwrite: bool = False,
    progress: bool = True,
) -> list[Path]:
    """Write a game as one page to look at and to send, which loads nothing from elsewhere and cannot save.

    Args:
        actions: The file of the game's events; what was judged in a review of it is shown as judged.
        out: The page to write (`game.html`).
        video: The video; None takes the one that `actions` names.
        tracks: A file of the players' boxes; None takes those of the events, or those that were found.
        embed: Put the video into the page; else the page says where it is.
        blur_faces: Blur the heads of everybody who was found, in a copy of the video.
        overwrite: Replace `out` if it exists.
        progress: Show a progress bar where the video has to be copied.

    Returns:
        The page, and the copy of the video that lies beside it where browsers cannot play the file.

    Raises:
        BballTagError: A file cannot be used, or the video is too large to be put into a page.
    """
    from bball_tag.review.material import open_material
    from bball_tag.review.opening import last_state, roster_of_journal
    from bball_tag.review.report import write_page

    table, target = as_path("actions", actions), as_path("out", out)
    if target.suffix.lower() not in (".html", ".htm"):
        raise OptionError(f"A page is an .html file: name it {target.with_suffix('.html')}.")
    check_output(target, overwrite=overwrite)
    opened = open_video(_video_of(table) if video is None else video)
    material = open_material(opened, table, tracks, roster_of_journal(opened, table))
    playback = _playback(material, blur_faces, progress)
    return write_page(target, material, last_state(material), playback, embeds=embed, overwrite=overwrite)


def _video_of(table: Path) -> Path:
    """Return the video of a file of events."""
    from bball_tag.annotations import read_annotation
    from bball_tag.learning.games import video_of

    annotation = read_annotation(table)
    if annotation.files:
        names = ", ".join(file.name for file in annotation.files)
        raise OptionError(
            f"{table} is about a game in several files, and a page shows one of them: say which with --video "
            f"({names})."
        )
    return video_of(table, annotation)


def _playback(material: Material, blur_faces: bool, progress: bool) -> Playback:
    """Return what a browser plays."""
    from bball_tag.event_source import heads_hidden
    from bball_tag.review.playback import open_playback

    video = material.video
    blur = heads_hidden(video, material.annotation, material.base) if blur_faces else None
    return open_playback(video, blur, progress=progress)


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        # A machine need not know its users.
        return ""


def _farewell(review: Review) -> str:
    """Return where the judgements are, and what to do with them."""
    from bball_tag.review.export import default_name

    material, table = review.material, default_name(review.material)
    game = [str(path) for path in (material.video.path, material.actions) if path is not None]
    if review.session.why_not_kept is not None:
        return "Nothing was changed."
    return (
        f"Your judgements are kept in {review.session.journal.path}: the same command continues there.\n"
        f"To export them: bball-tag review {shlex.join([*game, '--out', table])}\n"
        f"To learn: bball-tag learn {shlex.join([table, '--video', game[0]])} --out mine.safetensors"
    )
