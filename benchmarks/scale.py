"""What do `--jobs N` and `--cluster` cost against one pass?

    python benchmarks/scale.py [--minutes 10] [--games 2] [--jobs 2] [--rounds 3] [--ways processes Ray]
                               [--work DIR]

The sample game is repeated until the games together are as long as asked for, and annotated in one pass, by
processes and by Ray on this machine: in turn, `--rounds` times, so that what else runs here slows down all of
them alike. Start-up is what each takes for the first second of a game, and is named apart. Printed are the
medians of the time that passes and of the processors' time, of all processes of a run, without start-up, and
what they are over those of one pass. Ends with an error if the events differ.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from statistics import median

import psutil
from long_video import SAMPLE, repeated

LOOK_EVERY_S = 0.5


@dataclass(frozen=True, slots=True)
class Cost:
    """What a run takes."""

    wall_s: float
    cpu_s: float
    """Of the command and all processes that it began."""

    def without(self, start_up: Cost) -> Cost:
        """Return it without what beginning takes."""
        return Cost(self.wall_s - start_up.wall_s, self.cpu_s - start_up.cpu_s)


def cost_of(games: list[Path], out: Path, *way: str) -> Cost:
    """Annotate games into a folder, and return what it took."""
    command = [sys.executable, "-m", "bball_tag", "-q", "annotate", *map(str, games), "--out-dir", str(out)]
    began, spent = time.monotonic(), {}
    with subprocess.Popen([*command, "--format", "csv", *way], stdout=subprocess.DEVNULL) as process:
        while process.poll() is None:
            with suppress(psutil.Error):
                root = psutil.Process(process.pid)
                for one in (root, *root.children(recursive=True)):
                    with suppress(psutil.Error):
                        times = one.cpu_times()
                        spent[one.pid, one.create_time()] = times.user + times.system
            time.sleep(LOOK_EVERY_S)
        took = time.monotonic() - began
    if process.returncode:
        sys.exit(f"{' '.join(way) or 'one pass'}: exit code {process.returncode}")
    return Cost(took, sum(spent.values()))


def middle(costs: list[Cost]) -> Cost:
    """Return the medians."""
    return Cost(median(cost.wall_s for cost in costs), median(cost.cpu_s for cost in costs))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--minutes", type=float, default=10.0, help="of video, in all")
    parser.add_argument("--games", type=int, default=2)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--ways", nargs="+", choices=["processes", "Ray"], default=["processes", "Ray"])
    parser.add_argument("--work", type=Path, help="a folder that keeps the games")
    options = parser.parse_args()
    jobs = ("--jobs", str(options.jobs))
    arguments_of = {"processes": jobs, "Ray": ("--cluster", "local", *jobs)}
    if "Ray" in options.ways and not find_spec("ray"):
        sys.exit("Ray is not installed: pip install '.[cluster]', or leave it out with --ways processes.")
    ways: dict[str, tuple[str, ...]] = {"one pass": ()} | {way: arguments_of[way] for way in options.ways}
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        work = options.work or folder
        work.mkdir(parents=True, exist_ok=True)
        each = options.minutes * 60 / options.games
        games = [work / f"game{number}.{each:.0f}s.mp4" for number in range(options.games)]
        for path in games:
            if not path.exists():
                repeated(SAMPLE, each, path)
        begun: dict[str, list[Cost]] = {way: [] for way in ways}
        done: dict[str, list[Cost]] = {way: [] for way in ways}
        for number in range(options.rounds):
            tables: dict[str, list[bytes]] = {}
            for way, arguments in ways.items():
                out = folder / f"{number} short {way}"
                begun[way].append(cost_of(games[:1], out, "--end", "1", *arguments))
                out = folder / f"{number} {way}"
                done[way].append(cost_of(games, out, *arguments))
                tables[way] = [path.read_bytes() for path in sorted(out.glob("*.csv"))]
                print(f"round {number + 1}, {way}: {done[way][-1]}, start-up {begun[way][-1]}", flush=True)
            if any(table != tables["one pass"] for table in tables.values()):
                sys.exit("The events differ.")
    base = middle(done["one pass"]).without(middle(begun["one pass"]))
    for way in ways:
        start_up, whole = middle(begun[way]), middle(done[way])
        net = whole.without(start_up)
        print(
            f"{way:10} start-up {start_up.wall_s:6.1f} s ({start_up.cpu_s:6.1f} s of processors), "
            f"then {net.wall_s:7.1f} s ({net.cpu_s:7.1f} s): "
            f"{net.wall_s / base.wall_s:.3f} and {net.cpu_s / base.cpu_s:.3f} of one pass"
        )


if __name__ == "__main__":
    main()
