"""Fuzz every reader, guided by what its code has not run yet.

    python -m tests.faults.fuzz_readers --seconds 60

Needs Linux and `pip install atheris`. Each reader has a process of its own, which ends at the first input
that gives a traceback, takes 30 seconds or 2 GiB; that input is kept in the folder `--keep`.
"""

from __future__ import annotations

import argparse
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tests.faults.damage import TOKENS

LIMITS = ("-timeout=30", "-rss_limit_mb=2048", "-max_len=20000", "-print_final_stats=1", "-verbosity=1")


def main(arguments: Sequence[str] | None = None) -> int:
    """Fuzz the readers that are named, or all; return how many of them failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "readers", nargs="*", help="names as in tests/faults/readers.py; all if none is given"
    )
    parser.add_argument("--seconds", type=int, default=60, help="for each reader")
    parser.add_argument("--keep", type=Path, default=Path("build/fuzz"), help="folder of inputs that failed")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--alone", action="store_true", help=argparse.SUPPRESS)
    chosen = parser.parse_args(arguments)
    if chosen.alone:
        _fuzz(chosen.readers[0], chosen.seconds, chosen.seed, chosen.keep)
    from tests.faults.readers import READERS

    chosen.keep.mkdir(parents=True, exist_ok=True)
    return sum(not _tried(name, chosen) for name in chosen.readers or READERS)


def _tried(name: str, chosen: argparse.Namespace) -> bool:
    """Fuzz one reader in a process of its own, and print what came of it."""
    options = (f"--seconds={chosen.seconds}", f"--seed={chosen.seed}", f"--keep={chosen.keep}", "--alone")
    command = [sys.executable, "-m", "tests.faults.fuzz_readers", name, *options]
    done = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False)
    tried = re.search(r"stat::number_of_executed_units:\s*(\d+)", done.stderr)
    memory = re.search(r"stat::peak_rss_mb:\s*(\d+)", done.stderr)
    covered = re.findall(r"cov: (\d+)", done.stderr)
    count, peak = (int(found[1]) if found else 0 for found in (tried, memory))
    end = "survived" if done.returncode == 0 else "LOST"
    print(f"{name}: {count} inputs, {covered[-1] if covered else 0} edges, {peak} MiB: {end}", flush=True)
    if done.returncode:
        print(done.stdout[-1500:] + done.stderr[-2500:], flush=True)
    return done.returncode == 0


def _fuzz(name: str, seconds: int, seed: int, keep: Path) -> None:
    """Be the process; it ends here."""
    import atheris

    folder = Path(tempfile.mkdtemp())
    (folder / "corpus").mkdir()
    with atheris.instrument_imports(include=["bball_tag", "train"]):
        from bball_tag.errors import BballTagError
        from tests.faults.readers import READERS

        reader = READERS[name]
        path = folder / "corpus" / reader.name
        reader.make(path)
        # Much is only imported when it is needed.
        reader.read(path)
    whole = path.read_bytes()
    seed_file = reader.part.taken(whole) if reader.part else whole
    path.write_bytes(seed_file)
    tried = folder / "tried"
    # Its own words lead into what they mean.
    own = sorted(set(re.findall(rb"[A-Za-z_]{2,30}", seed_file[:100_000])))[:300]
    words = "".join('"' + "".join(f"\\x{byte:02x}" for byte in word[:60]) + '"\n' for word in (*TOKENS, *own))
    (folder / "words.dict").write_text(words)

    def one(data: bytes) -> None:
        tried.mkdir(exist_ok=True)
        (tried / reader.name).write_bytes(reader.part.put(whole, data) if reader.part else data)
        try:
            reader.read(tried / reader.name)
        except BballTagError:
            pass
        finally:
            shutil.rmtree(tried)

    kept = f"-artifact_prefix={keep.resolve()}/{name.replace(' ', '_')}-"
    limits = (*LIMITS, f"-max_total_time={seconds}", f"-seed={seed}", kept, f"-dict={folder / 'words.dict'}")
    atheris.Setup([sys.argv[0], *limits, str(folder / "corpus")], one)
    try:
        atheris.Fuzz()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
