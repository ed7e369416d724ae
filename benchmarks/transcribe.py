"""How well, how fast and how safely sound becomes speaker-attributed words: `python -m benchmarks.transcribe`.

The clips are the first 30 seconds of AMI meetings, each with every word, its time and its speaker; four of them, end to end,
are one meeting of five people. Beside them three focus groups spoken by machines, and sounds in which nobody speaks. What
each figure is and how it is had stands in `benchmarks.speech`, `benchmarks.voices` and `benchmarks.long`. Prints a table, and
as the last line JSON; a figure that cannot be had is null, and a sentence says why.
"""

from __future__ import annotations

import argparse
import json
import operator
import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks import long, mixes, speech, voices
from benchmarks.material import Material, gather
from benchmarks.speech import Figures
from qualkit.errors import QualkitError

GOALS = {
    "wer_tiny": "<= 0.335",
    "wer_base": "<= 0.295",
    "speed_ratio_openai": ">= 4",
    "invented_words": "<= 0",
    "filler_recall": ">= 0.5",
    "word_start_median_ms": "<= 60",
    "word_start_over_1s": "<= 0.02",
    "der_strict": "<= 0.23",
    "der_lenient": "<= 0.11",
    "der_en2001_strict": "<= 0.22",
    "der_en2001_lenient": "<= 0.12",
    "found_en2001": "4 to 6",
    "synthetic_found_exact": "true",
    "synthetic_der": "<= 0.06",
    "synthetic_cpwer": "<= 0.04",
    "cpwer_en2001": "<= 0.24",
    "rtf": "<= 0.3",
    "peak_mb_2h": "<= 1500",
    "resume_reused": ">= 0.95",
    "resume_same": "true",
    "wer_backend_gap": "<= 0.01",
}
"""Figures in the order of the table; those without a goal come after."""

PARTS = ("speech", "openai", "voices", "words", "whole")
TWO_HOURS = 120.0
MODEL = "base"
"""The speech model of the whole stage."""


def measure(material: Material, tool: Path, given: argparse.Namespace) -> Figures:
    """The figures of the parts that were asked for; those of the others, and of parts that fail, are null."""
    minutes = TWO_HOURS if given.long else given.long_minutes
    parts: dict[str, Callable[[], Figures]] = {
        "speech": lambda: speech.measure(material, _say),
        "openai": lambda: speech.against_openai(material.clips, given.openai_checkpoint or speech.checkpoint_by(tool), _say),
        "voices": lambda: voices.measure(material, _say),
        "words": lambda: voices.measure_words(material, MODEL, _say) | voices.measure_words(material, "tiny.en", _say),
        "whole": lambda: long.measure(material, MODEL, minutes, _say),
    }
    figures: Figures = dict.fromkeys(GOALS)
    for name in given.only or PARTS:
        _say(f"Measuring: {name} ...")
        try:
            figures |= parts[name]()
        except (QualkitError, ImportError, OSError) as error:
            _say(f"The figures of the part {name!r} are null: {error}")
    return figures


def _say(sentence: str) -> None:
    print(sentence, file=sys.stderr, flush=True)


def is_reached(value: Any, goal: str) -> bool:
    """Whether a figure is what the goal says: `<= 1`, `>= 1`, `4 to 6` or `true`."""
    if goal == "true":
        return value is True
    if " to " in goal:
        low, high = map(float, goal.split(" to "))
        return bool(low <= value <= high)
    sign, bound = goal.split()
    return bool({"<=": operator.le, ">=": operator.ge}[sign](value, float(bound)))


def table(figures: Figures) -> str:
    """Figures beside their goals."""
    names = [*(name for name in GOALS if name in figures), *(name for name in figures if name not in GOALS)]
    return "\n".join(f"{name:26}{_shown(figures[name]):>12}  {_verdict(figures[name], GOALS.get(name, ''))}" for name in names)


def _shown(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.1f}" if abs(value) >= 20 else f"{value:.3f}"
    return "-" if value is None else json.dumps(value)


def _verdict(value: Any, goal: str) -> str:
    if not goal or value is None:
        return goal
    return f"{goal:10}{'reached' if is_reached(value, goal) else 'missed'}"


def main() -> None:
    """Measure, print."""
    data = Path(os.environ.get("QUALKIT_REAL_DATA", Path(__file__).parents[1].parent / "shared" / "data"))
    parser = argparse.ArgumentParser(description="Sound to speaker-attributed words: accuracy, speed, memory, safety.")
    parser.add_argument("--audio", type=Path, default=data / "audio", help="folder with ami/")
    parser.add_argument("--only", nargs="+", choices=PARTS, help="measure these parts only")
    parser.add_argument("--openai-checkpoint", type=Path, help="tiny.en as an openai-whisper checkpoint; left out: it is made")
    parser.add_argument("--long", action="store_true", help="peak memory on a file of two hours; takes half an hour")
    parser.add_argument("--long-minutes", type=float, help="... or on a shorter one")
    given = parser.parse_args()
    if not any((given.audio / "ami").glob("*.flac")):
        raise SystemExit(f"There are no clips in {given.audio / 'ami'}: name the folder with --audio or QUALKIT_REAL_DATA.")
    tool = given.audio.resolve().parents[1] / "tools" / "openai_checkpoint.py"
    made, missing = mixes.all_mixes()
    for sentence in missing:
        _say(sentence)
    with tempfile.TemporaryDirectory() as folder:
        figures = measure(gather(given.audio, made, Path(folder)), tool, given)
    print(table(figures))
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
