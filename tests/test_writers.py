"""What every transcript writer promises, that our own readers read it back, and what a study writes when asked."""

from __future__ import annotations

import io
import json as standard_json
import re
import tempfile
import zipfile
from itertools import groupby
from pathlib import Path
from types import ModuleType

import docx as python_docx
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from qualkit import plugs
from qualkit.errors import PlugError, StudyError, WriteError
from qualkit.model import Role, SpokenTranscript, SpokenTurn, Utterance, Word
from qualkit.plugs import TranscriptWriter
from qualkit.readers import docx as docx_reader
from qualkit.readers import srt as srt_reader
from qualkit.readers import txt as txt_reader
from qualkit.readers import vtt as vtt_reader
from qualkit.study import Study
from qualkit.study import transcripts as outgoing
from qualkit.writers import cues, docx, json, names, rttm, srt, txt, vtt
from tests.conftest import REPO

MODULES = (docx, json, rttm, srt, txt, vtt)
TIMED = (rttm, srt, vtt)
READERS = {docx: docx_reader, srt: srt_reader, txt: txt_reader, vtt: vtt_reader}

NAUGHTY = (
    "P2: she said: no",
    "a < b && c > d &amp; &lt;",
    "<i>so</i> <b >very</b> <font color=red",
    "</v> <v Eve>me</v> {\\an8}up",
    "00:00:01.000 --> 00:00:02.000",
    "--> --> 1",
    "first\n\nModerator: second\r\nthird\n\n\n",
    "NOTE\n\nSTYLE\n\n12\n",
    "[0:01] so (1:02): well [Ana] hm",
    "👩\u200d👩\u200d👧 émigré \u202e \u2028 \ufeff \x0b \x07 end",
    "https://example.org:80/a?b=c",
)


def spoken(*said: tuple[str | None, str], times: bool = True, label: str = "fg1") -> SpokenTranscript:
    """A transcript of (speaker, text), each turn of 2.25 seconds beginning 2.5 seconds after the one before."""
    turns = tuple(
        SpokenTurn(
            speaker=speaker,
            text=text,
            role=None if speaker is None else Role.MODERATOR if speaker == "Moderator" else Role.PARTICIPANT,
            start_s=2.5 * i if times else None,
            end_s=2.5 * i + 2.25 if times else None,
        )
        for i, (speaker, text) in enumerate(said)
    )
    return SpokenTranscript(label=label, title="The first group", turns=turns)


def word_by_word(n: int, *, each_s: float = 0.5, speaker: str = "P1", start_s: float = 0.0) -> SpokenTurn:
    """One turn of `n` words w0, w1, ..., one every `each_s` seconds and half as long."""
    words = tuple(
        Word(text=f"w{i}", start_s=start_s + i * each_s, end_s=start_s + (i + 0.5) * each_s, confidence=0.5) for i in range(n)
    )
    text = " ".join(word.text for word in words)
    return SpokenTurn(text=text, speaker=speaker, start_s=words[0].start_s, end_s=words[-1].end_s, words=words)


def spoken_as(read: list[Utterance]) -> SpokenTranscript:
    """A transcript of what a reader read."""
    turns = (SpokenTurn(text=one.text, speaker=one.speaker, start_s=one.start_s, end_s=one.end_s) for one in read)
    return SpokenTranscript(label="sample", title="Sample", turns=tuple(turns))


def there_and_back(writer: ModuleType, transcript: SpokenTranscript) -> list[Utterance]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"{transcript.label}{writer.suffix}"
        writer.write(transcript, path)
        found: list[Utterance] = READERS[writer].read(path)
        return found


def in_runs(said: list[tuple[str | None, str]]) -> list[tuple[str | None, str]]:
    """Speaker and all their characters, neighbours of one speaker made one, without white space."""
    squeezed = [(speaker, re.sub(r"\s", "", names.one_line(text))) for speaker, text in said]
    runs = groupby([one for one in squeezed if one[1]], key=lambda one: one[0])
    return [(speaker, "".join(text for _, text in run)) for speaker, run in runs]


def said_in(turns: tuple[SpokenTurn, ...] | list[Utterance]) -> list[tuple[str | None, str]]:
    return in_runs([(turn.speaker, turn.text) for turn in turns])


# ---------------------------------------------------------------- every writer


