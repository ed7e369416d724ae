"""The store keeps everything, once, in order, and says when somebody has meddled with it."""

from __future__ import annotations

import shutil
import sqlite3
import threading
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from alembic.script import ScriptDirectory

from qualkit.errors import StoreError
from qualkit.model import Coder, Event, Round, TopicDecision, Transcript, Visit
from qualkit.store import Store, migrate
from tests.fakes import a_segment


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "study.sqlite"


@pytest.fixture
def store(path: Path) -> Store:
    return Store.at(path)


def a_transcript(label: str) -> Transcript:
    return Transcript(
        id=label, label=label, title=label, source=f"{label}.vtt", source_sha256="0", attributes={"town": "Tilden"}
    )


NOW = datetime(2026, 3, 3, tzinfo=UTC)


def a_visit(segment_id: str, version: int) -> Visit:
    return Visit(segment_id=segment_id, coder_id="ana", round_id="r", version=version, seen_at=NOW)


def test_a_thing_comes_back_as_it_went_in(store: Store) -> None:
    with store.write() as tx:
        tx.insert([a_transcript("fg1"), a_transcript("fg2")])
    with store.read() as tx:
        assert tx.all(Transcript) == [a_transcript("fg1"), a_transcript("fg2")]
        assert tx.first(Transcript, label="fg2") == a_transcript("fg2")


def test_a_transaction_that_fails_leaves_nothing(store: Store) -> None:
    with pytest.raises(RuntimeError), store.write() as tx:
        tx.insert([a_transcript("fg1")])
        tx.log("Ana", "did", {})
        raise RuntimeError
    with store.read() as tx:
        assert tx.all(Transcript) == []
        assert tx.head()[0] == 0


def test_retired_things_stay_on_file(store: Store) -> None:
    with store.write() as tx:
        tx.insert([a_transcript("fg1")])
        assert tx.retire(Transcript, id="fg1") == 1
    with store.read() as tx:
        assert tx.all(Transcript) == []
        assert tx.all(Transcript, past=True) == [a_transcript("fg1")]


