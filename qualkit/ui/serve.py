"""The server's process: Streamlit, which answers once the pages are imported and the study is read ahead.

python -m qualkit.ui.serve run SCRIPT FLAGS -- STUDY
"""

from __future__ import annotations

import sys
from importlib import import_module
from threading import Thread

from qualkit.errors import QualkitError
from qualkit.ui import PAGES, launch

PATIENCE_S = 15.0
"""So long the server waits for a study to be read ahead before it answers; the rest is then read while it does."""


def main() -> None:
    """Hand over to Streamlit's command line, which does not return."""
    if str(launch.SCRIPT) in sys.argv:
        for page in PAGES:
            import_module(f"qualkit.ui.{page.lower()}_page")
        reader = Thread(target=_read_ahead, name="reading ahead", daemon=True)
        reader.start()
        reader.join(PATIENCE_S)
    import_module("streamlit.web.cli").main(prog_name="streamlit")


def _read_ahead() -> None:
    """Have ready what pages ask of a study first; what is wrong with it the pages will say."""
    from qualkit.study import ahead
    from qualkit.ui import context

    try:
        ahead.read(context.study())
    except (QualkitError, OSError):
        return


if __name__ == "__main__":
    main()
