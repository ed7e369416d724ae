"""Real text that people have coded, as a machine coder is given it.

Each set becomes a `Coded`: a brief whose lessons are the human codes, and in how many folds its transcripts are left out.
Beside the three sets that the figures are stated for, any folder can be read that holds

- `segments.csv`: `id`, `transcript`, `speaker`, `role` (participant or moderator), `question`, `text`, in the order of the
  talk. Moderators' rows are not coded; where `question` is empty, the last moderator's row of the transcript stands in;
- `codings.csv`: `segment`, `coder`, `code`, `valence` (facilitator, barrier, mixed or empty); a row without a code says that
  somebody looked. A coder is taken to have looked at every segment of the transcripts that they coded in. With several coders a
  code counts on a segment if more than half of those who looked gave it; where exactly half did, it is unsettled and left out;
- `codebook.yaml`: a codebook as `qualkit` reads it, or any list of codes with `key`, `name` and `definition`. Codes on fewer
  than 12 segments are left out, as for the focus groups (unless all are), and so are examples that occur in a transcript,
  while that transcript is held out.
"""

from __future__ import annotations

import csv
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from pathlib import Path

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from qualkit.errors import CodebookError, ReadError
from qualkit.model import Brief, Code, Codebook, Lesson, Segment, Valence, grouped
from qualkit.readers.codebook import read_codebook, write_codebook
from qualkit.study.folder import MODERATORS
from qualkit.wording import counted

Row = Mapping[str, str]

MIN_POSITIVE_TURNS = 12
MIN_POSITIVE_COMMENTS = 25
NOT_LABELS = ("Not assigned", "Labelling not possible")
TALK = {
    "therapist": {
        "question": ("Question", "The therapist asks the client something, open or closed"),
        "reflection": ("Reflection", "The therapist gives back what the client said or seems to mean or feel, as a statement"),
        "therapist_input": ("Input", "The therapist informs, advises, offers options, sets a goal or negotiates"),
        "other": ("Other", "Greetings, thanks, short encouragement to go on, anything else"),
    },
    "client": {
        "change": ("Change talk", "The client speaks for changing: wish, ability, reason, need, commitment or steps taken"),
        "sustain": ("Sustain talk", "The client speaks for staying as it is: doubts, reasons against, no wish or ability"),
        "neutral": ("Neutral talk", "The client says nothing for or against changing: facts, answers, following along"),
    },
}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Coded:
    """A set of coded text. `folds` of 0 leaves out each transcript by itself, or a tenth of them where they are over ten."""

    name: str
    brief: Brief
    folds: int = 0

    @property
    def valences(self) -> set[Valence]:
        """Valences in use."""
        said = {valence for lesson in self.brief.lessons.values() for valence in lesson.codes.values()}
        return {valence for valence in said if valence is not None}


