"""A coding sheet says exactly what its coder wrote, and what cannot be understood is an error with file and row."""

from pathlib import Path

import openpyxl
import pytest
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st

from qualkit.errors import QualkitError, ReadError
from qualkit.model import Choice, Code, Codebook, Valence
from qualkit.readers.sheet import (
    COLUMNS,
    Coding,
    SheetRow,
    check_keys,
    format_choices,
    read_codings,
    read_sheet,
    write_sheet,
)

BOTH = (Valence.FACILITATOR, Valence.BARRIER)
BOOK = Codebook(
    name="Book",
    version="2",
    codes=(
        Code(key="stigma", name="Stigma", definition="=shame", include=("one", "two"), exclude=("three",), valences=BOTH),
        Code(key="referral-linkage", name="Referral", definition="d", valences=BOTH),
        Code(key="setting", name="Setting", definition="d"),
        Code(key="waiting", name="Waiting", definition="d", valences=(Valence.BARRIER,)),
    ),
)
BARRIER = Choice(code_key="stigma", valence=Valence.BARRIER)
SETTING = Choice(code_key="setting")


def row(segment_id: str, **fields: object) -> SheetRow:
    defaults = {"transcript": "fg1", "turn": 3, "speaker": "P1", "text": "We waited.", "start_s": 83.4}
    return SheetRow(segment_id=segment_id, **{**defaults, **fields})


def csv_file(folder: Path, text: str, name: str = "sheet.csv") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def refusal(path: Path) -> str:
    with pytest.raises(ReadError) as caught:
        read_sheet(path)
    return str(caught.value)


# ---------------------------------------------------------------- writing


def test_a_sheet_holds_what_a_coder_needs_to_see(tmp_path):
    write_sheet(tmp_path / "s.xlsx", [row("s1"), row("s2", choices=(BARRIER, SETTING), memo="hm")], BOOK, "Ada")
    book = openpyxl.load_workbook(tmp_path / "s.xlsx")
    cells = list(book["Coding"].values)
    assert cells[0] == COLUMNS
    assert cells[1] == ("s1", "fg1", "3", "1:23", "P1", "We waited.", None, None)
    assert cells[2][-2:] == ("stigma:barrier; setting", "hm")
    assert book["Coding"].freeze_panes == "A2"
    assert book["Coding"]["F2"].alignment.wrap_text
    assert book["Coding"].column_dimensions["F"].width > 60


def test_the_second_sheet_is_the_codebook_and_the_third_names_coder_and_version(tmp_path):
    write_sheet(tmp_path / "s.xlsx", [row("s1")], BOOK, "Ada")
    book = openpyxl.load_workbook(tmp_path / "s.xlsx")
    assert book.sheetnames == ["Coding", "Codebook", "How to"]
    assert list(book["Codebook"].values)[:2] == [
        ("key", "name", "definition", "include", "exclude"),
        ("stigma", "Stigma", "=shame", "one\ntwo", "three"),
    ]
    told = " ".join(str(cell) for line in book["How to"].values for cell in line)
    assert "Coder: Ada" in told
    assert f"Book, version 2 ({BOOK.sha256[:12]})" in told


def test_context_is_grey_and_only_codes_and_memos_of_coded_rows_can_be_edited(tmp_path):
    rows = [row("s1"), row("m1", speaker="Moderator", is_coded=False, choices=(BARRIER,), memo="x")]
    write_sheet(tmp_path / "s.xlsx", rows, BOOK, "Ada")
    sheet = openpyxl.load_workbook(tmp_path / "s.xlsx")["Coding"]
    assert sheet.protection.sheet
    assert [cell.column_letter for cell in sheet[2] if not cell.protection.locked] == ["G", "H"]
    assert [cell.column_letter for cell in sheet[3] if not cell.protection.locked] == []
    assert (sheet["G3"].value, sheet["H3"].value) == (None, None)
    assert {cell.fill.fgColor.rgb for cell in sheet[3]} == {"FFEEEEEE"}


