"""What every transcript reader promises, then what each format adds."""

import json
import os
import warnings
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import docx as python_docx
import pytest
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls
from hypothesis import given
from hypothesis import strategies as st

from qualkit.errors import ReadError
from qualkit.model import Utterance
from qualkit.readers import docx, srt, turns, txt, vtt
from qualkit.wording import printable

MODULES = (docx, srt, txt, vtt)
REAL_DATA = Path(os.environ.get("QUALKIT_REAL_DATA", Path(__file__).parents[1] / ".." / "shared" / "data")).resolve()
TRANSCRIPTS = REAL_DATA / "interop" / "transcripts"


def write(path: Path, text: str) -> Path:
    """Lines of a transcript as a file of the format its suffix says; cues of one second for subtitles."""
    if path.suffix == ".docx":
        document = python_docx.Document()
        for line in text.split("\n"):
            document.add_paragraph(line)
        document.save(str(path))
    elif path.suffix in (".vtt", ".srt"):
        cues = [f"{i + 1}\n00:00:0{i},000 --> 00:00:0{i + 1},000\n{line}\n" for i, line in enumerate(text.split("\n"))]
        path.write_text(("WEBVTT\n\n" if path.suffix == ".vtt" else "") + "\n".join(cues))
    else:
        path.write_text(text)
    return path


def said(utterances: list[Utterance]) -> list[tuple[str | None, str]]:
    return [(utterance.speaker, utterance.text) for utterance in utterances]


def spans(utterances: list[Utterance]) -> list[tuple[float | None, float | None]]:
    return [(utterance.start_s, utterance.end_s) for utterance in utterances]


@pytest.fixture
def as_txt(tmp_path: Path) -> Callable[[str], list[Utterance]]:
    return lambda text: txt.read(write(tmp_path / "talk.txt", text))


@pytest.fixture
def as_vtt(tmp_path: Path) -> Callable[[str], list[Utterance]]:
    def read(text: str) -> list[Utterance]:
        path = tmp_path / "talk.vtt"
        path.write_bytes(text.encode())
        return vtt.read(path)

    return read


# ---------------------------------------------------------------- the contract


@pytest.mark.parametrize("reader", MODULES, ids=lambda module: module.suffixes[0])
class TestEveryReader:
    def test_reads_turns_in_order(self, reader: ModuleType, tmp_path: Path) -> None:
        path = write(tmp_path / f"talk{reader.suffixes[0]}", "Moderator: Welcome.\nP1: Hello.\nModerator: How was it?")
        assert said(reader.read(path)) == [("Moderator", "Welcome."), ("P1", "Hello."), ("Moderator", "How was it?")]

    def test_never_invents_times(self, reader: ModuleType, tmp_path: Path) -> None:
        path = write(tmp_path / f"talk{reader.suffixes[0]}", "Moderator: Welcome.\nP1: Hello.")
        none = [(None, None), (None, None)]
        assert spans(reader.read(path)) == ([(0, 1), (1, 2)] if reader in (srt, vtt) else none)

    @pytest.mark.parametrize("data", [b"", b" \n\n\t\n", b"\xef\xbb\xbf"])
    def test_an_empty_file_is_an_error_that_names_it(self, reader: ModuleType, data: bytes, tmp_path: Path) -> None:
        path = tmp_path / f"talk{reader.suffixes[0]}"
        path.write_bytes(data)
        with pytest.raises(ReadError, match=path.name):
            reader.read(path)

    def test_a_missing_file_is_an_error_that_names_it(self, reader: ModuleType, tmp_path: Path) -> None:
        with pytest.raises(ReadError, match=r"gone.*cannot be opened"):
            reader.read(tmp_path / f"gone{reader.suffixes[0]}")

    def test_a_transcript_without_speakers_is_an_error_that_says_what_to_do(self, reader: ModuleType, tmp_path: Path) -> None:
        path = write(tmp_path / f"talk{reader.suffixes[0]}", "We met at ten.\nNote: it rained.\n10:30 lunch")
        with pytest.raises(ReadError, match=r"names no speakers; put 'NAME: ' before each turn"):
            reader.read(path)

    def test_labels_without_words_are_an_error(self, reader: ModuleType, tmp_path: Path) -> None:
        path = write(tmp_path / f"talk{reader.suffixes[0]}", "Moderator:\nModerator:")
        with pytest.raises(ReadError, match="holds no spoken words"):
            reader.read(path)

    def test_a_binary_file_is_an_error(self, reader: ModuleType, tmp_path: Path) -> None:
        path = tmp_path / f"talk{reader.suffixes[0]}"
        path.write_bytes(b"PK\x03\x04\x14\x00\x00\x00\x08\x00\xff\xfe\x81\x8d")
        with pytest.raises(ReadError, match=r"is not a (text file|Word document)"):
            reader.read(path)

    def test_labels_that_differ_only_by_case_are_one_speaker(self, reader: ModuleType, tmp_path: Path) -> None:
        path = write(tmp_path / f"talk{reader.suffixes[0]}", "Boma : One.\nANNA: Two.\nboma: Three.\nAnna:  Four.")
        assert [utterance.speaker for utterance in reader.read(path)] == ["Boma", "ANNA", "Boma", "ANNA"]

    def test_text_is_not_normalised(self, reader: ModuleType, tmp_path: Path) -> None:
        decomposed = "cafe\u0301 \U0001f600 ﬁne"
        path = write(tmp_path / f"talk{reader.suffixes[0]}", f"P1: {decomposed}\nP2: Yes.")
        assert reader.read(path)[0].text == decomposed


