"""What every writer of a page shows of a table, and what LaTeX, HTML, Markdown and a reference document add."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from types import ModuleType
from typing import Any

import docx as python_docx
import openpyxl
import pytest
from docx.oxml.ns import qn
from docx.shared import Pt

from qualkit.errors import WriteError
from qualkit.exporters import csv, docx, html, latex, markdown, printed, widths, xlsx
from qualkit.model import NumberFormat, Spanner, Table

PAPER = (docx, html, latex, markdown)

TABLE = Table(
    title="themes by group",
    columns=("Theme", "Side", "Definition", "People", "Share", "Kappa", "Quotation"),
    rows=(
        ("Trust", "For", "Trust in staff.", 1204, 0.347, 0.62, "“First.” (P1)\n“Second […].” (P2)"),
        ("Trust", "Against", "Trust in staff.", 3, 1.0, -0.08, "[They] said it."),
        ("Stigma", "Against", "Trust in staff.", 0, 0.0, None, ""),
    ),
    notes=("N = 30 & more.", "A second note."),
    n_stub=1,
    told_once=(2,),
    spanners=(Spanner(text="Counted", first=3, last=4), Spanner(text="Reckoned", first=5, last=5)),
    formats=(None, None, None, NumberFormat.COUNT, NumberFormat.PERCENT, NumberFormat.COEFFICIENT, None),
)
SHOWN = [
    ["Trust", "For", "Trust in staff.", "1,204", "35%", ".62", "“First.” (P1)\n“Second […].” (P2)"],
    ["", "Against", "", "3", "100%", "−.08", "[They] said it."],
    ["Stigma", "Against", "Trust in staff.", "0", "0%", "", ""],
]
NASTY = (
    "\\end{document} $x$ 50% #1 a_b ~ ^ {x} & <b>&amp;</b> <script>alert(1)</script> | `code` *bold* [link](http://x) "
    "--- 😀 é α −1"
)


@pytest.fixture
def written(tmp_path: Path) -> Callable[..., Path]:
    def write(exporter: ModuleType, *tables: Table, **given: Any) -> Path:
        path = tmp_path / f"table{exporter.suffix}"
        exporter.write_all(tables or (TABLE,), path, **given)
        return path

    return write


Written = Callable[..., Path]


class _Grid(HTMLParser):
    """The cells of the first table's body; those that a cell stands over are blank."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.rows: list[list[str]] = []
        self._spans: dict[int, int] = {}
        self._open, self._is_body = False, False
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = dict(attrs)
        self.tags.append((tag, said))
        self._is_body = self._is_body or tag == "tbody"
        if tag == "tr" and self._is_body:
            self.rows.append([])
        if tag in ("td", "th") and self._is_body:
            self._fill()
            self._spans[len(self.rows[-1])] = int(said.get("rowspan") or 1) - 1
            self.rows[-1].append("")
            self._open = True
        if tag == "p" and self._open and self.rows[-1][-1]:
            self.rows[-1][-1] += "\n"

    def _fill(self) -> None:
        while self._spans.get(len(self.rows[-1]), 0) > 0:
            self._spans[len(self.rows[-1])] -= 1
            self.rows[-1].append("")

    def handle_endtag(self, tag: str) -> None:
        self._open = self._open and tag not in ("td", "th")
        self._is_body = self._is_body and tag != "tbody"
        if tag == "tr" and self._is_body:
            self._fill()

    def handle_data(self, data: str) -> None:
        if self._open:
            self.rows[-1][-1] += data


def _unescaped(cell: str) -> str:
    return re.sub(r"\\(.)", r"\1", cell.replace("<br>", "\n")).strip()


