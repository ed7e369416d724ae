"""Recognised words and voices to turns: every word gets a speaker, and neighbouring words of one speaker are a turn.

No word is ever dropped, and none is left without a speaker.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import count, groupby
from operator import itemgetter

from qualkit.model import Utterance, Voices, VoiceTurn, Word

_PAUSE_S = 0.3
"""A speaker may change at a pause of this length as easily as after a sentence's end."""

_CHANGE, _CHANGE_INSIDE = 0.2, 0.6
"""What a change of speaker costs at a pause or a sentence's end, and inside a sentence, in words heard from somebody else.

One word that wanders inside a sentence costs 1 to leave and 1.2 to follow, so it stays; a backchannel between two sentences
costs .4 to follow, so it is a turn of its own.
"""

_FAR_S = 1.0
"""A word outside all turns goes to the nearest; one further than this from it may be anybody's."""

_OVERLAPPED = 0.5
"""Share of a word during which somebody else must speak for it to be flagged."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How recordings become transcripts."""

    engine: str = field(default="faster-whisper", metadata={"help": "Speech engine."})
    model: str = field(default="tiny.en", metadata={"help": "Speech model: a name, a folder or a hub id."})
    language: str = field(default="", metadata={"help": "Spoken language, as ISO 639-1, or 'auto'; left out: the study's."})
    verbatim: bool = field(default=False, metadata={"help": "Keep um, uh, mm-hmm and repetitions (English only)."})
    diarizer: str = field(default="campplus", metadata={"help": "Engine that tells voices apart; 'none' for one voice only."})
    speakers: int = field(default=0, metadata={"help": "How many people speak; 0 if that is not known."})
    min_speakers: int = field(default=0, metadata={"help": "At least so many people speak; 0 if that is not known."})
    max_speakers: int = field(default=0, metadata={"help": "At most so many people speak; 0 if that is not known."})
    name_voices: bool = field(default=False, metadata={"help": "Name speakers by the voices in the vault (qualkit voices)."})
    turn_gap_s: float = field(default=8.0, metadata={"help": "A longer pause, in seconds, starts a new turn."})


# ---------------------------------------------------------------- words to speakers


def attributed(words: Sequence[Word], voices: Voices | None) -> list[tuple[Word, int]]:
    """Words by start, each with a speaker's number, how sure that is, and whether somebody else spoke too.

    Of all ways to give words to speakers, the one that costs least: for each word the share of it in which its speaker is
    not heard, for each change of speaker what `_CHANGE` says. Where no voices were told apart (None) all is one speaker's,
    and nobody had to guess.
    """
    words = sorted(words, key=lambda word: word.start_s)
    if voices is None or not voices.turns:
        return [(replace(word, speaker_confidence=None if voices is None else 0.0), 0) for word in words]
    turns = _Turns(voices.turns)
    heard = [turns.heard_in(word) for word in words]
    speakers = _cheapest(words, heard, 1 + max(turn.speaker for turn in voices.turns))
    return [
        (_judged(word, speaker, during, turns), speaker) for word, speaker, during in zip(words, speakers, heard, strict=True)
    ]


