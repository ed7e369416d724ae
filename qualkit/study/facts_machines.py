"""What is known of what machines had to do with a study: what ran, where, and what people did with what it suggested."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from qualkit.model import Assignment, Basis, Coder, CoderKind, Ruling, Run, Table
from qualkit.model.facts import ExposureFacts, Known, MachineFacts, RunFacts
from qualkit.stages import uptake
from qualkit.study import proving
from qualkit.wording import counted

if TYPE_CHECKING:
    from qualkit.study.study import Study

SUGGESTED = "suggested"
ON_SERVERS = ("llm",)
"""Machine coders that run on a server; all others run inside qualkit, on this machine."""


def gather(study: Study, tables: Mapping[str, Table], runs: Mapping[str, Known[RunFacts]]) -> dict[str, Any]:
    """The fields of `Facts` that are about machine coders."""
    return {
        "machines": _machines(study, tables),
        "exposure": _exposure(study, tables),
        "evaluation": _evaluation(study, tables, runs),
    }


def _machines(study: Study, tables: Mapping[str, Table]) -> Known[tuple[MachineFacts, ...]] | None:
    """Every machine that ever suggested something, also one that was asked no more later."""
    with study.store.read() as tx:
        machines = sorted(tx.all(Coder, kind=CoderKind.MACHINE), key=lambda coder: coder.name)
        n_of = Counter({row[0]: n for row, n in tx.counts(Assignment, "coder_id").items()})
        servers = {str(run.options.get("llm_server") or "") for run in tx.all(Run, past=True, stage="suggest")} - {""}
    if not machines:
        return None
    shown: dict[str, Counter[str]] = {}
    for item in study.uptake():
        shown.setdefault(item.machine, Counter()).update(
            shown=item.n_shown, before=item.n_shown_before, accepted=item.n_accepted, changed=item.n_changed,
            rejected=item.n_rejected, already=item.n_already,
        )  # fmt: skip
    found = tuple(
        _machine(coder, n_of[coder.id], shown.get(coder.name, Counter()), ", ".join(sorted(servers))) for coder in machines
    )
    proofs = (*proving.of_tables(tables, "suggestion_uptake"), *proving.of_log(study, SUGGESTED, uptake.SHOWN))
    return Known(value=found, proofs=proofs) if proofs else None


def _machine(coder: Coder, n: int, said: Counter[str], servers: str) -> MachineFacts:
    return MachineFacts(
        name=coder.name,
        revision=coder.engine or "",
        server=servers if coder.name in ON_SERVERS else "",
        n_suggestions=n,
        n_shown=said["shown"],
        n_shown_before=said["before"],
        n_accepted=said["accepted"],
        n_changed=said["changed"],
        n_rejected=said["rejected"],
        n_already=said["already"],
    )


def _exposure(study: Study, tables: Mapping[str, Table]) -> Known[ExposureFacts] | None:
    found, codes = study.exposure(), study.final_codes()
    if not found:
        return None
    by_people = sum(code.basis is not Basis.SUGGESTED for code in codes)
    value = ExposureFacts(
        n_judgements=sum(item.n_judgements for item in found),
        n_blind=sum(item.n_blind for item in found),
        n_counted=len(codes),
        n_counted_by_people=by_people,
        shows=study.config.show_suggestions.value,
    )
    proofs = (*proving.of_tables(tables, "agreement", "theme_numbers"), *proving.of_log(study, uptake.JUDGED, uptake.SHOWN))
    return Known(value=value, proofs=proofs)


def _evaluation(study: Study, tables: Mapping[str, Table], runs: Mapping[str, Known[RunFacts]]) -> Known[str] | None:
    proofs = proving.of_tables(tables, "verdicts", "evaluation")
    if not proofs or "evaluate" not in runs:
        return None
    verdicts = study.verdicts().values()
    usable = [item for item in verdicts if item.ruling is Ruling.USABLE]
    said = (
        f"Held against people on transcripts that it had not learned from, a machine coder was good enough to be left alone "
        f"with {len(usable)} of {counted(len(verdicts), 'code')} that it was judged on."
    )
    return Known(value=said, proofs=(*proofs, *runs["evaluate"].proofs))
