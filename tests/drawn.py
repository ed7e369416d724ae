"""Pages of the app drawn without a browser, as a person sees them."""

from __future__ import annotations

from streamlit.testing.v1 import AppTest


def page_of(page: str, name: str | None = None) -> AppTest:
    """A page as that person opens it, not drawn yet; the study is the one that the environment names."""
    app = AppTest.from_function(_script, args=(page,), default_timeout=60)
    if name:
        app.query_params["coder"] = name
    return app


def _script(page: str) -> None:
    from importlib import import_module

    from qualkit.ui import context

    with context.telling_errors():
        context.ask_name()
        context.show_notice()
        import_module(f"qualkit.ui.{page}_page").draw()


def told(app: AppTest) -> str:
    """Everything that a page sends to the browser."""
    return repr(app) + "".join(element.proto.body for element in app.get("html"))


def sent(app: AppTest) -> str:
    """All that a page sends to components."""
    return "".join(str(element.proto) for element in app.get("bidi_component"))
