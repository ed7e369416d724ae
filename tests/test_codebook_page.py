"""The page Codebook, drawn without a browser: who sees which counts, and each form that changes a code."""

from __future__ import annotations

from collections.abc import Callable

import pytest

pytest.importorskip("streamlit")

from streamlit.testing.v1 import AppTest

from qualkit.study import Study
from qualkit.ui import launch
from tests.conftest import choices
from tests.drawn import page_of, told

Open = Callable[[str], AppTest]


@pytest.fixture
def study(small_study: Study) -> Study:
    """The small study with its first segment coded by Ana, and Cara as adjudicator."""
    settings = small_study.folder.config_file
    settings.write_text(settings.read_text() + 'coders = ["Ana", "Ben"]\nadjudicators = ["Cara"]\n')
    opened = Study.open(small_study.folder.path)
    ana = opened.seat("Ana")
    ana.judge(ana.queue()[0], choices(stigma="barrier"))
    return opened


@pytest.fixture
def open_page(study: Study, monkeypatch: pytest.MonkeyPatch) -> Open:
    monkeypatch.setenv(launch.STUDY_VARIABLE, str(study.folder.path))

    return lambda name: page_of("codebook", name).run()


def widget(app: AppTest, kind: str, end: str) -> str:
    """The key of the widget of that kind whose key ends so."""
    return next(item.key for item in getattr(app, kind) if (item.key or "").endswith(end))


def go(app: AppTest, section: str) -> AppTest:
    app.session_state["codebook-section"] = section
    return app.run()


def test_a_blind_coder_reads_the_codebook_and_sees_own_counts_only_and_no_form(open_page: Open) -> None:
    ben, cara = open_page("Ben"), open_page("Cara")
    assert "given to 0 segments by you" in told(ben)
    assert "given to 1 segment by coders" in told(cara)
    assert not [item for item in ben.button if item.key == "codebook-add"]
    assert [item for item in cara.button if item.key == "codebook-add"]
    assert not go(ben, "Edit").exception
    assert not [item for item in ben.text_area if "definition" in item.key]


def test_an_edit_shows_how_much_is_read_again_and_keeps_the_change_with_its_reason(open_page: Open, study: Study) -> None:
    app = go(open_page("Cara"), "Edit")
    app.text_area(widget(app, "text_area", "-definition")).set_value("Shame only.").run()
    assert "<b>1 segment</b> that it was given by the older text is to be read again." in told(app)
    app.text_input(widget(app, "text_input", "-why")).set_value("too <b>wide</b>").run()
    app.button(widget(app, "button", "-save")).click().run()
    assert not app.exception
    assert study.codebook().by_key["stigma"].definition == "Shame only."
    assert len(study.debt()) == 1
    shown = told(go(app, "History"))
    assert "<ins>" in shown
    assert "<del>" in shown
    assert "too &lt;b&gt;wide&lt;/b&gt;" in shown


def test_a_change_of_the_name_is_wording_and_needs_no_reason(open_page: Open, study: Study) -> None:
    app = go(open_page("Cara"), "Edit")
    app.text_input(widget(app, "text_input", "-name")).set_value("Shame").run()
    assert "No segment is to be read again." in told(app)
    app.button(widget(app, "button", "-save")).click().run()
    assert study.codebook().by_key["stigma"].name == "Shame"
    assert study.debt() == ()


def test_what_adjudicators_found_lacking_stands_at_the_code_for_those_who_may_see_it(open_page: Open, study: Study) -> None:
    cara = study.seat("Cara")
    for segment_id, note in zip(cara.queue(), ("Blame, too?", "Whose <i>shame</i>?"), strict=False):
        cara.decide(segment_id, "stigma", present=False, reason="codebook gap", note=note)
    (warning,) = open_page("Cara").warning
    assert "2 decisions named a gap in this code" in warning.value
    assert "Blame, too" in warning.value
    assert not open_page("Ben").warning


def test_a_new_code_is_warned_of_a_like_one_and_put_into_the_codebook(open_page: Open, study: Study) -> None:
    app = open_page("Cara")
    app.button("codebook-add").click().run()
    app.text_input(widget(app, "text_input", "-name")).set_value("Stigmas").run()
    assert "Mind what is there already" in app.warning[0].value
    app.text_area(widget(app, "text_area", "-definition")).set_value("Another.").run()
    app.button(widget(app, "button", "-save")).click().run()
    assert study.codebook().by_key["stigmas"].definition == "Another."
    assert "Stigmas" in told(app)


def test_a_code_is_retired_shown_as_such_and_restored(open_page: Open, study: Study) -> None:
    app = go(open_page("Cara"), "Retire")
    app.text_input(widget(app, "text_input", "-why")).set_value("too thin").run()
    app.button(widget(app, "button", "-save")).click().run()
    assert "too thin" in told(app)
    assert study.codebook().by_key["stigma"].retired is not None
    go(app, "Restore")
    app.text_input(widget(app, "text_input", "-why")).set_value("needed").run()
    app.button(widget(app, "button", "-save")).click().run()
    assert study.codebook().by_key["stigma"].retired is None


def test_a_code_is_merged_into_another(open_page: Open, study: Study) -> None:
    app = go(open_page("Cara"), "Merge")
    app.selectbox(widget(app, "selectbox", "-into")).set_value("transport").run()
    app.text_input(widget(app, "text_input", "-why")).set_value("same").run()
    app.button(widget(app, "button", "-save")).click().run()
    assert study.codebook().counts_as["stigma"] == "transport"


def test_a_code_is_split_into_two(open_page: Open, study: Study) -> None:
    app = go(open_page("Cara"), "Split")
    for number, name in enumerate(("Shame", "Blame"), start=1):
        app.text_input(widget(app, "text_input", f"-name-{number}")).set_value(name)
        app.text_area(widget(app, "text_area", f"-definition-{number}")).set_value(f"{name} that is told.")
    app.run()
    app.text_input(widget(app, "text_input", "-why")).set_value("two things").run()
    app.button(widget(app, "button", "-save")).click().run()
    assert study.codebook().by_key["stigma"].replaced_by == ("shame", "blame")


def test_an_entry_changed_elsewhere_meanwhile_is_not_overwritten(open_page: Open, study: Study) -> None:
    app = go(open_page("Cara"), "Edit")
    app.text_input(widget(app, "text_input", "-name")).set_value("Mine").run()
    book = study.seat("Cara").book
    path = study.folder.path / study.config.codebook
    path.write_text(path.read_text().replace("name: Stigma", "name: Theirs"))
    assert book.now().by_key["stigma"].name == "Theirs"
    app.run()
    assert "Theirs" in told(app)
    assert study.codebook().by_key["stigma"].name == "Theirs"