# ---------------------------------------------------------------- bytes


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
def test_encodings_are_known_by_their_mark(encoding: str, tmp_path: Path) -> None:
    path = tmp_path / "talk.txt"
    path.write_bytes("P1: Müller’s café\r\nP2: ja\r\n".encode(encoding))
    assert said(txt.read(path)) == [("P1", "Müller’s café"), ("P2", "ja")]


def test_windows_text_is_read_with_a_warning(tmp_path: Path) -> None:
    path = tmp_path / "talk.txt"
    path.write_bytes("P1: “Müller”\nP2: ja".encode("cp1252"))
    with pytest.warns(UserWarning, match="read as Windows-1252"):
        assert said(txt.read(path))[0] == ("P1", "“Müller”")


def test_characters_that_xml_forbids_become_a_space_one_for_one(as_txt: Callable[[str], list[Utterance]]) -> None:
    assert said(as_txt("P1: a\x15b\x0b\x0cc\nP2: d"))[0] == ("P1", "a b  c")


@given(st.text())
def test_printable_keeps_length_and_is_idempotent(text: str) -> None:
    once = printable(text)
    assert len(once) == len(text)
    assert printable(once) == once


def test_a_heading_before_the_talk_is_no_doubtful_label(as_txt: Callable[[str], list[Utterance]]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert len(as_txt("Site: Alder\n\n\nMOD: Hi.\nmore\nmore\nP1: Yes.\nmore")) == 2


@pytest.mark.parametrize(
    ("clock", "expected"),
    [("0:05", 5), ("1:02:03", 3723), ("0:0:13.540", 13.54), ("00:16:24,690", 984.69), ("75:00", 4500)],
)
def test_clocks_of_every_spelling_are_seconds(clock: str, expected: float) -> None:
    assert turns.seconds(clock) == expected


# ---------------------------------------------------------------- text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Anna: Hi.\nBen: Ho.\nAnna: Hm.\nBen: So.", [None] * 4),
        ("[Anna] Hi.\n\n[Ben] Ho.\n\n[Anna] Hm.\n\n[Ben] So.", [None] * 4),
        ("Anna  0:01\nHi.\n\nBen  0:05\nHo.\n\nAnna  1:00:00\nHm.\n\nBen\t1:00:05\nSo.", [1, 5, 3600, 3605]),
        ("Anna (0:01): Hi.\nBen (00:05): Ho.\nAnna (1:00:00): Hm.\nBen (1:00:05): So.", [1, 5, 3600, 3605]),
        ("[00:00:01] Anna: Hi.\n[00:00:05] Ben: Ho.\n[01:00:00] Anna: Hm.\n[01:00:05] Ben: So.", [1, 5, 3600, 3605]),
        ("0:01\nAnna\nHi.\n0:05\nBen\nHo.\n1:00:00\nAnna\nHm.\n1:00:05\nBen\nSo.", [1, 5, 3600, 3605]),
        ("ANNA:\nHi.\nBEN:\nHo.\nANNA:\nHm.\nBEN:\nSo.", [None] * 4),
    ],
    ids=["NAME:", "[NAME]", "NAME m:ss", "NAME (m:ss):", "[hh:mm:ss] NAME:", "time, name", "name on its own line"],
)
def test_every_style_of_header(text: str, expected: list[float | None], as_txt: Callable[[str], list[Utterance]]) -> None:
    found = as_txt(text)
    assert [(one.speaker or "").title() for one in found] == ["Anna", "Ben", "Anna", "Ben"]
    assert [one.text for one in found] == ["Hi.", "Ho.", "Hm.", "So."]
    assert spans(found) == [(start, None) for start in expected]