def test_speech_that_looks_like_a_formula_or_a_link_stays_text(tmp_path):
    write_sheet(tmp_path / "s.xlsx", [row("s1", text='=HYPERLINK("http://x")'), row("s2", text="https://x.org")], BOOK, "Ada")
    sheet = openpyxl.load_workbook(tmp_path / "s.xlsx")["Coding"]
    assert [sheet["F2"].data_type, sheet["F2"].value] == ["s", '=HYPERLINK("http://x")']
    assert sheet["F3"].hyperlink is None


def test_a_file_with_codes_in_it_is_never_overwritten(tmp_path):
    path = tmp_path / "s.xlsx"
    path.write_bytes(b"hours of work")
    with pytest.raises(QualkitError, match="choose another name"):
        write_sheet(path, [row("s1")], BOOK, "Ada")
    assert path.read_bytes() == b"hours of work"


def test_a_missing_folder_is_a_sentence(tmp_path):
    with pytest.raises(QualkitError, match="cannot be written"):
        write_sheet(tmp_path / "no" / "s.xlsx", [row("s1")], BOOK, "Ada")


# ---------------------------------------------------------------- reading


def test_an_empty_cell_was_not_looked_at_and_none_was(tmp_path):
    rows = [row("s1"), row("s2", choices=()), row("s3", choices=(BARRIER,), memo="sure"), row("m", is_coded=False)]
    write_sheet(tmp_path / "s.xlsx", rows, BOOK, "Ada")
    found = read_sheet(tmp_path / "s.xlsx")
    assert [(item.segment_id, item.choices, item.memo, item.row) for item in found] == [
        ("s2", (), "", 3),
        ("s3", (BARRIER,), "sure", 4),
    ]
    assert {item.source for item in found} == {"s.xlsx"}


choices = st.lists(
    st.builds(Choice, code_key=st.sampled_from(list(BOOK.by_key)), valence=st.sampled_from([None, *Valence])),
    unique_by=lambda choice: choice.code_key,
).map(tuple)


@settings(deadline=None)
@given(made=st.lists(choices, max_size=5))
def test_choices_read_back_as_they_were_written(made, tmp_path_factory):
    path = tmp_path_factory.mktemp("sheet") / "s.xlsx"
    write_sheet(path, [row(f"s{number}", choices=each) for number, each in enumerate(made)], BOOK, "Ada")
    assert [item.choices for item in read_sheet(path)] == made


def test_format_choices_tells_not_looked_from_no_code():
    assert format_choices(None) == ""
    assert format_choices(()) == "none"
    assert format_choices((SETTING, BARRIER)) == "setting; stigma:barrier"


@pytest.mark.parametrize(
    "cell",
    ["stigma:barrier;setting", " stigma : Barrier ,setting;", '"stigma:BARRIER\nsetting"'],
    ids=["plain", "blanks, case and comma", "two lines"],
)
def test_what_people_do_with_a_cell_is_understood(tmp_path, cell):
    cell = cell if cell.startswith('"') else f'"{cell}"'
    found = read_sheet(csv_file(tmp_path, f"segment_id,codes\ns1,{cell}\n"))
    assert found[0].choices == (BARRIER, SETTING)
    assert found[0].memo == ""


@pytest.mark.parametrize(
    "text",
    ["\ufeffSegment_ID, Codes\ns1,None\n", "segment_id;codes;memo\ns1;none;\n", "segment_id\tcodes\ns1\tnone\n"],
    ids=["byte order mark and case", "semicolons", "tabs"],
)
def test_a_csv_from_any_spreadsheet_is_understood(tmp_path, text):
    assert [(item.segment_id, item.choices) for item in read_sheet(csv_file(tmp_path, text))] == [("s1", ())]


def test_rows_keep_their_number_across_blank_lines_and_line_breaks_in_cells(tmp_path):
    found = read_sheet(csv_file(tmp_path, 'segment_id,text,codes\ns1,"two\nlines",none\n\ns2,x,none\n'))
    assert [(item.segment_id, item.row) for item in found] == [("s1", 2), ("s2", 4)]