@pytest.mark.parametrize("writer", MODULES, ids=lambda module: module.suffix)
class TestEveryWriter:
    def test_it_is_installed_under_the_name_of_its_ending(self, writer: ModuleType) -> None:
        assert isinstance(writer, TranscriptWriter)
        assert plugs.load("writers", writer.suffix[1:]) is writer

    def test_every_turn_is_in_the_file(self, writer: ModuleType, tmp_path: Path) -> None:
        path = tmp_path / f"a{writer.suffix}"
        writer.write(spoken(("Moderator", "one"), ("P1", "two"), (None, "three"), ("P1", "four")), path)
        if writer is docx:
            text = "\n".join(paragraph.text for paragraph in python_docx.Document(str(path)).paragraphs)
        else:
            text = path.read_text(encoding="utf-8")
        places = [text.index(word) for word in ("one", "two", "three", "four")] if writer is not rttm else [text.count("\n")]
        assert places == ([4] if writer is rttm else sorted(places))

    def test_equal_transcripts_give_equal_files(self, writer: ModuleType, tmp_path: Path) -> None:
        if writer is docx:
            pytest.skip("a Word document carries the hour it was made")
        for name in "ab":
            writer.write(spoken(("P1", "one"), ("P2", "two")), tmp_path / name)
        assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()

    def test_a_turn_without_times_is_never_left_out_in_silence(self, writer: ModuleType, tmp_path: Path) -> None:
        turns = (*spoken(("P1", "one"), ("P2", "two")).turns, SpokenTurn(text="three", speaker="P1", start_s=9.0))
        transcript = SpokenTranscript(label="fg7", title="", turns=turns)
        assert writer.needs_times == (writer in TIMED)
        if writer not in TIMED:
            writer.write(transcript, tmp_path / "a")
            return
        with pytest.raises(WriteError) as refused:
            writer.write(transcript, tmp_path / "a")
        assert str(refused.value) == (
            f"fg7 cannot be written as {writer.suffix}: 1 of its 3 turns has no start and end time. "
            "Take txt, docx or json, which need no times."
        )

    def test_a_meeting_in_which_nobody_spoke_is_a_file_too(self, writer: ModuleType, tmp_path: Path) -> None:
        writer.write(SpokenTranscript(label="fg1", title="Silence", turns=()), tmp_path / "a")
        assert (tmp_path / "a").exists()


# ---------------------------------------------------------------- there and back

TEXTS = st.one_of(st.sampled_from(NAUGHTY), st.text(alphabet="aB:<>&-/\\{}[]()1 .\n;bivé😀\u2028\x00", min_size=1), st.text())


@pytest.mark.parametrize("writer", READERS, ids=lambda module: module.suffix)
@settings(max_examples=60)
@given(st.lists(st.tuples(st.sampled_from(["Moderator", "P1", "P2", "Dr. Ana-María O'Neil | she"]), TEXTS), max_size=8))
@example([("P1", text) for text in NAUGHTY])
@example([(f"P{i % 2 + 1}", text) for i, text in enumerate(NAUGHTY)])
def test_our_own_readers_read_back_who_said_what(writer: ModuleType, said: list[tuple[str | None, str]]) -> None:
    frame: list[tuple[str | None, str]] = [("Moderator", "Welcome."), ("P1", "Hi."), ("P2", "Hi."), ("Moderator", "So.")]
    sole: list[tuple[str | None, str]] = [("Dr. Ana-María O'Neil | she", "Hello.")] * 2
    transcript = spoken(*frame, *sole, *((name, text) for name, text in said if names.one_line(text)))
    assert said_in(there_and_back(writer, transcript)) == said_in(transcript.turns)


@pytest.mark.parametrize("writer", READERS, ids=lambda module: module.suffix)
@pytest.mark.parametrize("file", sorted(path.name for path in (REPO / "transcripts").glob("fg*.*")))
def test_the_sample_comes_back_turn_by_turn(writer: ModuleType, file: str) -> None:
    path = REPO / "transcripts" / file
    read = plugs.reader_for(path).read(path)
    if not writer.needs_times or all(turn.end_s is not None for turn in read):
        back = there_and_back(writer, spoken_as(read))
        times = [(turn.start_s, turn.end_s) for turn in read] if writer.needs_times else [(None, None)] * len(read)
        assert [(turn.speaker, turn.text) for turn in back] == [(turn.speaker, names.one_line(turn.text)) for turn in read]
        assert [(turn.start_s, turn.end_s) for turn in back] == times