def test_text_before_the_first_header_is_left_out(as_txt: Callable[[str], list[Utterance]]) -> None:
    assert said(as_txt("Focus group 2\nDate: 3 May\n\nModerator: Hi.\nP1: Yes.")) == [("Moderator", "Hi."), ("P1", "Yes.")]


def test_lines_of_a_turn_are_joined_and_empty_lines_kept_as_line_ends(as_txt: Callable[[str], list[Utterance]]) -> None:
    assert said(as_txt("P1: One\ntwo.\n\n\nThree.\n\nP2: Four.")) == [("P1", "One two.\nThree."), ("P2", "Four.")]


def test_a_colon_alone_makes_no_header(as_txt: Callable[[str], list[Utterance]]) -> None:
    text = "MOD: Where?\nNote: he points.\nAt 10:30 here.\nhttps://example.org\nNote: again.\nI told her: no.\nMOD: Thanks."
    with pytest.warns(UserWarning, match="'I told her:' stands once"):
        found = as_txt(text)
    assert said(found) == [
        ("MOD", "Where? Note: he points. At 10:30 here. https://example.org Note: again. I told her: no."),
        ("MOD", "Thanks."),
    ]


def test_somebody_who_speaks_once_counts_where_every_line_has_a_label(as_txt: Callable[[str], list[Utterance]]) -> None:
    text = "Anna: A.\nBen: B.\nAnna: C.\nMaria: D.\nBen: E."
    assert [one.speaker for one in as_txt(text)] == ["Anna", "Ben", "Anna", "Maria", "Ben"]


def test_a_numbered_speaker_who_speaks_once_counts(as_txt: Callable[[str], list[Utterance]]) -> None:
    text = "Speaker 1: A.\nmore\nmore\nSpeaker 2: B.\nmore\nmore\nSpeaker 1: C.\nmore\nmore"
    assert [one.speaker for one in as_txt(text)] == ["Speaker 1", "Speaker 2", "Speaker 1"]


def test_a_doubtful_label_is_warned_of(as_txt: Callable[[str], list[Utterance]]) -> None:
    with pytest.warns(UserWarning, match="'Maria:' stands once"):
        found = as_txt("Anna: A.\nmore\nmore\nmore\nMaria: B.\nmore\nmore\nAnna: C.\nmore\n")
    assert said(found)[0] == ("Anna", "A. more more more Maria: B. more more")


def test_lines_cut_inside_words_are_warned_of(as_txt: Callable[[str], list[Utterance]]) -> None:
    cut = ("x" * 79 + " ") + "y" * 80 + "z" * 80
    lines = "\n".join(cut[i : i + 80].strip() for i in range(0, 240, 80))
    with pytest.warns(UserWarning, match="cut at 80 characters"):
        as_txt(f"P1:\n{lines}\nend\nP2:\nYes.")


