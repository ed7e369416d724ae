"""How well and how fast speech becomes words: word error rate, fillers, times, invented words, speed against openai-whisper.

Word error rate: clips in name order, reference words of all speakers sorted by start (so speech over speech costs points
whatever the engine), Whisper's English normaliser on both sides, errors of all clips over words of all clips.
"""

from __future__ import annotations

import importlib
import re
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from functools import cache, partial
from pathlib import Path
from typing import Any, cast

from platformdirs import user_cache_dir

from benchmarks.material import Clip, Material, reported
from qualkit import plugs
from qualkit.errors import QualkitError
from qualkit.model import Word
from qualkit.plugs import no_progress

Figures = dict[str, Any]
Heard = dict[str, tuple[Word, ...]]
"""Words by the name of the clip."""

FASTER, OPENAI = "faster-whisper", "openai-whisper"
REPEATS = 2

NEARLY_SILENT = ("EN2001b", "EN2001d")
LOW_OVERLAP = ("ES2003b", "EN2001a", "EN2001e", "EN2003a", "EN2004a", "EN2005a", "EN2002b")
HELD_OUT = LOW_OVERLAP[1::2]
"""Of these, the clips that nothing about word times was chosen on."""

FILLER = re.compile(r"u+h+|u+h*m+|m+|h+m+|m+-?h+m+|uh-?huh|er+m?", re.I)
"""What counts as a filler: uh, um, uhm, mm, hmm, mm-hmm, uh-huh, er, erm. In recall one is as good as another."""


def measure(material: Material, say: Callable[[str], None]) -> Figures:
    """Everything but speed, for tiny.en and base. Those of a model that is not installed are null, and `say` hears why."""
    clips, wordless = material.clips, material.wordless
    figures: Figures = dict.fromkeys(
        (
            *("wer_tiny", "wer_base", "wer_base_verbatim", "filler_recall", "filler_recall_plain", "invented_words"),
            *(f"word_start{kind}_{name}" for kind in ("", "_tiny") for name in ("median_ms", "over_1s", "bias_ms")),
        )
    )
    n_invented: dict[str, int] = {}
    for model, short in {"tiny.en": "tiny", "base": "base"}.items():
        try:
            engine = plugs.load("transcribers", FASTER)(model)
        except QualkitError as error:
            say(f"The figures of {model} are null: {error}")
            continue
        plain, verbatim = hear(clips, engine), hear(clips, engine, verbatim=True)
        figures[f"wer_{short}"] = wer(clips, plain)
        figures[f"wer_{short}_verbatim"] = wer(clips, verbatim)
        figures |= start_figures(clips, plain, "word_start" if short == "base" else "word_start_tiny")
        if short == "base":
            figures |= {"filler_recall": filler_recall(clips, verbatim), "filler_recall_plain": filler_recall(clips, plain)}
            figures["filler_recall_reported"] = filler_recall(reported(clips), verbatim)
            figures["wer_base_reported"] = wer(reported(clips), plain)
        for how, heard in {"": plain, " verbatim": verbatim}.items():
            nothing = hear(wordless, engine, verbatim=bool(how))
            for clip in [*wordless, *(clip for clip in clips if clip.name in NEARLY_SILENT)]:
                n_invented[f"{clip.name}, {model}{how}"] = invented(clip, (nothing | heard)[clip.name])
    if n_invented:
        figures["invented_words"] = sum(n_invented.values())
    say(" ".join(f"{n} words were invented in {where}." for where, n in n_invented.items() if n) or "No word was invented.")
    return figures


def hear(clips: Sequence[Clip], engine: plugs.Transcriber, *, verbatim: bool = False) -> Heard:
    """What an engine hears, each clip by itself."""
    return {clip.name: words_in(clip, engine, verbatim=verbatim) for clip in clips}


def words_in(clip: Clip, engine: plugs.Transcriber, *, verbatim: bool = False) -> tuple[Word, ...]:
    """What an engine hears in one clip."""
    return engine.transcribe(clip.samples, language="en", verbatim=verbatim, hints=(), progress=no_progress).words


@cache
def normaliser() -> Callable[[str], str]:
    """Whisper's English normaliser, from whichever package is here; transformers' lacks the list of British spellings.

    Raises `ImportError` if neither is.
    """
    for module in ("whisper.normalizers.english", "transformers.models.whisper.english_normalizer"):
        try:
            made = importlib.import_module(module).EnglishTextNormalizer
        except ImportError:
            continue
        return cast("Callable[[str], str]", made() if module.startswith("whisper") else made({}))
    raise ImportError("Whisper's English normaliser is not here; install it with  pip install openai-whisper")


def wer(clips: Sequence[Clip], heard: Heard) -> float:
    """Errors of all clips over reference words of all clips."""
    return wer_of([clip.text for clip in clips], [line(heard[clip.name]) for clip in clips])


def wer_of(said: Sequence[str], heard: Sequence[str]) -> float:
    """Errors over words of `said`, both sides normalised."""
    import jiwer

    normal = normaliser()
    return float(jiwer.wer([normal(text) for text in said], [normal(text) for text in heard]))


def line(words: Sequence[Word]) -> str:
    """Words as one line."""
    return " ".join(word.text for word in words)


def invented(clip: Clip, heard: Sequence[Word]) -> int:
    """Words beyond the number that were said in a clip where nearly nobody speaks."""
    return max(0, len(heard) - len(clip.words))


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


