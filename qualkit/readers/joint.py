"""The numbers of a joint display, `joint_display.csv` in the study's folder.

    theme,indicator,Harlow Mills,Tilden,fit,inference
    Stigma,"Stigma score, mean (SD)",3.4 (0.8),2.1 (0.9),confirm,Where people score higher they speak of more shame.

Every other column is a stratum, in the order in which they stand.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from pathlib import Path

from qualkit.errors import ReadError
from qualkit.model import Fit, Indicator

FILE = "joint_display.csv"
_OWN = ("theme", "indicator", "fit", "inference")


def read_joint(path: Path) -> list[Indicator]:
    """The rows of the file, in order; none if there is no file.

    Raises `ReadError` for a file that is not UTF-8, a column or a theme that is missing, and a fit that is none.
    """
    if not path.is_file():
        return []
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            rows, columns = list(reader), list(reader.fieldnames or ())
    except UnicodeDecodeError as error:
        raise ReadError(f"{path} is not UTF-8 text; save it as UTF-8.") from error
    missing = [name for name in _OWN[:2] if name not in columns]
    if missing:
        raise ReadError(f"{path}: the column {missing[0]!r} is missing; it needs theme and indicator.")
    strata = [name for name in columns if name and name not in _OWN]
    return [_indicator(row, strata, f"{path}, row {number}") for number, row in enumerate(rows, start=2)]


def _indicator(row: Mapping[str, str | None], strata: list[str], where: str) -> Indicator:
    said = {key: (value or "").strip() for key, value in row.items() if isinstance(value, str | None)}
    fit = said.get("fit", "").lower()
    if fit and fit not in set(Fit):
        raise ReadError(f"{where}: {fit!r} is no fit; write confirm, expand or discord, or nothing.")
    if not said["theme"]:
        raise ReadError(f"{where}: it names no theme; write the name of a theme or the key of a code.")
    return Indicator(
        theme=said["theme"],
        name=said["indicator"],
        values={name: said.get(name, "") for name in strata},
        fit=Fit(fit) if fit else None,
        inference=said.get("inference", ""),
    )