def test_a_label_has_at_most_63_characters(as_txt: Callable[[str], list[Utterance]]) -> None:
    assert [one.speaker for one in as_txt(f"P1: Hi.\n{'x' * 63}: a\n{'x' * 63}: b")] == ["P1", "x" * 63, "x" * 63]
    assert [one.speaker for one in as_txt(f"P1: Hi.\n{'x' * 64}: a\n{'x' * 64}: b")] == ["P1"]


def test_subtitles_without_names_copied_as_text_name_no_speakers(as_txt: Callable[[str], list[Utterance]]) -> None:
    with pytest.raises(ReadError, match="names no speakers"):
        as_txt("0:00\nhello everyone\n0:03\nwelcome\n0:05\nhello everyone\n")


def test_the_footer_of_otter_is_nobodys(as_txt: Callable[[str], list[Utterance]]) -> None:
    found = as_txt("Anna  0:00  \nHi.\n\nBen  0:05  \nHo.\n\nAnna  0:07  \nBye.\n\nTranscribed by https://otter.ai\n")
    assert said(found)[-1] == ("Anna", "Bye.")


@given(st.lists(st.sampled_from(["P1: a", "Anna: b", "[Ben] c", "0:01", "Anna  0:02", "[0:03] Ben: d", "", "e: f", "(g)"])))
def test_any_mixture_of_lines_is_read_or_refused_in_a_sentence(texts: list[str]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            found = turns.turns_of([turns.Line(text) for text in texts], "talk.txt")
        except ReadError as error:
            assert str(error).startswith("talk.txt ")
        else:
            assert all(one.text and one.speaker for one in found)


# ---------------------------------------------------------------- Word


def test_a_document_without_text_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ReadError, match=r"talk.docx holds no text"):
        docx.read(write(tmp_path / "talk.docx", "\n"))


def test_soft_breaks_are_line_ends(tmp_path: Path) -> None:
    path = write(tmp_path / "talk.docx", "Focus group 1")
    document = python_docx.Document(str(path))
    document.add_paragraph("Anna   0:03\nHello there.")
    document.add_paragraph("Ben   0:09\nHi.\nYes.")
    document.add_paragraph("Anna   0:12\nGood.")
    document.save(str(path))
    assert said(docx.read(path)) == [("Anna", "Hello there."), ("Ben", "Hi. Yes."), ("Anna", "Good.")]


@pytest.mark.parametrize("columns", [(0, 1, 2), (1, 0, 2), (1, 2)], ids=["time, name", "name, time", "no time"])
def test_a_row_of_a_table_is_a_turn_and_ends_with_the_table(columns: tuple[int, ...], tmp_path: Path) -> None:
    rows = [("Time", "Speaker", "Words"), ("0:01", "Anna", "Hi."), ("0:05", "Ben:", "Ho.\nHm."), ("0:09", "Anna", "So.")]
    document = python_docx.Document()
    table = document.add_table(rows=len(rows), cols=len(columns))
    for row, cells in zip(table.rows, rows, strict=True):
        for cell, column in zip(row.cells, columns, strict=True):
            cell.text = cells[column]
    document.add_paragraph("End of the recording.")
    document.save(str(tmp_path / "talk.docx"))
    found = docx.read(tmp_path / "talk.docx")
    assert said(found)[-3:] == [("Anna", "Hi."), ("Ben", "Ho. Hm."), ("Anna", "So.")]
    assert [one.start_s for one in found][-3:] == ([1, 5, 9] if 0 in columns else [None] * 3)


def test_tracked_insertions_are_read_and_deletions_are_not(tmp_path: Path) -> None:
    document = python_docx.Document()
    document.add_paragraph("P2: Yes.")
    paragraph = document.add_paragraph("P1: We ")
    for change, tag, word in (("ins", "t", "really "), ("del", "delText", "hardly ")):
        run = f'<w:r><w:{tag} xml:space="preserve">{word}</w:{tag}></w:r>'
        paragraph._p.append(parse_xml(f'<w:{change} {nsdecls("w")} w:id="1" w:author="a">{run}</w:{change}>'))
    paragraph.add_run("tried.")
    document.save(str(tmp_path / "talk.docx"))
    assert said(docx.read(tmp_path / "talk.docx"))[-1] == ("P1", "We really tried.")


