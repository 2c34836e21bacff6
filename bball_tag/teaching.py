"""The learning half of the face: `bball_tag.learn` and `bball_tag.suggest`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from bball_tag.api import open_checkpoint, open_video
from bball_tag.checks import Paths, as_path, as_paths, check_number, is_number
from bball_tag.errors import OptionError, explained_imports

if TYPE_CHECKING:
    from bball_tag.annotations import Annotation
    from bball_tag.checkpoint.checkpoint import Checkpoint
    from bball_tag.learning.games import Game
    from bball_tag.learning.report import Report


@explained_imports
def learn(
    corrected: Paths,
    *,
    out: str | Path,
    checkpoint: str | Path | Checkpoint | None = None,
    video: Paths | None = None,
    scores: Paths | None = None,
    rename: Mapping[str, str] | None = None,
    drop: str | Sequence[str] | None = None,
    target_precision: float | None = None,
    overwrite: bool = False,
) -> Report:
    """Fit a checkpoint's last layers to what a person judged, and write the checkpoint that has them.

    No frame is read: the features of the games are those that `annotate` stored.

    Args:
        corrected: Tables of events that a person corrected, in any format that `read` takes.
        out: Where to write the new checkpoint (`mine.safetensors`).
        checkpoint: Where to start from: what the games were annotated with. None takes the default one.
        video: The video of each table, or one for all; None takes those that the tables name.
        scores: The store of each table, or one for all; None takes those beside the tables and videos.
        rename: New names of labels, by the old ones; two labels may become one.
        drop: Labels that are left out from now on.
        target_precision: Choose thresholds so that an event at its threshold is right with this probability.
        overwrite: Replace a checkpoint that exists.

    Returns:
        How right each label is on clips that the head was not fitted on, as text (`str`) and as `figures`.

    Raises:
        BballTagError: A table, video, store or checkpoint cannot be used, or too little was judged.
    """
    from bball_tag.files import check_output
    from bball_tag.learning.gather import Wishes
    from bball_tag.learning.learn import learn as learn_of
    from bball_tag.learning.tables import open_tables

    if target_precision is not None and not (is_number(target_precision) and 0.5 <= target_precision < 1):
        raise OptionError(f"target_precision must be from 0.5 to below 1, not {target_precision!r}.")
    target = as_path("out", out)
    if target.suffix != ".safetensors":
        raise OptionError(
            f"A checkpoint is a .safetensors file: name it {target.with_suffix('.safetensors')}."
        )
    check_output(target, overwrite=overwrite)
    dropped = (drop,) if isinstance(drop, str) else tuple(drop or ())
    wishes = Wishes(dict(rename or {}), dropped, target_precision)
    videos, stores = as_paths("video", video or ()), as_paths("scores", scores or ())
    tables = open_tables(as_paths("corrected", corrected), videos, stores)
    return learn_of(tables, open_checkpoint(checkpoint), wishes, target)


@explained_imports
def suggest(
    games: Paths,
    *,
    count: int = 20,
    judged: Paths = (),
    scores: Paths = (),
) -> list[Annotation]:
    """Return what to judge next: half of it clips that the model is unsure of, half clips unlike all others.

    Args:
        games: Videos that were annotated.
        count: How many clips, of all games together.
        judged: Tables that were judged before; nothing in them is suggested again.
        scores: The store of each game; none takes those beside the videos.

    Returns:
        An annotation for each game, whose events have the label that the model gives and, as a remark, why
        they were chosen.

    Raises:
        BballTagError: A video, store or table cannot be used.
    """
    from bball_tag.learning.suggested import suggest_events
    from bball_tag.learning.tables import open_tables

    check_number("count", count, 1, whole=True)
    opened, before, stores = _opened(games, scores), as_paths("judged", judged), as_paths("scores", scores)
    tables = open_tables(before, (), stores if len(stores) == 1 else ()) if before else []
    return suggest_events(opened, tables, count)


@explained_imports
def similar(
    games: Paths,
    *,
    like: str | float | Path,
    player: str | int | None = None,
    count: int = 20,
    label: str = "similar",
    scores: Paths = (),
    checkpoint: str | Path | Checkpoint | None = None,
    device: str = "auto",
) -> list[Annotation]:
    """Return the clips of games that are most like a moment of the first game, or like another clip.

    Args:
        games: Videos that were annotated.
        like: A time of the first game, in seconds or as text (`12:31`), or a video of a single player, cut
            like the clips that checkpoints are trained on.
        player: Whose clip is meant at that time; None serves where there is only one.
        count: How many clips, of all games together; none of one player overlap.
        label: What to call the events.
        scores: The store of each game; none takes those beside the videos.
        checkpoint: For a video: what the games were annotated with. None takes the default one.
        device: For a video: auto, cpu, cuda, cuda:1 or mps.

    Returns:
        An annotation for each game, whose events' confidence is how alike they are, with the label of the
        checkpoint as a remark.

    Raises:
        BballTagError: A video or store cannot be used, or nobody is there at that time.
    """
    from bball_tag.learning.similar import Like, check_alike, moment, similar_events
    from bball_tag.timecode import parse_time

    check_number("count", count, 1, whole=True)
    if not label:
        raise OptionError("The label of what is found cannot be empty.")
    opened = _opened(games, scores)
    check_alike(opened)
    if isinstance(like, str | Path) and Path(like).is_file():
        from bball_tag.scoring.clip_features import clip_features

        clip, kind = open_video(like), opened[0].stored.kind
        wanted = Like(*clip_features(clip, open_checkpoint(checkpoint), kind, device))
    else:
        seconds = parse_time(like if isinstance(like, float | int) else str(like), opened[0].video.info.fps)
        wanted = moment(opened[0], seconds, None if player is None else str(player))
    return similar_events(opened, wanted, count, label)


def _opened(games: Paths, scores: Paths) -> list[Game]:
    """Open the games that are named, each with its store."""
    from bball_tag.learning.games import open_game

    videos, stores = as_paths("games", games), as_paths("scores", scores)
    if not videos:
        raise OptionError("Name the games that were annotated.")
    if stores and len(stores) != len(videos):
        raise OptionError(f"There are {len(videos)} games and {len(stores)} stores: give one for each.")
    return [open_game(video, stores[number] if stores else None) for number, video in enumerate(videos)]
