"""A video scored here, in one pass."""

from __future__ import annotations

import logging
from collections.abc import Generator, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from bball_tag.players.images import wanted_for
from bball_tag.players.observation import SeenChunk
from bball_tag.scale.film import Film
from bball_tag.scoring.backends import open_scorer
from bball_tag.scoring.calibration_clips import calibration_clips
from bball_tag.scoring.run_subjects import RunSubjects, count_clips

if TYPE_CHECKING:
    from bball_tag.scoring.inference import ScoredChunk
log = logging.getLogger("bball_tag")


def scored_in_one_pass(
    film: Film, opened: RunSubjects, known: Sequence[SeenChunk], next_chunk: int
) -> Generator[ScoredChunk]:
    """Yield the scores of a film, chunk by chunk.

    Args:
        film: What is scored, and how; its tiling is found here.
        opened: Whose images are looked at.
        known: What an interrupted run has observed.
        next_chunk: The first chunk that is not scored.
    """
    # Here and not above: whoever only decides does not wait for torch.
    from bball_tag.scoring.inference import Part, read_images, score_images

    subjects = opened.open(film.start, film.stop, opened.tiling(film.start, film.end), known)
    part = Part(film.start, film.stop, next_chunk)
    # Reading begins at once: frames are decoded while torch is loaded.
    with read_images(film.video, subjects, film.spec, part, wanted=wanted_for(film.streams)) as images:
        sample = partial(calibration_clips, film.video, subjects, film.span, film.spec)
        num_clips = count_clips(subjects, film.span, film.stride)
        scorer = open_scorer(film.checkpoint, film.engine, num_clips, sample)
        from bball_tag.scoring.sides import open_sides

        sides = open_sides(film.checkpoint, film.streams)
        log.info("Computing with %s.", scorer.name)
        scored = score_images(images, scorer, stride=film.stride, sides=sides, features=film.features)
        for chunk in scored:
            yield replace(chunk, recomputed_batches=scorer.recomputed_batches, computed_by=scorer.name)
        log.info("Busy: %s.", images.times)
