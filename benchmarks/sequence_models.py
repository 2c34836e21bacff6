"""Would a model of sequences decide better than thresholds? Two are tried on rendered games.

    python benchmarks/sequence_models.py WORK_DIR [--seeds 9001 9002 9003 9101 9201] [--checkpoint FILE]

The games are those of `decisions.py`. Each way of deciding is fitted without the game that it is measured on:

    exclusive   hysteresis for each label, the likeliest label has the instant: what the package does
    viterbi     the likeliest sequence of labels, where every change of label costs; the cost is chosen by F1
    temporal    a temporal convolution over the stored features and scores of a player, trained on what
                happens at every instant (after MS-TCN, Abu Farha and Gall, CVPR 2019, with one stage); its
                probabilities are decided on as those of the checkpoint are

The thresholds of each are those of the checkpoint, and, in a second column, tuned on the same games as the
rest of it.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
import torch
from torch import nn

from bball_tag.events import Event, EventRules, Scores, in_order
from bball_tag.events.compare import Match, match_events, total
from bball_tag.events.decide import Curve, curves_of, event_of, spans_of
from bball_tag.learning.games import open_game as open_stored
from bball_tag.learning.rule_search import Goal, Search
from bball_tag.learning.tuned_games import Material, TunedGame
from benchmarks.decisions import KINDS, SEEDS, ScoredGame, by, open_game

COSTS = (0.0, 1.0, 2.0, 4.0, 8.0, 16.0)
"""Of a change of label, in units of log probability."""
EPOCHS, WIDTH, LAYERS = 20, 48, 5
"""Five layers of kernel 3, each dilated twice as far, see 63 clips: about 20 seconds."""
_TINY = 1e-6


@dataclass(frozen=True, slots=True)
class Line:
    """The clips of one player over one unbroken run."""

    inputs: np.ndarray
    """Features and log probabilities, float32 (N, D)."""
    targets: np.ndarray
    """Index of the label at the middle of each clip, int64 (N,)."""
    rows: np.ndarray
    """Rows of the scores."""


def main() -> None:
    """Print F1 of each way of deciding."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("work", type=Path)
    parser.add_argument("--seeds", type=int, nargs="+", default=list(SEEDS))
    parser.add_argument("--seconds", type=float, default=40)
    parser.add_argument("--kinds", nargs="+", default=list(KINDS), choices=KINDS)
    parser.add_argument("--checkpoint", type=Path)
    options = parser.parse_args()
    cv2.setNumThreads(1)
    torch.set_num_threads(1)
    for kind in options.kinds:
        games = [
            open_game(options.work, seed, options.seconds, kind, options.checkpoint) for seed in options.seeds
        ]
        print(f"\n## {kind} tracks\n\n| decided by | F1, checkpoint's rules | F1, tuned |\n|---|---|---|")
        matches: dict[str, tuple[list[Match], list[Match]]] = {}
        for number, game in enumerate(games):
            others = [other for index, other in enumerate(games) if index != number]
            rules = game.annotation.rules
            # Exclusive runs and the likeliest sequence are compared with the same thresholds.
            best = tuned(others, rules)
            for name, columns in {
                "exclusive": (by(rules)(game.scores), by(best)(game.scores)),
                "viterbi": (viterbi_way(game, others, rules), viterbi_way(game, others, best)),
                "temporal": temporal_way(game, others),
            }.items():
                for found, column in zip(columns, matches.setdefault(name, ([], [])), strict=True):
                    column += match_events(found, game.truth)
            print(f"{game.folder.name} left out", file=sys.stderr, flush=True)
        for name, (plain, fitted) in matches.items():
            print(f"| {name} | {total(plain).f1:.3f} | {total(fitted).f1:.3f} |", flush=True)


def tuned(games: Sequence[ScoredGame], rules: EventRules) -> EventRules:
    """Return rules that are best on games."""
    known = tuple(
        TunedGame(game.folder.name, game.scores, game.truth, (), with_players=True, edges=(0.0,))
        for game in games
    )
    search = Search.over(Material(known, known[0].scores.labels, Counter()), rules, Goal())
    return search.fit(np.ones(len(games), bool))


def viterbi_way(game: ScoredGame, others: Sequence[ScoredGame], rules: EventRules) -> list[Event]:
    """Decide by the likeliest sequence, at the cost of a change that is best on the other games."""
    cost = max(COSTS, key=lambda cost: f1_of(others, lambda scores: viterbi_events(scores, rules, cost)))
    return viterbi_events(game.scores, rules, cost)


def f1_of(games: Sequence[ScoredGame], decide: Callable[[Scores], list[Event]]) -> float:
    """Return F1 of decisions on games."""
    return total([match for game in games for match in match_events(decide(game.scores), game.truth)]).f1


def viterbi_events(scores: Scores, rules: EventRules, cost: float) -> list[Event]:
    """Return the events of the likeliest sequence of labels, by how far each is above its threshold."""
    return in_order(
        event for curve in curves_of(scores) for event in _viterbi_events(curve, scores, rules, cost)
    )


