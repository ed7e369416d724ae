"""Agreement in words: names of measures, a coefficient with its interval, what intervals rest on, and which votes count."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from qualkit.model import Agreement, Interval
from qualkit.wording import counted, two_decimals

if TYPE_CHECKING:
    from qualkit.study.study import Study

NAMES = {
    "percent": "Percent agreement",
    "kappa": "Cohen's kappa",
    "alpha": "Krippendorff's alpha",
    "ac1": "Gwet's AC1",
    "pabak": "PABAK",
    "fleiss": "Fleiss' kappa",
    "prevalence_index": "Prevalence index",
    "bias_index": "Bias index",
    "exact_set": "Same set of codes",
    "alpha_masi": "Krippendorff's alpha, MASI",
    "alpha_jaccard": "Krippendorff's alpha, Jaccard",
    "u_alpha": "Unitizing alpha: same words, same valence",
    "u_alpha_binary": "Unitizing alpha: same words",
    "cu_alpha": "Unitizing alpha: same valence where both marked",
    "ku_alpha": "Unitizing alpha: where both marked,",
}
POOLED = "All codes, pooled"
FEW_TRANSCRIPTS = 6
NOT_BLIND = (
    "Judgements as they stand now. Some were made or changed after others' codes could be seen, so this agreement does not "
    "speak of reliability."
)
BLIND = (
    "Judged blind: in a round of independent coding before it was revealed, by people not shown others' codes of the segment; "
    "as they stood then, of each segment in the newest such round."
)


def measure_named(key: str) -> str:
    """`ku_alpha barrier` as it is told."""
    name, _, label = key.partition(" ")
    return f"{NAMES[name]} {label}".strip()


def ends(interval: Interval | None) -> str | None:
    """`.47 to .89`; None without an interval."""
    return None if interval is None else f"{two_decimals(interval.low)} to {two_decimals(interval.high)}"


def brackets(interval: Interval | None) -> str:
    """`[.47, .89]`; a dash without an interval."""
    return "–" if interval is None else f"[{two_decimals(interval.low)}, {two_decimals(interval.high)}]".replace("-", "−")


def told(item: Agreement) -> str:
    """`.68 [.47, .89]`, or `undefined`."""
    if item.value is None:
        return "undefined"
    inside = "" if item.interval is None else f" [{two_decimals(item.interval.low)}, {two_decimals(item.interval.high)}]"
    return two_decimals(item.value) + inside


def gaps(rows: Sequence[tuple[str, Sequence[Agreement]]]) -> list[str]:
    """Why coefficients and intervals are not there: a sentence for each reason, with the rows that it holds for."""
    missing: dict[tuple[str, str], dict[str, None]] = {}
    for name, items in rows:
        for item in items:
            if item.undefined_because:
                missing.setdefault(("Undefined", item.undefined_because), {})[name] = None
            elif item.no_interval_because:
                missing.setdefault(("No interval", item.no_interval_because), {})[name] = None
    is_drawn = any(item.interval is not None for _, items in rows for item in items)
    return [
        f"{what} for {', '.join(names)}: {why}."
        for (what, why), names in missing.items()
        if is_drawn or what == "Undefined"  # where there are none at all, `interval_notes` says why
    ]


def interval_notes(results: Iterable[Agreement]) -> tuple[str, ...]:
    """What the intervals rest on; nothing where there is none."""
    listed = list(results)
    found = next((item.interval for item in listed if item.interval is not None), None)
    if found is None:
        why = next((item.no_interval_because for item in listed if item.no_interval_because), "")
        return (f"Without intervals: {why}.",) if why else ()
    few = (
        " With so few transcripts it is wide because little is known of how transcripts differ."
        if found.n_transcripts < FEW_TRANSCRIPTS
        else ""
    )
    return (
        f"{found.level:.0%} intervals: {counted(found.n_draws, 'draw')} of {counted(found.n_transcripts, 'transcript')} with "
        f"replacement (seed {found.seed}), since segments of one transcript are alike; the standard deviation over draws, "
        f"times Student's t with {found.n_transcripts - 1} degrees of freedom.{few}",
    )


def told_notes(study: Study, *, is_now: bool = False) -> tuple[str, ...]:
    """Which judgements `Study.compared` has; nothing where all that counts was said blind."""
    if study.blind_apart() is None:
        return ()
    return (BLIND if study.is_told_blind() and not is_now else NOT_BLIND,)
