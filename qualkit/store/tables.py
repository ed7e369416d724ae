"""The tables, one for each kept type of `qualkit.model`.

`event` is the truth and only grows. The others are projections of it, written in the same transaction. A row that has had
its day is marked, not removed: `is_current` for what machines derive, `superseded_at` for what people judged.
Instants are ISO 8601 text in UTC, the same on every database.
"""

from __future__ import annotations

from sqlalchemy import JSON, BigInteger, Boolean, Column, Float, ForeignKey, Index, Integer, MetaData, String, Table, Text
from sqlalchemy import UniqueConstraint as Unique

from qualkit import model

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

_Long = BigInteger().with_variant(Integer, "sqlite")


def _key(name: str = "id") -> Column[str]:
    return Column(name, String(64), primary_key=True)


def _to(target: str, *, optional: bool = False, primary: bool = False) -> Column[str]:
    name = f"{target}_id"
    return Column(name, String(36), ForeignKey(f"{target}.id"), nullable=optional, primary_key=primary)


def _text(name: str, *, optional: bool = False) -> Column[str]:
    return Column(name, Text, nullable=optional)


def _json(name: str) -> Column[object]:
    return Column(name, JSON, nullable=False)


def _number(name: str) -> Column[float]:
    return Column(name, Float, nullable=True)


def _current() -> Column[bool]:
    return Column("is_current", Boolean, nullable=False, default=True)