# ---------------------------------------------------------------- WebVTT and SubRip


def test_teams_files_old_and_new(as_vtt: Callable[[str], list[Utterance]]) -> None:
    guid = "0f1e2d3c-aaaa-bbbb-cccc-0123456789ab"
    text = (
        f"\ufeffWEBVTT\r\n\r\n{guid}/32-0\r\n0:0:13.540 --> 0:0:15.2\r\n<v Ann Lee>Q&amp;A &lt;now&gt;</v>\r\n\r\n"
        f"{guid}/33-0\r\n00:00:15,500 --> 00:00:16,000\r\n<v Ben>Yes"
    )
    found = as_vtt(text)
    assert said(found) == [("Ann Lee", "Q&A <now>"), ("Ben", "Yes")]
    assert spans(found) == [(13.54, 15.2), (15.5, 16.0)]


def test_voices_that_share_a_cue_share_its_times(as_vtt: Callable[[str], list[Utterance]]) -> None:
    found = as_vtt("WEBVTT\n\n00:01.000 --> 00:04.000\n<v.loud Ann>Yes, <i>I</i> think\nso</v> (noise)\n<v Ben>No</v>\n")
    assert said(found) == [("Ann", "Yes, I think so"), (None, "(noise)"), ("Ben", "No")]
    assert spans(found) == [(1, 4)] * 3


def test_notes_and_styles_are_not_speech(as_vtt: Callable[[str], list[Utterance]]) -> None:
    text = "WEBVTT\n\nNOTE\nMODERATOR: not this\n00:00.000 --> 00:01.000\n\nSTYLE\n::cue { color: red }\n\n"
    assert said(as_vtt(text + "00:01.000 --> 00:02.000\nMODERATOR: This.\n\nNOTE end\n")) == [("MODERATOR", "This.")]


def test_a_missing_empty_line_does_not_pull_the_next_number_in(as_vtt: Callable[[str], list[Utterance]]) -> None:
    found = as_vtt("WEBVTT\n\n1\n00:01.000 --> 00:02.000\nANN: One\n2\n00:02.000 --> 00:03.000\nBEN: 3\n")
    assert said(found) == [("ANN", "One"), ("BEN", "3")]


def test_a_cue_without_a_name_is_nobodys_where_cues_have_names(as_vtt: Callable[[str], list[Utterance]]) -> None:
    cues = ["ANN: One", "two", "ANN: three", "BEN: four", "ANN: five"]
    found = as_vtt("WEBVTT\n\n" + "\n".join(f"00:0{i}.000 --> 00:0{i + 1}.000\n{cue}\n" for i, cue in enumerate(cues)))
    assert [one.speaker for one in found] == ["ANN", None, "ANN", "BEN", "ANN"]


def test_cues_of_one_speaker_are_one_turn_up_to_a_long_pause(as_vtt: Callable[[str], list[Utterance]]) -> None:
    times = [("00:00.000", "00:02.000"), ("00:10.000", "00:11.000"), ("00:19.001", "00:20.000")]  # pauses of 8 and 8.001 s
    found = as_vtt("WEBVTT\n\n" + "\n".join(f"{start} --> {end}\n<v Ann>word</v>\n" for start, end in times))
    assert [(one.text, one.start_s, one.end_s) for one in found] == [("word word", 0, 11), ("word", 19.001, 20)]


def test_spellings_are_merged_before_cues_are_joined(as_vtt: Callable[[str], list[Utterance]]) -> None:
    found = as_vtt("WEBVTT\n\n00:01.000 --> 00:02.000\n<v Ann>a</v>\n\n00:02.000 --> 00:03.000\n<v ann>b</v>\n")
    assert said(found) == [("Ann", "a b")]


def test_a_clock_that_starts_again_begins_a_turn() -> None:
    first = Utterance(text="a", speaker="A", start_s=100, end_s=101)
    assert len(turns.joined([first, Utterance(text="b", speaker="A", start_s=1, end_s=2)])) == 2


