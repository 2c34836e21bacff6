"""What does a season cost? Numbers of one worker in, hours and terabytes out, checked against a simulation.

    python benchmarks/season.py --speed 1.5 [--decoding 20] [--overhead 0.1] [--workers 1,4,16,64]
    python benchmarks/season.py --speed 1.5 --simulate --segments 1,2,4,8 --seconds 300

`--speed` and `--decoding` are what `bball-tag bench` says of one worker: seconds of video in a second, of all
of the work with players and of decoding alone. `--overhead` is what segments cost (benchmarks/scale.py).

`--simulate` has the same games annotated by the engine itself (`bball_tag.scale`: its crew, the urgency of
its tasks and the number of games at a time) on a Ray cluster of this computer. Tasks sleep as long as the
real ones would take, divided by a factor, in workers without torch. With `--segments` a game is cut into
fewer of them, so that tasks are long beside what it takes to send one. What is checked is the scheduling:
that no worker waits, and how long the end takes. Nothing is read from elsewhere.
"""

from __future__ import annotations

import argparse
import os
import random
import threading
import time
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from bball_tag.scale.on_ray import Actor, RayWorker
from bball_tag.scale.plan import LONGEST

_CHUNK_S = 2.56
"""Seconds of 32 instants at 12.5 a second."""
_PASSES = 2
"""How often a video is read: to find players, and to score them."""
_AHEAD_S = 3.1
"""Seconds behind a segment that finding reads, as cuts are looked for there."""


@dataclass(frozen=True)
class Costs:
    """What one worker does, and what it reads from."""

    speed: float
    """Seconds of video in a second, with the players that are found, in one pass."""
    decoding: float
    """Seconds of video that are decoded in a second, with nothing else to do."""
    overhead: float
    """What segments cost beside one pass, as a share."""
    mbit: float
    """Megabits in a second of video."""
    worker_mb_s: float
    """Megabytes that reach one worker in a second."""
    storage_mb_s: float
    """Megabytes in a second that the storage gives, to all workers together."""
    driver_s: float
    """Seconds for which the driver is busy with a game: who is who, which events, and writing them."""
    start_s: float
    """Seconds until a worker has begun and loaded its models."""
    segment_s: float = LONGEST * _CHUNK_S
    """Seconds of video in a segment."""
    stored_kb: float = 90.0
    """Kilobytes of scores and features of a second of video; 20 without features."""
    finding: float = 0.30
    """Share of the work that is finding players, before they can be followed."""
    following: float = 0.03
    """Share of the work that is following them, which is done in order."""


@dataclass(frozen=True)
class Estimate:
    """What a season takes with some workers."""

    hours: float
    worker_hours: float
    """Hours of one worker, of all together."""
    read_gb: float
    stored_gb: float
    limit: str
    """What holds it up."""


def worker_seconds(costs: Costs, workers: int, video_s: float) -> tuple[float, str]:
    """Return for how many seconds workers are busy together with some seconds of video, and with what."""
    computing = (1 + costs.overhead) / costs.speed
    bounds = {
        "computing": computing,
        "decoding": _PASSES * (1 + costs.overhead) / costs.decoding,
        "connection": read_megabytes(costs, 1.0) / costs.worker_mb_s,
        "storage": read_megabytes(costs, 1.0) * workers / costs.storage_mb_s,
    }
    limit = max(bounds, key=lambda name: bounds[name])
    return video_s * bounds[limit], limit


def read_megabytes(costs: Costs, video_s: float) -> float:
    """Return the megabytes that are read of `video_s` seconds of video."""
    around = (_PASSES * _CHUNK_S + _AHEAD_S) / costs.segment_s
    return video_s * costs.mbit / 8 * (_PASSES + around)


def estimate(costs: Costs, workers: int, games_s: Sequence[float]) -> Estimate:
    """Return what games of some seconds take."""
    video_s = sum(games_s)
    busy, limit = worker_seconds(costs, workers, video_s)
    segment, _ = worker_seconds(costs, workers, costs.segment_s)
    # At the end the last segment is found, followed and scored while fewer and fewer others are left.
    end = segment + (costs.driver_s if workers > 1 else 0.0)
    shared, alone = busy / workers + end, len(games_s) * costs.driver_s
    if alone > shared:
        shared, limit = alone, "the driver"
    read, stored = read_megabytes(costs, video_s) / 1e3, costs.stored_kb * video_s / 1e6
    return Estimate((costs.start_s + shared) / 3600, busy / 3600, read, stored, limit)


def games_of(count: int, hours: float, seed: int = 1) -> list[float]:
    """Return the seconds of some games: most are alike, and one in sixteen has an overtime."""
    rng = random.Random(seed)
    return [3600 * (hours * rng.gauss(1.0, 0.06) + 0.25 * (rng.random() < 1 / 16)) for _ in range(count)]


class Season:
    """Games that are worked on by the engine, in tasks that sleep."""

    def __init__(self, costs: Costs, workers: int, factor: float) -> None:
        """Take times that are divided by `factor`."""
        self._costs, self._workers, self._factor = costs, workers, factor
        self._driver = threading.Lock()

    def annotate(self, seconds: float, crew) -> None:
        """Do for one game what `bball_tag.scale.pipeline` does."""
        follow, score, find = range(3)
        costs, turn = self._costs, crew.place().number
        segments = max(1, round(seconds / costs.segment_s))
        whole, _ = worker_seconds(costs, self._workers, seconds / segments)
        parts = {
            find: whole * costs.finding,
            follow: whole * costs.following,
            score: whole * (1 - costs.finding - costs.following),
        }

        def begun(kind: int, number: int):
            return crew.submit((turn, kind, number), time.sleep, parts[kind] / self._factor)

        window = self._workers + 2
        finding = deque(begun(find, number) for number in range(min(window, segments)))
        scoring: deque = deque()
        for number in range(segments):
            finding.popleft().result()
            if number + window < segments:
                finding.append(begun(find, number + window))
            begun(follow, number).result()
            scoring.append(begun(score, number))
            while len(scoring) > window:
                scoring.popleft().result()
        for one in scoring:
            one.result()
        # What the driver does itself, it does for one game at a time.
        with self._driver:
            time.sleep(costs.driver_s / self._factor)