def test_a_workbook_that_was_rearranged_still_reads(tmp_path):
    with xlsxwriter.Workbook(tmp_path / "s.xlsx") as book:
        sheet = book.add_worksheet("Mine")
        for number, cells in enumerate([("memo", "codes", "segment_id"), (), (None, "none", 17)]):
            sheet.write_row(number, 0, cells)
    assert [(item.segment_id, item.row) for item in read_sheet(tmp_path / "s.xlsx")] == [("17", 3)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("segment_id,code\n", "sheet.csv, row 1: there is no column 'codes'; is it 'code'?."),
        ("", "sheet.csv, row 1: there is no column 'segment_id'; found: nothing; name the column so."),
        ("a,codes\n", "sheet.csv, row 1: there is no column 'segment_id'; found: a, codes; name the column so."),
        (
            "segment_id,codes\ns1,none\ns2,stigma:barier\n",
            "sheet.csv, row 3: 'barier' is no valence; write facilitator or barrier or",
        ),
        ("segment_id,codes\ns1,stigma:\n", "row 2: 'stigma:' is cut short; write a code as key or key:valence."),
        ("segment_id,codes\ns1,:barrier\n", "row 2: ':barrier' is cut short"),
        ("segment_id,codes\ns1,none; stigma\n", "row 2: `none` stands beside codes; keep one or the other."),
        ("segment_id,codes\ns1,stigma:barrier; stigma\n", "row 2: stigma stands there twice; keep one"),
        ("segment_id,codes\ns1,;\n", "row 2: ';' holds no code; write codes, `none`, or nothing."),
        ("segment_id,codes,memo\ns1,,important\n", "row 2: there is a memo but no code; write `none` if no code fits"),
        ("segment_id,codes\n,stigma\n", "row 2: there are codes but no segment_id"),
        ("segment_id,codes\ns1,none\ns1,stigma\n", "row 3: segment s1 is coded in row 2 too; keep one of the rows."),
    ],
)
def test_what_cannot_be_understood_is_an_error_with_file_and_row(tmp_path, text, expected):
    said = refusal(csv_file(tmp_path, text.replace("none; stigma", '"none; stigma"')))
    assert expected in said
    assert said.startswith("sheet.csv, row ")
    assert said.endswith(".")


def test_a_file_that_is_no_sheet_says_what_to_do(tmp_path):
    (tmp_path / "s.xlsx").write_bytes(b"not a zip")
    assert "no Excel file" in refusal(tmp_path / "s.xlsx")
    assert "an .xlsx or a .csv file" in refusal(tmp_path / "s.ods")
    assert "there is no such file" in refusal(tmp_path / "s.csv")
    (tmp_path / "latin.csv").write_bytes(b"segment_id,codes\ns1,caf\xe9\n")
    assert "UTF-8" in refusal(tmp_path / "latin.csv")


# ---------------------------------------------------------------- keys


def checked(folder: Path, codes: str) -> None:
    check_keys(read_sheet(csv_file(folder, f'segment_id,codes\ns1,"{codes}"\n')), BOOK)


@pytest.mark.parametrize("codes", ["none", "stigma:barrier; setting", "waiting", "waiting:barrier"])
def test_codes_of_the_book_with_valences_they_take_pass(tmp_path, codes):
    assert checked(tmp_path, codes) is None


@pytest.mark.parametrize(
    ("codes", "expected"),
    [
        ("stigmaa:barrier", "sheet.csv, row 2: no code has the key 'stigmaa'; did you mean 'stigma'?."),
        ("Stigma:barrier", "no code has the key 'Stigma'; did you mean 'stigma'?"),
        ("xyzzy", "no code has the key 'xyzzy'; look it up in the codebook."),
        ("stigma:mixed", "row 2: stigma does not take mixed; it takes facilitator or barrier."),
        ("setting:barrier", "row 2: setting does not take barrier; it takes none."),
        ("stigma", "row 2: stigma needs a valence; write for instance stigma:facilitator."),
    ],
)
def test_a_key_or_valence_outside_the_book_is_an_error_with_a_guess(tmp_path, codes, expected):
    with pytest.raises(ReadError) as caught:
        checked(tmp_path, codes)
    assert expected in str(caught.value)


# ---------------------------------------------------------------- codings

HEAD = "transcript,coder,code,turn,start_char,end_char,quote,start_s,end_s,valence,memo\n"


def codings(folder: Path, *rows: str) -> list[Coding]:
    return read_codings(csv_file(folder, HEAD + "\n".join(rows) + "\n", "codings.csv"))


