"""What every exporter promises, then what each format adds."""

import csv as standard_csv
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any
from xml.etree import ElementTree
from zipfile import ZipFile

import docx as python_docx
import openpyxl
import pytest
from docx.oxml.ns import qn

from qualkit.exporters import csv, docx, printed, xlsx
from qualkit.model import Table

MODULES = (csv, docx, xlsx)

TABLE = Table(
    title="themes of the study",
    columns=("Domain", "Theme", "Groups (n of N)", "Segments (n)", "Alpha", "Illustrative quotes"),
    rows=(
        ("Outer", "Trust", "5 of 5", 64, 0.8125, "“First.” (P1)\n“Second, with émigré 😀.” (P2)"),
        ("Outer", "Trust", "1 of 5", -2, None, "“Third.” (P3)"),
        ("Outer", "Funding", "1 of 5", 3, 1.0, ""),
        ("Inner", "Funding", "1 of 5", 4, 0.5, "<b>&amp;</b>"),
    ),
    notes=("N = 28 participants.", "CFIR = a framework."),
    n_stub=2,
)
EVIL = ('=HYPERLINK("http://x","y")', "+1+1", "-2+3", "@SUM(A1)", "＝1+1", "=1")
HIDDEN = ("\t=1", "\r=1", "\n=1", " =1", '"=1', "well;=1", 'so; "=1', "first\n=1", "a\r\n\t@x", "b\t-c", "';=1", "\n;+1")


def cells(path: Path) -> list[list[str]]:
    """Header and rows as read back, as text; an empty cell is ''."""
    if path.suffix == ".csv":
        with path.open(encoding="utf-8-sig", newline="") as file:
            return list(standard_csv.reader(file))
    if path.suffix == ".docx":
        grid = python_docx.Document(str(path)).tables[0]
        return [[cell.text.replace("\xa0", " ") for cell in row.cells] for row in grid.rows]
    sheet = openpyxl.load_workbook(path).active
    end = sheet.max_row
    rows = [["" if cell.value is None else str(cell.value) for cell in row] for row in sheet.iter_rows(min_row=2, max_row=end)]
    return rows[: rows.index([""] * len(rows[0]))] if [""] * len(rows[0]) in rows else rows


def as_text(table: Table) -> list[list[str]]:
    return [list(table.columns), *([("" if cell is None else str(cell)) for cell in row] for row in table.rows)]


@pytest.fixture
def written(tmp_path: Path) -> Callable[[ModuleType, Table], Path]:
    def write(exporter: ModuleType, table: Table = TABLE) -> Path:
        path = tmp_path / f"table{exporter.suffix}"
        exporter.write(table, path)
        return path

    return write


Written = Callable[..., Path]


@pytest.mark.parametrize("exporter", MODULES, ids=lambda module: module.suffix)
class TestEveryExporter:
    def test_cells_come_back_as_they_were(self, exporter: ModuleType, written: Written) -> None:
        expected = as_text(TABLE)
        if exporter is docx:
            expected[1][4] = "0.812"  # three decimals, half to even: 0.8125
            expected[3][4], expected[4][4] = "1.000", "0.500"
            expected[2][:2] = ["", ""]  # Outer, Trust as above
            expected[3][0] = ""  # Outer as above
        if exporter is xlsx:
            expected[3][4] = "1"
        assert cells(written(exporter)) == expected

    def test_a_table_without_rows_is_written(self, exporter: ModuleType, written: Written) -> None:
        empty = Table(title="Nothing yet", columns=("Code", "n"), rows=())
        assert cells(written(exporter, empty)) == [["Code", "n"]]

    def test_a_table_of_one_column_is_written(self, exporter: ModuleType, written: Written) -> None:
        one = Table(title="One", columns=("Code",), rows=(("a",), ("b",)), notes=("A note.",))
        assert cells(written(exporter, one))[:3] == [["Code"], ["a"], ["b"]]

    def test_control_characters_do_no_harm(self, exporter: ModuleType, written: Written) -> None:
        odd = Table(title="a\x0bb", columns=("c\x15",), rows=(("d\x00e\ud800",),), notes=("\x01n",))
        found = cells(written(exporter, odd))
        assert found[1][0].startswith("d")
        if exporter is not csv:
            assert found == [["c "], ["d e "]]

    def test_a_quote_longer_than_a_spreadsheet_cell_is_written(self, exporter: ModuleType, written: Written) -> None:
        long = Table(title="Long", columns=("Quote",), rows=(("😀" * 20_000,),))
        found = cells(written(exporter, long))[1][0]
        assert len(found) == (16_384 if exporter is xlsx else 20_000)  # 16,383 of two units each, and the ellipsis


