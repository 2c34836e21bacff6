"""A video scored here, in one pass."""

from __future__ import annotations

import logging
from collections.abc import Generator, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from bball_tag.players.images import wanted_for
from bball_tag.players.observation import SeenChunk
from bball_tag.scale.plan import Plan
from bball_tag.scoring.backends import open_scorer
from bball_tag.scoring.calibration_clips import calibration_clips
from bball_tag.scoring.run_subjects import RunSubjects, count_clips

if TYPE_CHECKING:
    from bball_tag.scoring.inference import ScoredChunk
log = logging.getLogger("bball_tag")


def scored_in_one_pass(
    plan: Plan, opened: RunSubjects, known: Sequence[SeenChunk], next_chunk: int
) -> Generator[ScoredChunk]:
    """Yield the scores of a plan, chunk by chunk.

    Args:
        plan: What is scored, and how; its tiling is found here.
        opened: Whose images are looked at.
        known: What an interrupted run has observed.
        next_chunk: The first chunk that is not scored.
    """
    # Here and not above: whoever only decides does not wait for torch.
    from bball_tag.scoring.inference import Part, read_images, score_images

    subjects = opened.open(plan.start, plan.stop, opened.tiling(plan.start, plan.end), known)
    part = Part(plan.start, plan.stop, next_chunk)
    # Reading begins at once: frames are decoded while torch is loaded.
    with read_images(plan.video, subjects, plan.spec, part, wanted=wanted_for(plan.streams)) as images:
        sample = partial(calibration_clips, plan.video, subjects, plan.span, plan.spec)
        num_clips = count_clips(subjects, plan.span, plan.stride)
        scorer = open_scorer(plan.checkpoint, plan.engine, num_clips, sample)
        from bball_tag.scoring.sides import open_sides

        sides = open_sides(plan.checkpoint, plan.streams)
        log.info("Computing with %s.", scorer.name)
        scored = score_images(images, scorer, stride=plan.stride, sides=sides, features=plan.features)
        for chunk in scored:
            yield replace(chunk, recomputed_batches=scorer.recomputed_batches, computed_by=scorer.name)
        log.info("Busy: %s.", images.times)
