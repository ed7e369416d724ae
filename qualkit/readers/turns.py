"""What the transcript readers share: bytes to text, lines to turns, cues to turns.

Nobody agrees on how a transcript names its speakers, so nobody is asked: every style of header is tried on the whole
file, and the style that explains most lines wins. A colon alone proves nothing ("Note: ", "10:30 ", a web address), so a
label has to earn its place: it stands twice, is written in capitals, or says Moderator, Interviewer or Facilitator.
"""

from __future__ import annotations

import codecs
import re
import warnings
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby, pairwise, takewhile
from pathlib import Path

from qualkit.errors import ReadError
from qualkit.model import Utterance
from qualkit.wording import printable

PAUSE_LIMIT_S = 8.0
"""The longest silence inside one turn of a subtitle file.

Subtitles cut at every breath, so a short limit would break sentences; people think aloud, and a moderator is taught to
wait five seconds or so for an answer. A longer silence is an event of its own, and what follows it a new turn.
"""

_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16: its mark begins with the same two bytes
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)

TIME = r"\d{1,3}:\d{1,2}(?::\d{1,2})?(?:[.,]\d{1,3})?"
_B = r"[^\S\n]"  # a blank of any kind, on the same line
_GAP = r"(?:[^\S\n]|[|,–-])+"
_SPAN = rf"[\[(]?(?P<start>{TIME})(?:\s*(?:-->|-|–)\s*(?P<end>{TIME}))?[\])]?"
_NAME = r"(?P<name>[^\s:\[\]>][^:\n]{0,62}?)"
_TEXT = rf"(?:{_B}+(?P<text>[^\n]*))?$"

_ROLE = re.compile(r"(?:moderator|interviewer|facilitator)\b", re.IGNORECASE)
_FOOTER = re.compile(r"\s*Transcribed by https?://otter\.ai\s*$")
_PHONE = re.compile(r"\+?[\d*() -]{7,}")
_NO_LABELS = re.compile(
    "notes?|nb|ps|example|date|time|duration|location|place|title|topic|https?|"
    "laugh(ter|s|ing)|crosstalk|inaudible|unintelligible|pause|silence|music|applause",
    re.IGNORECASE,
)
_MOSTLY = 0.6


# ---------------------------------------------------------------- bytes to text


def read_text(path: Path) -> str:
    """The text of a file, with line ends folded to `\\n` and never otherwise normalised.

    UTF-8, or UTF-16 and UTF-32 by their mark; anything else is read as Windows-1252 with a warning. Characters that XML
    forbids become a space, one for one. Raises `ReadError` for a file that is missing, empty or not text.
    """
    data = read_bytes(path)
    text = _decoded(data, path.name)
    if not text.strip():
        raise ReadError(f"{path.name} is empty; export the transcript again.")
    return printable(text.replace("\r\n", "\n").replace("\r", "\n"))


def read_bytes(path: Path) -> bytes:
    """The bytes of a file. Raises `ReadError` if it cannot be opened or has none."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ReadError(
            f"{path.name} cannot be opened ({error.strerror}); check that the file is there and is yours."
        ) from error
    if not data:
        raise ReadError(f"{path.name} is empty; export the transcript again.")
    return data


def _decoded(data: bytes, name: str) -> str:
    encoding = next((encoding for mark, encoding in _BOMS if data.startswith(mark)), None)
    try:
        return data.decode(encoding or "utf-8")
    except UnicodeDecodeError as error:
        if encoding or b"\0" in data:
            raise ReadError(f"{name} is not a text file; save the transcript as plain text in UTF-8.") from error
    return _decoded_as_windows(data, name)


def _decoded_as_windows(data: bytes, name: str) -> str:
    try:
        text = data.decode("cp1252")
    except UnicodeDecodeError as error:
        raise ReadError(f"{name} is neither UTF-8 nor Windows text; save the transcript as plain text in UTF-8.") from error
    warnings.warn(f"{name} is not UTF-8 and was read as Windows-1252; look at its accents and quotation marks.", stacklevel=4)
    return text


def seconds(clock: str) -> float:
    """`h:mm:ss`, `m:ss`, with a decimal point or comma, padded or not, as seconds."""
    total = 0.0
    for part in clock.replace(",", ".").split(":"):
        total = total * 60 + float(part)
    return round(total, 3)


def known_end(start_s: float | None, end_s: float | None) -> float | None:
    """`end_s`, or None where it lies before the start: a damaged time is dropped, not mended."""
    return None if start_s is not None and end_s is not None and end_s < start_s else end_s


# ---------------------------------------------------------------- speakers


def label(text: str) -> str:
    """A speaker's label with white space folded."""
    return " ".join(text.split())