# ---------------------------------------------------------------- CSV


def test_csv_cells_never_start_a_formula(written: Written) -> None:
    evil = Table(title="Evil", columns=EVIL, rows=(EVIL,))
    for row in cells(written(csv, evil)):
        assert row == ["'" + cell for cell in EVIL]


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_csv_has_no_formula_however_a_spreadsheet_cuts_it(separator: str, written: Written) -> None:
    path = written(csv, Table(title="Evil", columns=("a", "b"), rows=tuple((cell, f"x{cell}") for cell in (*EVIL, *HIDDEN))))
    with path.open(encoding="utf-8-sig", newline="") as file:
        found = [cell for row in standard_csv.reader(file, delimiter=separator) for cell in row]
    assert len(found) > len(EVIL) + len(HIDDEN)
    assert not [cell for cell in found if cell.strip(' \t\r\n"')[:1] in {*"=+-@＝＋－＠"} - {""}]


def test_csv_leaves_numbers_alone(written: Written) -> None:
    numbers = Table(title="N", columns=("a", "b", "c"), rows=((-2, "-2", "+1.5"),))
    assert cells(written(csv, numbers))[1] == ["-2", "-2", "+1.5"]


def test_csv_has_a_byte_order_mark_and_nothing_but_the_table(written: Written) -> None:
    data = written(csv).read_bytes()
    assert data.startswith(b"\xef\xbb\xbfDomain,")
    assert b"Note" not in data
    assert b"participants" not in data


# ---------------------------------------------------------------- Excel


def sheet_of(path: Path) -> Any:
    return openpyxl.load_workbook(path).active


def test_xlsx_cells_are_text_never_formulas_or_links(written: Written) -> None:
    links = (*EVIL, "http://example.org", "mailto:a@b.c", "internal:Sheet1!A1")
    sheet = sheet_of(written(xlsx, Table(title="=1+1", columns=links, rows=(links,))))
    assert {cell.data_type for row in sheet.iter_rows() for cell in row if cell.value is not None} == {"s"}
    assert not any(cell.hyperlink for row in sheet.iter_rows() for cell in row)


def test_xlsx_numbers_are_numbers(written: Written) -> None:
    sheet = sheet_of(written(xlsx))
    assert [sheet.cell(row=3, column=column).value for column in (4, 5)] == [64, 0.8125]
    nan = Table(title="N", columns=("a", "b"), rows=((float("nan"), float("inf")),))
    assert [cell.value for cell in sheet_of(written(xlsx, nan))[3]] == [None, None]


def test_xlsx_is_set_up_to_read_sort_and_print(written: Written) -> None:
    sheet = sheet_of(written(xlsx))
    assert sheet["A1"].value == TABLE.title
    assert sheet["A2"].font.bold
    assert sheet["A2"].border.bottom.style == "thin"
    assert (sheet.freeze_panes, sheet.auto_filter.ref, sheet.print_title_rows) == ("C3", "A2:F6", "$2:$2")
    assert (sheet.page_setup.orientation, sheet.page_setup.fitToHeight) == ("landscape", 0)
    assert sheet["F3"].alignment.wrap_text
    assert all(8 <= dimension.width <= 62 for dimension in sheet.column_dimensions.values())


def test_xlsx_notes_stand_under_the_table(written: Written) -> None:
    sheet = sheet_of(written(xlsx))
    assert [sheet.cell(row=row, column=1).value for row in (7, 8, 9)] == [None, *TABLE.notes]