def test_codings_are_read_with_every_kind_of_anchor(tmp_path):
    found = codings(
        tmp_path,
        "fg1,Ada,stigma,3,,,,,,,",
        "fg1,Ada,stigma,3,0,12.0,,,,Barrier,why",
        'fg1,Ben,stigma,4,,,"no, never",,,,',
        "fg2,Ben,setting,,,,,1.5,9,,",
    )
    assert [(item.turn, item.start_char, item.end_char, item.quote, item.start_s, item.end_s) for item in found] == [
        (3, None, None, None, None, None),
        (3, 0, 12, None, None, None),
        (4, None, None, "no, never", None, None),
        (None, None, None, None, 1.5, 9.0),
    ]
    assert (found[1].valence, found[1].memo, found[1].coder, found[1].code_key) == (Valence.BARRIER, "why", "Ada", "stigma")
    assert [item.row for item in found] == [2, 3, 4, 5]


def test_a_byte_order_mark_and_missing_optional_columns_do_not_matter(tmp_path):
    path = csv_file(tmp_path, "\ufefftranscript,coder,code,turn\nfg1,Ada,stigma,1\n")
    assert read_codings(path) == [
        Coding(transcript="fg1", coder="Ada", code_key="stigma", turn=1, row=2, source="sheet.csv"),
    ]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("fg1,Ada,stigma,,,,,,,,", "codings.csv, row 3: nothing says where the code is; fill in turn, or start_s and end_s."),
        ("fg1,Ada,stigma,,1,5,x,,,,", "row 3: nothing says where the code is"),
        ("fg1,Ada,stigma,,,,,3,,,", "row 3: one of start_s and end_s is missing; give both."),
        ("fg1,Ada,stigma,2,4,,,,,,", "row 3: one of start_char and end_char is missing; give both."),
        ("fg1,Ada,stigma,2,4,4,,,,,", "row 3: end_char must be greater than start_char; it is 4 after 4."),
        ("fg1,Ada,stigma,,,,,9,3,,", "row 3: end_s must be greater than start_s; it is 3.0 after 9.0."),
        ("fg1,Ada,stigma,two,,,,,,,", "row 3: 'two' in 'turn' is no number from 0 up; correct the cell."),
        ("fg1,Ada,stigma,-1,,,,,,,", "row 3: '-1' in 'turn' is no number from 0 up"),
        ("fg1,Ada,stigma,1.5,,,,,,,", "row 3: 1.5 in 'turn' is no whole number"),
        ("fg1,Ada,stigma,,,,,nan,3,,", "row 3: 'nan' in 'start_s' is no number"),
        ("fg1,,stigma,1,,,,,,,", "row 3: the cell 'coder' is empty; fill it in or remove the row."),
        ("fg1,Ada,stigma,1,,,,,,bad,", "row 3: 'bad' is no valence"),
    ],
)
def test_a_coding_without_a_usable_anchor_or_cell_is_an_error_with_its_row(tmp_path, line, expected):
    with pytest.raises(ReadError) as caught:
        codings(tmp_path, "fg1,Ada,stigma,1,,,,,,,", line)
    assert expected in str(caught.value)


def test_a_table_of_codings_without_a_needed_column_says_which(tmp_path):
    with pytest.raises(ReadError, match=r"row 1: there is no column 'coder'; is it 'coders'\?"):
        read_codings(csv_file(tmp_path, "transcript,coders,code\n"))


def test_codings_are_checked_against_the_book_and_may_lack_a_valence(tmp_path):
    good = codings(tmp_path, "fg1,Ada,stigma,1,,,,,,,", "fg1,Ada,waiting,1,,,,,,barrier,")
    assert check_keys(good, BOOK) is None
    with pytest.raises(ReadError, match=r"codings\.csv, row 2: no code has the key 'setings'; did you mean 'setting'\?"):
        check_keys(codings(tmp_path, "fg1,Ada,setings,1,,,,,,,"), BOOK)
    with pytest.raises(ReadError, match="setting does not take barrier"):
        check_keys(codings(tmp_path, "fg1,Ada,setting,1,,,,,,barrier,"), BOOK)