def named_speakers(utterances: Sequence[Utterance], name: str) -> list[Utterance]:
    """Utterances with labels that differ only by case merged into the first spelling; those without words are left out.

    Raises `ReadError` if nothing is left, or if nobody is named: qualitative work is about who said it.
    """
    spoken = [utterance for utterance in utterances if utterance.text]
    if not spoken:
        raise ReadError(f"{name} holds no spoken words; check that it is the transcript and export it again.")
    if not any(utterance.speaker for utterance in spoken):
        raise no_speakers(name)
    spelling: dict[str, str] = {}
    return [replace(u, speaker=spelling.setdefault(u.speaker.casefold(), u.speaker) if u.speaker else None) for u in spoken]


def no_speakers(name: str) -> ReadError:
    """The error for a transcript that does not say who speaks."""
    return ReadError(f"{name} names no speakers; put 'NAME: ' before each turn, e.g. 'Moderator: Welcome'.")


def is_label(text: str) -> bool:
    """Whether `text` could name a speaker at all: letters or a telephone number, and no word such as Note or Date."""
    names_somebody = any(map(str.isalpha, text)) or _PHONE.fullmatch(text) is not None
    return names_somebody and not _NO_LABELS.fullmatch(text)


def trusted(labels: Sequence[str], *, n_places: int, sure: bool = False) -> set[str]:
    """Which of `labels`, one per header found, name speakers.

    A label does if it stands twice (`Speaker 1` and `Speaker 2` count as one), is all capitals or is a role. In a file
    with headers at most of the `n_places` where one could stand, somebody who speaks once is trusted too: either most
    headers are beyond doubt, or the style is `sure`, because a time and a colon together leave none.
    """
    times = Counter(_shape(one) for one in labels)
    certain = [one for one in labels if times[_shape(one)] > 1 or one.isupper() or _ROLE.match(one)]
    everywhere = len(labels) >= _MOSTLY * n_places
    if everywhere and (2 * len(certain) >= len(labels) or (sure and len(labels) > 1)):
        return set(labels)
    return set(certain)


def _shape(text: str) -> str:
    return re.sub(r"\d+", "#", text.casefold())


# ---------------------------------------------------------------- cues to turns


def joined(utterances: Iterable[Utterance], *, pause_s: float | None = PAUSE_LIMIT_S) -> list[Utterance]:
    """Utterances with neighbours of one speaker made one, unless more than `pause_s` seconds lie between (None: always).

    Only where both times are known, or `pause_s` is None. Speech of nobody is never joined: it may be two people's. A
    clock that starts again (part two of a recording) begins a new turn.
    """
    turns: list[Utterance] = []
    for one in utterances:
        if turns and _continues(turns[-1], one, pause_s):
            turns[-1] = _with(turns[-1], one)
        else:
            turns.append(one)
    return turns


def _continues(before: Utterance, after: Utterance, pause_s: float | None) -> bool:
    if before.speaker is None or before.speaker != after.speaker:
        return False
    if pause_s is None:
        return True
    if before.start_s is None or before.end_s is None or after.start_s is None:
        return False
    return after.start_s >= before.start_s and after.start_s - before.end_s <= pause_s


def _with(before: Utterance, after: Utterance) -> Utterance:
    end_s = None if after.end_s is None else max(after.end_s, before.end_s or 0.0)
    return replace(before, text=f"{before.text} {after.text}".strip(), end_s=end_s)