@dataclass(frozen=True, slots=True)
class _Turns:
    """Turns by start, to be asked for those at a time."""

    turns: Sequence[VoiceTurn]
    longest_s: float = field(init=False)
    starts_s: list[float] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "longest_s", max(turn.end_s - turn.start_s for turn in self.turns))
        object.__setattr__(self, "starts_s", [turn.start_s for turn in self.turns])

    def near(self, start_s: float, end_s: float) -> Iterator[VoiceTurn]:
        """Turns with a part in that time."""
        for turn in self.turns[bisect_left(self.starts_s, start_s - self.longest_s) :]:
            if turn.start_s > end_s:
                break
            if turn.end_s >= start_s:
                yield turn

    def heard_in(self, word: Word) -> dict[int, float]:
        """The share of `word` in which each speaker is heard; outside all turns, a little of the nearest within a second."""
        length_s = max(word.end_s - word.start_s, 0.02)
        shares: dict[int, float] = {}
        for turn in self.near(word.start_s, word.start_s + length_s):
            during_s = min(turn.end_s, word.start_s + length_s) - max(turn.start_s, word.start_s)
            shares[turn.speaker] = min(1.0, shares.get(turn.speaker, 0.0) + max(0.0, during_s) / length_s)
        if any(shares.values()):
            return shares
        around = [(max(turn.start_s - word.end_s, word.start_s - turn.end_s), turn.speaker) for turn in self._around(word)]
        return {speaker: 0.5 * (1 - far_s / _FAR_S) for far_s, speaker in sorted(around, reverse=True)}

    def _around(self, word: Word) -> Iterator[VoiceTurn]:
        return self.near(max(0.0, word.start_s - _FAR_S), word.end_s + _FAR_S)

    def confidence(self, word: Word, speaker: int) -> float:
        """How sure it is that the turns of `speaker` at `word`, or within a second of it, are theirs; 0 if there are none."""
        at = [turn for turn in self.near(word.start_s, word.end_s) if turn.speaker == speaker]
        own = at or [turn for turn in self._around(word) if turn.speaker == speaker]
        return max((turn.confidence for turn in own), default=0.0)


def _cheapest(words: Sequence[Word], heard: Sequence[Mapping[int, float]], n_speakers: int) -> list[int]:
    """A speaker for each word (Viterbi): one step back suffices, since a change costs the same from anybody to anybody."""
    costs = [0.0] * n_speakers
    came_from: list[list[int]] = []
    for n, during in enumerate(heard):
        change = _CHANGE if n == 0 or _may_change(words[n - 1], words[n]) else _CHANGE_INSIDE
        cheapest = min(range(n_speakers), key=costs.__getitem__)
        back = [speaker if costs[speaker] <= costs[cheapest] + change else cheapest for speaker in range(n_speakers)]
        costs = [
            costs[before] + (change if before != speaker else 0.0) + 1 - during.get(speaker, 0.0)
            for speaker, before in enumerate(back)
        ]
        came_from.append(back)
    speaker = min(range(n_speakers), key=costs.__getitem__)
    path = []
    for back in reversed(came_from):
        path.append(speaker)
        speaker = back[speaker]
    return path[::-1]


def _may_change(before: Word, after: Word) -> bool:
    return after.start_s - before.end_s >= _PAUSE_S or _ends_sentence(before)


def _ends_sentence(word: Word) -> bool:
    return word.text.rstrip("\"'”’").endswith((".", "?", "!"))


def _judged(word: Word, speaker: int, during: Mapping[int, float], turns: _Turns) -> Word:
    """`word` with its flags: as sure as its turn is, shared with whoever else was heard, and less where nobody was."""
    own = during.get(speaker, 0.0)
    others = sum(share for other, share in during.items() if other != speaker)
    sure = turns.confidence(word, speaker) * (own + 0.1) / (own + others + 0.1 + 0.5 * max(0.0, 1 - own - others))
    overlapped = max((share for other, share in during.items() if other != speaker), default=0.0)
    return replace(
        word, speaker_confidence=round(min(1.0, sure), 3), is_overlapped=overlapped >= _OVERLAPPED and own >= _OVERLAPPED
    )


# ---------------------------------------------------------------- words to turns


def labels(said: Sequence[tuple[Word, int]], names: Mapping[int, str]) -> dict[int, str]:
    """What each speaker of words in order is called: by name if it is known, else `Speaker 1`, ... in order of appearance."""
    found: dict[int, str] = {}
    for _, speaker in said:
        if speaker not in found:
            found[speaker] = names.get(speaker) or f"Speaker {1 + sum(other not in names for other in found)}"
    return found


def assemble(said: Sequence[tuple[Word, int]], called: Mapping[int, str], *, turn_gap_s: float) -> list[Utterance]:
    """Turns of words in order; `called` says what each speaker is called."""
    return _turns([(word, called[speaker]) for word, speaker in said], turn_gap_s)


