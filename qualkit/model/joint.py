"""What an author sets beside a theme in a joint display of a mixed-methods study."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Fit(StrEnum):
    """How numbers and talk go together (Fetters, Curry & Creswell 2013, doi:10.1111/1475-6773.12117)."""

    CONFIRM = "confirm"
    EXPAND = "expand"
    DISCORD = "discord"


@dataclass(frozen=True, slots=True, kw_only=True)
class Indicator:
    """A number that was measured elsewhere: its `values` by stratum as the author writes them, and what follows from both.

    `theme` is the name of a theme or the key of a code. `fit` None and an empty `inference` are still to be written.
    """

    theme: str
    name: str
    values: Mapping[str, str]
    fit: Fit | None = None
    inference: str = ""
