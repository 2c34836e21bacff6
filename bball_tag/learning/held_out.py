"""Choose how much a head is held to its start, on clips that it was not fitted on."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from bball_tag.checkpoint.contract import in_order, stream_key, stream_sets
from bball_tag.errors import DataError
from bball_tag.learning.calibration import fit_temperature, losses_of
from bball_tag.learning.fit import Clips, fit_head
from bball_tag.learning.heads import Head

STRENGTHS = (10000.0, 3000.0, 1000.0, 300.0, 100.0, 30.0, 10.0, 3.0, 1.0)
"""What is tried, from held fast to nearly free."""
_FOLDS = 5
_FURTHEST = 32.0
"""Temperature of logits that were never scaled."""


@dataclass(frozen=True, slots=True)
class Fitted:
    """A head, and what heads fitted without a clip predict of it."""

    head: Head
    """Fitted on all clips."""
    strength: float
    """How much it was held to its start."""
    target: np.ndarray
    """Indices of the right labels, int64 (N,)."""
    parts: np.ndarray
    """Logits of each stream for each clip, float32 (S, N, K), from a head not fitted on its group."""
    known: np.ndarray
    """Whether each stream saw anything of a clip, bool (S, N)."""

    @property
    def logits(self) -> np.ndarray:
        """The sum over the streams, (N, K)."""
        summed: np.ndarray = self.parts.sum(axis=0)
        return summed

    def temperatures(self) -> dict[str, float]:
        """Return the temperature of each set of streams, by its name, fitted on the clips that have it."""
        fitted, streams = {}, in_order(self.head.sizes)
        for chosen in stream_sets(streams):
            used = np.array([stream in chosen for stream in streams])
            # As in training: the clips that have this set and nothing else, or else all, cut down to it.
            rows = (self.known == used[:, None]).all(axis=0)
            rows = rows if rows.any() else np.ones(len(self.target), bool)
            logits = self.parts[used].sum(axis=0)[rows]
            fitted[stream_key(chosen)] = fit_temperature(logits, self.target[rows])
        return fitted


def fit_held_out(clips: Clips, groups: np.ndarray, start: Head) -> Fitted:
    """Fit a head with the greatest strength that predicts clips of other groups as well as any.

    Few clips cannot tell strengths apart, and one that is too free forgets rare labels: the greatest is taken
    whose loss is within a standard error of the least (Breiman et al., 1984).

    Args:
        clips: What is judged.
        groups: The group of each clip, (N,): clips that show the same moment, or the same game, are in one.
        start: Where to start from.

    Raises:
        DataError: All clips are of one label or of one group.
    """
    if len(np.unique(clips.target)) < 2:
        raise DataError(
            "All judged clips have one label. Judge examples of another one too, or mark what was looked at "
            "as reviewed, so that the rest of it counts as no_action."
        )
    parts = np.zeros((len(STRENGTHS), len(start.sizes), len(clips.target), len(start.labels)), np.float32)
    for train, test in _folds(clips.target, groups):
        for number, head in enumerate(fit_head(clips[train], start, STRENGTHS)):
            for row, stream in enumerate(head.sizes):
                parts[number, row, test] = head.logits(clips.inputs[test], (stream,))
    summed = parts.sum(axis=1)
    scales = [fit_temperature(found, clips.target, furthest=_FURTHEST) for found in summed]
    best = first_as_good(
        np.array(
            [losses_of(found, clips.target, scale) for found, scale in zip(summed, scales, strict=True)]
        ),
        groups,
    )
    head = fit_head(clips, start, STRENGTHS[: best + 1])[-1]
    # A head that is held fast is timid; what is left for the temperature to mend is small.
    head = replace(head, matrix=head.matrix / scales[best])
    known = np.stack([clips.inputs[:, start.rows(stream).stop - 1] > 0 for stream in start.sizes])
    return Fitted(head, STRENGTHS[best], clips.target, parts[best] / scales[best], known)


def first_as_good(losses: np.ndarray, groups: np.ndarray) -> int:
    """Return the first row of losses (S, N) whose mean is within a standard error of the least.

    The error is that of the difference of both, over groups: clips of one are hardly more than one clip.
    """
    least = int(losses.mean(axis=1).argmin())
    _, members = np.unique(groups, return_inverse=True)
    num_groups = int(members.max()) + 1
    for row in range(least):
        more = losses[row] - losses[least]
        sums = np.bincount(members, more, num_groups) / len(more)
        error = np.sqrt(num_groups * sums.var(ddof=1)) if num_groups > 1 else 0.0
        if more.mean() <= error:
            return row
    return least


def _folds(target: np.ndarray, groups: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield indices to fit on and to predict, so that each clip is predicted once."""
    from sklearn.model_selection import GroupKFold, StratifiedGroupKFold

    count = min(_FOLDS, len(np.unique(groups)))
    if count < 2:
        raise DataError(
            "All judged clips show one moment, so that nothing is left to test on. Judge a second one."
        )
    # Labels cannot be spread over more parts than the commonest has clips.
    commonest = int(np.bincount(target).max())
    split = (
        StratifiedGroupKFold(min(count, commonest), shuffle=True, random_state=0)
        if commonest > 1
        else GroupKFold(count)
    )
    with warnings.catch_warnings():
        # A label of few clips is not in every part, which the report says in its own words.
        warnings.simplefilter("ignore", UserWarning)
        yield from split.split(target, target, groups)


def moments(
    games: np.ndarray, subjects: np.ndarray, starts: np.ndarray, ends: np.ndarray, gap: float = 2.0
) -> np.ndarray:
    """Return the moment of each clip, int64 (N,): clips of one player at most `gap` seconds apart share one.

    What lasts longer than ten seconds is divided.

    Args:
        games: The game of each clip.
        subjects: Whose clip it is.
        starts: When it starts, in seconds.
        ends: When it ends.
        gap: Seconds between two moments.
    """
    order = np.lexsort((starts, subjects, games))
    found, number = np.zeros(len(order), np.int64), -1
    last: tuple[object, object] = ("", "")
    begun = ended = -np.inf
    for index in order:
        who = (games[index], subjects[index])
        if who != last or starts[index] > ended + gap or starts[index] >= begun + _LONGEST_S:
            number, begun, ended = number + 1, starts[index], -np.inf
        last, ended = who, max(ended, ends[index])
        found[index] = number
    return found


_LONGEST_S = 10.0


def groups_to_test_on(target: np.ndarray, games: np.ndarray, moment: np.ndarray) -> tuple[np.ndarray, str]:
    """Return the groups to test on apart, and what they are: whole games where every label is in two of them.

    A label of a single moment would never be tested with a head that knows it: its moment is halved.

    Args:
        target: Index of the label of each clip.
        games: Its game.
        moment: Its moment.
    """
    spread = [len(np.unique(games[target == label])) for label in np.unique(target)]
    if min(spread) > 1:
        return games, "games"
    groups = moment.copy()
    for label in np.unique(target):
        own = np.flatnonzero(target == label)
        if len(np.unique(moment[own])) == 1:
            groups[own[len(own) // 2 :]] = groups.max() + 1
    return groups, "moments"
