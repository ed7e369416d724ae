"""Recognised words and voices to turns.

A speech engine gives runs of words that may span several speakers. They are cut into spans at pauses and sentence ends,
each span gets a voice, and neighbouring spans of one voice become one turn. No word is ever dropped.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from qualkit.model import Utterance, Word

Span = tuple[Word, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How recordings become transcripts."""

    engine: str = field(default="faster-whisper", metadata={"help": "Speech engine."})
    model: str = field(default="tiny.en", metadata={"help": "Speech model: a name, a folder or a hub id."})
    language: str = field(default="", metadata={"help": "Spoken language, as ISO 639-1; left out: the study's."})
    verbatim: bool = field(default=False, metadata={"help": "Keep um, uh, mm-hmm and repetitions (English only)."})
    diarizer: str = field(default="campplus", metadata={"help": "Engine that tells voices apart; 'none' for one voice only."})
    pause_s: float = field(default=0.3, metadata={"help": "A pause this long, in seconds, may separate speakers."})
    turn_gap_s: float = field(default=8.0, metadata={"help": "A longer pause, in seconds, starts a new turn."})


def spans(runs: Sequence[Sequence[Word]], *, pause_s: float) -> list[Span]:
    """Words cut wherever the speaker may change: between runs, at pauses of `pause_s`, and after a sentence's end."""
    return [span for run in runs for span in _cut(run, pause_s)]


def _cut(run: Sequence[Word], pause_s: float) -> Iterator[Span]:
    start = 0
    for index in range(1, len(run)):
        before, after = run[index - 1], run[index]
        if after.start_s - before.end_s >= pause_s or before.text.rstrip("\"'”’").endswith((".", "?", "!")):
            yield tuple(run[start:index])
            start = index
    if start < len(run):
        yield tuple(run[start:])


def assemble(cuts: Sequence[Span], voices: Sequence[int], *, turn_gap_s: float) -> list[Utterance]:
    """Turns from spans and the voice number of each, labelled `Speaker 1`, `Speaker 2`, ... in order of appearance."""
    turns: list[tuple[int, list[Word]]] = []
    for cut, voice in zip(cuts, voices, strict=True):
        if turns and turns[-1][0] == voice and cut[0].start_s - turns[-1][1][-1].end_s <= turn_gap_s:
            turns[-1][1].extend(cut)
        else:
            turns.append((voice, list(cut)))
    return [_utterance(voice, words) for voice, words in turns]


def _utterance(voice: int, words: Sequence[Word]) -> Utterance:
    bare = [word.text.strip() for word in words]
    return Utterance(
        text=" ".join(bare),
        speaker=f"Speaker {voice + 1}",
        start_s=words[0].start_s,
        end_s=max(word.end_s for word in words),
        words=tuple(
            Word(text=text, start_s=w.start_s, end_s=w.end_s, confidence=w.confidence)
            for text, w in zip(bare, words, strict=True)
        ),
    )