def test_replacing_adds_what_is_new_brings_back_what_was_retired_and_leaves_the_rest(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("qualkit.store.store.MOST_KEYS", 2)
    with store.write() as tx:
        tx.insert(a_transcript(label) for label in ("fg1", "fg2", "fg3", "fg4"))
        tx.retire(Transcript, id=["fg1", "fg2", "fg3"])
        tx.replace(replace(a_transcript(label), title="newer") for label in ("fg5", "fg1", "fg2", "fg5", "fg3"))
    with store.read() as tx:
        titles = {item.label: item.title for item in tx.all(Transcript)}
    assert titles == {"fg1": "newer", "fg2": "newer", "fg3": "newer", "fg4": "fg4", "fg5": "newer"}


def test_replacing_takes_the_whole_of_a_key_of_several_columns(store: Store) -> None:
    visits = [a_visit(segment, version=1) for segment in ("s1", "s2")]
    with store.write() as tx:
        tx.insert([a_transcript("fg1")])
        tx.insert([Coder(id="ana", name="Ana")])
        tx.insert([Round(id="r", number=1, codebook_sha256="", blind=True, opened_at=NOW)])
        tx.insert(replace(a_segment(n, "words"), id=f"s{n}", transcript_id="fg1", participant_id=None) for n in (1, 2))
        tx.insert(visits)
        tx.replace([a_visit("s2", version=2)])
    with store.read() as tx:
        assert {visit.segment_id: visit.version for visit in tx.all(Visit)} == {"s1": 1, "s2": 2}


def test_every_act_of_many_writers_is_logged_once_and_the_chain_holds(path: Path, store: Store) -> None:
    def work(name: str) -> None:
        own = Store.at(path)
        for number in range(25):
            with own.write() as tx:
                tx.log(name, "did", {"number": number})

    threads = [threading.Thread(target=work, args=(name,)) for name in ("Ana", "Ben", "Cara", "Dan")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with store.read() as tx:
        assert [event.seq for event in tx.all(Event)] == list(range(1, 101))
        assert tx.verify() is None


def test_the_same_act_twice_is_refused(store: Store) -> None:
    with store.write() as tx:
        tx.log("Ana", "did", {}, client_id="one")
    with pytest.raises(StoreError, match="in the log already"), store.write() as tx:
        tx.log("Ana", "did", {}, client_id="one")


def log_three(store: Store) -> None:
    with store.write() as tx:
        for number in range(3):
            tx.log("Ana", "did", {"number": number})


def meddle(path: Path, statement: str) -> None:
    with sqlite3.connect(path) as connection:
        for trigger in ("event_no_update", "event_no_delete"):
            connection.execute(f"DROP TRIGGER {trigger}")
        connection.execute(statement)


def test_the_log_cannot_be_changed_or_cut_through_sql(path: Path, store: Store) -> None:
    log_three(store)
    for statement in ("UPDATE event SET verb = 'undid'", "DELETE FROM event WHERE seq = 3"):
        with sqlite3.connect(path) as connection, pytest.raises(sqlite3.IntegrityError, match="the log only grows"):
            connection.execute(statement)


@pytest.mark.parametrize(
    ("statement", "sentence"),
    [
        ("UPDATE event SET payload = '{\"number\": 9}' WHERE seq = 2", "altered at event 2"),
        ("DELETE FROM event WHERE seq = 3", "ends at event 2, but 3 events were written"),
    ],
)
def test_meddling_with_the_log_is_found(path: Path, store: Store, statement: str, sentence: str) -> None:
    log_three(store)
    meddle(path, statement)
    with store.read() as tx:
        assert sentence in (tx.verify() or "")


def test_a_database_of_a_newer_program_is_left_alone(path: Path, store: Store) -> None:
    with store.write() as tx:
        tx.insert([Coder(id="1", name="Ana")])
    store.close()
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    before = path.read_bytes()
    with pytest.raises(StoreError, match="newer qualkit"):
        Store.at(path)
    assert path.read_bytes() == before


def test_a_file_that_is_no_database_is_refused_in_a_sentence(path: Path) -> None:
    path.write_bytes(b"not a database, but long enough to look like something" * 40)
    with pytest.raises(StoreError, match="cannot be opened as a study's database"):
        Store.at(path)


def test_the_newest_migration_is_the_schema_the_program_knows() -> None:
    folder = Path(migrate.__file__).parent / "migrations"
    assert ScriptDirectory(str(folder)).get_current_head() == migrate.LATEST


def test_the_migrations_make_exactly_the_tables_the_program_uses(store: Store) -> None:
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    from qualkit.store.tables import metadata

    with store._engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []


def go_back(store: Store, revision: str) -> None:
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(migrate.__file__).parent / "migrations"))
    with store._engine.connect().execution_options(qualkit_writes=True) as connection, connection.begin():
        config.attributes["connection"] = connection
        command.downgrade(config, revision)


@pytest.mark.parametrize("table", ["topic_decision", "construct_link", "intrusion_answer"])
def test_a_database_does_not_go_back_while_what_people_made_of_topics_would_be_lost(
    table: str, path: Path, store: Store
) -> None:
    with sqlite3.connect(path) as connection:
        names = [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]
        connection.execute(f"INSERT INTO {table} VALUES ({', '.join('?' * len(names))})", ["x"] * len(names))
    with pytest.raises(RuntimeError, match=f"cannot go back to schema 0003: its table {table} holds 1 of people's judgements"):
        go_back(store, "0003")
    with sqlite3.connect(path) as connection:
        assert connection.execute(f"SELECT count(*) FROM {table}").fetchone() == (1,)
        assert connection.execute("SELECT version_num FROM alembic_version").fetchone() == (migrate.LATEST,)


def test_without_such_judgements_a_database_goes_back_and_comes_up_again(path: Path, store: Store) -> None:
    go_back(store, "0003")
    store.close()
    with Store.at(path).read() as tx:
        assert tx.all(TopicDecision) == []


def test_an_older_database_is_copied_before_it_is_migrated(path: Path, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    store.close()
    upgraded: list[str] = []
    newest = migrate.LATEST
    monkeypatch.setattr(migrate, "LATEST", "9999")
    monkeypatch.setattr(migrate, "_upgrade", lambda engine: upgraded.append("yes"))
    before = shutil.copyfile(path, path.with_suffix(".before"))
    Store.at(path)
    backups = list(path.parent.glob(f"study.{newest}.*.backup"))
    assert upgraded == ["yes"]
    assert [backup.read_bytes() for backup in backups] == [before.read_bytes()]
