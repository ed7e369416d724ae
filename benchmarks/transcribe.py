"""How well and how fast speech becomes words, on meetings with a known reference: `python -m benchmarks.transcribe`.

The clips are the first 30 seconds of AMI meetings, each with every word, its time and its fillers. Word error rate: clips in
name order, reference words of all speakers sorted by start (so speech over speech costs points whatever the engine), Whisper's
English normaliser on both sides, errors of all clips over words of all clips. Prints a table, and as the last line JSON.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import re
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from qualkit.engines import sound
from qualkit.engines.speech import FasterWhisper
from qualkit.errors import EngineError
from qualkit.model import Word
from qualkit.plugs import Waveform

GOALS = {
    "wer_tiny": "<= 0.335",
    "wer_base": "<= 0.295",
    "invented_words": "0",
    "filler_recall": ">= 0.5",
    "word_start_median_ms": "<= 60",
    "word_start_over_1s": "<= 0.02",
}
NEARLY_SILENT = ("EN2001b", "EN2001d")
LOW_OVERLAP = ("ES2003b", "EN2001a", "EN2001e", "EN2003a", "EN2004a", "EN2005a", "EN2002b")
HELD_OUT = LOW_OVERLAP[1::2]
"""Clips that word times are reported on; the offsets in the engine were chosen on the other low-overlap clips."""

FILLER = re.compile(r"u+h+|u+h*m+|m+|h+m+|m+-?h+m+|uh-?huh|er+m?", re.I)
"""What counts as a filler: uh, um, uhm, mm, hmm, mm-hmm, uh-huh, er, erm. In recall one is as good as another."""


@dataclass(frozen=True, slots=True)
class Clip:
    """A recording and what was said in it, (word, start_s) by start."""

    name: str
    samples: Waveform
    said: tuple[tuple[str, float], ...]

    @property
    def text(self) -> str:
        """The reference as one line."""
        return " ".join(word for word, _ in self.said)


def clips_in(folder: Path) -> list[Clip]:
    """All clips of the AMI folder, by name."""
    return [_clip(path) for path in sorted((folder / "ami").glob("*.flac"))]


def _clip(path: Path) -> Clip:
    words = json.loads(path.with_name(f"{path.stem}.words.json").read_text(encoding="utf-8"))["words"]
    said = sorted(((word["word"], word["start"]) for word in words), key=lambda word: word[1])
    return Clip(path.stem.split("_")[0], sound.decode(path), tuple(said))


Heard = dict[str, list[Word]]


def hear(clips: Sequence[Clip], engine: Any, **options: Any) -> Heard:
    """Words by the name of the clip."""
    return {
        clip.name: [word for run in engine.transcribe(clip.samples, language="en", **options) for word in run] for clip in clips
    }


@cache
def normaliser() -> Callable[[str], str]:
    """Whisper's English normaliser, from whichever package is here; transformers' lacks the list of British spellings."""
    for module in ("whisper.normalizers.english", "transformers.models.whisper.english_normalizer"):
        try:
            made = importlib.import_module(module).EnglishTextNormalizer
        except ImportError:
            continue
        return made() if module.startswith("whisper") else made({})
    raise SystemExit("Whisper's normaliser is missing: pip install openai-whisper or transformers")


def wer(said: Sequence[str], heard: Sequence[str]) -> float:
    """Errors of all clips over reference words of all clips, both sides normalised."""
    import jiwer

    normal = normaliser()
    return float(jiwer.wer([normal(text) for text in said], [normal(text) for text in heard]))


def line(words: Sequence[Word]) -> str:
    """Words as one line."""
    return " ".join(word.text for word in words)


def invented(clips: Sequence[Clip], heard: Heard) -> int:
    """Words beyond the number that were said, in the clips where nearly nobody speaks."""
    return sum(max(0, len(heard[clip.name]) - len(clip.said)) for clip in clips if clip.name in NEARLY_SILENT)


def pairs(said: Sequence[str], heard: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Places of words that are the same in both, by the alignment with fewest errors."""
    import jiwer

    if not said or not heard:
        return
    for chunk in jiwer.process_words(" ".join(said), " ".join(heard)).alignments[0]:
        if chunk.type == "equal":
            yield from zip(
                range(chunk.ref_start_idx, chunk.ref_end_idx), range(chunk.hyp_start_idx, chunk.hyp_end_idx), strict=True
            )


def plain(word: str) -> str:
    """Lower case without punctuation; every filler is `<filler>`."""
    bare = re.sub(r"[^\w'-]", "", word.lower()).strip("-'")
    return "<filler>" if FILLER.fullmatch(bare) else bare or "<nothing>"


