"""What `annotate` does with videos: one, a game in several files, several into a folder, those that come."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from bball_tag import console
from bball_tag.errors import BballTagError, OptionError, explain_import, explain_memory
from bball_tag.files import scores_beside, why

if TYPE_CHECKING:
    from bball_tag.annotations.annotation import Annotation


def work_on(videos: Sequence[Path], watched: Path | None, *, one_game: bool) -> Callable[..., None]:
    """Return what annotates some videos, or what comes into a folder that is watched.

    It is given what plans outputs, what annotates a video and what writes its annotation.
    """
    if watched is not None:
        return partial(_annotate_arrivals, watched)
    return partial(_annotate_game if one_game else _annotate_videos, videos)


def _annotate_game(
    videos: Sequence[Path],
    plan: partial[list[list[Path]]],
    annotated: partial[Annotation],
    write: partial[list[Path]],
) -> None:
    """Annotate the files of a game; write it as a whole, or in a folder a file for each of them."""
    from bball_tag.annotations.game_files import of_file
    from bball_tag.annotations.game_outputs import check_paths_of_videos
    from bball_tag.annotations.video_names import file_names_of_videos

    outputs = plan(videos)
    as_one, first = len(outputs) < len(videos), outputs[0][0]
    if as_one:
        check_paths_of_videos(
            outputs[0], videos, write.keywords["format"], overwrite=write.keywords["overwrite"]
        )
    beside = [first.with_name(f"{first.stem}.{name}") for name in file_names_of_videos(videos)]
    whole = annotated(videos, scores=list(map(scores_beside, beside)))
    parts = [whole] if as_one else [of_file(whole, index) for index in range(len(videos))]
    for part, paths in zip(parts, outputs, strict=True):
        for path in write(part, *paths):
            console.print_result(path)


def _annotate_videos(
    videos: Sequence[Path],
    plan: partial[list[list[Path]]],
    annotated: partial[Annotation],
    write: partial[list[Path]],
) -> None:
    """Annotate one video, or several into a folder: those that have no file there yet."""
    from bball_tag.annotations.outputs import FAILURES, left_to_do

    folder: Path | None = plan.keywords["out_dir"]
    if folder is None or len(videos) == 1:
        _annotate_one(videos[0], plan(videos)[0], annotated, write)
        return
    todo = left_to_do(videos, folder, write.keywords["format"], overwrite=write.keywords["overwrite"])
    outputs = plan(todo) if todo else []
    if done := len(videos) - len(todo):
        console.log.warning(
            "%d of %d videos have a file in %s, which is left as it is: --overwrite makes it anew.",
            done,
            len(videos),
            folder,
        )
    failed = _annotate_each(
        dict(zip(todo, outputs, strict=True)), folder, annotated, write, options_fit=done > 0
    )
    if failed:
        raise BballTagError(
            f"{len(failed)} of {len(todo)} videos failed: {', '.join(map(str, failed))}. "
            f"{folder / FAILURES} says why; the same command tries these again."
        )


def _annotate_arrivals(
    folder: Path,
    plan: partial[list[list[Path]]],
    annotated: partial[Annotation],
    write: partial[list[Path]],
) -> None:
    """Annotate the videos that come into a folder, without end; who failed is tried again once it changes."""
    from bball_tag.annotations.outputs import left_to_do
    from bball_tag.watching import arrivals

    out_dir: Path = plan.keywords["out_dir"]
    failed: dict[Path, str] = {}
    console.log.info("Watching %s until Ctrl-C. The same command resumes.", folder)
    for new in arrivals(folder):
        todo = left_to_do(
            new.videos, out_dir, write.keywords["format"], overwrite=write.keywords["overwrite"]
        )
        if done := len(new.videos) - len(todo):
            console.log.info("%d of %d videos have a file in %s already.", done, len(new.videos), out_dir)
        before = {video: why for video, why in failed.items() if video not in todo} | new.refused
        outputs = plan(todo) if todo else []
        failed = _annotate_each(
            dict(zip(todo, outputs, strict=True)), out_dir, annotated, write, before, options_fit=True
        )


def _annotate_one(
    video: Path,
    paths: Sequence[Path],
    annotated: partial[Annotation],
    write: Callable[..., list[Path]],
) -> None:
    """Annotate a video and write its outputs."""
    annotation = annotated(video, scores=scores_beside(paths[0]))
    for path in write(annotation, *paths):
        console.print_result(path)


def _annotate_each(
    videos: Mapping[Path, Sequence[Path]],
    folder: Path,
    annotated: partial[Annotation],
    write: Callable[..., list[Path]],
    before: Mapping[Path, str] | None = None,
    *,
    options_fit: bool,
) -> dict[Path, str]:
    """Annotate each video and write its outputs; return those that failed, with why.

    They are listed at the end, and in `folder`. Where a folder is watched, those that failed `before` are
    listed too. An option that does not fit one of them ends the work for all where none has succeeded and it
    is not known (`options_fit`) that there is one that it fits.
    """
    from bball_tag.annotations.outputs import write_failures

    failed = dict(before or {})
    for video, error in _ended(videos, annotated, write):
        if error is None:
            options_fit = True
            continue
        reason = _reason(video, error)
        if reason is None or (isinstance(error, OptionError) and not options_fit):
            raise error
        failed[video] = reason
        console.show_error(reason)
        write_failures(folder, failed)
    write_failures(folder, failed)
    if failed:
        console.show_table(("video", "why"), [(video.name, why) for video, why in failed.items()])
    return failed


def _reason(video: Path, error: BaseException) -> str | None:
    """Return in a sentence why a video failed; None where the next one would fail too, or nobody knows."""
    from bball_tag.scale.worker import NoWorkersError

    # The pipe is standard output: whoever read it has ended.
    if isinstance(error, NoWorkersError | BrokenPipeError):
        return None
    known = error if isinstance(error, BballTagError) else explain_memory(error)
    if known is not None:
        return str(known)
    if not isinstance(error, OSError) or explain_import(error) is not None:
        return None
    file = "" if error.filename in (None, str(video)) else f" ({error.filename})"
    return f"Cannot annotate {video}: {why(error)}{file}."


def _ended(
    videos: Mapping[Path, Sequence[Path]],
    annotated: partial[Annotation],
    write: Callable[..., list[Path]],
) -> Iterator[tuple[Path, BaseException | None]]:
    """Annotate videos and write their outputs; yield each as it ends, with what went wrong."""
    from bball_tag.scale.crew import Crew
    from bball_tag.scale.games import each_game

    jobs = annotated.keywords["jobs"]
    crew = jobs if isinstance(jobs, Crew) else None
    with ExitStack() as stack:
        shown = stack.enter_context(console.GamesProgress(len(videos))) if crew and videos else None
        own = partial(annotated, progress=shown.game) if shown else annotated
        games = each_game(videos, lambda video: _annotate_one(video, videos[video], own, write), crew)
        # Whoever stops before the end is not to wait for the games that are at work.
        for video, error in stack.enter_context(closing(games)):
            yield video, error
            if shown:
                shown.done()
