"""A video scored in segments: observed by many, followed in order, scored by many, and joined in order."""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from bball_tag.clips import CHUNK
from bball_tag.errors import OptionError
from bball_tag.players.follow import FollowedChunk
from bball_tag.players.observation import ObservedChunk, SeenChunk
from bball_tag.scale import tasks
from bball_tag.scale.crew import Crew
from bball_tag.scale.places import Place
from bball_tag.scale.plan import Plan, Segment, segments_of
from bball_tag.scoring.backends import Engine

if TYPE_CHECKING:
    from bball_tag.scoring.inference import ScoredChunk

_FOLLOW, _SCORE, _FIND = range(3)
"""What is nearest to the end is most urgent: so little waits, and little is lost."""
_AHEAD = 2
"""Segments of one video that are ahead of the first unfinished one, beside one for each worker."""


def scored_in_segments(
    plan: Plan, known: Sequence[SeenChunk], next_chunk: int, place: Place
) -> Generator[ScoredChunk]:
    """Yield the scores of a plan, chunk by chunk, as `scored_in_one_pass` does and equal to the bit.

    Args:
        plan: What is scored, and how; its tiling is found here.
        known: What an interrupted run has observed.
        next_chunk: The first chunk that is not scored.
        place: Before the crew that computes.

    Raises:
        OptionError: Each machine would make 8-bit weights of its own.
    """
    engine = plan.engine if place.crew.is_one_machine else _alike_everywhere(plan.engine)
    work = _Work(replace(plan, engine=engine, options=replace(plan.options, roster=None)), place)
    try:
        yield from work.run(known, next_chunk)
    finally:
        work.cancel()
        place.close()


def _alike_everywhere(engine: Engine) -> Engine:
    """Return what computes alike on several machines, each of which would make 8-bit weights of its own."""
    if engine.backend == "auto":
        return replace(engine, backend="torch")
    if engine.backend == "openvino" and engine.precision == "auto":
        raise OptionError(
            "In a cluster each machine would make 8-bit weights of its own, by the game that it has at that "
            "moment, and scores would depend on that. Add --precision fp32 or bf16, or leave --backend out."
        )
    return engine


@dataclass
class _Work:
    """What is under way for one plan."""

    plan: Plan
    place: Place
    finding: deque[Future[Any]] = field(default_factory=deque)
    scoring: deque[tuple[Future[Any], Sequence[FollowedChunk]]] = field(default_factory=deque)
    damaged: int = 0
    recomputed: int = 0
    """Both as far as the segments are joined."""

    @property
    def crew(self) -> Crew:
        return self.place.crew

    def run(self, known: Sequence[SeenChunk], next_chunk: int) -> Iterator[ScoredChunk]:
        tiling = self._now(tasks.choose_tiling, self.plan)
        self.plan = replace(self.plan, tiling=tiling)
        if self.plan.engine.is_prepared_once and self.crew.is_one_machine:
            # Made once and found by all: 8-bit weights by the first game in order that needs them, as in one
            # pass, and not by the first one that gets there; floats not by every worker at the same time.
            weights = self.plan.checkpoint.id, self.plan.engine.precision
            self.place.wait(weights)
            if self._now(tasks.load_models, self.plan):
                self.place.settle(weights)
        self.place.close()
        segments = segments_of(self.plan, next_chunk, len(self.crew))
        scored = self._known(segments) if tiling is None else self._found(segments, known, next_chunk)
        for chunk in scored:
            yield chunk
            if chunk.is_last:
                return

    def cancel(self) -> None:
        for future in (*self.finding, *(one for one, _ in self.scoring)):
            future.cancel()

    def _known(self, segments: Iterator[Segment]) -> Iterator[ScoredChunk]:
        """Score players that are known, or the whole frame."""
        for segment in segments:
            self._score(segment, None)
            if len(self.scoring) >= self._window:
                yield from self._joined()
        while self.scoring:
            yield from self._joined()

    def _found(
        self, segments: Iterator[Segment], known: Sequence[SeenChunk], next_chunk: int
    ) -> Iterator[ScoredChunk]:
        """Find players, follow them and score them; at any time something of each is under way."""
        follower = self._now(tasks.begin_following, self.plan, _observed(known))
        before: list[FollowedChunk] = []
        self._find_more(segments)
        while self.finding:
            observed = yield from self._waited(self.finding.popleft())
            self._find_more(segments)
            if not observed:
                break
            follower, followed = yield from self._waited(
                self._urgent(_FOLLOW, tasks.follow, follower, observed)
            )
            fresh = [chunk for chunk in followed if chunk.number >= next_chunk]
            around = [*before, *followed]
            if fresh:
                first = fresh[0].number
                self._score(
                    Segment(first, None if fresh[-1].is_last else fresh[-1].number + 1),
                    [chunk for chunk in around if chunk.number >= first - 1],
                )
            before = around[-1:]
            while len(self.scoring) > self._window:
                yield from self._joined()
        while self.scoring:
            yield from self._joined()

    @property
    def _window(self) -> int:
        return len(self.crew) + _AHEAD

    def _find_more(self, segments: Iterator[Segment]) -> None:
        while len(self.finding) < self._window and (segment := next(segments, None)) is not None:
            self.finding.append(
                self.crew.submit((self.place.number, _FIND, segment.first), tasks.find, self.plan, segment)
            )

    def _score(self, segment: Segment, followed: Sequence[FollowedChunk] | None) -> None:
        sent = followed and [replace(chunk, seen=None) for chunk in followed]
        task = self.crew.submit(
            (self.place.number, _SCORE, segment.first), tasks.score, self.plan, segment, sent
        )
        self.scoring.append((task, followed or ()))

    def _urgent(self, stage: int, function: Any, *arguments: Any) -> Future[Any]:
        return self.crew.submit((self.place.number, stage), function, *arguments)

    def _now(self, function: Any, *arguments: Any) -> Any:
        return self._urgent(_FOLLOW, function, *arguments).result()

    def _waited(self, future: Future[Any]) -> Generator[ScoredChunk, None, Any]:
        """Wait for `future` and return its value; meanwhile, yield what is scored."""
        while not future.done():
            first = [self.scoring[0][0]] if self.scoring else []
            wait([future, *first], return_when=FIRST_COMPLETED)
            if first and first[0].done():
                yield from self._joined()
        return future.result()

    def _joined(self) -> Iterator[ScoredChunk]:
        """Yield the next segment that is scored."""
        task, followed = self.scoring.popleft()
        seen = {chunk.number: chunk.seen for chunk in followed}
        damaged = recomputed = 0
        for chunk in task.result():
            damaged, recomputed = chunk.damaged_packets, chunk.recomputed_batches
            yield replace(
                chunk,
                seen=seen.get(chunk.number),
                damaged_packets=self.damaged + damaged,
                recomputed_batches=self.recomputed + recomputed,
            )
        self.damaged, self.recomputed = self.damaged + damaged, self.recomputed + recomputed


def _observed(known: Sequence[SeenChunk]) -> list[ObservedChunk]:
    """Return stored chunks as they were observed; others follow them, as the run was not complete."""
    numbers = [chunk.observations[0].index // CHUNK for chunk in known]
    return [
        ObservedChunk(number, chunk.observations, chunk.transitions, is_last=False)
        for number, chunk in zip(numbers, known, strict=True)
    ]