def _viterbi_events(curve: Curve, scores: Scores, rules: EventRules, cost: float) -> list[Event]:
    written = [column for column, label in enumerate(scores.labels) if label not in rules.background]
    thresholds = np.array([rules.of(scores.labels[column]) for column in written])
    likely = np.log(np.maximum(curve.values[:, written], _TINY) / thresholds)
    path = viterbi(np.concatenate([np.zeros((len(likely), 1)), likely], axis=1), cost)
    events = []
    for state, column in enumerate(written, start=1):
        label = scores.labels[column]
        spans = spans_of(path == state, scores.fps, rules.min_duration_of(label), rules.max_gap_of(label))
        events += [event_of(curve, scores, column, *span, rules) for span in spans]
    return events


def viterbi(likely: np.ndarray, cost: float) -> np.ndarray:
    """Return the states (T,) of the largest sum of `likely` (T, K), less `cost` for each change."""
    best, came = likely[0].copy(), np.zeros(likely.shape, np.int64)
    states = np.arange(likely.shape[1])
    for time in range(1, len(likely)):
        top = int(best.argmax())
        changes = best[top] - cost > best
        came[time] = np.where(changes, top, states)
        best = np.where(changes, best[top] - cost, best) + likely[time]
    path = np.empty(len(likely), np.int64)
    path[-1] = best.argmax()
    for time in range(len(likely) - 1, 0, -1):
        path[time - 1] = came[time, path[time]]
    return path


def temporal_way(game: ScoredGame, others: Sequence[ScoredGame]) -> tuple[list[Event], list[Event]]:
    """Decide on the probabilities of a temporal convolution."""
    rules = game.annotation.rules
    known = {other.folder: sequences(other) for other in others}
    model = trained([one for own in known.values() for one in own], len(game.scores.labels))
    # Rules are tuned on games that the model knows: a third of them apart would leave it too few.
    answers = [replaced(other, model, known[other.folder]) for other in others]
    mine = replaced(game, model, sequences(game))
    return by(rules)(mine.scores), by(tuned(answers, rules))(mine.scores)


def sequences(game: ScoredGame) -> list[Line]:
    """Return the clips of each player of a game in order, with what truly happens in the middle of each."""
    scores, stored = game.scores, open_stored(game.folder / "game.mp4", game.store)
    features = stored.features(np.arange(len(stored.rows))).astype(np.float32)
    assert np.array_equal(stored.clips.players, scores.subjects)
    inputs = np.concatenate([features, np.log(np.maximum(scores.probabilities, _TINY))], axis=1)
    middles = (scores.starts + scores.stops) / 2 / scores.fps
    silent = scores.labels.index("no_action")
    found = []
    for player in np.unique(scores.subjects).tolist():
        rows = np.flatnonzero(scores.subjects == player)
        rows = rows[np.argsort(scores.starts[rows], kind="stable")]
        target = np.full(len(rows), silent)
        for event in game.truth:
            if event.player == player:
                inside = (middles[rows] >= event.start) & (middles[rows] < event.end)
                target[inside] = scores.labels.index(event.label)
        found.append(Line(inputs[rows], target, rows))
    return found


def trained(known: Sequence[Line], num_labels: int) -> nn.Module:
    """Return a temporal convolution that was trained on sequences."""
    torch.manual_seed(0)
    every = np.concatenate([one.inputs for one in known])
    mean, spread = every.mean(axis=0), every.std(axis=0) + 0.1
    model = Temporal(torch.from_numpy(mean), torch.from_numpy(spread), num_labels)
    optimizer = torch.optim.AdamW(model.parameters(), lr=2e-3, weight_decay=0.02)
    order = np.random.default_rng(0)
    for _ in range(EPOCHS):
        for index in order.permutation(len(known)).tolist():
            logits = model(torch.from_numpy(known[index].inputs))
            loss = nn.functional.cross_entropy(logits, torch.from_numpy(known[index].targets))
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
    return model.eval()


class Temporal(nn.Module):
    """Dilated convolutions over the clips of one player, each added to what it is computed from."""

    mean: torch.Tensor
    spread: torch.Tensor

    def __init__(self, mean: torch.Tensor, spread: torch.Tensor, num_labels: int) -> None:
        """Make one for inputs of this mean and spread."""
        super().__init__()
        self.register_buffer("mean", mean)
        self.register_buffer("spread", spread)
        self.first = nn.Conv1d(len(mean), WIDTH, 1)
        self.layers = nn.ModuleList(
            nn.Sequential(
                nn.Conv1d(WIDTH, WIDTH, 3, padding=2**power, dilation=2**power),
                nn.ReLU(),
                nn.Conv1d(WIDTH, WIDTH, 1),
                nn.Dropout(0.3),
            )
            for power in range(LAYERS)
        )
        self.last = nn.Conv1d(WIDTH, num_labels, 1)

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        """Return logits (N, K) of clips (N, D) in order of time."""
        hidden = self.first(((inputs - self.mean) / self.spread).T[None])
        for layer in self.layers:
            hidden = hidden + layer(hidden)
        logits: torch.Tensor = self.last(hidden)[0].T
        return logits


def replaced(game: ScoredGame, model: nn.Module, own: Sequence[Line]) -> ScoredGame:
    """Return a game with the probabilities of a temporal convolution."""
    probabilities = game.scores.probabilities.copy()
    with torch.inference_mode():
        for one in own:
            probabilities[one.rows] = model(torch.from_numpy(one.inputs)).softmax(dim=1).numpy()
    scores = replace(game.scores, probabilities=probabilities)
    return replace(game, annotation=replace(game.annotation, scores=scores))


if __name__ == "__main__":
    main()