def filler_recall(clips: Sequence[Clip], heard: Heard) -> float:
    """Fillers of the reference that stand at their place in what was heard."""
    kept = n_said = 0
    for clip in clips:
        said = [plain(word) for word, _ in clip.said]
        found = pairs(said, [plain(word.text) for word in heard[clip.name]])
        kept += sum(said[place] == "<filler>" for place, _ in found)
        n_said += said.count("<filler>")
    return kept / n_said


def start_errors_ms(clips: Sequence[Clip], heard: Heard) -> list[float]:
    """Heard less true start of every word that was recognised; positive: too late."""
    return [
        1000 * (heard[clip.name][there].start_s - clip.said[here][1])
        for clip in clips
        for here, there in pairs([plain(word) for word, _ in clip.said], [plain(word.text) for word in heard[clip.name]])
    ]


def seconds(work: Callable[[], Any]) -> float:
    """How long `work` takes."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def speed_ratio(clips: Sequence[Clip], checkpoint: Path | None) -> float | None:
    """Seconds of openai-whisper, greedy, over ours with the same weights and threads; null, and why, if it cannot be run."""
    try:
        if checkpoint is None:
            raise FileNotFoundError("no checkpoint was named: --openai-checkpoint FILE")
        whisper = importlib.import_module("whisper")
        torch = importlib.import_module("torch")
        model = whisper.load_model(str(checkpoint), device="cpu")
    except (ImportError, OSError, RuntimeError) as error:
        print(f"speed_ratio_openai is null: openai-whisper cannot be run here ({error}).")
        return None
    from qualkit.engines.speech import _threads

    torch.set_num_threads(_threads())
    options = {"language": "en", "fp16": False, "word_timestamps": True, "condition_on_previous_text": False}
    ours = FasterWhisper("tiny.en")
    ours.transcribe(clips[0].samples, language="en")
    model.transcribe(clips[0].samples, temperature=0.0, **options)  # both are warm: models loaded, code compiled
    peer_s = seconds(lambda: [model.transcribe(clip.samples, temperature=0.0, **options) for clip in clips])
    return peer_s / seconds(lambda: hear(clips, ours))


def measure(clips: Sequence[Clip], checkpoint: Path | None) -> dict[str, float | None]:
    """All figures. Those of `base` are null if it is not installed."""
    said = [clip.text for clip in clips]
    tiny = hear(clips, FasterWhisper("tiny.en"))
    figures: dict[str, float | None] = {"wer_tiny": wer(said, [line(words) for words in tiny.values()])}
    n_invented = invented(clips, tiny)
    timed = tiny
    figures |= dict.fromkeys(("wer_base", "wer_base_verbatim", "filler_recall_plain", "filler_recall"))
    try:
        engine = FasterWhisper("base")
    except EngineError as error:
        print(f"The figures of base are null: {error}")
    else:
        timed, verbatim = hear(clips, engine), hear(clips, engine, verbatim=True)
        figures["wer_base"] = wer(said, [line(words) for words in timed.values()])
        figures["wer_base_verbatim"] = wer(said, [line(words) for words in verbatim.values()])
        figures["filler_recall_plain"] = filler_recall(clips, timed)
        figures["filler_recall"] = filler_recall(clips, verbatim)
        n_invented += invented(clips, timed) + invented(clips, verbatim)
    figures["invented_words"] = n_invented
    held_out = [clip for clip in clips if clip.name in HELD_OUT]
    for name, heard in {"word_start": timed, "word_start_tiny": tiny}.items():
        errors = start_errors_ms(held_out, heard)
        figures[f"{name}_median_ms"] = statistics.median(map(abs, errors))
        figures[f"{name}_over_1s"] = sum(abs(error) > 1000 for error in errors) / len(errors)
        figures[f"{name}_bias_ms"] = statistics.median(errors)
    figures["speed_ratio_openai"] = speed_ratio(clips, checkpoint)
    return figures


def main() -> None:
    """Measure, print."""
    data = Path(os.environ.get("QUALKIT_REAL_DATA", Path(__file__).parents[1].parent / "shared" / "data"))
    parser = argparse.ArgumentParser(description="Speech to words on AMI meetings: accuracy, fillers, times, speed.")
    parser.add_argument("--audio", type=Path, default=data / "audio", help="folder with ami/")
    parser.add_argument("--openai-checkpoint", type=Path, help="tiny.en as an openai-whisper checkpoint, for the speed ratio")
    given = parser.parse_args()
    clips = clips_in(given.audio)
    if not clips:
        raise SystemExit(f"There are no clips in {given.audio / 'ami'}: name the folder with --audio or QUALKIT_REAL_DATA.")
    figures = measure(clips, given.openai_checkpoint)
    for name, value in figures.items():
        print(f"{name:24}{'-' if value is None else f'{value:.3f}':>10}  {GOALS.get(name, '')}")
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