@pytest.mark.parametrize("writer", [srt, vtt], ids=lambda module: module.suffix)
@given(st.lists(st.integers(0, 40_000_000), min_size=4, max_size=12).map(sorted))
def test_times_survive_to_the_millisecond(writer: ModuleType, instants: list[int]) -> None:
    speakers = ("P1", "P2")
    turns = tuple(
        SpokenTurn(text="yes", speaker=speakers[i % 2], start_s=start / 1000, end_s=end / 1000)
        for i, (start, end) in enumerate(zip(instants[::2], instants[1::2], strict=False))
    )
    if len(turns) > 1:
        back = there_and_back(writer, SpokenTranscript(label="fg1", title="", turns=turns))
        assert [(one.start_s, one.end_s) for one in back] == [(turn.start_s, turn.end_s) for turn in turns]


def test_a_turn_of_nobody_stays_nobodys_in_webvtt_and_gets_a_name_elsewhere() -> None:
    transcript = spoken(("P1", "one"), (None, "two"), ("P1", "three"))
    assert [turn.speaker for turn in there_and_back(vtt, transcript)] == ["P1", None, "P1"]
    for writer in (srt, txt, docx):
        assert [turn.speaker for turn in there_and_back(writer, transcript)] == ["P1", names.NOBODY, "P1"]


# ---------------------------------------------------------------- cues


@pytest.mark.parametrize("writer", [srt, vtt], ids=lambda module: module.suffix)
def test_a_long_turn_is_several_cues_and_one_turn_again_when_read(writer: ModuleType) -> None:
    turns = (word_by_word(41), word_by_word(3, speaker="P2", start_s=30.0), word_by_word(2, start_s=40.0))
    transcript = SpokenTranscript(label="fg1", title="", turns=turns)
    # 0.5 s a word: word 13 ends at 6.75 s, word 14 at 7.25 s, so 14 words a cue: 14 + 14 + 13 = 41
    pieces = cues.cues(transcript, writer.suffix)
    assert [len(cue.text.split()) for cue in pieces] == [14, 14, 13, 3, 2]
    assert [(cue.start_s, cue.end_s) for cue in pieces[:3]] == [(0.0, 6.75), (7.0, 13.75), (14.0, 20.25)]
    back = there_and_back(writer, transcript)
    assert [(one.speaker, one.text) for one in back] == [(turn.speaker, turn.text) for turn in turns]
    assert (back[0].start_s, back[0].end_s) == (0.0, 20.25)


def test_a_long_turn_whose_text_was_corrected_is_one_cue() -> None:
    turn = word_by_word(41)
    corrected = SpokenTurn(
        text=f"{turn.text} indeed", speaker="P1", start_s=turn.start_s, end_s=turn.end_s, words=turn.words
    )  # the words are no longer those of the text
    assert len(cues.cues(SpokenTranscript(label="fg1", title="", turns=(corrected,)), ".vtt")) == 1


def test_a_cue_ends_with_a_sentence_where_it_is_long_enough_already() -> None:
    # 1 s a word, half of it spoken: 7 words fit; the stop at 1.5 s is too early, the one at 4.5 s is past half of 7 s
    said = "So now. we go there. and see how it goes"
    words = tuple(Word(text=w, start_s=i, end_s=i + 0.5, confidence=1.0) for i, w in enumerate(said.split()))
    turn = SpokenTurn(text=said, speaker="P1", start_s=0.0, end_s=9.5, words=words)
    found = cues.cues(SpokenTranscript(label="fg1", title="", turns=(turn,)), ".vtt")
    assert [(cue.start_s, cue.text) for cue in found] == [(0.0, "So now. we go there."), (5, "and see how it goes")]


def test_a_word_longer_than_a_cue_is_a_cue() -> None:
    words = tuple(
        Word(text=text, start_s=start, end_s=end, confidence=1.0)
        for text, start, end in (("a", 0, 1), ("b", 2, 12), ("c", 12, 13))
    )
    turn = SpokenTurn(text="a b c", speaker="P1", start_s=0.0, end_s=13.0, words=words)
    found = cues.cues(SpokenTranscript(label="fg1", title="", turns=(turn,)), ".vtt")
    assert [(cue.start_s, cue.end_s, cue.text) for cue in found] == [(0, 1, "a"), (2, 12, "b"), (12, 13, "c")]


