"""What `annotate` does with videos: one, a game in several files, several into a folder, those that come."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from bball_tag import console
from bball_tag.cli.failures import Failures
from bball_tag.errors import BballTagError
from bball_tag.files import content_id, scores_beside

if TYPE_CHECKING:
    from bball_tag.annotations.annotation import Annotation
    from bball_tag.scale.crew import Crew
    from bball_tag.scale.places import Place
    from bball_tag.watching import Watch

_PATIENCE_S = 0.5
"""Seconds for which a game that comes is waited for, before others that have ended are looked at."""


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
    from bball_tag.annotations.outputs import left_to_do

    folder: Path | None = plan.keywords["out_dir"]
    if folder is None or len(videos) == 1:
        _annotate_one(videos[0], plan(videos)[0], annotated, write)
        return
    todo = left_to_do(videos, folder, write.keywords["format"], overwrite=write.keywords["overwrite"])
    outputs = dict(zip(todo, plan(todo) if todo else [], strict=True))
    if done := len(videos) - len(todo):
        console.log.warning(
            "%d of %d videos have a file in %s, which is left as it is: --overwrite makes it anew.",
            done,
            len(videos),
            folder,
        )
    failed = Failures(folder, options_fit=done > 0)
    with _progress(annotated, len(todo)) as shown:
        for video, error in _ended(
            todo, lambda video, own: _annotate_one(video, outputs[video], own, write), annotated, shown
        ):
            failed.note(video, error)
    failed.end(len(todo))


def _annotate_arrivals(
    folder: Path,
    plan: partial[list[list[Path]]],
    annotated: partial[Annotation],
    write: partial[list[Path]],
) -> None:
    """Annotate the videos that come into a folder, without end; who failed is tried again once it changes."""
    from bball_tag.annotations.outputs import left_to_do
    from bball_tag.watching import Watch

    out_dir: Path = plan.keywords["out_dir"]
    left = partial(
        left_to_do,
        out_dir=out_dir,
        format_name=write.keywords["format"],
        overwrite=write.keywords["overwrite"],
    )
    failed, at_work = Failures(out_dir, options_fit=True), set[Path]()

    def annotate(video: Path, own: partial[Annotation]) -> None:
        # What is wrong with the outputs of one game stops no other.
        if left([video]):
            _annotate_one(video, plan([video])[0], own, write)

    console.log.info("Watching %s until Ctrl-C. The same command resumes.", folder)
    with _progress(annotated, 0) as shown:
        coming = _coming(Watch(folder), left, at_work, failed, shown)
        for video, error in _ended(coming, annotate, annotated, shown):
            at_work.discard(video)
            failed.note(video, error)


def _coming(
    watch: Watch,
    left: partial[list[Path]],
    at_work: set[Path],
    failed: Failures,
    shown: console.GamesProgress | None,
) -> Iterator[Path | None]:
    """Yield videos as they come, in their order, and None where there is none to begin with; never end.

    One that is `at_work`, and has changed meanwhile, begins when that has ended.
    """
    waiting: list[Path] = []
    while True:
        ready = next((video for video in waiting if video not in at_work), None)
        if (new := watch.new(patience=_PATIENCE_S if ready is None else 0.0)) is not None:
            failed.forget(new.gone)
            failed.refuse(new.refused)
            more = [video for video in new.videos if video not in waiting]
            todo = _without_file(more, left)
            failed.forget([video for video in more if video not in todo])
            if shown:
                shown.expect(len(todo))
            waiting += todo
            continue
        if ready is not None:
            waiting.remove(ready)
            at_work.add(ready)
        yield ready


def _without_file(videos: Sequence[Path], left: partial[list[Path]]) -> Sequence[Path]:
    """Return those of some videos that have no file yet, and say how many have."""
    try:
        todo = left(videos)
    except (BballTagError, OSError):
        # It is one of them, or the storage for a moment: each is asked about again when it begins.
        return videos
    if done := len(videos) - len(todo):
        folder = left.keywords["out_dir"]
        console.log.info("%d of %d videos have a file in %s already.", done, len(videos), folder)
    return todo


def _annotate_one(
    video: Path,
    paths: Sequence[Path],
    annotated: partial[Annotation],
    write: Callable[..., list[Path]],
) -> None:
    """Annotate a video and write its outputs."""
    annotation = annotated(video, scores=_scores_of(video, paths))
    for path in write(annotation, *paths):
        console.print_result(path)


def _scores_of(video: Path, paths: Sequence[Path]) -> Path:
    """Return where the scores of a video are kept: those that lie beside its outputs, in whatever order these
    are named now, or beside another one of the same stem; where there are none, beside the first."""
    first = scores_beside(paths[0])
    if first.is_file():
        return first
    store = next((other for other in _other_stores(paths) if _is_about(other, video)), None)
    if store is None:
        return first
    console.log.info("%s: its scores in %s are used.", video.name, store.name)
    return store


def _other_stores(paths: Sequence[Path]) -> Iterator[Path]:
    """Yield where scores may lie that are not beside the first of some outputs; a folder is listed last."""
    yield from map(scores_beside, paths[1:])
    ending = scores_beside(Path("x")).name.removeprefix("x")
    with suppress(OSError, BballTagError):
        for path in sorted(paths[0].parent.iterdir()):
            if path.name.startswith(f"{paths[0].stem}.") and path.name.endswith(ending):
                yield path


def _is_about(store: Path, video: Path) -> bool:
    """Whether a video was scored in a store last; not where there is none, or where it cannot be read."""
    from bball_tag.scoring.store import last_settings

    with suppress(OSError, BballTagError):
        return store.is_file() and last_settings(store).get("video") == content_id(video)
    return False


@contextmanager
def _progress(annotated: partial[Annotation], total: int) -> Iterator[console.GamesProgress | None]:
    """Show how far games are that share a crew; each of others has a bar of its own."""
    if annotated.keywords["jobs"] is None:
        yield None
        return
    with console.GamesProgress(total) as shown:
        yield shown


def _ended(
    videos: Iterable[Path | None],
    annotate: Callable[[Path, partial[Annotation]], None],
    annotated: partial[Annotation],
    shown: console.GamesProgress | None,
) -> Iterator[tuple[Path, BaseException | None]]:
    """Have each video annotated as `annotated` does it; yield it as it ends, with what went wrong."""
    from bball_tag.scale.games import each_game

    crew: Crew | None = annotated.keywords["jobs"]

    def work(game: tuple[Path, Place | None]) -> None:
        video, place = game
        if place is None or shown is None:
            annotate(video, annotated)
        else:
            with closing(place):
                annotate(video, partial(annotated, jobs=place, progress=shown.game))

    # Places are taken in the order of the videos, whoever is quicker to open one.
    games = (None if video is None else (video, None if crew is None else crew.place()) for video in videos)
    # Whoever stops before the end is not to wait for the games that are at work.
    with closing(each_game(games, work, crew)) as all_of_them:
        for (video, _), error in all_of_them:
            yield video, error
            if shown:
                shown.done()