def filler_recall(clips: Sequence[Clip], heard: Heard) -> float | None:
    """Fillers of the reference that stand at their place in what was heard; None if the reference has none."""
    kept = n_said = 0
    for clip in clips:
        said = [plain(word) for word, _ in clip.words]
        found = pairs(said, [plain(word.text) for word in heard[clip.name]])
        kept += sum(said[place] == "<filler>" for place, _ in found)
        n_said += said.count("<filler>")
    return kept / n_said if n_said else None


def start_figures(clips: Sequence[Clip], heard: Heard, name: str) -> Figures:
    """How far the starts of words are off, on clips with little overlap and on the held-out ones of them.

    On all clips in a folder that has none of them.
    """
    figures: Figures = {}
    for names, end in ((LOW_OVERLAP, ""), (HELD_OUT, "_reported")):
        errors = start_errors_ms([clip for clip in clips if clip.name in names] or clips, heard)
        if errors:
            figures |= {
                f"{name}_median_ms{end}": statistics.median(map(abs, errors)),
                f"{name}_over_1s{end}": sum(abs(error) > 1000 for error in errors) / len(errors),
                f"{name}_bias_ms{end}": statistics.median(errors),
            }
    return figures


def start_errors_ms(clips: Sequence[Clip], heard: Heard) -> list[float]:
    """Heard less true start of every word that was recognised; positive: too late."""
    return [
        1000 * (heard[clip.name][there].start_s - clip.words[here][1])
        for clip in clips
        for here, there in pairs([plain(word) for word, _ in clip.words], [plain(word.text) for word in heard[clip.name]])
    ]


# ---------------------------------------------------------------- against openai-whisper


AGAINST_OPENAI = ("speed_ratio_openai", "speed_ratio_openai_cpu", "wer_openai_greedy", "wer_openai", "wer_backend_gap")
"""The figures of this part."""


def against_openai(clips: Sequence[Clip], checkpoint: Path, say: Callable[[str], None]) -> Figures:
    """Speed and agreement of the two engines on the same weights (tiny.en) and threads.

    `speed_ratio_openai` is seconds of the openai-whisper package, greedy, over ours, both with word times; every clip is
    heard by one and then by the other, so that what else the machine does slows both. `speed_ratio_openai_cpu` is the same
    of processor time. `wer_openai` is that of our engine of that name with the same options as `wer_tiny`.
    """
    figures: Figures = dict.fromkeys(AGAINST_OPENAI)
    try:
        whisper, torch = importlib.import_module("whisper"), importlib.import_module("torch")
        peer = whisper.load_model(str(checkpoint), device="cpu")
    except (ImportError, OSError, RuntimeError) as error:
        say(f"The figures against openai-whisper are null: it cannot be run here ({error}).")
        return figures
    from qualkit.engines.hearing import n_threads

    torch.set_num_threads(n_threads())
    ours = plugs.load("transcribers", FASTER)("tiny.en")
    heard: Heard = {}
    texts: dict[str, str] = {}

    def mine(clip: Clip) -> None:
        heard[clip.name] = words_in(clip, ours)

    def theirs(clip: Clip) -> None:
        given = {"language": "en", "fp16": False, "word_timestamps": True, "condition_on_previous_text": False}
        texts[clip.name] = peer.transcribe(clip.samples, temperature=0.0, **given)["text"]

    mine(clips[0])
    theirs(clips[0])  # both are warm: models loaded, code compiled
    spent = {"ours": [0.0, 0.0], "theirs": [0.0, 0.0]}
    for _ in range(REPEATS):
        for clip in clips:
            _timed(spent["ours"], partial(mine, clip))
            _timed(spent["theirs"], partial(theirs, clip))
    figures["speed_ratio_openai"] = spent["theirs"][0] / spent["ours"][0]
    figures["speed_ratio_openai_cpu"] = spent["theirs"][1] / spent["ours"][1]
    figures["wer_openai_greedy"] = wer_of([clip.text for clip in clips], [texts[clip.name] for clip in clips])
    try:
        figures["wer_openai"] = wer(clips, hear(clips, plugs.load("transcribers", OPENAI)(str(checkpoint))))
        figures["wer_backend_gap"] = abs(figures["wer_openai"] - wer(clips, heard))
    except QualkitError as error:
        say(f"The agreement of the two engines is null: {error}")
    return figures


def _timed(spent: list[float], work: Callable[[], None]) -> None:
    """Do `work`; add its seconds, by the clock and of the processor, to `spent`."""
    wall_s, cpu_s = time.perf_counter(), time.process_time()
    work()
    spent[0] += time.perf_counter() - wall_s
    spent[1] += time.process_time() - cpu_s


def checkpoint_by(tool: Path) -> Path:
    """tiny.en as an openai-whisper checkpoint, made once by the script `tool`. Raises `OSError` if that fails."""
    path = Path(user_cache_dir("qualkit")) / "benchmarks" / "tiny.en.pt"
    if not path.is_file():
        path.parent.mkdir(parents=True, exist_ok=True)
        beside = path.with_suffix(".part")
        made = subprocess.run([sys.executable, str(tool), str(beside)], capture_output=True, text=True, check=False)
        if made.returncode:
            raise OSError(f"{tool.name} made no checkpoint: {(made.stderr.strip() or 'no reason given').splitlines()[-1]}")
        beside.rename(path)
    return path