study = Table(
    "study", metadata, _key(), _text("title"), _text("question"), _text("language"), _text("created_at"),
)  # fmt: skip
transcript = Table(
    "transcript", metadata, _key(), Column("label", String(200), nullable=False, unique=True), _text("title"),
    _text("source"), _text("source_sha256"), _text("held_on", optional=True), _text("site", optional=True), _text("kind"),
    _json("attributes"), _json("marks"), _number("heard_s"), _current(),
)  # fmt: skip
participant = Table(
    "participant", metadata, _key(), _to("transcript"), Column("pseudonym", String(200), nullable=False),
    _text("role"), _text("label"), _json("attributes"), _current(), Unique("transcript_id", "pseudonym"),
)  # fmt: skip
recording = Table(
    "recording", metadata, _key(), _to("transcript"), _text("file_name"), _text("sha256"), _number("duration_s"), _current(),
)  # fmt: skip
turn = Table(
    "turn", metadata, _key(), Column("revision", Integer, primary_key=True), _to("transcript"),
    Column("position", Integer, nullable=False), _to("participant", optional=True), _text("text"), _number("start_s"),
    _number("end_s"), _number("speaker_confidence"), _json("words"), _text("run_id", optional=True), _current(),
    Index(None, "transcript_id", "position"),
)  # fmt: skip
segment = Table(
    "segment", metadata, _key(), _to("transcript"), _text("turn_id"), Column("turn_revision", Integer, nullable=False),
    Column("position", Integer, nullable=False), Column("start_char", Integer, nullable=False),
    Column("end_char", Integer, nullable=False), _text("text"), _to("participant", optional=True),
    Column("is_coded", Boolean, nullable=False), _number("start_s"), _number("end_s"), _text("run_id", optional=True),
    _current(), Index(None, "transcript_id", "position"), Index(None, "turn_id"),
)  # fmt: skip
correction = Table(
    "correction", metadata, _key(), Column("group_id", String(64), nullable=False), _to("transcript"), _to("coder"),
    _text("verb"), _json("turns_before"), _json("turns_after"), _json("segments_before"), _json("segments_after"),
    _text("made_at"), _text("superseded_at", optional=True), Index(None, "transcript_id", "superseded_at"),
)  # fmt: skip
codebook = Table(
    "codebook", metadata, Column("sha256", String(64), primary_key=True),
    Column("number", Integer, nullable=False, unique=True), _text("name"), _text("version"),
    _text("source", optional=True), _text("licence", optional=True), _json("codes"), _text("added_at"),
)  # fmt: skip
codebook_change = Table(
    "codebook_change", metadata, _key(), _text("kind"), _json("code_keys"), _json("new_keys"), _text("why"), _to("coder"),
    Column("before_sha256", String(64), nullable=False), Column("after_sha256", String(64), nullable=False), _text("made_at"),
)  # fmt: skip
coder = Table(
    "coder", metadata, _key(), Column("name", String(200), nullable=False, unique=True), _text("kind"),
    _text("engine", optional=True),
)  # fmt: skip
round_ = Table(
    "round", metadata, _key(), Column("number", Integer, nullable=False, unique=True), _text("codebook_sha256"),
    Column("blind", Boolean, nullable=False), _text("opened_at"), _text("revealed_at", optional=True),
    _text("closed_at", optional=True), _text("purpose"), _json("segment_ids"),
)  # fmt: skip
plan = Table(
    "plan", metadata, _key(), _to("round"), Column("seed", _Long, nullable=False), Column("share", Float, nullable=False),
    _json("parts"), _text("made_at"), _text("superseded_at", optional=True),
)  # fmt: skip
round_note = Table(
    "round_note", metadata, _key(), _to("round"), _to("coder"), _text("text"), _text("segment_id"), _text("code_key"),
    _text("made_at"), Index(None, "round_id"),
)  # fmt: skip
visit = Table(
    "visit", metadata, _to("segment", primary=True), _to("coder", primary=True), _to("round", primary=True),
    Column("version", Integer, nullable=False), _text("seen_at"), _current(), Index(None, "coder_id", "round_id"),
)  # fmt: skip
assignment = Table(
    "assignment", metadata, _key(), _to("segment"), Column("code_key", String(200), nullable=False), _to("coder"),
    _to("round"), _text("valence", optional=True), _number("confidence"), _text("rationale", optional=True),
    _json("evidence"), _json("lines"), _json("neighbours"), Column("is_sure", Boolean, nullable=False),
    _text("run_id", optional=True), _text("made_at"), _text("superseded_at", optional=True),
    Index(None, "segment_id", "coder_id"), Index(None, "coder_id", "superseded_at"),
)  # fmt: skip
memo = Table(
    "memo", metadata, _key(), _to("segment"), _to("coder"), _to("round"), _text("text"), _text("made_at"),
    _text("superseded_at", optional=True),
)  # fmt: skip
decision = Table(
    "decision", metadata, _key(), _to("segment"), Column("code_key", String(200), nullable=False), _to("round"),
    Column("present", Boolean, nullable=False), _text("valence", optional=True),
    Column("adjudicator_id", String(36), ForeignKey("coder.id"), nullable=False), _text("reason"), _text("note"),
    _json("evidence"), _json("votes"), _text("supersedes", optional=True), _text("decided_at"),
    _text("superseded_at", optional=True), Index(None, "segment_id", "code_key"),
)  # fmt: skip
run = Table(
    "run", metadata, _key(), Column("stage", String(50), nullable=False), _json("options"), _text("inputs_sha256"),
    _text("engine"), _text("model_revision"), Column("seed", Integer, nullable=True), _text("started_at"), _text("ended_at"),
    _text("summary"), _json("problems"), _current(), Index(None, "stage", "is_current"),
)  # fmt: skip
verdict = Table(
    "verdict", metadata, _key(), _text("machine"), Column("code_key", String(200), nullable=False),
    _text("ruling"), Column("n_segments", Integer, nullable=False), Column("n_positive", Integer, nullable=False),
    Column("n_transcripts", Integer, nullable=False), _number("kappa"), _number("low"), _number("high"),
    _number("human_kappa"), _text("why"), _text("run_id", optional=True), _current(),
)  # fmt: skip
worth = Table(
    "worth", metadata, _to("segment", primary=True), Column("value", Float, nullable=False), _text("why"),
    _text("run_id", optional=True), _current(),
)  # fmt: skip
sample = Table(
    "sample", metadata, _key(), Column("seed", _Long, nullable=False), Column("share", Float, nullable=False),
    _json("segment_ids"), _text("drawn_at"), _text("superseded_at", optional=True),
)  # fmt: skip
topic = Table(
    "topic", metadata, _key(), _to("run"), Column("number", Integer, nullable=False), _json("words"), _json("segment_ids"),
    _json("phrases"), _json("quote_segment_ids"), _json("placed_segment_ids"), _json("likeness"), _number("returns"),
    _number("returns_without"), _text("label", optional=True), _current(),
)  # fmt: skip
landscape = Table(
    "landscape", metadata, _key(), _to("run"), Column("n_segments", Integer, nullable=False),
    Column("n_outliers", Integer, nullable=False), Column("n_placed", Integer, nullable=False),
    Column("n_draws", Integer, nullable=False), Column("n_group_draws", Integer, nullable=False), _number("draw_ari"),
    _number("draw_nmi"), _number("kept_ari"), _number("group_ari"), Column("diversity", Float, nullable=False),
    _json("likeness"), _json("merges"), _current(),
)  # fmt: skip
place = Table(
    "place", metadata, _to("segment", primary=True), Column("x", Float, nullable=False), Column("y", Float, nullable=False),
    _text("run_id", optional=True), _current(),
)  # fmt: skip
topic_decision = Table(
    "topic_decision", metadata, _key(), Column("topic_id", String(64), nullable=False), _text("run_id"), _json("words"),
    _to("coder"), _text("verdict"), Column("code_key", String(200), nullable=True), _text("note"), _text("decided_at"),
    _text("superseded_at", optional=True), Index(None, "topic_id"),
)  # fmt: skip
construct_link = Table(
    "construct_link", metadata, _key(), Column("code_key", String(200), nullable=False), _text("framework"),
    Column("construct_key", String(200), nullable=False), _text("rationale"), _to("coder"), _text("made_at"),
    _text("superseded_at", optional=True),
)  # fmt: skip
intrusion_answer = Table(
    "intrusion_answer", metadata, _key(), Column("topic_id", String(64), nullable=False), _text("kind"), _to("coder"),
    _json("shown"), _text("intruder"), _text("chosen"), _text("answered_at"), _text("superseded_at", optional=True),
    Index(None, "topic_id", "coder_id"),
)  # fmt: skip
response = Table(
    "response", metadata, _key(), _to("segment"),
    Column("to_segment_id", String(36), ForeignKey("segment.id"), nullable=False), _text("kind"), _to("coder"),
    _text("made_at"), _text("superseded_at", optional=True), Index(None, "segment_id"),
)  # fmt: skip
rating = Table(
    "rating", metadata, _key(), Column("construct_key", String(200), nullable=False),
    Column("case_id", String(64), nullable=False), _to("coder"), _text("value"), _text("reason"),
    _json("concrete_segment_ids"), _text("made_at"), _text("superseded_at", optional=True),
    Index(None, "construct_key", "case_id"),
)  # fmt: skip
rating_consensus = Table(
    "rating_consensus", metadata, _key(), Column("construct_key", String(200), nullable=False),
    Column("case_id", String(64), nullable=False), _to("coder"), _text("value"), _text("reason"), _json("rating_ids"),
    _text("made_at"), _text("superseded_at", optional=True), Index(None, "construct_key", "case_id"),
)  # fmt: skip
theme = Table(
    "theme", metadata, _key(), Column("version", Integer, primary_key=True), _text("name"), _text("claim"), _text("domain"),
    _json("code_keys"), _json("topic_ids"), _json("quote_segment_ids"), Column("position", Integer, nullable=False), _current(),
)  # fmt: skip
event = Table(
    "event", metadata, Column("seq", _Long, primary_key=True, autoincrement=False),
    Column("client_id", String(64), nullable=False, unique=True), _text("happened_at"), _text("actor_id"),
    Column("verb", String(50), nullable=False), _json("payload"), _text("previous_hash"), _text("hash"),
    Index(None, "verb", "actor_id"),
)  # fmt: skip
head = Table(
    "head", metadata, Column("id", Integer, primary_key=True, autoincrement=False), Column("seq", _Long, nullable=False),
    _text("hash"),
)  # fmt: skip

TABLES: dict[type, Table] = {
    model.StudyInfo: study,
    model.Transcript: transcript,
    model.Participant: participant,
    model.Recording: recording,
    model.Turn: turn,
    model.Segment: segment,
    model.Correction: correction,
    model.CodebookChange: codebook_change,
    model.Coder: coder,
    model.Round: round_,
    model.Plan: plan,
    model.RoundNote: round_note,
    model.Visit: visit,
    model.Assignment: assignment,
    model.Decision: decision,
    model.Run: run,
    model.Verdict: verdict,
    model.Worth: worth,
    model.Sample: sample,
    model.Topic: topic,
    model.Landscape: landscape,
    model.Place: place,
    model.TopicDecision: topic_decision,
    model.ConstructLink: construct_link,
    model.IntrusionAnswer: intrusion_answer,
    model.Response: response,
    model.Rating: rating,
    model.RatingConsensus: rating_consensus,
    model.Theme: theme,
    model.Event: event,
}