@pytest.mark.parametrize("exporter", [csv, xlsx])
def test_equal_tables_give_equal_bytes(exporter: ModuleType, tmp_path: Path) -> None:
    paths = [tmp_path / f"{name}{exporter.suffix}" for name in "ab"]
    for path in paths:
        exporter.write(TABLE, path)
    assert paths[0].read_bytes() == paths[1].read_bytes()


# ---------------------------------------------------------------- Word


def document_of(path: Path) -> Any:
    return python_docx.Document(str(path))


def test_docx_has_a_number_in_bold_a_title_in_italics_and_notes(written: Written) -> None:
    number, title, *notes = document_of(written(docx)).paragraphs
    assert (number.text, number.runs[0].bold) == ("Table 1", True)
    assert (title.text, title.runs[0].italic) == ("Themes of the Study", True)
    assert [note.text for note in notes] == ["Note. N = 28 participants.", "CFIR = a framework."]
    assert (notes[0].runs[0].text, notes[0].runs[0].italic) == ("Note.", True)


def test_docx_header_repeats_and_no_row_is_split(written: Written) -> None:
    rows = document_of(written(docx)).tables[0].rows
    assert [row._tr.trPr.find(qn("w:tblHeader")) is not None for row in rows] == [True, False, False, False, False]
    assert all(row._tr.trPr.find(qn("w:cantSplit")) is not None for row in rows)


def test_docx_has_three_horizontal_rules_and_no_others(written: Written) -> None:
    path = written(docx)
    grid = document_of(path).tables[0]

    def rules(row: Any) -> set[tuple[str, ...]]:
        found = [cell._tc.tcPr.find(qn("w:tcBorders")) for cell in row.cells]
        return {tuple(side.tag.rpartition("}")[2] for side in borders) if borders is not None else () for borders in found}

    assert [rules(row) for row in grid.rows] == [{("top", "bottom")}, {()}, {()}, {()}, {("bottom",)}]
    root = ElementTree.fromstring(ZipFile(path).read("word/document.xml"))
    assert not root.findall(f".//{qn('w:shd')}")
    assert not root.findall(f".//{qn('w:tblBorders')}")


def test_docx_second_column_repeats_only_within_the_first(written: Written) -> None:
    last = cells(written(docx))[-1]
    assert last[:2] == ["Inner", "Funding"]  # the theme above is Funding too, but of another domain


def test_docx_lines_of_a_cell_are_paragraphs_and_counts_are_centred(written: Written) -> None:
    row = document_of(written(docx)).tables[0].rows[1]
    assert [paragraph.text for paragraph in row.cells[5].paragraphs] == TABLE.rows[0][5].split("\n")  # type: ignore[union-attr]
    assert [cell.paragraphs[0].alignment for cell in row.cells] == [0, 0, 1, 1, 1, 0]


def test_docx_is_landscape_and_its_columns_stay_within_the_page(written: Written) -> None:
    document = document_of(written(docx))
    section, columns = document.sections[0], document.tables[0].columns
    assert section.page_width > section.page_height
    room = section.page_width - section.left_margin - section.right_margin
    assert sum(column.width for column in columns) <= room * 1.01
    assert max(columns, key=lambda column: column.width)._index == 5


def test_docx_says_nothing_of_who_made_it(written: Written) -> None:
    properties = document_of(written(docx)).core_properties
    assert (properties.author, properties.last_modified_by, properties.comments) == ("", "", "")
    assert properties.title == TABLE.title
    assert properties.created.year > 2013


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("themes by group", "Themes by Group"),
        (
            "the use of naloxone: a note on eDNA and post-overdose care",
            "The Use of Naloxone: A Note on eDNA and Post-Overdose Care",
        ),
        ("", ""),
    ],
)
def test_title_case_keeps_short_words_small_and_capitals_as_they_are(title: str, expected: str) -> None:
    assert printed.title_case(title) == expected