# ---------------------------------------------------------------- lines to turns


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a document; `table` numbers the table it stands in, 0 outside. A turn that begins in a table ends with it."""

    text: str
    table: int = 0


@dataclass(frozen=True, slots=True)
class _Style:
    """A way to write the header of a turn.

    `pattern` matches it at the start of three lines, `place` the lines where one could stand; for `sure` see `trusted`.
    """

    pattern: re.Pattern[str]
    place: re.Pattern[str]
    sure: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class _Header:
    speaker: str
    text: str
    start_s: float | None
    end_s: float | None
    n_lines: int


def _style(pattern: str, place: str, *, sure: bool = False) -> _Style:
    return _Style(re.compile(pattern, re.MULTILINE), re.compile(place), sure)


_STYLES = (
    _style(rf"{_SPAN}{_GAP}{_NAME}{_B}*:{_TEXT}", rf"[\[(]?{TIME}", sure=True),  # [00:01:02] NAME: text
    _style(rf"{_NAME}{_B}*[\[(](?P<start>{TIME})[\])]{_B}*:{_TEXT}", rf".*[\[(]{TIME}[\])]:", sure=True),  # NAME (1:02): text
    _style(rf"{_NAME}{_GAP}[\[(]?(?P<start>{TIME})[\])]?{_B}*$", rf".*{TIME}[\])]?\s*$"),  # NAME  1:02
    _style(rf"{_SPAN}{_B}*\n(?P<name>[^\n]{{1,63}}(?<![.,!?…]))\n(?!\s*$|[\[(]?{TIME})", rf"{_SPAN}\s*$"),  # 1:02, then NAME
    _style(rf"\[(?P<name>[^\[\]\n]{{1,63}})\]:?{_TEXT}", r"\["),  # [NAME] text
    _style(rf"{_NAME}{_B}*:{_TEXT}", r"\S"),  # NAME: text
)


def turns_of(lines: Sequence[Line], name: str) -> list[Utterance]:
    """The turns of a document called `name`, by the style of header that explains most of its lines.

    What stands before the first header, a title or a list of those present, is nobody's and left out. An empty line
    inside a turn becomes a line break, any other line end a space. Raises `ReadError` if there are no headers.
    """
    texts = [line.text.strip() for line in lines]
    found = [_found(style, texts) for style in _STYLES]
    trusted_ones = [_trusted(style, headers, texts) for style, headers in zip(_STYLES, found, strict=True)]
    best = max(range(len(_STYLES)), key=lambda i: len(trusted_ones[i]))
    headers = trusted_ones[best]
    if not headers:
        raise no_speakers(name)
    _warn_of_doubtful_labels([header for i, header in found[best].items() if i not in headers and i > min(headers)], name)
    _warn_of_cut_lines([len(text) for text in _continued(texts, headers)], name)
    return joined(named_speakers(list(_turns(lines, headers)), name))


def _found(style: _Style, texts: Sequence[str]) -> dict[int, _Header]:
    return {i: header for i in range(len(texts)) if (header := _header(style, texts[i : i + 3]))}


def _trusted(style: _Style, found: dict[int, _Header], texts: Sequence[str]) -> dict[int, _Header]:
    n_places = sum(style.place.match(text) is not None for text in texts)
    known = trusted([header.speaker for header in found.values()], n_places=n_places, sure=style.sure)
    return {i: header for i, header in found.items() if header.speaker in known}


def _header(style: _Style, texts: Sequence[str]) -> _Header | None:
    match = style.pattern.match("\n".join(texts))
    if match is None or not is_label(label(match["name"])):
        return None
    groups = match.groupdict()
    start, end = groups.get("start"), groups.get("end")
    return _Header(
        speaker=label(match["name"]),
        text=groups.get("text") or "",
        start_s=seconds(start) if start else None,
        end_s=seconds(end) if end else None,
        n_lines=match[0].rstrip("\n").count("\n") + 1,
    )


def _turns(lines: Sequence[Line], headers: dict[int, _Header]) -> Iterator[Utterance]:
    for i, following in pairwise([*sorted(headers), len(lines)]):
        header = headers[i]
        body = _up_to_table_end(lines[i + header.n_lines : following], lines[i].table)
        yield Utterance(
            text=_paragraphs([header.text, *body]),
            speaker=header.speaker,
            start_s=header.start_s,
            end_s=known_end(header.start_s, header.end_s),
        )


def _up_to_table_end(lines: Sequence[Line], table: int) -> list[str]:
    return [line.text for line in (takewhile(lambda line: line.table == table, lines) if table else lines)]


def _paragraphs(texts: Iterable[str]) -> str:
    stripped = (text.strip() for text in texts if not _FOOTER.match(text))
    return "\n".join(" ".join(group) for has_words, group in groupby(stripped, key=bool) if has_words)


def _continued(texts: Sequence[str], headers: dict[int, _Header]) -> list[str]:
    """The lines that go on in the next one."""
    taken = {line for i, header in headers.items() for line in range(i, i + header.n_lines)}
    pairs = enumerate(pairwise(texts))
    return [text for i, (text, following) in pairs if text and following and i not in taken and i + 1 not in taken]


def _warn_of_doubtful_labels(headers: Sequence[_Header], name: str) -> None:
    doubtful = sorted({one.speaker for one in headers if one.speaker[0].isupper() and len(one.speaker.split()) <= 3})
    if doubtful:
        warnings.warn(
            f"{name}: {', '.join(repr(one + ':') for one in doubtful)} stands once and was read as words of the turn before; "
            "write it in capitals if it is a speaker.",
            stacklevel=4,
        )


def _warn_of_cut_lines(lengths: Sequence[int], name: str) -> None:
    """Lines that go on and are all equally long were cut by a machine, which does not care for words."""
    if len(lengths) >= 3 and min(lengths) >= 60 and max(lengths) - min(lengths) <= 1:
        warnings.warn(
            f"{name} is cut at {max(lengths)} characters a line, maybe inside words; export it without fixed line ends.",
            stacklevel=4,
        )
