"""What machines suggest as cards: a line or two to see at once, and all that speaks for and against it when one is opened.

A card is plain HTML that opens by itself. In the talk its evidence has the class of its number, `q-e1` of the card `q-card-1`,
so that style.css can single out the words of the card that is open or pointed at.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

from qualkit.model import Choice, Codebook, Ruling, Suggestion, Valence, Verdict
from qualkit.study import Card, Seat, View
from qualkit.study.cards import Nearby
from qualkit.ui import style
from qualkit.wording import counted, first_line

RULED = {Ruling.USABLE: ("✓", "good"), Ruling.DO_NOT_AUTOMATE: ("✕", "bad"), Ruling.TOO_FEW: ("…", "open")}
"""Sign and kind of each ruling."""

QUOTE_WIDTH = 110
SURE = "Left alone with this, the machine would keep the error level that the study has set."
UNSURE = "The machine abstains: left alone with this, it might not keep the error level that the study has set."
HIDDEN = "How it agrees with people shows when you may see results."
OWN_ONLY = "While coding is blind, only segments that you gave this code yourself are shown."


def below(found: Sequence[Card], view: View, book: Codebook, seat: Seat) -> str:
    """The cards for a segment, to stand under the panel, which marks what they point at; hidden there for any other segment."""
    has_more = any(card.neighbours or card.rulings for card in found)
    is_blind = has_more and not seat.may_see_results()
    own = {choice.code_key: choice for choice in view.choices}
    drawn = [_card(n, card, book, own.get(card.code_key), is_blind) for n, card in enumerate(found, start=1)]
    heading = style.label(f"Machines suggest {counted(len(found), 'code')}")
    return style.block(f'<div class="q-cards qk-cards" data-for="{escape(view.segment.id)}">{heading}{"".join(drawn)}</div>')


def _card(number: int, card: Card, book: Codebook, own: Choice | None, is_blind: bool) -> str:
    best = card.strongest
    code = book.by_key.get(card.code_key)
    head = (
        f'<span class="q-card-head"><span class="q-name">{escape(code.name if code else card.code_key)}</span>'
        f"{_valence(best.valence)}{_probability(best.score)}</span>"
    )
    told = [_sureness(card.is_sure), _machines(card), *_rulings(card), _own(own, best.valence)]
    quotes = " … ".join(f"“{escape(first_line(item.text, QUOTE_WIDTH))}”" for item in card.evidence)
    body = [
        _each_machine(card.suggestions),
        _listed("The codebook says", [escape(line) for line in card.lines]),
        _neighbours(card.neighbours, is_blind),
        *(_verdict(machine, ruling, card.verdicts.get(machine)) for machine, ruling in card.rulings.items()),
    ]
    return (
        f'<details class="q-card q-card-{number}"><summary>{head}<span class="q-card-told">{"".join(told)}</span>'
        f'<span class="q-card-quote">{quotes}</span></summary><div class="q-card-body">{"".join(body)}</div></details>'
    )


def _valence(valence: Valence | None) -> str:
    return style.chip(valence.value) if valence else ""


def _probability(score: float) -> str:
    return f'<span class="q-prob" title="Probability">{style.bar(score)}<span>{round(100 * score)}\u202f%</span></span>'


def _sureness(is_sure: bool) -> str:
    return style.tag("sure", "good", SURE) if is_sure else style.tag("for you to look at", "open", UNSURE)


def _machines(card: Card) -> str:
    return style.aside(", ".join(item.machine for item in card.suggestions))


def _rulings(card: Card) -> list[str]:
    """The ruling on the machine that is surest of the code."""
    machine = card.strongest.machine
    if machine not in card.rulings:
        return []
    sign, kind = RULED[card.rulings[machine]]
    why = card.verdicts[machine].why if machine in card.verdicts else HIDDEN
    return [style.tag(f"{sign} {card.rulings[machine]}", kind, f"{machine}: {why}")]


def _own(own: Choice | None, valence: Valence | None) -> str:
    if own is None:
        return ""
    if own.valence in (None, valence):
        return style.tag("you chose it, too", "plain")
    return style.tag(f"you said {style.valence_label(own.valence)}" if own.valence else "you chose it, too", "plain")


def _each_machine(suggestions: Sequence[Suggestion]) -> str:
    """Each machine's own words; of several, with its own valence and score."""
    rows = []
    for item in suggestions:
        figures = f"{_valence(item.valence)}{_probability(item.score)}" if len(suggestions) > 1 else ""
        rows.append(f'<div class="q-why"><b>{escape(item.machine)}</b>{figures}</div><div>{escape(item.rationale)}</div>')
    return f"<div>{style.label('Why')}{''.join(rows)}</div>"


def _listed(heading: str, items: Sequence[str], note: str = "") -> str:
    if not items:
        return ""
    more = style.grey(note) if note else ""
    return f"<div>{style.label(heading)}<ul>{''.join(f'<li>{item}</li>' for item in items)}</ul>{more}</div>"


def _neighbours(found: Sequence[Nearby], is_blind: bool) -> str:
    items = [
        f'<span class="q-like" title="Likeness, a cosine">{item.likeness:.2f}</span> '
        f'<span class="q-near">“{escape(item.text)}”</span> '
        f"{style.aside(', '.join(part for part in (item.transcript, item.speaker) if part))}"
        for item in found
    ]
    return _listed("Most alike among coded segments", items, OWN_ONLY if is_blind else "")


def _verdict(machine: str, ruling: Ruling, verdict: Verdict | None) -> str:
    sign, kind = RULED[ruling]
    head = f"{style.label(f'{machine}, on its own')}{style.tag(f'{sign} {ruling}', kind)}"
    if verdict is None:
        return f'<div class="q-verdict">{head} {style.aside(HIDDEN)}</div>'
    counts = (
        f"{counted(verdict.n_positive, 'time')} given in {counted(verdict.n_segments, 'segment')} of "
        f"{counted(verdict.n_transcripts, 'transcript')} that it had not learned from"
    )
    rows = {"with people": (verdict.kappa, _interval(verdict)), "people among themselves": (verdict.human_kappa, "")}
    return f'<div class="q-verdict">{head} <span>{escape(verdict.why)}</span>{_kappas(rows)}{style.grey(f"{counts}.")}</div>'


def _interval(verdict: Verdict) -> str:
    return "" if verdict.low is None or verdict.high is None else f"{verdict.low:.2f} to {verdict.high:.2f}"


def _kappas(rows: Mapping[str, tuple[float | None, str]]) -> str:
    """Coefficients side by side, each as a bar and a number."""
    drawn = [
        f"<span>{escape(name)}</span>{style.bar(max(0.0, kappa or 0.0))}<span>{'none' if kappa is None else f'{kappa:.2f}'}"
        f"{f' <span class=q-grey>({interval})</span>' if interval else ''}</span>"
        for name, (kappa, interval) in rows.items()
    ]
    return f'<div class="q-kappas"><span class="q-grey">Cohen\'s kappa</span><span></span><span></span>{"".join(drawn)}</div>'
