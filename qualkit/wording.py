"""How times, counts and texts are said to people, the same everywhere. Standard library only."""

from __future__ import annotations

import re
from decimal import ROUND_HALF_UP, Decimal
from math import isfinite

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
    text = rounded(number, 2)
    return ".00" if float(text) == 0 else text.replace("0.", ".", 1) if abs(float(text)) < 1 else text


def percent(share: float, places: int = 0) -> str:
    """A share of one as `35%`."""
    return f"{rounded(100 * share, places)}%"


def rounded(number: float, places: int) -> str:
    """A number with so many decimals, halves away from 0, as spreadsheets and readers round: `.125` is `.13`.

    Fifteen digits count, so that 0.285, which is a little less in binary, is a half.
    """
    if not isfinite(number):
        return str(number)
    return f"{Decimal(f'{number:.15g}').quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP):f}"


def printable(text: str) -> str:
    """`text` as XML allows it: a space for every control character and lone surrogate, so that offsets stay what they were."""
    return _UNPRINTABLE.sub(" ", text)


def first_line(text: str, width: int) -> str:
    """`text` on one line, cut at `width` characters with an ellipsis."""
    flat = " ".join(text.split())
    return flat if len(flat) <= width else flat[: width - 1].rstrip() + "…"
