"""Whose voices a study rests on: how the talk was shared, who carries each theme, who agreed and who dissented."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast

from qualkit.errors import ReadError
from qualkit.model import Coder, ConsensusRow, GroupTalk, Response, Table, Turn
from qualkit.stages import across, carriers, consensus_matrix, responses, talk_share
from qualkit.stages import tables as stage
from qualkit.stages.tables import Options, members
from qualkit.store import Store
from qualkit.study import across_tables, guides
from qualkit.study.headed import Kept
from qualkit.study.judgements import BY_CODERS

if TYPE_CHECKING:
    from qualkit.study.study import Study


class VoiceBalance:
    """The part of a `Study` that is about its participants' voices."""

    store: Store
    _kept: Kept

    @property
    def _heard(self) -> Study:
        return cast("Study", self)

    def talk_shares(self) -> list[GroupTalk]:
        """How the talk of each meeting was shared, by its label."""
        return self._kept.at_head("talk shares", self._talk_shares, but_for=BY_CODERS)

    def _talk_shares(self) -> list[GroupTalk]:
        names = ("transcript_id", "participant_id", "text", "start_s", "end_s")
        with self.store.read() as tx:
            turns = [talk_share.Spoken(*row) for row in tx.columns(Turn, *names)]
        return talk_share.run(turns, self._heard.corpus())

    def theme_carriers(self, given: Mapping[str, Any] | None = None) -> Table:
        """Who carries each theme, in the order of the theme table; `given` are options of `stages/carriers.py`.

        Raises `StudyError` for an option that is none.
        """
        return _carriers_table(self._heard, self._heard.options(stage, {}), given or {})

    def recorded_responses(self) -> list[Response]:
        """Who answered whom, as people recorded it and as it stands, in the order in which they did."""
        with self.store.read() as tx:
            return tx.all(Response)

    def consensus(self) -> list[ConsensusRow]:
        """Where each participant stood on each theme and after each guide question, group by group.

        Every segment counts, also where the theme table leaves out rows of few segments: dissent is often rare.
        """
        self._heard.codebook()  # a codebook that has changed is a new event, and with it a new head
        name = f"consensus within groups, {guides.print_of(self._heard)}"
        return self._kept.at_head(name, lambda: _consensus(self._heard))


def _consensus(study: Study) -> list[ConsensusRow]:
    corpus, rows = study.corpus(), study.theme_rows({"min_segments": 1})
    placed, names = _questions(study)
    matters = consensus_matrix.matters(rows, placed, names)
    return consensus_matrix.run(matters, corpus, study.recorded_responses())


def _questions(study: Study) -> tuple[Mapping[str, str], Mapping[str, str]]:
    """The guide question of each segment, and the names of the questions; none without a guide that can be used."""
    try:
        if not guides.has_questions(study):
            return {}, {}
        placed, names, _ = across_tables.strata_of(study, study.corpus(), across.QUESTION)
    except ReadError:
        return {}, {}
    return placed, {key: f"Question {name}" for key, name in names.items() if key != across_tables.BEFORE}


# ---------------------------------------------------------------- as tables


def tables(study: Study, printing: Options) -> dict[str, Table]:
    """The tables of voices, by the stem of their file; a table with nothing to say is left out."""
    found: dict[str, Table] = {}
    groups = study.talk_shares()
    if members(study.corpus()):
        found["voice_balance"] = talk_share.balance_table(groups)
        found["voice_people"] = talk_share.people_table(groups)
    if study.theme_rows():
        found["theme_carriers"] = _carriers_table(study, printing, {})
    rows = study.consensus()
    if rows:
        notes = (study.basis_note(),)
        found["consensus_matrix"] = consensus_matrix.summary(rows, notes)
        found |= {stem: consensus_matrix.matrix(mine, notes) for stem, mine in by_group(study, rows).items()}
    if recorded := study.recorded_responses():
        found["responses"] = responses.table(recorded, study.corpus(), _names(study))
    return found


IN_GROUP = "consensus_in_"


def by_group(study: Study, rows: list[ConsensusRow]) -> dict[str, list[ConsensusRow]]:
    """The rows of each group, by the stem of the file of its matrix, `IN_GROUP` and the group's label."""
    labels = {key: meeting.label for key, meeting in study.corpus().transcripts.items()}
    stems = across_tables.stems(list(labels.values()), IN_GROUP)
    return {stems[label]: mine for key, label in labels.items() if (mine := [row for row in rows if row.transcript_id == key])}


def _carriers_table(study: Study, printing: Options, given: Mapping[str, Any]) -> Table:
    limits: carriers.Options = study.options(carriers, given)
    themes = [(item.theme.domain, item.theme.name, carriers.held_to(item.carried, limits)) for item in study.theme_standings()]
    return carriers.table(themes, printing, limits, (study.basis_note(),))


def _names(study: Study) -> dict[str, str]:
    with study.store.read() as tx:
        return {coder.id: coder.name for coder in tx.all(Coder)}