def body(path: Path) -> list[list[str]]:
    """The rows of the table as a reader of the page sees them."""
    if path.suffix == ".docx":
        grid = python_docx.Document(str(path)).tables[0]
        return [[cell.text for cell in row.cells] for row in grid.rows[-3:]]
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".html":
        return _Grid(text).rows
    if path.suffix == ".md":
        lines = [line for line in text.splitlines() if line.startswith("|")][2:]
        return [[_unescaped(cell) for cell in line[1:-1].split(" | ")] for line in lines]
    grid = text.split("\\endlastfoot")[1].split("\\end{longtable}")[0]
    rows = re.split(r" (?:\\tabularnewline|\\\\\*)\\addlinespace\[3pt\]", grid)[:-1]
    plain = {"{[}": "[", "{]}": "]", "\\%": "%", "\\ensuremath{-}": "−", "\\par\\vskip2pt ": "\n", "\\&": "&"}
    for mark, word in plain.items():
        rows = [row.replace(mark, word) for row in rows]
    return [[cell.strip() for cell in row.split(" & ")] for row in rows]


@pytest.mark.parametrize("exporter", PAPER, ids=lambda module: module.suffix)
class TestEveryPage:
    def test_the_same_strings_are_shown(self, exporter: ModuleType, written: Written) -> None:
        assert body(written(exporter)) == SHOWN

    def test_several_tables_are_numbered_through(self, exporter: ModuleType, written: Written) -> None:
        path = written(exporter, TABLE, TABLE)
        if exporter is docx:
            text = "\n".join(paragraph.text for paragraph in python_docx.Document(str(path)).paragraphs)
        else:
            text = path.read_text(encoding="utf-8")
        if exporter is latex:
            assert text.count("\\caption{") == 2
        else:
            assert re.findall(r"Table \d(?!:)", text) == ["Table 1", "Table 2"]

    def test_a_table_without_columns_or_rows_is_written(self, exporter: ModuleType, written: Written) -> None:
        assert written(exporter, Table(title="Nothing", columns=(), rows=())).stat().st_size > 0
        assert written(exporter, Table(title="Nothing", columns=("a",), rows=(), notes=("n",))).stat().st_size > 0


@pytest.mark.parametrize("exporter", [html, latex, markdown])
def test_equal_tables_give_equal_bytes(exporter: ModuleType, written: Written) -> None:
    assert written(exporter).read_bytes() == written(exporter).read_bytes()


def test_a_table_that_does_not_fit_its_columns_is_refused() -> None:
    for wrong in (
        {"formats": (NumberFormat.COUNT,)},
        {"spanners": (Spanner(text="x", first=1, last=2),)},
        {"spanners": (Spanner(text="x", first=0, last=1), Spanner(text="y", first=1, last=1))},
    ):
        with pytest.raises(ValueError, match="column"):
            Table(title="t", columns=("a", "b"), rows=(), **wrong)  # type: ignore[arg-type]


def test_text_fills_the_page_and_figures_get_little_more_than_they_need() -> None:
    figures = Table(title="t", columns=("Theme", "a", "b"), rows=(("Trust", 1, 2), ("Stigma", 3, 4)))
    found = widths.column_widths(printed.in_words(figures), room_cm=25.7)
    assert sum(found) < 10  # a few figures are not scattered over the page
    long = Table(title="t", columns=("Theme", "n", "Quotation"), rows=(("Trust", 1, "word " * 60), ("Stigma", 3, "word " * 50)))
    theme, n, quotation = widths.column_widths(printed.in_words(long), room_cm=25.7)
    assert quotation > 5 * theme > 0
    assert theme + n + quotation == pytest.approx(25.7)


def test_no_page_begins_with_a_row_whose_name_stands_on_the_page_before(written: Written) -> None:
    assert printed.in_words(TABLE).goes_on == [True, False, False]
    many = Table(title="t", columns=("a", "b"), rows=tuple(("A", n) for n in range(9)))
    assert not any(printed.in_words(many).goes_on)  # they may not fit one page
    rows = python_docx.Document(str(written(docx))).tables[0].rows[2:]
    assert [row.cells[1].paragraphs[0].paragraph_format.keep_with_next for row in rows] == [
        True,
        True,
        True,
    ]  # the last with the notes
    assert written(latex).read_text(encoding="utf-8").count("\\\\*\\addlinespace") == 1


# ---------------------------------------------------------------- Word


