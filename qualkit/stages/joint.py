"""The joint display of a mixed-methods study: what was measured beside what was said, and what follows from both.

After Guetterman, Fetters & Creswell 2015, doi:10.1370/afm.1865. The numbers and the inferences are the author's; what they have
not written is said to be missing, and never made up.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from qualkit.errors import StudyError, nearest
from qualkit.model import Indicator, Quote, Spanner, Table, TableCell, ThemeRow, grouped
from qualkit.stages.quotations import Say
from qualkit.stages.tables import Options, people_said, told_of
from qualkit.stages.themes import AGAINST, as_contrary

MISSING = "not recorded, author to complete"


def run(
    *, indicators: Sequence[Indicator], rows: Sequence[ThemeRow], keys: Mapping[str, Sequence[str]], say: Say, options: Options
) -> Table:
    """A row for each indicator, with what people said of its theme.

    `keys` has the keys of the codes that each theme rests on, by its id. Raises `StudyError` for an indicator whose theme is
    not in the theme table.
    """
    themes = grouped(rows, lambda row: row.theme_id)
    strata = list(dict.fromkeys(name for item in indicators for name in item.values))
    at = len(strata) + 2
    spanners = (
        Spanner(text="Measured", first=1, last=at - 1),
        Spanner(text="Said", first=at, last=at + 2),
        Spanner(text="Both together", first=at + 3, last=at + 4),
    )
    return Table(
        title="Joint display of what was measured and what was said",
        columns=("Theme", "Indicator", *strata, "Segments (n)", "Participants (n of N)", "Quotations", "Fit",
                 "Meta-inference"),
        rows=tuple(_row(item, strata, themes[_theme_of(item, rows, keys)], say, options) for item in indicators),
        notes=(
            "Measured: as the author gives it. Said: segments of the theme and the participants who spoke them, of all who "
            "took part; a quotation of the larger side, and one of the other side, marked Contrary, where there is one. Fit: "
            "whether what was said confirms, expands or is at discord with what was measured, by the author's judgement.",
        ),
        spanners=spanners,
    )  # fmt: skip


def _theme_of(item: Indicator, rows: Sequence[ThemeRow], keys: Mapping[str, Sequence[str]]) -> str:
    """The id of the theme that an indicator names, by its name or by the key of one of its codes."""
    wanted = item.theme.casefold()
    names = {row.theme.casefold(): row.theme_id for row in rows}
    names |= {key.casefold(): row.theme_id for row in rows for key in keys.get(row.theme_id, ()) if key.casefold() not in names}
    if wanted not in names:
        near = nearest(wanted, names)
        hint = f" Did you mean {near!r}?" if near else ""
        raise StudyError(
            f"joint_display.csv names {item.theme!r}, which is no theme of the theme table and no code of one.{hint}"
        )
    return names[wanted]


def _row(item: Indicator, strata: Sequence[str], rows: Sequence[ThemeRow], say: Say, options: Options) -> tuple[TableCell, ...]:
    sides = "; ".join(
        f"{row.valence.value if row.valence else 'without valence'} {told_of(row.n_segments, row.n_participants, options)}"
        for row in rows
    )
    n_people = len({person for row in rows for person in row.participant_ids})
    return (
        rows[0].theme, item.name, *(item.values.get(name, "") for name in strata), sides,
        people_said(n_people, rows[0].of_participants, options), "\n".join(map(say, _quotes(rows))),
        item.fit.value if item.fit else MISSING, item.inference or MISSING,
    )  # fmt: skip


def _quotes(rows: Sequence[ThemeRow]) -> list[Quote]:
    leading = max(rows, key=lambda row: row.n_segments)
    against = AGAINST.get(leading.valence) if leading.valence else None
    other = [quote for row in rows if against is not None and row.valence is against for quote in row.quotes]
    own = [quote for quote in leading.quotes if quote.is_contrary]
    return [*leading.quotes[:1], *([as_contrary(other[0])] if other else own[:1])]
