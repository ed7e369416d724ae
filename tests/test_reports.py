"""One page with everything, texts for a paper, and whether exported files still match the data."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import docx
import pytest

from qualkit.errors import BlindnessError, WriteError
from qualkit.exporters import passages, report
from qualkit.exporters.report import Drawing, Report
from qualkit.model import Passage, Table
from qualkit.study import Study, matching
from qualkit.study.matching import Match
from tests.conftest import choices, in_folder, outcomes, refusal, reopened

pytest.importorskip("altair")
pytest.importorskip("vl_convert")

NASTY = "<script>alert('x')</script> & Sons"


@pytest.fixture
def study(empty_study: Study) -> Study:
    """A study in which Ana has coded everything, and topics were found by a fake; with a title that is no HTML."""
    settings = empty_study.folder.config_file
    text = settings.read_text(encoding="utf-8").replace('"A small study"', f'"{NASTY}"')
    settings.write_text(text + 'coders = ["Ana"]\nadjudicators = ["Cara"]\n', encoding="utf-8")
    again = reopened(empty_study)
    for stage in ("ingest", "segment"):
        outcomes(again, stage)
    ana = again.seat("Ana")
    for segment in again.coded_segments():
        ana.judge(segment.id, choices(stigma="barrier") if "shame" in segment.text else choices(trust=None))
    return again


FORMATS = ["csv", "html"]
"""Formats that are quick to write."""


@pytest.fixture
def exported(study: Study) -> Study:
    outcomes(study, "export", formats=FORMATS)
    return study


def told(study: Study) -> list[str]:
    found = study.exports()
    assert found is not None
    return found.told


def states(study: Study) -> dict[str, bool | None]:
    found = study.exports()
    assert found is not None
    return {item.stem: item.is_current for item in found.found}


# ---------------------------------------------------------------- the page


class Tags(HTMLParser):
    """What a page is made of, and every address in it."""

    def __init__(self) -> None:
        super().__init__()
        self.names: list[str] = []
        self.addresses: list[str] = []
        self.ids: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.append(tag)
        self.addresses += [value or "" for name, value in attrs if name in ("src", "href", "xlink:href", "data", "action")]
        self.ids += [value or "" for name, value in attrs if name == "id"]


def read(page: str) -> Tags:
    tags = Tags()
    tags.feed(page)
    return tags


def test_the_page_needs_nothing_but_itself_and_runs_nothing(exported: Study) -> None:
    page = (exported.folder.exports / "report.html").read_text(encoding="utf-8")
    tags = read(page)
    assert "default-src 'none'" in page
    assert not {"script", "link", "iframe", "img", "object", "form"} & set(tags.names)
    assert all(address.startswith("#") for address in tags.addresses)
    assert {address[1:] for address in tags.addresses} <= set(tags.ids)
    assert len(set(tags.ids)) == len(tags.ids)


def test_what_people_typed_is_escaped_and_stands_in_the_page(exported: Study) -> None:
    page = (exported.folder.exports / "report.html").read_text(encoding="utf-8")
    assert "<script>" not in page
    assert "&lt;script&gt;alert" in page


def test_the_page_has_methods_tables_checklists_and_names_data_files(exported: Study) -> None:
    page = (exported.folder.exports / "report.html").read_text(encoding="utf-8")
    tables = exported.tables()
    for stem, table in tables.items():
        assert (f'id="table-{stem}"' in page) == (not table.is_data), stem
        assert (f"<code>{stem}</code>" in page) == table.is_data, stem
    for words in ("<h2>Methods</h2>", "<h2>Use of machines</h2>", "Ana (", "COREQ Checklist"):
        assert words in page
    numbers = [int(n) for n in re.findall(r"<caption><b>Table (\d+)</b>", page)]
    assert numbers == list(range(1, 1 + sum(not table.is_data for table in tables.values())))


def test_the_page_of_the_same_study_is_the_same_to_the_byte(exported: Study, tmp_path: Path) -> None:
    exported.write_report(tmp_path / "one.html")
    reopened(exported).write_report(tmp_path / "two.html")
    one = (tmp_path / "one.html").read_bytes()
    assert one == (tmp_path / "two.html").read_bytes() == (exported.folder.exports / "report.html").read_bytes()


def test_inner_ids_of_drawings_are_apart() -> None:
    svg = '<?xml version="1.0"?><svg xmlns="x"><clipPath id="a"/><g clip-path="url(#a)"><use href="#a"/></g></svg>'
    made = Report(
        title="T", question="", about=(), methods=(), disclosure=(), tables={}, checklists={}, digest="0",
        drawings=(Drawing(stem="one", title="One", svg=svg), Drawing(stem="two", title="Two", svg=svg)),
    )  # fmt: skip
    page = report.page(made)
    assert 'id="figure1-a"' in page and 'url(#figure1-a)"><use href="#figure1-a"' in page
    assert 'id="figure2-a"' in page and "<?xml" not in page


def test_figures_stand_in_the_page_as_they_were_drawn(study: Study, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from functools import partial

    import altair

    from qualkit.figures.files import Figure
    from qualkit.study import figures

    rows = altair.Data(values=[{"a": "shame", "n": 2}, {"a": "trust", "n": 1}])
    chart = altair.Chart(rows).mark_bar().encode(x="n:Q", y="a:N")
    made = partial(Figure, title="Bars & more", notes=("N = 3.",), chart=chart)
    monkeypatch.setattr(figures, "all_figures", lambda _study: {"bars": made})
    outcomes(study, "export", formats=FORMATS)
    page = (study.folder.exports / "report.html").read_text(encoding="utf-8")
    assert '<figure id="figure-bars"' in page
    assert "1. Bars &amp; more</a>" in page
    study.write_report(tmp_path / "anew.html")
    assert (tmp_path / "anew.html").read_text(encoding="utf-8") == page


# ---------------------------------------------------------------- texts


def test_methods_are_written_as_markdown_and_word(study: Study, tmp_path: Path) -> None:
    for suffix in (".md", ".docx"):
        study.write_report(tmp_path / f"methods{suffix}")
    text = (tmp_path / "methods.md").read_text(encoding="utf-8")
    document = docx.Document(str(tmp_path / "methods.docx"))
    said = [paragraph.text for paragraph in document.paragraphs]
    assert text.startswith("# Methods: &lt;script&gt;")
    assert "## Use of machines" in text
    assert said[0] == f"Methods: {NASTY}"
    assert [paragraph.text for paragraph in document.paragraphs if paragraph.style.name == "Heading 2"] == [
        "Methods", "Use of machines",
    ]  # fmt: skip
    assert sum(line.startswith("Coding. ") for line in said) == 1
    assert document.core_properties.author == ""


def test_a_report_in_another_format_is_refused(study: Study, tmp_path: Path) -> None:
    assert ".html" in refusal(lambda: study.write_report(tmp_path / "report.pdf"), WriteError)
    assert ".html" in refusal(lambda: study.seat("Cara").report_file("report.pdf"), WriteError)
    assert not list(tmp_path.glob("report.*"))


def test_marks_in_texts_are_words_in_markdown() -> None:
    text = passages.as_markdown("A *study*", [("Methods", [Passage(heading="Data", text="<b>1_2</b>")])])
    assert text == "# A \\*study\\*\n\n## Methods\n\n**Data.** &lt;b&gt;1\\_2&lt;/b&gt;\n"


def test_a_blind_coder_gets_no_report(study: Study) -> None:
    ben = study.seat("Ben")
    for ask in (ben.checklists, ben.report_texts, lambda: ben.report_file("report.html")):
        assert "codes blind" in refusal(ask, BlindnessError)
    assert study.seat("Cara").report_file("methods.md").startswith(b"# Methods")


# ---------------------------------------------------------------- whether files match


def test_what_was_just_exported_matches_and_nothing_is_computed_for_it(
    exported: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    again = reopened(exported)
    monkeypatch.setattr(Study, "tables", lambda *_: pytest.fail("computed"))
    (line,) = told(again)
    n = len({Path(name).with_suffix("") for name in manifest(exported)["files"]})
    assert line == f"Exports: {n} of {n} tables, figures and texts match the data."


def test_a_judgement_changes_the_tables_that_rest_on_it_and_no_other(exported: Study) -> None:
    ana = exported.seat("Ana")
    first = exported.coded_segments()[0].id
    ana.judge(first, choices(trust=None), base_version=1)
    now = states(exported)
    assert now["theme_table"] is now["coded_segments"] is now["report"] is False
    assert now["participants"] is now["participant_list"] is True
    lines = told(exported)
    assert "  theme_table: the data have changed since" in lines
    assert "1 act (judged)" in lines[-1]
    outcomes(exported, "export", formats=FORMATS)
    assert len(told(exported)) == 1


def test_an_edited_and_a_missing_file_are_named_and_the_data_still_match(exported: Study) -> None:
    (exported.folder.exports / "codebook.csv").write_text("edited", encoding="utf-8")
    (exported.folder.exports / "theme_table.html").unlink()
    assert states(exported)["codebook"] is True
    lines = told(exported)
    assert "  codebook: edited after export: csv" in lines
    assert "  theme_table: missing: html" in lines


def test_a_changed_file_of_the_study_is_named_only_if_a_table_says_something_else_now(exported: Study) -> None:
    segment = next(segment for segment in exported.coded_segments() if "shame" in segment.text)
    in_folder(exported, "quotes.csv", "segment_id,printed\n")
    assert len(told(exported)) == 1
    in_folder(exported, "quotes.csv", f"segment_id,printed\n{segment.id},There is so much shame […]\n")
    again = reopened(exported)
    assert states(again)["theme_table"] is False
    assert "changed quotes.csv" in told(again)[-1]


def test_a_table_that_is_new_is_named(exported: Study) -> None:
    in_folder(exported, "joint_display.csv", "theme,indicator,All,fit,inference\nStigma,Score,3.4,,\n")
    assert "  joint_display: not exported yet" in told(reopened(exported))


def test_a_page_that_was_written_anew_matches(exported: Study) -> None:
    exported.seat("Ana").judge(exported.coded_segments()[0].id, choices(trust=None), base_version=1)
    path = exported.folder.exports / "report.html"
    exported.write_report(path)
    found = exported.exports()
    assert found is not None
    page = next(item for item in found.found if item.stem == "report")
    assert page.files == {".html": Match.SAME}


def test_exports_of_an_older_qualkit_are_told_in_a_line(exported: Study) -> None:
    said = manifest(exported)
    old = {key: said[key] for key in ("study", "codebook_sha256", "log", "runs", "files")}
    (exported.folder.exports / "manifest.json").write_text(json.dumps(old), encoding="utf-8")
    (line,) = told(exported)
    assert "older qualkit" in line


def test_a_study_without_exports_has_nothing_to_match(study: Study) -> None:
    assert matching.compare(study) is None
    (study.folder.exports / "manifest.json").write_text("[", encoding="utf-8")
    assert matching.compare(study) is None


def manifest(study: Study) -> dict[str, Any]:
    said: dict[str, Any] = json.loads((study.folder.exports / "manifest.json").read_text(encoding="utf-8"))
    return said


def test_the_manifest_says_what_tables_rest_on_and_its_digest_stands_in_the_page(exported: Study) -> None:
    said = manifest(exported)
    assert set(said["tables"]) == set(exported.tables())
    assert {"study.toml", "codebooks/book.yaml", "source of fg1", "source of fg2"} <= set(said["inputs"])
    assert {"report.html", "coreq.html", "theme_numbers.csv"} <= set(said["files"])
    assert said["sha256"] in (exported.folder.exports / "report.html").read_text(encoding="utf-8")


def test_each_text_comes_with_its_format_and_goes_with_it(exported: Study) -> None:
    texts = {"report.html", "methods.md"}
    for formats, there in ((["csv", "markdown"], {"methods.md"}), (["csv"], set())):
        outcomes(exported, "export", formats=formats)
        assert texts & {path.name for path in exported.folder.exports.iterdir()} == there
        assert len(told(exported)) == 1


def test_verify_says_it_and_is_no_error(
    exported: Study, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from qualkit.__main__ import main

    (exported.folder.exports / "codebook.csv").write_text("edited", encoding="utf-8")
    monkeypatch.setattr("sys.argv", ["qualkit", "verify", "--study", str(exported.folder.path)])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code in (0, None)
    said = capsys.readouterr().out
    assert "The log is whole" in said
    assert "codebook: edited after export: csv" in said


def test_an_empty_table_and_one_without_notes_stand_in_the_page() -> None:
    table = Table(title="Empty", columns=("a",), rows=())
    made = Report(
        title="T", question="Q", about=(("Made with", "x"),), methods=(), disclosure=(), tables={"empty": table},
        checklists={}, drawings=(), digest="0",
    )  # fmt: skip
    assert '<div id="table-empty" class="sheet short">' in report.page(made)