def test_docx_heads_columns_with_a_merged_cell_and_a_rule_of_its_own(written: Written) -> None:
    first, second = python_docx.Document(str(written(docx))).tables[0].rows[:2]
    assert [cell.text for cell in first.cells] == ["", "", "", "Counted", "Counted", "Reckoned", ""]
    assert first.cells[3]._tc is first.cells[4]._tc
    assert [cell._tc.find(f".//{qn('w:pBdr')}") is not None for cell in first.cells] == [False] * 3 + [True] * 3 + [False]
    assert all(row._tr.trPr.find(qn("w:tblHeader")) is not None for row in (first, second))


def a_reference(path: Path) -> Path:
    document = python_docx.Document()
    document.styles["Normal"].font.name = "Garamond"
    note = document.styles.add_style("Table Note", 1)
    note.font.size, note.base_style = Pt(7), document.styles["Normal"]
    document.sections[0].header.paragraphs[0].text = "Journal of Tables"
    document.add_paragraph("A draft that nobody is to see")
    document.core_properties.author = "Somebody"
    document.save(str(path))
    return path


def test_docx_takes_page_header_and_styles_of_a_reference_and_nothing_of_its_text(tmp_path: Path, written: Written) -> None:
    document = python_docx.Document(str(written(docx, reference=a_reference(tmp_path / "journal.docx"))))
    texts = [paragraph.text for paragraph in document.paragraphs]
    assert not any("draft" in text for text in texts)
    assert document.core_properties.author == ""
    assert document.sections[0].header.paragraphs[0].text == "Journal of Tables"
    assert document.styles["Normal"].font.name == "Garamond"
    notes = [paragraph for paragraph in document.paragraphs if paragraph.style.name == "Table Note"]
    assert [note.text for note in notes] == ["Note. N = 30 & more.", "A second note."]
    assert notes[0].style.font.size == Pt(7)  # the journal's own, not ours
    cell = document.tables[0].rows[2].cells[0].paragraphs[0]
    assert (cell.style.name, cell.style.font.size) == ("Table Text", Pt(9))  # made, as the journal has none


def test_docx_turns_an_upright_page_for_a_table_that_is_too_wide_for_it(tmp_path: Path, written: Written) -> None:
    slim = Table(title="slim", columns=("a", "n"), rows=(("b", 1),))
    wide = Table(title="wide", columns=tuple("abcdefgh"), rows=(("some words that go on and on",) * 8,))
    path = written(docx, slim, wide, slim, reference=a_reference(tmp_path / "journal.docx"))
    document = python_docx.Document(str(path))
    pages = [(section.page_width < section.page_height, section.orientation) for section in document.sections]
    assert pages == [(True, 0), (False, 1), (True, 0)]
    for section, table in zip(document.sections, document.tables, strict=True):
        room = section.page_width - section.left_margin - section.right_margin
        assert sum(column.width for column in table.columns) <= room * 1.01


def test_docx_refuses_a_reference_that_is_no_word_document(tmp_path: Path, written: Written) -> None:
    (tmp_path / "journal.docx").write_text("no")
    with pytest.raises(WriteError, match="styles"):
        written(docx, reference=tmp_path / "journal.docx")


# ---------------------------------------------------------------- Excel


def test_xlsx_keeps_numbers_and_shows_them_as_paper_does(tmp_path: Path) -> None:
    xlsx.write(TABLE, tmp_path / "t.xlsx")
    sheet = openpyxl.load_workbook(tmp_path / "t.xlsx").active
    assert [sheet.cell(row=4, column=column).value for column in (4, 5, 6)] == [1204, 0.347, 0.62]
    assert [sheet.cell(row=4, column=column).number_format for column in (4, 5, 6)] == [
        "#,##0", "0%", "[>=1]0.00;[<=-1]-0.00;.00",
    ]  # fmt: skip
    assert sheet["D2"].value == "Counted"
    assert "D2:E2" in {str(area) for area in sheet.merged_cells.ranges}
    assert (sheet.freeze_panes, sheet.auto_filter.ref) == ("B4", "A3:G6")
    assert [sheet.cell(row=row, column=1).value for row in (4, 5, 6)] == ["Trust", "Trust", "Stigma"]


