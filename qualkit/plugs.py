"""The plug points, and the only look-up.

Readers, suggesters, exporters, writers and engines are found through entry points, our own as well as a guest's. To add one,
write a file with the attributes of its Protocol and name it in the group, e.g. in `pyproject.toml`:

    [project.entry-points."qualkit.readers"]
    vtt = "qualkit.readers.vtt"

The look-up imports a plug only when it is asked for by name, so listing them costs nothing.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias, runtime_checkable

from qualkit.errors import EngineError, PlugError, nearest
from qualkit.model import (
    Brief,
    Heard,
    LocalVoice,
    Merge,
    SpeakerCount,
    SpokenTranscript,
    Suggestion,
    Table,
    Utterance,
    Voices,
)

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

Vectors: TypeAlias = "npt.NDArray[np.float32]"
"""Shape (n, dimensions), rows of length 1."""

Waveform: TypeAlias = "npt.NDArray[np.float32]"
"""Shape (samples,), mono, -1 to 1."""

Progress: TypeAlias = Callable[[float, str], None]
"""Called with the share done, 0 to 1, and what is being done."""


def no_progress(share: float, doing: str) -> None:
    """A `Progress` that tells nobody."""


def part_of(progress: Progress, before: float, share: float) -> Progress:
    """Progress of a part that is `share` of the whole and begins at `before`."""
    return lambda done, doing: progress(before + share * done, doing)


@runtime_checkable
class Reader(Protocol):
    """A transcript format, as a module or an object."""

    @property
    def suffixes(self) -> tuple[str, ...]:
        """File name endings it reads, lower case, with their dot."""
        ...

    def read(self, path: Path) -> list[Utterance]:
        """Utterances in order. Raises `ReadError` for a file that is empty, damaged or without speakers."""
        ...


@runtime_checkable
class Exporter(Protocol):
    """A file format for tables."""

    @property
    def suffix(self) -> str:
        """The ending of its files, with its dot."""
        ...

    @property
    def is_for_paper(self) -> bool:
        """Whether the format is for tables that people read, so that data tables are not written in it."""
        ...

    def write(self, table: Table, path: Path) -> None:
        """Fill the file; the caller sees to it that it appears whole or not at all.

        One that says `takes_reference = True` also takes a keyword `reference`, a document whose styles it uses; one that has a
        function `write_all` writes several tables into one file.
        """
        ...


@runtime_checkable
class TranscriptWriter(Protocol):
    """A file format for transcripts."""

    @property
    def suffix(self) -> str:
        """The ending of its files, with its dot."""
        ...

    @property
    def needs_times(self) -> bool:
        """Whether a turn without start and end has no place in it."""
        ...

    def write(self, transcript: SpokenTranscript, path: Path) -> None:
        """Fill the file with every turn. Raises `WriteError` rather than leave one out that has no times."""
        ...


@dataclass(frozen=True, slots=True)
class Ratings:
    """What a machine coder makes of every pair of segment and code; both arrays have the shape (segments, codes).

    `scores` are probabilities, calibrated where there are lessons; `is_given` says which codes it would give. A machine that
    knows when to abstain says which codes it would give, and which rule out, without a person; None for one that does not.
    """

    scores: npt.NDArray[np.floating]
    is_given: npt.NDArray[np.bool_]
    is_sure: npt.NDArray[np.bool_] | None = None
    is_ruled_out: npt.NDArray[np.bool_] | None = None


def ratings_of(suggestions: Sequence[Suggestion], brief: Brief) -> Ratings:
    """The `Ratings` of a machine that only ever says what it would give: 0 for whatever it did not say."""
    import numpy as np

    rows = {segment.id: n for n, segment in enumerate(brief.segments)}
    columns = {code.key: n for n, code in enumerate(brief.codebook.codes)}
    scores = np.zeros((len(rows), len(columns)))
    for item in suggestions:
        scores[rows[item.segment_id], columns[item.code_key]] = item.score
    return Ratings(scores, scores > 0)


@runtime_checkable
class Suggester(Protocol):
    """A machine coder. It says what it thinks, how sure it is and why, or it says nothing.

    It is made without arguments, or with those of these that its constructor names: `error`, the share of wrong codes that
    the study puts up with among the sure ones; `most`, how many codes it shows for a segment; `server`, `model` and
    `allow_remote`, where a language model is asked; `keep`, a `Keeper` for answers that take long.
    """

    @property
    def name(self) -> str:
        """The coder name that its suggestions are filed under."""
        ...

    def revision(self, tools: Tools) -> str:
        """Whatever, beside segments and codebook, changes its answers: method version, model."""
        ...

    @property
    def learns(self) -> bool:
        """Whether what it says changes with the lessons of its brief."""
        ...

    def rate(self, brief: Brief, tools: Tools) -> Ratings:
        """A score and a yes or no for every segment and code of the brief, both in the brief's order."""
        ...

    def suggest(self, brief: Brief, tools: Tools) -> list[Suggestion]:
        """Suggestions worth showing, a code and segment at most once."""
        ...


