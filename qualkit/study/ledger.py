"""The ledger of rounds: what each was, and how far its coders agree, with what rests on blind judgements apart."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from qualkit.model import Agreement, NumberFormat, Round, RoundAgreement, Table, TableCell
from qualkit.stages import agree, columns
from qualkit.stages.columns import Column
from qualkit.study import agreement_wording, blind
from qualkit.study.judgements import BY_CODERS
from qualkit.study.tally import Ballots
from qualkit.wording import counted

if TYPE_CHECKING:
    from qualkit.stages.adjudicate import Votes
    from qualkit.study.study import Study

RELIABILITY = (
    "Blind: judgements made in a blind round of independent coding before it was revealed, by people who had not been shown "
    "others' codes of the segment, in no round; as they stood when the round was revealed. Only these speak of reliability. "
    "What was coded again after others' codes could be seen agrees after discussion."
)


def lines(study: Study) -> list[RoundAgreement]:
    """See `Study.ledger`."""
    return [line(study, item) for item in study.rounds()]


def line(study: Study, round_: Round) -> RoundAgreement:
    """The line of one round; that of a closed one stays as it is, as nobody judges in it any more."""
    settled = BY_CODERS if round_.closed_at is not None else frozenset[str]()
    return study._kept.at_head(f"ledger of {round_.id}", lambda: _line(study, round_), but_for=settled)


def _line(study: Study, round_: Round) -> RoundAgreement:
    votes = study.votes(round_.id)
    unshaped = blind.votes_in(study, round_)
    given = votes.code_keys()
    with study.store.read() as tx:
        book = tx.codebook(round_.codebook_sha256) if round_.codebook_sha256 else None
    same = study.codebook().counts_as
    keys = list(dict.fromkeys(same.get(key, key) for key in [*(book or study.codebook()).by_key, *sorted(given)]))
    agreement = _over_all_codes(study.agreement_in(round_.id, keys))
    is_same = blind.is_unshaped(study, round_) or unshaped == votes
    of_blind = (
        agreement
        if is_same
        else _over_all_codes(
            agree.run(votes=unshaped, code_keys=keys, options=study.options(agree, {}), transcript_of=study.outline().places)
        )
    )
    return replace(withheld(study, round_), n_blind=_by_two(unshaped), agreement=agreement, blind=of_blind)


def withheld(study: Study, round_: Round) -> RoundAgreement:
    """The line of a round for whoever may not see its figures yet: who judged in it, and how many segments two or more."""
    votes = study.votes(round_.id)
    with study.store.read() as tx:
        number = tx.codebook_number(round_.codebook_sha256) if round_.codebook_sha256 else None
    return RoundAgreement(
        round=round_,
        codebook_number=number,
        coders=tuple(sorted(votes.n_judged())),
        n_segments=_by_two(votes),
        n_blind=0,
        agreement=(),
        blind=(),
    )


def _by_two(votes: Votes) -> int:
    counts = votes.n_people().values() if isinstance(votes, Ballots) else map(len, votes.values())
    return sum(n > 1 for n in counts)


def _over_all_codes(found: list[Agreement]) -> tuple[Agreement, ...]:
    return tuple(item for item in found if item.code_key is None)


# ---------------------------------------------------------------- in tables and words


def table(found: list[RoundAgreement]) -> Table:
    """One row a round, pooled over all codes, with the blind judgements apart."""
    text: list[Column[RoundAgreement]] = [
        Column(name="For", cell=lambda item: f"{item.round.purpose}{_about(item.round)}"),
        Column(name="Codebook", cell=lambda item: item.codebook_number, format=NumberFormat.COUNT),
        Column(name="Opened", cell=lambda item: f"{item.round.opened_at:%Y-%m-%d}"),
        Column(name="Revealed", cell=lambda item: f"{item.round.revealed_at:%Y-%m-%d}" if item.round.revealed_at else "–"),
        Column(name="Coders", cell=lambda item: ", ".join(item.coders)),
    ]
    return columns.table(
        [
            *text,
            *_coefficients("Judged blind", lambda item: item.n_blind, lambda item: item.blind),
            *_coefficients("All, as it stands now", lambda item: item.n_segments, lambda item: item.agreement),
        ],
        [(f"{item.round.number}, {item.round.state}", item) for item in found],
        stub="Round",
        title="Agreement by round",
        notes=(
            "n: segments that two or more people judged. Presence of codes, all pooled: every pair of segment and code is one "
            "judgement. Of every coder and segment the judgement of that round counts; in all other tables the newest of all "
            "rounds. A consensus is a decision, no vote. Codebook: the version in force when the round was opened.",
            RELIABILITY,
            *agreement_wording.interval_notes(part for item in found for part in item.blind),
        ),
    )


def _coefficients(
    over: str, n: Callable[[RoundAgreement], int], of: Callable[[RoundAgreement], tuple[Agreement, ...]]
) -> list[Column[RoundAgreement]]:
    """Coefficients over some of a round's judgements; a dash for what is undefined or rests on nothing."""

    def found(name: str, item: RoundAgreement) -> Agreement | None:
        return next((one for one in of(item) if one.measure == name), None)

    def value(name: str) -> Callable[[RoundAgreement], TableCell]:
        def cell(item: RoundAgreement) -> TableCell:
            known = found(name, item)
            return "–" if known is None or known.value is None else known.value

        return cell

    def interval(item: RoundAgreement) -> TableCell:
        known = found("alpha", item)
        return agreement_wording.brackets(known.interval if known else None)

    shown = {"Kappa": "kappa", "AC1": "ac1", "Alpha": "alpha"}
    return [
        Column(name="n", over=over, cell=n, format=NumberFormat.COUNT),
        Column(name="Agree", over=over, cell=value("percent"), format=NumberFormat.PERCENT),
        *(Column(name=name, over=over, cell=value(key), format=NumberFormat.COEFFICIENT) for name, key in shown.items()),
        Column(name="Alpha, 95% CI", over=over, cell=interval),
    ]


def _about(round_: Round) -> str:
    return f", {counted(len(round_.segment_ids), 'segment')}" if round_.segment_ids else ""


def reliability_note(found: list[RoundAgreement]) -> str:
    """What reliability rests on where some judgements were not blind; empty where all of them were."""
    lines_ = [item for item in found if item.n_segments]
    if not any(item.n_blind < item.n_segments for item in lines_):
        return ""
    said = "; ".join(_reliability(item) for item in lines_)
    return f"Made blind, and so the only ones that speak of reliability: {said}."


def _reliability(item: RoundAgreement) -> str:
    alpha = next((one.value for one in item.blind if one.measure == "alpha"), None)
    how_far = f"alpha {alpha:.2f}" if alpha is not None else "alpha undefined"
    return f"round {item.round.number}, {item.n_blind} of {counted(item.n_segments, 'segment')}" + (
        f" ({how_far})" if item.n_blind else ""
    )