def test_xlsx_has_what_a_table_comes_from_on_further_sheets(tmp_path: Path) -> None:
    source = Table(title="Where: [it] is/from", columns=("segment_id",), rows=(("=1+1",),), is_data=True)
    xlsx.write(Table(title="t", columns=("a",), rows=(("b",),), appendix=(source,)), tmp_path / "t.xlsx")
    book = openpyxl.load_workbook(tmp_path / "t.xlsx")
    assert book.sheetnames == ["Table", "Where   it  is from"]
    assert (book.worksheets[1]["A3"].value, book.worksheets[1]["A3"].data_type) == ("=1+1", "s")


# ---------------------------------------------------------------- HTML and Markdown


def test_html_runs_and_fetches_nothing_whatever_people_said(written: Written) -> None:
    text = written(html, Table(title=NASTY, columns=(NASTY,), rows=((NASTY,),), notes=(NASTY,))).read_text(encoding="utf-8")
    assert "<script" not in text.lower()
    assert "default-src 'none'" in text
    assert _Grid(text).rows == [[NASTY]]


def test_html_names_hold_for_all_their_rows(written: Written) -> None:
    heads = [said for tag, said in _Grid(written(html).read_text(encoding="utf-8")).tags if tag == "th"]
    assert {"scope": "rowgroup", "rowspan": "2"} in heads
    assert {"class": "over", "scope": "colgroup", "colspan": "2"} in heads


def test_markdown_has_no_mark_that_people_said(written: Written) -> None:
    text = written(
        markdown, Table(title="t", columns=("a", "b"), rows=((NASTY, "1. x\n- y"),), notes=("1. One", "- two"))
    ).read_text()
    (row,) = [line for line in text.splitlines() if "code" in line]
    assert len(re.findall(r"(?<!\\)\|", row)) == 3  # those of the table
    assert "<script>" not in text
    assert not re.search(r"(?<!\\)[*`\[]", row)
    assert "\n\\- two" in text


# ---------------------------------------------------------------- LaTeX


def test_latex_has_no_command_that_people_said() -> None:
    said = latex.safe(NASTY)
    assert "\\end" not in said
    assert not re.search(r"(?<!\\)[$%#&_]", said.replace("\\&", ""))
    assert "\\othercharacter{1F600}{😀}" in said


def test_latex_rows_that_begin_with_a_bracket_or_a_star_are_words() -> None:
    assert latex.safe("[…] then *") == "{[}…{]} then {*}"  # \\ would take both for its own


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="there is no pdflatex on this machine")
def test_latex_compiles_with_whatever_people_said(written: Written) -> None:
    rows = (*TABLE.rows, *((NASTY, "[x]", "* y", n, 0.1, 0.2, "[…] " + "word " * 40) for n in range(40)))
    everything = "".join(chr(n) for n in range(0x20, 0x250)) + "αβκχ≤≥≈→←↔−·  ‑\t\x0b中文"
    path = written(latex, Table(**{**{name: getattr(TABLE, name) for name in TABLE.__slots__}, "rows": rows}), TABLE,
                   Table(title=NASTY, columns=("a",), rows=((everything,),), notes=(NASTY,)))  # fmt: skip
    done = subprocess.run(
        ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", path.name], cwd=path.parent, capture_output=True, check=False
    )
    assert done.returncode == 0, done.stdout.decode("utf-8", errors="replace")[-2_000:]
    assert path.with_suffix(".pdf").stat().st_size > 10_000


def test_csv_is_a_plain_table_of_exact_numbers(tmp_path: Path) -> None:
    csv.write(TABLE, tmp_path / "t.csv")
    assert (
        tmp_path.joinpath("t.csv")
        .read_text(encoding="utf-8-sig")
        .splitlines()[1]
        .startswith("Trust,For,Trust in staff.,1204,0.347,0.62,")
    )