def rows_of(path: Path, needed: Sequence[str] = ()) -> list[Row]:
    """A CSV file, cells without blanks around them. Raises `ReadError` if it is no UTF-8, or lacks a `needed` column."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            titles = {(title or "").strip() for title in reader.fieldnames or ()}
            rows = [{title.strip(): (cell or "").strip() for title, cell in row.items() if title} for row in reader]
    except UnicodeDecodeError as error:
        raise ReadError(f"{path.name}: not UTF-8 text; save it as CSV UTF-8.") from error
    missing = [title for title in needed if title not in titles]
    if missing:
        raise ReadError(f"{path.name}: there is no column {', '.join(missing)}; columns are parted by commas.")
    return rows


# ---------------------------------------------------------------- the sets


def os_focus_group(folder: Path) -> Coded:
    """Participants' turns in four focus groups, with the subcategories of at least 12 of them.

    A subcategory is described by the names and definitions of the codes under it. It has the valences of these.
    """
    turns, entries = rows_of(folder / "turns.csv"), rows_of(folder / "codebook.csv")
    codes = {row["code"]: row for row in entries}
    said: dict[str, dict[str, Valence | None]] = defaultdict(dict)
    for row in rows_of(folder / "codings.csv"):
        code = codes.get(row["code"])
        if code is not None and (code["subcategory"] or code["valence"]):
            known = said[f"{row['group']}-{row['turn']}"]
            key = code["subcategory"] or f"{code['valence']} by itself"
            known[key] = _joined(known.get(key), Valence(code["valence"]) if code["valence"] else None)
    segments, questions = _talk((f"{row['group']}-{row['turn']}", row["group"], row["role"], "", row["text"]) for row in turns)
    counts = Counter(key for item in segments for key in said.get(item.id, {}))
    kept = sorted(key for key, n in counts.items() if n >= MIN_POSITIVE_TURNS and re.match(r"\d", key))
    book = Codebook(name="Open science", version="1", codes=tuple(_subcategory(key, entries) for key in kept))
    lessons = {item.id: Lesson(codes=said.get(item.id, {})) for item in segments}
    return Coded(
        name="os_focus_group", brief=Brief(segments=tuple(segments), codebook=book, questions=questions, lessons=lessons)
    )


def _joined(before: Valence | None, now: Valence | None) -> Valence | None:
    """Both valences of one code on one turn are mixed."""
    return Valence.MIXED if before and now and before != now else before or now


def _subcategory(key: str, entries: Sequence[Row]) -> Code:
    under = [row for row in entries if row["subcategory"] == key]
    lines = tuple(f"{row['name']}: {row['definition']}" if row["definition"] else row["name"] for row in under)
    return Code(key=key, name=re.sub(r"^[\d.]+ - ", "", key), definition="", include=lines)


def valence_book(folder: Path) -> Codebook:
    """Every code of the published codebook that is by itself a barrier or a facilitator."""
    entries = [row for row in rows_of(folder / "codebook.csv") if row["code"] and row["valence"]]
    codes = (
        Code(key=row["code"], name=row["name"], definition=row["definition"], valences=(Valence(row["valence"]),))
        for row in entries
    )
    return Codebook(name="Open science", version="1", codes=tuple(codes))


def annomi(folder: Path, who: str) -> Coded:
    """Utterances of `who`, therapist or client, in counselling sessions; the majority's label where several people coded.

    The question is what the other one said last.
    """
    column = "main_therapist_behaviour" if who == "therapist" else "client_talk_type"
    said = grouped(rows_of(folder / "AnnoMI-full.csv"), lambda row: (row["transcript_id"], int(row["utterance_id"])))
    talk = [(f"{session}-{n}", session, rows[0]["interlocutor"], rows) for (session, n), rows in said.items()]
    order = [
        (key, session, "participant" if speaker == who else "moderator", "", rows[0]["utterance_text"] or "-")
        for key, session, speaker, rows in talk
    ]
    segments, questions = _talk(order)
    labels = {key: Counter(row[column] for row in rows) for key, _, speaker, rows in talk if speaker == who}
    lessons = {key: Lesson(codes={max(sorted(found), key=found.__getitem__): None}) for key, found in labels.items()}
    codes = tuple(Code(key=key, name=name, definition=text) for key, (name, text) in TALK[who].items())
    book = Codebook(name=f"Talk of the {who}", version="1", codes=codes)
    brief = Brief(segments=tuple(segments), codebook=book, questions=questions, lessons=lessons)
    return Coded(name=f"annomi {who}", brief=brief, folds=10)


def patient_feedback(folder: Path) -> Coded:
    """Comments of patients, with labels that 25 or more of them have; a respondent is a transcript, labels are names only."""
    rows = [
        row
        for row in rows_of(folder / "v6framework_trimmed.csv")
        if len(row["FFT answer"]) > 2 and not float(row["Not assigned"] or 0)
    ]
    titles = list(rows[0])
    labels = [title for title in titles[titles.index(NOT_LABELS[0]) + 1 :] if title not in NOT_LABELS]
    kept = [title for title in labels if sum(float(row[title] or 0) > 0 for row in rows) >= MIN_POSITIVE_COMMENTS]
    segments, _ = _talk((row["Comment ID"], row["Respondent ID"], "participant", "", row["FFT answer"]) for row in rows)
    lessons = {row["Comment ID"]: Lesson(codes={title: None for title in kept if float(row[title] or 0) > 0}) for row in rows}
    book = Codebook(name="Feedback", version="1", codes=tuple(Code(key=title, name=title, definition="") for title in kept))
    return Coded(name="patient_feedback", brief=Brief(segments=tuple(segments), codebook=book, lessons=lessons), folds=4)


# ---------------------------------------------------------------- any folder


def from_folder(folder: Path) -> Coded:
    """The set in a folder of `segments.csv`, `codings.csv` and `codebook.yaml`, as this module's text describes."""
    rows = rows_of(folder / "segments.csv", ("id", "transcript", "text"))
    codings = rows_of(folder / "codings.csv", ("segment", "coder", "code"))
    _refuse_twice([row["id"] for row in rows])
    segments, questions = _talk(
        (row["id"], row["transcript"], _role(row.get("role", "")), row.get("question", ""), row["text"]) for row in rows
    )
    book = _book(folder / "codebook.yaml")
    known = {segment.id for segment in segments}
    used = {row["code"] for row in codings if row["segment"] in known}
    codes = tuple(replace(code, parent_key=None) for code in book.codes if code.key in used)
    if not codes:
        raise ReadError("codings.csv: no code of codebook.yaml is given to any segment of segments.csv.")
    _note_left_out(codings, known, set(book.by_key))
    lessons = _lessons(segments, codings, book)
    counts = Counter(key for lesson in lessons.values() for key in lesson.codes)
    rare = [code.key for code in codes if counts[code.key] < MIN_POSITIVE_TURNS]
    if rare and len(rare) < len(codes):
        print(f"Left out, on fewer than {MIN_POSITIVE_TURNS} segments: {', '.join(rare)}.", file=sys.stderr)
        codes = tuple(code for code in codes if code.key not in rare)
    brief = Brief(segments=tuple(segments), codebook=replace(book, codes=codes), questions=questions, lessons=lessons)
    return Coded(name=folder.name, brief=brief)