def merge_tracks(tracks: Mapping[str, Sequence[Word]], *, turn_gap_s: float) -> list[Utterance]:
    """Turns of a recording with a track for each speaker, by speaker's name: nobody has to guess whose a word is.

    Each track is cut into phrases at pauses and sentence ends, phrases of all tracks are put in the order of their start,
    and those of one speaker that follow one another are a turn. A word is overlapped if somebody else spoke in half of it.
    """
    phrases: list[tuple[float, str, list[Word]]] = []
    for name, words in tracks.items():
        others = sorted((other.start_s, other.end_s) for rival, own in tracks.items() if rival != name for other in own)
        flagged = [_flagged(word, others) for word in sorted(words, key=lambda word: word.start_s)]
        phrases += [(phrase[0].start_s, name, phrase) for phrase in _phrases(flagged)]
    phrases.sort(key=lambda phrase: phrase[0])
    return _turns([(word, name) for _, name, phrase in phrases for word in phrase], turn_gap_s)


def _phrases(words: Sequence[Word]) -> Iterator[list[Word]]:
    phrase: list[Word] = []
    for word in words:
        if phrase and _may_change(phrase[-1], word):
            yield phrase
            phrase = []
        phrase.append(word)
    if phrase:
        yield phrase


def _flagged(word: Word, others: Sequence[tuple[float, float]]) -> Word:
    """`word` of a known speaker, with whether others, (start, end) by start, spoke in half of it."""
    first = bisect_left(others, (word.start_s - 10.0, 0.0))  # no word is longer than that
    during_s = 0.0
    for start_s, end_s in others[first:]:
        if start_s >= word.end_s:
            break
        during_s += max(0.0, min(end_s, word.end_s) - max(start_s, word.start_s))
    is_overlapped = during_s > 0 and during_s >= _OVERLAPPED * (word.end_s - word.start_s)
    return replace(word, speaker_confidence=None, is_overlapped=is_overlapped)


def _turns(said: Sequence[tuple[Word, str]], turn_gap_s: float) -> list[Utterance]:
    turns: list[tuple[str, list[Word]]] = []
    for word, speaker in said:
        if turns and turns[-1][0] == speaker and word.start_s - turns[-1][1][-1].end_s <= turn_gap_s:
            turns[-1][1].append(word)
        else:
            turns.append((speaker, [word]))
    return [_utterance(speaker, words) for speaker, words in turns]


def _utterance(speaker: str | None, words: Sequence[Word]) -> Utterance:
    bare = tuple(replace(word, text=word.text.strip()) for word in words)
    sure = [word.speaker_confidence for word in bare if word.speaker_confidence is not None]
    return Utterance(
        text=" ".join(word.text for word in bare),
        speaker=speaker,
        start_s=bare[0].start_s,
        end_s=max(word.end_s for word in bare),
        words=bare,
        speaker_confidence=round(sum(sure) / len(sure), 3) if sure else None,
    )


# ---------------------------------------------------------------- a part that is followed by more


def continued(kept: Sequence[Utterance], whole: Sequence[Utterance], *, from_s: float) -> list[Utterance]:
    """What `whole`, a later hearing of the same recording, says from `from_s` on, by the labels that `kept` uses."""
    called = same_people(kept, whole)
    rest = [(word, called[said.speaker]) for said in whole for word in said.words if word.start_s >= from_s]
    own = [list(group) for _, group in groupby(rest, key=itemgetter(1))]
    return [_utterance(group[0][1], [word for word, _ in group]) for group in own]


def same_people(kept: Sequence[Utterance], whole: Sequence[Utterance]) -> dict[str | None, str | None]:
    """For each label in `whole`, a later hearing of the same recording, the one by which `kept` means the same person.

    A speaker of both is known by the words they said in both; whoever is new has a label that nobody in `kept` has.
    """
    told = {word.start_s: said.speaker for said in kept for word in said.words}
    shared = Counter((said.speaker, told[word.start_s]) for said in whole for word in said.words if word.start_s in told)
    called: dict[str | None, str | None] = {}
    for (label, known), _ in shared.most_common():
        if label not in called and known not in called.values():
            called[label] = known
    for label in dict.fromkeys(said.speaker for said in whole):
        if label not in called:
            taken = {*told.values(), *called.values()}
            called[label] = (
                label if label not in taken else next(name for n in count(1) if (name := f"Speaker {n}") not in taken)
            )
    return called