class Report(Protocol):
    """What became of the last run of a machine coder."""

    @property
    def problems(self) -> tuple[str, ...]:
        """A sentence for each reason why segments were left out; they are tried again the next time."""
        ...

    @property
    def notes(self) -> str:
        """What there is to say of answers that were used: what they rest on, what was wrong in them. Empty for nothing."""
        ...


@runtime_checkable
class Reporting(Protocol):
    """A machine coder that says how its last run went."""

    @property
    def report(self) -> Report:
        """On the last run."""
        ...


class Engine(Protocol):
    """What every engine says of itself, without loading its model."""

    @property
    def name(self) -> str:
        """The name of its entry point."""
        ...

    @property
    def revision(self) -> str:
        """Whatever changes its answers: package versions, model, checksum of weights, method."""
        ...


class Transcriber(Engine, Protocol):
    """Speech to words. It is given a long recording in pieces of some minutes, cut where nobody speaks."""

    def language_of(self, sound: Waveform) -> tuple[str, float]:
        """The language spoken in 16 kHz `sound`, as ISO 639-1, and how sure that is, 0 to 1."""
        ...

    def transcribe(
        self, sound: Waveform, *, language: str | None, verbatim: bool, hints: Sequence[str], progress: Progress
    ) -> Heard:
        """Words of 16 kHz `sound`, times from its start; none where nobody speaks.

        With `verbatim`, fillers (`um`, `mm-hmm`) are kept as far as the engine can. `hints` are words that may come up, such
        as names of places. Raises `EngineError` for a language the model does not know.
        """
        ...


class Diarizer(Engine, Protocol):
    """Who spoke when, in two steps: what is long is done piece by piece, what needs the whole is quick."""

    def listen(self, sound: Waveform, *, start_s: float, progress: Progress) -> list[LocalVoice]:
        """Voices in each short window of a piece of 16 kHz `sound` that begins at `start_s` of the recording."""
        ...

    def tell_apart(self, voices: Sequence[LocalVoice], count: SpeakerCount) -> Voices:
        """People behind the voices of all pieces of a recording, and when each of them spoke."""
        ...

    def voice_of(self, sound: Waveform) -> tuple[float, ...]:
        """The vector of the one person who speaks in 16 kHz `sound`. Raises `EngineError` if hardly anybody does."""
        ...

    def names_of(self, vectors: Sequence[tuple[float, ...]], known: Mapping[str, tuple[float, ...]]) -> dict[int, str]:
        """Which of `vectors` are voices of `known` people, each given once at most; the others are left out."""
        ...


class Language(Engine, Protocol):
    """Sentences and lemmas."""

    def sentences(self, text: str) -> list[tuple[int, int]]:
        """Half-open character spans of the sentences of `text`, in order, without white space at their ends."""
        ...

    def sentences_of(self, texts: Sequence[str]) -> Iterator[list[tuple[int, int]]]:
        """The same for many texts, in order; may trade a little exactness for speed, and so differ from `sentences`."""
        ...

    def lemmas(self, texts: Sequence[str]) -> Iterator[list[tuple[frozenset[str], int, int]]]:
        """For each text its words as (every lemma it may have, in lower case, start_char, end_char)."""
        ...

    def phrases(self, texts: Sequence[str]) -> Iterator[list[str]]:
        """For each text the noun phrases of two words or more in it, in lower case, without articles and pronouns."""
        ...


