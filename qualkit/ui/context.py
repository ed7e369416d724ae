"""What outlives one drawing of a page: the study, who is sitting here, and what their session keeps.

The only user of Streamlit's session state and caches. A widget's key names the segment and the version it shows, so that
a press can only ever mean what was on the screen; callbacks read widgets by key, since the arguments they were given may be
older than what was typed last.
"""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from threading import Lock
from typing import Any, TypeVar

import streamlit as st

from qualkit.errors import BlindnessError, QualkitError
from qualkit.study import Seat, Study
from qualkit.study.watch import Checked
from qualkit.ui.launch import REMOTE_VARIABLE, STUDY_VARIABLE

T = TypeVar("T")

_LOOPBACK = ("127.0.0.1", "localhost", "::1")
_NAME = "coder"


def refuse_strangers() -> None:
    """Stop unless only this machine can reach the app, or somebody has allowed more on purpose."""
    if st.get_option("server.address") not in _LOOPBACK and os.environ.get(REMOTE_VARIABLE) != "1":
        st.error(
            "This app would be open to the whole network, and it shows what people said in confidence. Start it with  "
            f"qualkit app,  or, if a protected server is meant, set {REMOTE_VARIABLE}=1."
        )
        st.stop()


# ---------------------------------------------------------------- the study and the person


def study() -> Study:
    """The study being served; opened anew when its `study.toml` changes. Raises `StudyError` if there is none."""
    path = Path(os.environ.get(STUDY_VARIABLE) or ".").resolve()
    settings = path / "study.toml"
    with _OPENING:  # sessions and what reads ahead share one study, and all that it keeps
        return _opened(path, settings.stat().st_mtime_ns if settings.is_file() else 0)


_OPENING = Lock()


@lru_cache(maxsize=1)
def _opened(path: Path, changed_at: int) -> Study:  # noqa: ARG001 - another time of change, another study
    return Study.open(path)


def ask_name() -> None:
    """Ask in the side bar who is sitting here; the answer also stands in the address, for a bookmark."""
    known = [coder.name for coder in study().coders() if coder.kind == "human"]
    names = list(dict.fromkeys([*study().config.coders, *known, *study().config.adjudicators]))
    given = st.query_params.get(_NAME)
    if _NAME not in st.session_state and given:
        st.session_state[_NAME] = given
    if (now := st.session_state.get(_NAME)) and now not in names:
        names.append(now)
    chosen = st.sidebar.selectbox(
        "Who are you?", names, index=None, key=_NAME, accept_new_options=True, placeholder="Choose or type your name"
    )
    if chosen and chosen != given:
        st.query_params[_NAME] = chosen


def seat() -> Seat | None:
    """The place of whoever is sitting here, None while nobody has said."""
    name = str(st.session_state.get(_NAME) or "").strip()
    return study().seat(name) if name else None


def need_seat() -> Seat:
    """The place of whoever is sitting here; without a name the page ends with a request for one."""
    if (found := seat()) is not None:
        return found
    st.info("Choose or type your name in the side bar. Everything you judge is kept under it.", icon=":material/person:")
    st.stop()
    raise AssertionError("a stopped page goes no further")


def checked_log() -> Checked:
    """What is known of the log so far: at once, however long it is."""
    return study().checked_log()


@st.cache_resource(max_entries=8, show_spinner=False)  # type: ignore[untyped-decorator]
def stretch_of_sound(_cut: Callable[[], bytes], key: str) -> bytes:  # noqa: ARG001
    """The sound that `key` names, cut once for everybody who hears it; some megabytes, so only a few are kept."""
    return _cut()


@st.cache_resource(max_entries=64, show_spinner=False)  # type: ignore[untyped-decorator]
def clip_of_segment(_cut: Callable[[], bytes | None], key: str) -> bytes | None:  # noqa: ARG001
    """The sound of the segment that `key` names, cut once for everybody who hears it; some tens of kilobytes each."""
    return _cut()


# ---------------------------------------------------------------- errors


@contextmanager
def telling_errors() -> Iterator[None]:
    """Show a `QualkitError` as its sentence: calmly for what may not be seen yet, as an error otherwise."""
    try:
        yield
    except BlindnessError as error:
        st.info(str(error), icon=":material/visibility_off:")
    except QualkitError as error:
        st.error(str(error), icon=":material/error:")


def attempt(verb: Callable[[], Any]) -> bool:
    """For callbacks: call `verb`; a `QualkitError` becomes a notice on the next drawing. Whether it went well."""
    try:
        verb()
    except QualkitError as error:
        notify(str(error), is_error=True)
        return False
    return True


def notify(sentence: str, *, is_error: bool = False) -> None:
    """Have `sentence` shown once, at the top of the next drawing."""
    st.session_state["notice"] = (sentence, is_error)


def show_notice() -> None:
    """Show what `notify` was given, once."""
    sentence, is_error = st.session_state.pop("notice", ("", False))
    if sentence and is_error:
        st.error(sentence, icon=":material/error:")
    elif sentence:
        st.toast(sentence, icon=":material/check:")


# ---------------------------------------------------------------- what a session keeps


def value(key: str, default: Any = None) -> Any:
    """What the widget or entry `key` holds now."""
    return st.session_state.get(key, default)


def put(key: str, what: Any) -> None:
    """Keep `what` under `key` for this session."""
    st.session_state[key] = what


def kept(key: str, make: Callable[[], T]) -> T:
    """What is kept under `key`, made now if it is new."""
    if key not in st.session_state:
        st.session_state[key] = make()
    found: T = st.session_state[key]
    return found


def kept_for_all(slot: str, key: str, make: Callable[[], T]) -> T:
    """As `kept`, for everybody whom the app serves; a slot holds the `MOST_FOR_ALL` that were asked for last."""
    with _FOR_ALL_LOCKS[slot]:
        held = _FOR_ALL.setdefault(slot, {})
        held[key] = held.pop(key) if key in held else make()
        for old in list(held)[:-MOST_FOR_ALL]:
            del held[old]
        found: T = held[key]
        return found


MOST_FOR_ALL = 4
_FOR_ALL: dict[str, dict[str, Any]] = {}
_FOR_ALL_LOCKS: defaultdict[str, Lock] = defaultdict(Lock)


def kept_one(slot: str, key: str, make: Callable[[], T]) -> T:
    """As `kept`, but a slot holds one thing only, that of the `key` asked for last: for what is large."""
    held = st.session_state.get(slot)
    if held is None or held[0] != key:
        held = st.session_state[slot] = (key, make())
    found: T = held[1]
    return found