@pytest.mark.parametrize(("seconds", "expected"), [(0, "00:00:00.000"), (59.9996, "00:01:00.000"), (3661.25, "01:01:01.250")])
def test_a_clock_is_rounded_as_a_whole(seconds: float, expected: str) -> None:
    assert cues.clock(seconds, ".") == expected


# ---------------------------------------------------------------- names


def test_names_too_long_for_maxqda_are_cut_and_stay_apart(tmp_path: Path) -> None:
    long = "Community health worker of the northern district, second shift, "  # 64 characters
    transcript = spoken(*((f"{long}{who}", f"words of {who}") for who in ("Ana", "Ben", "Cara")))
    txt.write(transcript, tmp_path / "a.txt")
    found = [line.partition(": ") for line in (tmp_path / "a.txt").read_text(encoding="utf-8-sig").splitlines()]
    labels = [name for name, _, _ in found]
    assert labels == [long[:63], f"{long[:61]} 2".replace(",  2", ", 2"), f"{long[:61]} 3".replace(",  3", ", 3")]
    assert all(len(label) <= 63 for label in labels)
    assert [words for _, _, words in found] == ["words of Ana", "words of Ben", "words of Cara"]


@given(st.lists(st.one_of(st.none(), st.text(max_size=80), st.sampled_from(["Ana", "ANA", "Ana 2", "Ana:", ":", "x" * 64]))))
def test_names_are_labels_and_no_two_are_the_same(speakers: list[str | None]) -> None:
    found = names.distinct(speakers)
    assert set(found) == set(speakers)
    assert len({name.casefold() for name in found.values()}) == len(found)
    assert all(0 < len(name) <= 63 and not set(":[]\n") & set(name) and name == name.strip() for name in found.values())


def test_somebody_called_as_nobody_is_keeps_the_name() -> None:
    found = names.distinct([None, names.NOBODY])
    assert found == {names.NOBODY: names.NOBODY, None: f"{names.NOBODY} 2"}


# ---------------------------------------------------------------- single formats


def test_json_has_every_word_and_what_is_known_of_the_turn(tmp_path: Path) -> None:
    turn = word_by_word(3)
    transcript = SpokenTranscript(
        label="fg1", title="Émigrés", turns=(turn, *spoken(("Moderator", "a\n\nb"), times=False).turns)
    )
    json.write(transcript, tmp_path / "a.json")
    plain = standard_json.loads((tmp_path / "a.json").read_text(encoding="utf-8"))
    assert (plain["label"], plain["title"]) == ("fg1", "Émigrés")
    unsaid = {"speaker_confidence": None, "is_overlapped": False}
    assert plain["turns"][0]["words"] == [
        {"text": "w0", "start_s": 0.0, "end_s": 0.25, "confidence": 0.5, **unsaid},
        {"text": "w1", "start_s": 0.5, "end_s": 0.75, "confidence": 0.5, **unsaid},
        {"text": "w2", "start_s": 1.0, "end_s": 1.25, "confidence": 0.5, **unsaid},
    ]
    assert plain["turns"][1] == {
        "text": "a\n\nb",
        "speaker": "Moderator",
        "role": "moderator",
        "start_s": None,
        "end_s": None,
        "words": [],
    }


def test_rttm_lines_are_well_formed(tmp_path: Path) -> None:
    rttm.write(spoken(("Ana María", "one"), ("Ana_María", "two"), (None, "three"), label="focus group 1"), tmp_path / "a.rttm")
    lines = (tmp_path / "a.rttm").read_text(encoding="utf-8").splitlines()
    assert lines == [
        "SPEAKER focus_group_1 1 0.000 2.250 <NA> <NA> Ana_María <NA> <NA>",
        "SPEAKER focus_group_1 1 2.500 2.250 <NA> <NA> Ana_María_2 <NA> <NA>",
        "SPEAKER focus_group_1 1 5.000 2.250 <NA> <NA> Unknown_speaker <NA> <NA>",
    ]
    assert all(len(line.split(" ")) == 10 for line in lines)


def test_a_word_document_holds_one_paragraph_a_turn_and_its_title_as_a_property(tmp_path: Path) -> None:
    docx.write(spoken(("Moderator", "one\n\ntwo"), ("P1", "three")), tmp_path / "a.docx")
    document = python_docx.Document(str(tmp_path / "a.docx"))
    assert [paragraph.text for paragraph in document.paragraphs] == ["Moderator: one two", "P1: three"]
    assert (document.core_properties.title, document.core_properties.author) == ("The first group", "")