class Embedder(Engine, Protocol):
    """Texts to vectors."""

    def embed(self, texts: Sequence[str], progress: Progress = no_progress) -> Vectors:
        """A row for each text, in order; best given all there is at once, so that texts of like length go together."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Draw:
    """What was found in a part of the texts: their `rows`, and the `numbers` of their topics, which mean nothing elsewhere."""

    rows: npt.NDArray[np.int64]
    numbers: npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Clusters:
    """Topics of n texts.

    `numbers` has the topic of each, -1 for an outlier, shape (n,); `places` where each lies on a map, shape (n, 2); `merges`
    how topics would be merged further. `is_settled` says that the engine itself
    has ruled how small a topic may be. `draws` are the topics of parts of the texts, `group_draws` those of groups drawn with
    replacement; an engine that does not try has none.
    """

    numbers: npt.NDArray[np.int64]
    places: Vectors
    merges: tuple[Merge, ...] = ()
    is_settled: bool = False
    draws: tuple[Draw, ...] = ()
    group_draws: tuple[Draw, ...] = ()


class Clusterer(Engine, Protocol):
    """Texts and their vectors to topics."""

    def cluster(
        self,
        texts: Sequence[str],
        vectors: Vectors,
        *,
        groups: Sequence[int],
        n_topics: int,
        n_draws: int,
        seed: int,
        progress: Progress = no_progress,
    ) -> Clusters:
        """About `n_topics` topics of the texts, each of one of the `groups`.

        They are found again in `n_draws` parts of the texts, and a quarter as often in groups drawn with replacement.
        """
        ...

    def words(self, texts: Sequence[str], numbers: Sequence[int], n: int) -> Mapping[int, tuple[str, ...]]:
        """The `n` words or fewer that set each topic apart from the others, the most telling first."""
        ...


class Chat(Engine, Protocol):
    """A language model that is asked questions."""

    def answer(self, messages: Sequence[Mapping[str, str]], schema: Mapping[str, Any], *, seed: int = 0) -> str:
        """What the model says to `messages`, each with a `role` and `content`; it is asked for JSON of the JSON `schema`.

        Raises `AnswerError` where it has no answer to this question, `EngineError` where it will have none to any.
        """
        ...


class Keeper(Protocol):
    """Remembers results by what they were made from, beyond the life of the program."""

    def get_or_make(self, made_from: Any, make: Callable[[], Any]) -> Any:
        """The result for `made_from`, made only if it is not there; if `make` raises, nothing is kept."""
        ...


class Tools(Protocol):
    """What a stage or suggester may use; each is made when first asked for."""

    @property
    def language(self) -> Language:
        """Sentences and lemmas."""
        ...

    @property
    def embedder(self) -> Embedder:
        """Vectors of texts."""
        ...

    @property
    def progress(self) -> Progress:
        """Whom to tell how far the work is."""
        ...


GROUPS = (
    "readers",
    "suggesters",
    "exporters",
    "writers",
    "transcribers",
    "diarizers",
    "languages",
    "embedders",
    "clusterers",
    "chats",
)


@cache
def _entries(group: str) -> dict[str, EntryPoint]:
    if group not in GROUPS:
        raise PlugError(f"There is no plug point {group!r}; there are {', '.join(GROUPS)}.")
    found: dict[str, EntryPoint] = {}
    for entry in entry_points(group=f"qualkit.{group}"):
        other = found.setdefault(entry.name, entry)
        if other.value != entry.value:
            raise PlugError(
                f"Two packages offer a plug {entry.name!r} for {group}: {other.value} and {entry.value}; uninstall one of them."
            )
    return found


def names(group: str) -> list[str]:
    """Names installed at a plug point, sorted, without importing any."""
    return sorted(_entries(group))


def load(group: str, name: str) -> Any:
    """The plug `name` of `group`.

    Raises `PlugError` with the known names for an unknown one, `EngineError` when what it needs is not installed.
    """
    entries = _entries(group)
    if name not in entries:
        near = nearest(name, entries)
        hint = f" Did you mean {near!r}?" if near else ""
        raise PlugError(f"No {group} plug is called {name!r}; installed: {', '.join(names(group))}.{hint}")
    try:
        return entries[name].load()
    except ImportError as error:
        raise EngineError(f"{name!r} ({group}) needs {error.name or error}, which is not installed.") from error


def reader_for(path: Path) -> Reader:
    """The reader whose suffix the file has. Raises `PlugError` naming the suffixes that are known."""
    known: dict[str, Reader] = {}
    for name in names("readers"):
        reader = load("readers", name)
        known.update(dict.fromkeys(reader.suffixes, reader))
    if path.suffix.lower() not in known:
        raise PlugError(
            f"{path.name}: no reader for {path.suffix or 'a file without a suffix'}; known: {', '.join(sorted(known))}."
        )
    return known[path.suffix.lower()]


def need(module: str, extra: str) -> Any:
    """Import a heavy package, or say in a sentence which extra brings it."""
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise EngineError(f"This step needs the package {module!r}: install it with  pip install -e '.[{extra}]'") from error
