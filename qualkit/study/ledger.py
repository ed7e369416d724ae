"""The ledger of rounds: what each was, and how far its coders agree, with what rests on blind judgements apart."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from qualkit.model import Agreement, Coder, CoderKind, Event, Purpose, Round, RoundAgreement, Segment, Table, Visit
from qualkit.stages import agree, rounds
from qualkit.stages.uptake import JUDGED
from qualkit.store import Reading
from qualkit.study.judgements import BY_CODERS, CLOSED, REVEALED, SHOWN, WITHDREW
from qualkit.study.tally import Ballots
from qualkit.wording import counted

if TYPE_CHECKING:
    from qualkit.stages.adjudicate import Votes
    from qualkit.study.study import Study

COLUMNS = ("Round", "For", "State", "Codebook", "Opened", "Revealed", "Coders", "Segments by two or more", "Percent agreement",
           "Cohen's kappa", "Krippendorff's alpha", "Segments judged blind", "Blind: percent agreement", "Blind: Cohen's kappa",
           "Blind: Krippendorff's alpha")  # fmt: skip

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
    blind = blind_votes(study, round_)
    given = votes.code_keys()
    with study.store.read() as tx:
        book = tx.codebook(round_.codebook_sha256) if round_.codebook_sha256 else None
    same = study.codebook().counts_as
    keys = list(dict.fromkeys(same.get(key, key) for key in [*(book or study.codebook()).by_key, *sorted(given)]))
    agreement = _over_all_codes(study.agreement_in(round_.id, keys))
    is_same = _is_unshaped(study, round_) or blind == votes
    of_blind = (
        agreement if is_same else _over_all_codes(agree.run(votes=blind, code_keys=keys, options=study.options(agree, {})))
    )
    return replace(withheld(study, round_), n_blind=_by_two(blind), agreement=agreement, blind=of_blind)


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


def blind_votes(study: Study, round_: Round) -> Votes:
    """What coders said in a round where nothing that others said could shape it; `stages/rounds.py` says when that is."""
    if not round_.blind or round_.purpose is not Purpose.INDEPENDENT:
        return {}
    if _is_unshaped(study, round_):
        return study.votes(round_.id)
    settled = BY_CODERS if round_.revealed_at is not None else frozenset[str]()
    return study._kept.at_head(f"blind in {round_.id}", lambda: _blind_votes(study, round_), but_for=settled)


def _is_unshaped(study: Study, round_: Round) -> bool:
    """Whether all of a round is blind by its nature: the first, not revealed yet."""
    is_first = study.rounds()[0].id == round_.id
    return is_first and round_.is_hidden and round_.purpose is Purpose.INDEPENDENT


def _blind_votes(study: Study, round_: Round) -> Votes:
    with study.store.read() as tx:
        names = {coder.id: coder.name for coder in tx.all(Coder, kind=CoderKind.HUMAN)}
        told = rounds.told_before(round_, study.rounds())
        segments = {row[0] for row in tx.columns(Visit, "segment_id", round_id=sorted(told))} if told else set()
        shown = _shown_before(tx, round_, study.rounds())
        said = _at_reveal(tx, round_) if round_.revealed_at is not None else _now(study, round_, names)
        there = {row[0] for row in tx.columns(Segment, "id")}
    votes: dict[str, dict[str, Mapping[str, str | None]]] = {}
    for (segment_id, coder_id), codes in rounds.blind(said, told=segments, shown=shown).items():
        if segment_id in there and coder_id in names:
            votes.setdefault(segment_id, {})[names[coder_id]] = study.read_as_merged(codes)
    return votes


def _now(study: Study, round_: Round, names: Mapping[str, str]) -> rounds.Said:
    """What coders say in a round that is not revealed; nobody has changed it after being shown another's code."""
    ids = {name: coder_id for coder_id, name in names.items()}
    votes = study.votes(round_.id)
    return {(key, ids[name]): codes for key, by_coder in votes.items() for name, codes in by_coder.items()}


def _at_reveal(tx: Reading, round_: Round) -> rounds.Said:
    """What coders had said in a round when it was revealed, from the log: what they changed since then is left out."""
    revealed = next(event.seq for event in tx.all(Event, verb=REVEALED) if event.payload["round_id"] == round_.id)
    return rounds.replayed(tx.all(Event, verb=[JUDGED, WITHDREW]), round_id=round_.id, before=revealed)


def _shown_before(tx: Reading, round_: Round, every: list[Round]) -> set[tuple[str, str]]:
    """Segments and coders who were shown others' codes of an earlier round before this one was over or revealed."""
    earlier = {item.id for item in every if item.number < round_.number}
    ends = [event.seq for event in tx.all(Event, verb=[CLOSED, REVEALED]) if event.payload["round_id"] == round_.id]
    until = min(ends, default=None)
    shown = [event for event in tx.all(Event, verb=SHOWN) if until is None or event.seq < until]
    events = [event for event in shown if event.payload["round_id"] in earlier]
    return {(key, event.actor_id) for event in events for key in event.payload["segment_ids"]}


# ---------------------------------------------------------------- in tables and words


def table(found: list[RoundAgreement]) -> Table:
    """One row a round, pooled over all codes, with the blind judgements apart."""
    return Table(
        title="Agreement by round",
        columns=COLUMNS,
        rows=tuple(_row(item) for item in found),
        notes=(
            "Presence of codes, all pooled: every pair of segment and code is one judgement. Of every coder and segment the "
            "judgement of that round counts; in all other tables the newest of all rounds. A consensus is a decision, no vote. "
            "Codebook: the version in force when the round was opened.",
            RELIABILITY,
        ),
    )


def _row(item: RoundAgreement) -> tuple[str | int | float | None, ...]:
    round_ = item.round
    return (
        round_.number, f"{round_.purpose}{_about(round_)}", round_.state, item.codebook_number, f"{round_.opened_at:%Y-%m-%d}",
        f"{round_.revealed_at:%Y-%m-%d}" if round_.revealed_at else None, ", ".join(item.coders), item.n_segments,
        *_values(item.agreement), item.n_blind, *_values(item.blind),
    )  # fmt: skip


def _about(round_: Round) -> str:
    return f", {counted(len(round_.segment_ids), 'segment')}" if round_.segment_ids else ""


def _values(found: tuple[Agreement, ...]) -> tuple[float | None, ...]:
    values = {item.measure: item.value for item in found}
    rounded = (values.get(name) for name in ("percent", "kappa", "alpha"))
    return tuple(None if value is None else round(value, 3) for value in rounded)


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
