"""What an author makes of the findings: themes that are written, ordered and withdrawn, and the quotes chosen for them.

A theme is never overwritten: writing it again supersedes what was there, withdrawing it leaves it on file. Each act is in the
log, with ids, and a digest of what the author wrote.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from qualkit.errors import StaleError, StudyError
from qualkit.model import Carried, Coder, Quote, Theme, ThemeRow, Topic, grouped, new_id
from qualkit.stages import carriers as carrying
from qualkit.stages.carriers import carriers
from qualkit.stages.ratings import BY_RATERS
from qualkit.stages.themes import quote_of
from qualkit.stages.verbatim import Edits
from qualkit.store import Reading, Writing
from qualkit.study import quote_edits
from qualkit.study.judgements import digest

if TYPE_CHECKING:
    from qualkit.study.study import Study

WROTE = "wrote a theme"
WITHDREW_THEME = "withdrew a theme"
ORDERED = "ordered themes"
WROTE_ALL = "wrote themes"
"""All themes at once; in the log of studies of an earlier qualkit without what each of them said."""
ON_THEMES = frozenset({WROTE, WITHDREW_THEME, ORDERED, WROTE_ALL})
"""Acts that change themes and nothing else."""
BY_AUTHORS = ON_THEMES | BY_RATERS
"""Acts that change no judgement, no case and no code that counts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ThemeStanding:
    """A theme as it stands: its rows, one a valence that is met, and who carries it.

    `n_lost_topics` counts topics that it was built from and that no topic of now is the same as.
    """

    theme: Theme
    rows: tuple[ThemeRow, ...]
    carried: Carried
    n_lost_topics: int = 0

    @property
    def is_written(self) -> bool:
        """Whether an author wrote it down; else it is proposed, for a code that no theme covers."""
        return self.theme.version > 0

    @property
    def segment_ids(self) -> tuple[str, ...]:
        """All its segments, each once."""
        return tuple(dict.fromkeys(key for row in self.rows for key in row.segment_ids))


class Authoring:
    """What one person may do with the themes of a study. Get one from `Seat.authoring`."""

    def __init__(self, study: Study, coder: Coder) -> None:
        self._study = study
        self._coder = coder

    def standings(self) -> tuple[ThemeStanding, ...]:
        """Every theme, written or proposed, in the order of the table."""
        return self._study.theme_standings()

    def standing(self, theme_id: str) -> ThemeStanding | None:
        """One theme as it stands, None if there is none of that id any more."""
        return next((item for item in self.standings() if item.theme.id == theme_id), None)

    def quotes(self, segment_ids: Sequence[str]) -> list[Quote]:
        """Segments as quotes, in this order; those that are gone are left out."""
        corpus = self._study.corpus()
        return [quote_of(corpus.segments[key], corpus) for key in segment_ids if key in corpus.segments]

    def print_quote(self, segment_id: str, printed: str, *, client_id: str | None = None) -> Edits:
        """Have a quotation printed with cuts […] and [brackets], or as it is if `printed` is empty; see `quote_edits.edit`."""
        return quote_edits.edit(self._study, self._coder, segment_id, printed, client_id=client_id)

    def topics(self) -> dict[str, Topic]:
        """The topics that a theme can be built from, by id, the largest first."""
        return {topic.id: topic for topic in self._study.topics() if topic.number >= 0}

    def write(self, theme: Theme, *, client_id: str | None = None) -> Theme:
        """Keep a theme; `theme.version` is the one that its author saw, 0 for a new theme, which gets an id and comes last.

        Raises `StudyError` for a theme without a name, without codes and topics, or with codes or topics that are not there;
        `StaleError` if somebody wrote it meanwhile.
        """
        self._check(theme)
        with self._study.store.write() as tx:
            known = tx.first(Theme, id=theme.id) if theme.version else None
            if client_id is not None and tx.has_happened(client_id):
                return known or theme
            if theme.version and (known is None or known.version != theme.version):
                raise StaleError(f"Somebody changed the theme {theme.name!r} meanwhile; look at the newer one first.")
            made = _next(tx, theme)
            tx.retire(Theme, id=made.id)
            tx.insert([made])
            tx.log(self._coder.id, WROTE, said_of(made), client_id)
        return made

    def withdraw(self, theme_id: str, *, seen: int, client_id: str | None = None) -> None:
        """Take a theme out of the table; it stays on file, and its codes are themes of their own again.

        Raises `StaleError` if it was changed or withdrawn meanwhile.
        """
        with self._study.store.write() as tx:
            if client_id is not None and tx.has_happened(client_id):
                return
            known = tx.first(Theme, id=theme_id)
            if known is None or known.version != seen:
                raise StaleError("Somebody changed or withdrew the theme meanwhile; look at what stands now first.")
            tx.retire(Theme, id=theme_id)
            tx.log(self._coder.id, WITHDREW_THEME, {"theme_id": theme_id, "version": known.version}, client_id)

    def quote(self, theme_id: str, segment_ids: Sequence[str], *, seen: int, client_id: str | None = None) -> Theme:
        """Choose the quotes of a theme, in their order; one that was only proposed is thereby written, and gets an id.

        Raises `StudyError` for a theme that is gone or a segment that is not in it, `StaleError` as `write` does.
        """
        found = self.standing(theme_id)
        if found is None:
            raise StudyError("There is no such theme any more; open the page again.")
        own = set(found.segment_ids)
        if any(key not in own for key in segment_ids):
            raise StudyError("A quote must be a segment of its theme; open the page again.")
        chosen = replace(found.theme, quote_segment_ids=tuple(dict.fromkeys(segment_ids)), version=seen)
        return self.write(chosen, client_id=client_id)

    def order(self, theme_ids: Sequence[str], *, client_id: str | None = None) -> None:
        """Have the written themes stand in this order. Raises `StaleError` if there are others meanwhile."""
        with self._study.store.write() as tx:
            if client_id is not None and tx.has_happened(client_id):
                return
            written = {theme.id: theme for theme in tx.all(Theme)}
            if sorted(written) != sorted(theme_ids):
                raise StaleError("Themes were written or withdrawn meanwhile; look at what stands now first.")
            tx.replace([replace(written[key], position=n) for n, key in enumerate(theme_ids)])
            tx.log(self._coder.id, ORDERED, {"theme_ids": list(theme_ids)}, client_id)

    def _check(self, theme: Theme) -> None:
        if not theme.name.strip() or not (theme.code_keys or theme.topic_ids):
            raise StudyError("A theme needs a name and at least one code or topic.")
        book = self._study.codebook().by_key
        unknown = [key for key in theme.code_keys if key not in book]
        if unknown:
            raise StudyError(f"The codebook has no code {unknown[0]!r}.")
        topics = {topic.id for topic in self._study.topics()} if theme.topic_ids else set()
        if any(key not in topics for key in theme.topic_ids):
            raise StudyError("A topic of this theme is not there any more: topics were found anew. Choose from those of now.")