def write_folder(folder: Path, data: Coded) -> None:
    """Write a set as such a folder, with one coder, `people`."""
    folder.mkdir(parents=True)
    brief = data.brief
    segments = (
        (item.id, item.transcript_id, "", "participant", brief.questions.get(item.id, ""), item.text) for item in brief.segments
    )
    given = [
        (key, "people", code, valence or "")
        for key, lesson in brief.lessons.items()
        for code, valence in (lesson.codes or {"": None}).items()
    ]
    _write(folder / "segments.csv", ("id", "transcript", "speaker", "role", "question", "text"), segments)
    _write(folder / "codings.csv", ("segment", "coder", "code", "valence"), given)
    write_codebook(brief.codebook, folder / "codebook.yaml")


def _write(path: Path, titles: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([titles, *rows])


def _book(path: Path) -> Codebook:
    """The codebook in `path`; one that a study would not take is taken for what can be read of it, and it is said."""
    try:
        return read_codebook(path)
    except CodebookError as error:
        print(f"{error} Taken as far as it can be read.", file=sys.stderr)
        try:
            tree = YAML(typ="safe").load(path.read_text(encoding="utf-8"))
        except YAMLError:
            raise error from None
    entries = tree.get("codes", tree) if isinstance(tree, dict) else tree
    if isinstance(entries, dict):
        entries = [
            {"key": key, **(about if isinstance(about, dict) else {"definition": about})} for key, about in entries.items()
        ]
    codes = {code.key: code for code in map(_code, entries or ()) if code is not None}
    if not codes:
        raise ReadError(f"{path.name}: there is no code in it; it needs a list `codes`, each with a key, name and definition.")
    return Codebook(name=path.stem, version="", codes=tuple(codes.values()))


def _code(entry: object) -> Code | None:
    if not isinstance(entry, dict):
        return Code(key=str(entry).strip(), name=str(entry).strip(), definition="") if entry else None
    key = str(_first(entry, "key", "code", "id", "name")).strip()
    words = {name: _listed(entry.get(name)) for name in ("include", "exclude", "examples", "cues")}
    valences = tuple(Valence(word) for word in _listed(_first(entry, "valences", "valence")) if word in set(Valence))
    name, definition = str(_first(entry, "name", "label") or key), str(_first(entry, "definition", "description"))
    return Code(key=key, name=name, definition=definition.strip(), valences=valences, **words) if key else None


def _first(entry: Mapping[str, object], *names: str) -> object:
    return next((entry[name] for name in names if entry.get(name)), "")


def _listed(said: object) -> tuple[str, ...]:
    """A list of texts, or a text by itself."""
    return tuple(map(str, said)) if isinstance(said, list) else (str(said),) if said else ()


def _role(said: str) -> str:
    """Whoever is called a moderator, facilitator, interviewer, host or researcher asks."""
    return "moderator" if said.casefold() in MODERATORS else "participant"


def _refuse_twice(ids: Sequence[str]) -> None:
    twice = [key for key, n in Counter(ids).items() if n > 1]
    if twice:
        raise ReadError(f"segments.csv: the id {twice[0]!r} is there more than once.")


def _note_left_out(codings: Sequence[Row], segments: Set[str], codes: Set[str]) -> None:
    """Say which codings are passed over."""
    lost = sum(row["segment"] not in segments for row in codings)
    unknown = sorted({row["code"] for row in codings} - codes - {""})
    if lost:
        print(f"codings.csv: {counted(lost, 'row')} on segments that are not to be coded are passed over.", file=sys.stderr)
    if unknown:
        print(f"codings.csv: codes that codebook.yaml lacks are passed over: {', '.join(unknown)}.", file=sys.stderr)


def _valence(row: Row, book: Codebook) -> Valence | None:
    """As it is said, or the only one that the code can have. Raises `ReadError` for a word that is none."""
    said = row.get("valence", "").casefold()
    if said and said not in set(Valence):
        raise ReadError(f"codings.csv, segment {row['segment']}: {said!r} is no valence; there are {', '.join(Valence)}.")
    only = book.by_key[row["code"]].valences if row["code"] in book.by_key else ()
    return Valence(said) if said else only[0] if len(only) == 1 else None


def _lessons(segments: Sequence[Segment], codings: Sequence[Row], book: Codebook) -> dict[str, Lesson]:
    whence = {item.id: item.transcript_id for item in segments}
    looked: dict[str, set[str]] = defaultdict(set)
    given: dict[tuple[str, str], dict[str, Valence | None]] = defaultdict(dict)
    for row in codings:
        if row["segment"] in whence:
            looked[whence[row["segment"]]].add(row["coder"])
            if row["code"]:
                given[row["segment"], row["code"]][row["coder"]] = _valence(row, book)
    found: dict[str, Lesson] = {}
    said = grouped(given, lambda pair: pair[0])
    for segment in segments:
        n_coders = len(looked[segment.transcript_id])
        if n_coders:
            votes = {code: given[segment.id, code] for _, code in said.get(segment.id, [])}
            found[segment.id] = Lesson(
                codes={code: _most(said_.values()) for code, said_ in votes.items() if 2 * len(said_) > n_coders},
                unsettled=frozenset(code for code, said_ in votes.items() if 2 * len(said_) == n_coders),
            )
    return found


def _most(valences: Iterable[Valence | None]) -> Valence | None:
    return Counter(valences).most_common(1)[0][0]


def _talk(rows: Iterable[tuple[str, str, str, str, str]]) -> tuple[list[Segment], dict[str, str]]:
    """Segments, and questions by their ids, from (id, transcript, role, question, text); moderators' rows are questions."""
    segments: list[Segment] = []
    questions: dict[str, str] = {}
    asked: dict[str, str] = {}
    for position, (key, transcript, role, question, text) in enumerate(rows, start=1):
        if role == "moderator":
            asked[transcript] = text
            continue
        if question or asked.get(transcript):
            questions[key] = question or asked[transcript]
        segments.append(
            Segment(
                id=key, transcript_id=transcript, turn_id=key, turn_revision=1, position=position, start_char=0,
                end_char=max(len(text), 1), text=text or "-", participant_id=None, is_coded=True,
            )
        )  # fmt: skip
    return segments, questions