def simulate(costs: Costs, workers: int, games_s: Sequence[float], seconds: float) -> tuple[float, float]:
    """Return the hours that the engine takes for games, and the share of them that is sending tasks.

    Args:
        costs: What a worker does.
        workers: How many there are.
        games_s: Seconds of each game.
        seconds: For how long it may sleep here, about.
    """
    import ray

    from bball_tag.scale.crew import Crew
    from bball_tag.scale.games import each_game

    kind = ray.remote(num_cpus=1)(_Sleeper)
    crew = Crew([RayWorker(kind.remote()) for _ in range(workers)])
    with crew:
        for ready in [crew.submit((0,), time.sleep, 0.0) for _ in range(4 * workers)]:
            ready.result()
        began = time.perf_counter()
        for sent in [crew.submit((0,), time.sleep, 0.0) for _ in range(200)]:
            sent.result()
        sending = (time.perf_counter() - began) / 200
        expected = 3600 * estimate(replace(costs, start_s=0.0), workers, games_s).hours
        season = Season(costs, workers, expected / seconds)
        began = time.perf_counter()
        for _, error in each_game(games_s, lambda game: season.annotate(game, crew), crew):
            if error is not None:
                raise error
        took = time.perf_counter() - began
    tasks = sum(3 * max(1, round(game / costs.segment_s)) for game in games_s)
    return took / seconds * expected / 3600 + costs.start_s / 3600, sending * tasks / took


class _Sleeper(Actor):
    """A worker of the engine that loads nothing."""

    def __init__(self) -> None:
        pass


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    number = {"type": float}
    parser.add_argument("--speed", **number, required=True)
    parser.add_argument("--decoding", **number, default=20.0)
    parser.add_argument("--overhead", **number, default=0.1)
    parser.add_argument("--mbit", **number, default=8.0, help="of the videos")
    parser.add_argument("--worker-mb", **number, default=60.0, help="megabytes a second, to a worker")
    parser.add_argument("--storage-mb", **number, default=2000.0, help="megabytes a second, of the storage")
    parser.add_argument("--driver-s", **number, default=10.0, help="seconds of the driver for a game")
    parser.add_argument("--start-s", **number, default=30.0, help="seconds until a worker has begun")
    parser.add_argument("--games", type=int, default=1230)
    parser.add_argument("--hours", **number, default=2.5, help="of a game")
    parser.add_argument("--workers", default="1,4,16,64")
    parser.add_argument("--simulate", action="store_true")
    parser.add_argument("--segments", default="", help="of a game, for each number of workers")
    parser.add_argument("--seconds", **number, default=150.0, help="that a simulation may take, about")
    given = parser.parse_args()
    costs = Costs(
        *(given.speed, given.decoding, given.overhead, given.mbit),
        *(given.worker_mb, given.storage_mb, given.driver_s, given.start_s),
    )
    games = games_of(given.games, given.hours)
    counts = [int(count) for count in given.workers.split(",")]
    video_h, size_tb = sum(games) / 3600, sum(games) * given.mbit / 8e6
    print(f"{given.games:,} games, {video_h:,.0f} hours of video, {size_tb:.1f} TB")
    if given.simulate:
        parts = [float(count) for count in given.segments.split(",")]
        print_simulated(costs, dict(zip(counts, parts, strict=True)), games, given.seconds)
    else:
        print_estimates(costs, counts, games)


def print_estimates(costs: Costs, counts: Sequence[int], games: Sequence[float]) -> None:
    print("| workers | hours | worker hours | read | stored | held up by |")
    for count in counts:
        found = estimate(costs, count, games)
        row = f"| {count} | {found.hours:,.1f} | {found.worker_hours:,.0f} | {found.read_gb / 1000:.1f} TB "
        print(f"{row}| {found.stored_gb / 1000:.1f} TB | {found.limit} |")


def print_simulated(
    costs: Costs, segments: Mapping[int, float], games: Sequence[float], seconds: float
) -> None:
    """Print what model and simulation say, by workers and how many segments a game has for them."""
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    # Otherwise Ray takes another address than the one below, and listens to other computers too.
    os.environ["RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER"] = "0"
    import ray

    # No other computer can reach it.
    alone = {"include_dashboard": False, "_node_ip_address": "127.0.0.1"}
    ray.init(num_cpus=max(segments), log_to_driver=False, **alone)
    print("| workers | segments of a game | model, hours | simulation, hours | difference | sending tasks |")
    for count, parts in segments.items():
        cut = replace(costs, segment_s=sum(games) / len(games) / parts)
        model = estimate(cut, count, games).hours
        hours, sending = simulate(cut, count, games, seconds)
        row = f"| {count} | {parts:.0f} | {model:,.1f} | {hours:,.1f} | {hours / model - 1:+.1%} "
        print(f"{row}| {sending:.1%} |", flush=True)
    ray.shutdown()


if __name__ == "__main__":
    main()
