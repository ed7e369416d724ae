"""Let machine coders propose codes.

Every suggester is a coder of its own: its proposals are kept under its name, beside and never among the judgements of
people, and can be taken away in one step.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from qualkit.model import Brief, Suggestion, Worth, grouped
from qualkit.plugs import Ratings, Suggester, Tools


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """Which machine coders propose, and how much."""

    suggesters: tuple[str, ...] = field(default=("blend",), metadata={"help": "Machine coders to ask, by name."})
    top_k: int = field(default=3, metadata={"help": "Most codes each machine coder may propose for a segment."})
    error: float = field(
        default=0.1, metadata={"help": "Share of wrong codes among those that a coder which learns may be sure of."}
    )
    llm_server: str = field(default="", metadata={"help": "For llm: address of a server, such as http://localhost:11434."})
    llm_model: str = field(default="", metadata={"help": "For llm: name of the model on that server."})
    allow_remote: str = field(default="", metadata={"help": "For llm: the server's host, if segments may leave this machine."})


def run(*, brief: Brief, options: Options, suggesters: Sequence[Suggester], tools: Tools) -> dict[str, list[Suggestion]]:
    """What each of `suggesters`, those that `options` names, proposes for the segments of `brief`, by its name."""
    return {suggester.name: keep_best(suggester.suggest(brief, tools), top_k=options.top_k) for suggester in suggesters}


def keep_best(suggestions: Sequence[Suggestion], *, top_k: int) -> list[Suggestion]:
    """The `top_k` suggestions of highest score for each segment, best first; equal scores keep their order."""
    of_segment = grouped(suggestions, lambda suggestion: suggestion.segment_id)
    return [best for own in of_segment.values() for best in sorted(own, key=lambda suggestion: -suggestion.score)[:top_k]]


_DOUBT = 0.5
"""Entropy, in bits, from which on a machine cannot tell: a probability between .11 and .89."""


def worth(brief: Brief, ratings: Ratings) -> list[Worth]:
    """How much a judgement of each segment would teach, the most first; none where the machine has nothing to say yet.

    The value is the entropy, in bits, of the code that the machine can tell least (uncertainty sampling: Lewis and Gale 1994).
    On real focus groups, from 30 judged turns on, 25 chosen so were worth some 45 taken at random (AUC .899; .891 with 25 and
    .899 with 50 at random), and better than those of the highest sum over codes, which prefers whatever is long.
    """
    import numpy as np

    chances = np.clip(ratings.scores, 1e-9, 1 - 1e-9)
    bits = -(chances * np.log2(chances) + (1 - chances) * np.log2(1 - chances))
    codes = brief.codebook.codes
    found = []
    for row in sorted(range(len(brief.segments)), key=lambda row: -bits[row].max()) if ratings.scores.any() else ():
        doubtful = [codes[int(n)].name for n in np.argsort(-bits[row], kind="stable")[:2] if bits[row, n] >= _DOUBT]
        why = f"The machine cannot tell whether this is {' or '.join(doubtful)}." if doubtful else ""
        found.append(Worth(segment_id=brief.segments[row].id, value=round(float(bits[row].max()), 4), why=why))
    return found
