"""Render the sample court: a game or a drill with exact truth, and labelled clips.

python sample_videos/make_court.py --seed 7 --seconds 40 --out DIR [--clips 12]
"""

from __future__ import annotations

import argparse
import sys
import time
from fractions import Fraction
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from court.choose import Cut
from court.clips import write_clips
from court.video import Rate, write_drill, write_game


def main() -> None:
    """Write the video and the clips that the options ask for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seed", type=int, default=7, help="the same seed gives the same game")
    parser.add_argument("--seconds", type=float, default=40.0, help="length of the video")
    parser.add_argument("--out", type=Path, required=True, help="folder to write into")
    parser.add_argument("--kind", choices=("game", "drill"), default="game")
    parser.add_argument("--fps", type=Fraction, help="frames per second (default: drawn by the seed)")
    parser.add_argument("--crf", type=int, help="compression of the video (default: drawn by the seed)")
    parser.add_argument("--clips", type=int, default=0, help="also write this number of clips of each label")
    parser.add_argument("--clip-fps", type=float, default=25.0, help="frames per second of the clips")
    parser.add_argument("--clip-context", type=int, default=0, help="frames before and after each clip")
    parser.add_argument("--clips-only", action="store_true", help="write no video")
    parser.add_argument("--workers", type=int, default=1, help="number of processes that draw clips")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    began = time.monotonic()
    if not options.clips_only:
        write = write_game if options.kind == "game" else write_drill
        path = write(options.out, options.seed, options.seconds, Rate(options.fps, options.crf))
        print(f"{path}: {time.monotonic() - began:.1f} s")
    if options.clips:
        began = time.monotonic()
        cut = Cut(options.clip_fps, options.clip_context)
        count = write_clips(options.out / "clips", options.seed, options.clips, options.workers, cut)
        print(f"{options.out / 'clips'}: {count} clips in {time.monotonic() - began:.1f} s")


if __name__ == "__main__":
    main()
