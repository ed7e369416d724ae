"""What an author takes home: figures by helpers, sheets that read well, a report that begins with what is wanted."""

from __future__ import annotations

import re
from pathlib import Path

import openpyxl
import pytest

from qualkit.errors import WriteError
from qualkit.exporters import report, xlsx
from qualkit.exporters.report import Drawing, Report
from qualkit.figures import drawing
from qualkit.model import NumberFormat, Table

BARS = {
    "data": {"values": [{"a": "x", "b": 3}, {"a": "y", "b": 5}]},
    "mark": "bar",
    "encoding": {"x": {"field": "b", "type": "quantitative"}, "y": {"field": "a", "type": "nominal"}},
}


def asked(folder: Path, n: int) -> None:
    version = drawing.converter().get_vegalite_versions()[-1]
    for i in range(n):
        drawing.ask(folder, f"chart{i}", BARS, version, drawing.SUFFIXES)


def test_helpers_draw_the_same_bytes_as_one_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drawing.os, "cpu_count", lambda: 2)
    many, few = tmp_path / "many", tmp_path / "few"
    for folder, n in ((many, drawing.WORTH_A_HELPER), (few, 1)):
        folder.mkdir()
        asked(folder, n)
        with drawing.being_drawn(folder):
            pass
    assert {path.name for path in many.glob("*.png")} == {f"chart{n}.png" for n in range(drawing.WORTH_A_HELPER)}
    for suffix in drawing.SUFFIXES:
        assert {path.read_bytes() for path in many.glob(f"*{suffix}")} == {(few / f"chart0{suffix}").read_bytes()}


def test_a_chart_that_cannot_be_drawn_is_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drawing, "WORTH_A_HELPER", 1)
    (tmp_path / "broken.json").write_text("{}")
    with pytest.raises(WriteError, match="figures could not be drawn"), drawing.being_drawn(tmp_path):
        pass


def test_helpers_end_with_what_they_help(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drawing, "WORTH_A_HELPER", 1)
    started = []
    make = drawing.subprocess.Popen
    monkeypatch.setattr(drawing.subprocess, "Popen", lambda *a, **k: started.append(make(*a, **k)) or started[-1])
    asked(tmp_path, 1)
    with pytest.raises(KeyboardInterrupt), drawing.being_drawn(tmp_path):
        raise KeyboardInterrupt
    assert [helper.poll() is not None for helper in started] == [True]


def test_a_sheet_fits_a_page_and_its_rows_are_as_high_as_their_words(tmp_path: Path) -> None:
    rows = tuple(("Theme", n, 0.5, 0.25, "word " * 60, "more " * 60, "said " * 60) for n in range(3))
    formats = (None, NumberFormat.COUNT, NumberFormat.TENTHS, None, None, None, None)
    table = Table(title="T", columns=("Theme", "n", "Share", "V", "A", "B", "C"), rows=rows, formats=formats)
    xlsx.write(table, tmp_path / "t.xlsx")
    sheet = openpyxl.load_workbook(tmp_path / "t.xlsx").active
    width = sheet.column_dimensions["E"].width  # that of F and G, too
    assert 25 < width < 60
    assert 15 * 300 / width * 0.9 < sheet.row_dimensions[3].height < 15 * 300 / width * 1.3
    assert [sheet.cell(3, column).number_format for column in (2, 3, 4)] == ["#,##0", "0.0%", "0.000"]
    assert sheet.cell(2, 2).alignment.horizontal == sheet.cell(3, 2).alignment.horizontal == "center"


def test_the_report_begins_with_what_is_wanted_and_has_all_else_once() -> None:
    tables = {name: Table(title=name, columns=("a",), rows=(("b",),)) for name in ("themes", "people", "book")}
    drawings = tuple(Drawing(stem=stem, title=stem, svg="<svg></svg>") for stem in ("map", "bars"))
    made = Report(
        title="T", question="", about=(), methods=(), disclosure=(), tables=tables, checklists={}, drawings=drawings,
        digest="0", brief=("people", "bars", "missing"),
    )  # fmt: skip
    page = report.page(made)
    assert re.findall(r'<section id="(\w+)"', page) == ["brief", "tables", "figures"]
    ids = re.findall(r'id="((?:table|figure)-\w+)"', page)
    assert ids == ["table-people", "figure-bars", "table-themes", "table-book", "figure-map"]
    assert [f'href="#{name}"' in page for name in ids] == [True] * 5
    assert re.findall(r"<b>((?:Table|Figure) \d)</b>", page) == ["Table 1", "Figure 1", "Table 2", "Table 3", "Figure 2"]
