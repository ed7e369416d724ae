"""How times, counts and texts are said to people, the same everywhere. Standard library only."""

from __future__ import annotations

import re

_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def clock(seconds: float | None) -> str:
    """Seconds as `m:ss` or `h:mm:ss`; empty for None."""
    if seconds is None:
        return ""
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


def counted(n: int, noun: str, plural: str | None = None) -> str:
    """`1 segment`, `3 segments`: a count with its noun."""
    return f"{n} {noun if n == 1 else plural or noun + 's'}"


def sized(n_bytes: int) -> str:
    """A size as people read it: `640 kB`, `2.9 MB`, `1.4 GB`; decimal units, as disks are sold."""
    for unit, size in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if n_bytes >= size:
            number = n_bytes / size
            return f"{number:.1f} {unit}" if number < 10 else f"{number:,.0f} {unit}"
    return f"{n_bytes} bytes"


def two_decimals(number: float) -> str:
    """`.62`, `-.08`, `1.00`: a coefficient as papers print it, without the zero before the point."""
    text = f"{number:.2f}"
    return ".00" if float(text) == 0 else text.replace("0.", ".", 1) if abs(float(text)) < 1 else text


def printable(text: str) -> str:
    """`text` as XML allows it: a space for every control character and lone surrogate, so that offsets stay what they were."""
    return _UNPRINTABLE.sub(" ", text)


def first_line(text: str, width: int) -> str:
    """`text` on one line, cut at `width` characters with an ellipsis."""
    flat = " ".join(text.split())
    return flat if len(flat) <= width else flat[: width - 1].rstrip() + "…"