def test_what_webvtt_takes_for_markup_is_escaped(tmp_path: Path) -> None:
    vtt.write(spoken(("A & <B>", "1 < 2 --> so")), tmp_path / "a.vtt")
    assert (tmp_path / "a.vtt").read_text(encoding="utf-8") == (
        "WEBVTT\n\n00:00:00.000 --> 00:00:02.250\n<v A &amp; &lt;B&gt;>1 &lt; 2 --&gt; so</v>\n"
    )


# ---------------------------------------------------------------- out of a study

VTT = """WEBVTT

00:00:01.000 --> 00:00:03.500
<v Moderator>What helps?</v>

00:00:04.000 --> 00:00:06.250
<v P5>The bus & my sister.</v>
"""


@pytest.fixture
def mixed(empty_study: Study) -> Study:
    """The small study, fg1 and fg2 without times, with fg3 that has them."""
    (empty_study.folder.path / "transcripts" / "fg3.vtt").write_text(VTT, encoding="utf-8")
    list(empty_study.run("ingest"))
    return empty_study


def test_all_formats_are_written_where_there_are_times_and_a_note_says_where_there_are_none(mixed: Study) -> None:
    written = mixed.write_transcripts()
    folder = mixed.folder.exports / "transcripts"
    plain, all_of_them = {".docx", ".json", ".txt"}, {".docx", ".json", ".rttm", ".srt", ".txt", ".vtt"}
    expected = {f"fg{n}{suffix}" for n in (1, 2) for suffix in plain} | {f"fg3{suffix}" for suffix in all_of_them}
    assert {path.name for path in written.paths} == expected == {path.name for path in folder.iterdir()}
    why = "cannot be written as .rttm, .srt, .vtt: its turns have no start and end time."
    assert written.notes == (f"fg1 {why}", f"fg2 {why}")


def test_a_format_asked_for_by_name_that_cannot_be_is_an_error_and_nothing_is_written(mixed: Study) -> None:
    with pytest.raises(
        WriteError, match=r"^fg1 cannot be written as \.vtt: .*\. Take txt, docx or json, which need no times\.$"
    ):
        mixed.write_transcripts(("txt", "vtt"), ["fg1", "fg3"])
    assert not (mixed.folder.exports / "transcripts").exists()
    (path,) = mixed.write_transcripts(("vtt",), ["fg3"]).paths
    assert "<v P5>The bus &amp; my sister.</v>" in path.read_text(encoding="utf-8")


def test_a_transcript_or_format_that_is_not_there_is_an_error_that_names_those_that_are(mixed: Study) -> None:
    with pytest.raises(StudyError, match="There is no transcript 'fg9'; there are fg1, fg2, fg3"):
        mixed.write_transcripts(labels=["fg9"])
    with pytest.raises(PlugError, match="installed: docx, json, rttm, srt, txt, vtt"):
        mixed.write_transcripts(("rtf",))


def test_a_study_without_transcripts_says_so(empty_study: Study) -> None:
    with pytest.raises(StudyError, match="There is no transcript yet"):
        empty_study.write_transcripts()


def test_speakers_have_the_names_and_roles_of_the_roster(mixed: Study) -> None:
    roster = mixed.folder.path / "transcripts" / "participants.csv"
    roster.write_text("transcript,speaker,role,pseudonym\nfg3,P5,observer,Ada\n", encoding="utf-8")
    list(mixed.run("ingest"))
    (transcript,) = outgoing.spoken(mixed, ["fg3"])
    assert [(turn.speaker, turn.role) for turn in transcript.turns] == [("Moderator", Role.MODERATOR), ("Ada", Role.OBSERVER)]


def test_a_zip_holds_what_was_planned(mixed: Study) -> None:
    planned = outgoing.plan(outgoing.spoken(mixed), ["srt", "txt"])
    with zipfile.ZipFile(io.BytesIO(outgoing.zipped(planned))) as archive:
        assert sorted(archive.namelist()) == ["fg1.txt", "fg2.txt", "fg3.srt", "fg3.txt"]
        assert archive.read("fg3.srt").decode().startswith("1\n00:00:01,000 --> 00:00:03,500\nModerator: What helps?\n")
