"""What engines and readers find in recordings and files, before it belongs to a study."""

from __future__ import annotations

from dataclasses import dataclass

from qualkit.model.base import require, require_span


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """One recognised word with its time in the recording.

    `speaker_confidence` says how sure it is that its turn's speaker said it, None where nobody had to guess; `is_overlapped`
    that somebody else spoke at the same time.
    """

    text: str
    start_s: float
    end_s: float
    confidence: float
    speaker_confidence: float | None = None
    is_overlapped: bool = False

    def __post_init__(self) -> None:
        require_span(self.start_s, self.end_s, "a word")


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """Something a reader must know of a stretch of a recording, as a sentence: a loop that was cut, damage, a merged voice."""

    start_s: float
    end_s: float
    text: str

    def __post_init__(self) -> None:
        require_span(self.start_s, self.end_s, "a mark")


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """What a speech engine made of a piece of sound: words in the order of their start, and what it had to mend."""

    words: tuple[Word, ...]
    marks: tuple[Mark, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalVoice:
    """One voice within one short window of a recording, before anybody knows whose it is.

    Voices of one `window` are different people. `spans` are its seconds of speech in the recording, in order; they may
    overlap those of others. `vector` has length 1 and tells voices apart; it is empty where too little was heard.
    """

    window: int
    spans: tuple[tuple[float, float], ...]
    vector: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class VoiceTurn:
    """One speaker's talk without a pause. Speakers are numbered from 0; turns of different speakers may overlap."""

    start_s: float
    end_s: float
    speaker: int
    confidence: float

    def __post_init__(self) -> None:
        require_span(self.start_s, self.end_s, "a turn of a voice")


@dataclass(frozen=True, slots=True, kw_only=True)
class Voices:
    """Who spoke when: turns by start, speakers numbered in order of first appearance, and one vector for each speaker."""

    turns: tuple[VoiceTurn, ...]
    vectors: tuple[tuple[float, ...], ...] = ()
    marks: tuple[Mark, ...] = ()

    @property
    def n_speakers(self) -> int:
        """How many people speak."""
        return len({turn.speaker for turn in self.turns})


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeakerCount:
    """How many people may be told apart: at least `least`, and at most `most` where that is known."""

    least: int = 1
    most: int | None = None

    def __post_init__(self) -> None:
        require(1 <= self.least <= (self.most or self.least), f"no count of speakers lies in {self.least} to {self.most}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Utterance:
    """One speaker's uninterrupted talk as a reader or a speech engine found it, before it belongs to a study.

    `speaker` is the label in the source, None when nobody is named; times are None where the source has none.
    """

    text: str
    speaker: str | None = None
    start_s: float | None = None
    end_s: float | None = None
    words: tuple[Word, ...] = ()
    speaker_confidence: float | None = None

    def __post_init__(self) -> None:
        require_span(self.start_s, self.end_s, "an utterance")