def _next(tx: Reading, theme: Theme) -> Theme:
    """The theme as it is kept now: the next version of it, or a new one after all others."""
    if not theme.version:
        last = max((item.position for item in tx.all(Theme)), default=-1)
        return replace(theme, id=new_id(), version=1, position=last + 1)
    versions = [item.version for item in tx.all(Theme, past=True, id=theme.id)]
    now = tx.first(Theme, id=theme.id)
    return replace(theme, version=max(versions) + 1, position=now.position if now else theme.position)


def write_all(tx: Writing, who: Coder, written: Sequence[Theme], sha256: str) -> None:
    """Put `written`, in their order, in place of all themes."""
    version = 1 + max((theme.version for theme in tx.all(Theme, past=True)), default=0)
    made = [replace(theme, version=version, position=n) for n, theme in enumerate(written)]
    tx.retire(Theme)
    tx.insert(made)
    said = {"sha256": sha256, "theme_ids": [theme.id for theme in made], "themes": [said_of(theme) for theme in made]}
    tx.log(who.id, WROTE_ALL, said)


def said_of(theme: Theme) -> dict[str, Any]:
    """What the log says of a theme: ids, and a digest of the author's words."""
    return {
        "theme_id": theme.id,
        "version": theme.version,
        "position": theme.position,
        "code_keys": list(theme.code_keys),
        "topic_ids": list(theme.topic_ids),
        "quote_segment_ids": list(theme.quote_segment_ids),
        "text_sha256": digest("\x1f".join((theme.name, theme.claim, theme.domain)), theme.id),
    }


Written = dict[str, Mapping[str, Any] | None]
"""theme -> what the log says of it; None where an earlier qualkit did not say."""


def replayed(verb: str, said: Mapping[str, Any], before: Written) -> Written:
    """The written themes after an act on them."""
    if verb == WROTE_ALL:
        told = {item["theme_id"]: item for item in said.get("themes", ())}
        return {key: told.get(key) for key in said["theme_ids"]}
    if verb == WROTE:
        return {**before, said["theme_id"]: said}
    if verb == WITHDREW_THEME:
        return {key: item for key, item in before.items() if key != said["theme_id"]}
    place = {key: n for n, key in enumerate(said["theme_ids"])}
    return {key: item and {**item, "position": place.get(key, item["position"])} for key, item in before.items()}


# ---------------------------------------------------------------- how they stand


def standings(study: Study) -> tuple[ThemeStanding, ...]:
    """See `Study.theme_standings`."""
    corpus, themes, topics = study.corpus(), study.themes(), study.topic_members()
    rows = grouped(study.theme_rows(), lambda row: row.theme_id)
    carried = carriers(study.coded_segments(), corpus, study.options(carrying, {}))
    domains = list(dict.fromkeys(theme.domain for theme in themes))

    def standing(theme: Theme) -> ThemeStanding:
        mine = rows.get(theme.id, [])
        ids = dict.fromkeys(key for row in mine for key in row.segment_ids)
        return ThemeStanding(
            theme=theme,
            rows=tuple(mine),
            carried=carried([corpus.segments[key] for key in ids]),
            n_lost_topics=sum(key not in topics for key in theme.topic_ids),
        )

    return tuple(standing(theme) for theme in sorted(themes, key=lambda theme: domains.index(theme.domain)))