def test_without_a_limit_every_pause_is_bridged() -> None:
    parts = [Utterance(text=text, speaker="A") for text in "ab"]
    assert said(turns.joined(parts, pause_s=None)) == [("A", "a b")]
    assert len(turns.joined(parts)) == 2


def test_an_end_before_its_start_is_dropped(as_vtt: Callable[[str], list[Utterance]]) -> None:
    assert spans(as_vtt("WEBVTT\n\n00:05.000 --> 00:02.000\n<v A>x</v>\n")) == [(5, None)]


@pytest.mark.parametrize("reader", [srt, vtt])
def test_subtitles_without_cues_are_an_error(reader: ModuleType, tmp_path: Path) -> None:
    path = tmp_path / f"talk{reader.suffixes[0]}"
    path.write_text("WEBVTT\n\nMODERATOR: Hi.")
    with pytest.raises(ReadError, match="has no cues"):
        reader.read(path)


def test_srt_labels_carry_over_until_the_speaker_changes(tmp_path: Path) -> None:
    path = write(tmp_path / "talk.srt", "(music)\nMODERATOR: One\n<i>two</i>\n- P1: three\nfour")
    assert said(srt.read(path)) == [(None, "(music)"), ("MODERATOR", "One two"), ("P1", "three four")]


# ---------------------------------------------------------------- real files


def real(name: str) -> Path:
    if not (TRANSCRIPTS / name).exists():
        pytest.skip(f"no {name} under {TRANSCRIPTS}; set QUALKIT_REAL_DATA")
    return TRANSCRIPTS / name


def units(path: Path) -> list[Utterance]:
    """Utterances before joining, which is what the expected counts are of."""
    if path.suffix == ".vtt":
        return vtt.said_in(srt.cues_of(turns.read_text(path), path.name))
    return {".txt": txt, ".docx": docx}[path.suffix].read(path)


@pytest.mark.real_data
@pytest.mark.filterwarnings("ignore:.*is cut at")
@pytest.mark.parametrize(
    "name",
    [
        "zoom_pq049.vtt",
        "zoom_rpcstandards.vtt",
        "noscribe_0.7_interview.vtt",
        "podcast_voice_tags.vtt",
        "speaker_time_lines_A.docx",
        "bracket_speaker_ids.txt",
        "zoom_focil029_chat.txt",
    ],
)
def test_real_files_give_the_expected_speakers(name: str) -> None:
    path = real(name)
    expected = json.loads((TRANSCRIPTS / "expected.json").read_text())[name]
    assert Counter(one.speaker or "(none)" for one in units(path)) == expected["speakers"]
    assert len(units(path)) == expected["units"]
    for key, found in (("first_start_s", units(path)[0].start_s), ("last_end_s", units(path)[-1].end_s)):
        assert expected[key] in (None, found)


@pytest.mark.real_data
def test_a_real_srt_carries_its_labels() -> None:
    found = srt.read(real("podcast_speaker_prefix.srt"))
    assert Counter(one.speaker for one in found) == {"Travis": 5, "Sarah": 2, "Gilon": 3}
    assert (found[0].start_s, found[-1].end_s) == (0.179, 754.769)


@pytest.mark.real_data
def test_text_copied_out_of_teams() -> None:
    found = txt.read(real("teams_copied_text.txt"))
    expected = {"Client RepA", "Our RepA", "Org RepA", "Client RepB", "+12*******65"}
    assert {one.speaker for one in found} == expected
    assert found[0].start_s == 0


@pytest.mark.real_data
def test_a_real_word_table_gives_its_turns() -> None:
    found = docx.read(real("aws_call_analytics.docx"))
    assert Counter(one.speaker for one in found) == {"Agent": 19, "Customer": 18}  # as AGENT, CUSTOMER in the JSON


@pytest.mark.real_data
def test_a_real_subtitle_file_without_speakers_is_refused() -> None:
    with pytest.raises(ReadError, match="names no speakers"):
        srt.read(real("whisper_timestamped.srt"))
