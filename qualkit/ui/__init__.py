"""The browser app: one script a page, each asking the study one question and letting a callback call one verb.

Importing this package is cheap; Streamlit comes in with `main`.
"""

from __future__ import annotations

from functools import partial
from importlib import import_module

PAGES = ("Study", "Transcript", "Code", "Adjudicate", "Codebook", "Topics", "Themes", "Ratings", "Report")
"""Pages in the order of the work; the page `Code` is the function `draw` of `qualkit.ui.code_page`."""

TITLED = frozenset({"Study", "Codebook", "Topics", "Themes", "Ratings", "Report"})
"""Pages that show a heading of their own; the others have one that is only heard, and leave the screen to the work."""

ICONS = {
    "Study": "folder_open",
    "Transcript": "graphic_eq",
    "Code": "edit_note",
    "Adjudicate": "balance",
    "Codebook": "menu_book",
    "Topics": "bubble_chart",
    "Themes": "table_chart",
    "Ratings": "exposure",
    "Report": "article",
}


def main() -> None:
    """Draw the app: whose study, who is sitting here, and the page that was asked for."""
    import streamlit as st

    from qualkit.ui import context, style

    st.set_page_config(page_title="qualkit", page_icon=str(style.ICON), layout="wide")
    st.html(style.CSS)
    context.refuse_strangers()
    pages = [
        st.Page(
            import_module(f"qualkit.ui.{name.lower()}_page").draw,
            title=name,
            icon=f":material/{ICONS[name]}:",
            url_path=name.lower() if name != PAGES[0] else "home",
            default=name == PAGES[0],
        )
        for name in PAGES
    ]
    # the first page stands at the root; its own name in an address leads there
    named = st.Page(partial(st.switch_page, pages[0]), title=PAGES[0], url_path=PAGES[0].lower(), visibility="hidden")
    page = st.navigation([*pages, named])
    st.set_page_config(page_title=f"{page.title} · qualkit")
    if page.title not in TITLED:
        st.html(style.heading(page.title))
    with context.telling_errors():
        context.ask_name()
        context.show_notice()
        page.run()
