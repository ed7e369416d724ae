"""Starting the browser app so that it can be reached from this machine only and tells nobody anything.

`SETTINGS` is the single list of Streamlit options that qualkit relies on; `.streamlit/config.toml` in the checkout, for
those who type `streamlit run app.py`, says the same, and a test compares the two. Given as flags they win over any
`config.toml` in the user's folders.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path

STUDY_VARIABLE = "QUALKIT_STUDY"
"""Environment variable that names the study's folder."""

REMOTE_VARIABLE = "QUALKIT_ALLOW_REMOTE"
"""Set to 1 by somebody who knowingly serves the app to other machines."""

SCRIPT = Path(__file__).with_name("app.py")

_COLOURS = {
    "light": ("#2f5d62", "#fcfbf8", "#f3f1ea", "#23292b", "#dedacd"),
    "dark": ("#2a7f80", "#16191b", "#1f2427", "#e4e4df", "#363d41"),
}
_COLOUR_NAMES = ("primaryColor", "backgroundColor", "secondaryBackgroundColor", "textColor", "borderColor")

SETTINGS: Mapping[str, object] = {
    "server.address": "127.0.0.1",
    "server.allowedHosts": ["127.0.0.1", "localhost"],  # a name that a stranger points at this machine is turned away
    "server.headless": True,
    "server.fileWatcherType": "none",
    "server.enableAgentApi": False,
    "server.enableStaticServing": False,
    "browser.gatherUsageStats": False,
    "client.toolbarMode": "minimal",
    "client.showErrorDetails": "none",  # the error page links to web services, which must not learn what was said
    "client.showErrorLinks": False,
    "runner.postScriptGC": False,  # collecting after every run holds up everybody: four times fewer coders per machine
    "runner.magicEnabled": False,
    "theme.font": "sans-serif",
    "theme.baseFontSize": 15,
    "theme.baseRadius": "0.4rem",
    "theme.showWidgetBorder": True,
    **{
        f"theme.{mode}.{name}": colour
        for mode, colours in _COLOURS.items()
        for name, colour in zip(_COLOUR_NAMES, colours, strict=True)
    },
}


def environment(study: Path) -> dict[str, str]:
    """This process's environment, plus where the study is."""
    return {**os.environ, STUDY_VARIABLE: str(study.resolve())}


def command(study: Path, port: int | None = None) -> list[str]:
    """The command that serves the app over `study`, to be run in `environment(study)`; `port` None leaves the choice open.

    The folder is the last argument, after `--`, so that a list of processes says which study is being served.
    """
    flags = [flag for name, value in SETTINGS.items() for flag in _flags(name, value)]
    if port is not None:
        flags.append(f"--server.port={port}")
    return [sys.executable, "-m", "qualkit.ui.serve", "run", str(SCRIPT), *flags, "--", str(study.resolve())]


def launch(study: Path, port: int | None = None) -> None:
    """Become the server: replaces this process."""
    arguments = command(study, port)
    os.execve(arguments[0], arguments, environment(study))


def reach() -> tuple[bool, str]:
    """Whether `qualkit app` can be reached from this machine only, and that in a sentence."""
    if os.environ.get(REMOTE_VARIABLE) == "1":
        return False, f"{REMOTE_VARIABLE}=1 lets the app be served to other machines: only behind a server that asks who it is."
    return True, f"The app answers on {SETTINGS['server.address']} only: no other machine reaches it, and it reports to nobody."


def config_file() -> str:
    """`SETTINGS` as the text of a `.streamlit/config.toml`."""
    sections: dict[str, list[str]] = {}
    for name, value in SETTINGS.items():
        section, option = name.rsplit(".", 1)
        sections.setdefault(section, []).append(f"{option} = {json.dumps(value)}")
    return "\n".join(f"[{section}]\n" + "\n".join(lines) + "\n" for section, lines in sections.items())


def _flags(name: str, value: object) -> list[str]:
    if isinstance(value, list):
        return [f"--{name}={item}" for item in value]
    return [f"--{name}={str(value).lower() if isinstance(value, bool) else value}"]
