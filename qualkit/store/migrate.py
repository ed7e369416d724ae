"""Bringing a database to this program's schema: nothing to do is the fast path, and a copy is made before a change."""

from __future__ import annotations

import shutil
from pathlib import Path

import sqlalchemy as sa

from qualkit.errors import StoreError
from qualkit.model import utc_now

LATEST = "0007"
"""The newest revision in `migrations/versions`; a test holds the two together."""


def revision_of(connection: sa.Connection) -> str | None:
    """The schema revision a database stands at; None for an empty one."""
    if not sa.inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar()


def bring_up_to_date(engine: sa.Engine, url: str) -> None:
    """Migrate to `LATEST`. Raises `StoreError` for a database of a newer program, which is left alone."""
    with engine.connect() as connection:
        present = revision_of(connection)
    if present == LATEST:
        return
    if present is not None and present > LATEST:
        raise StoreError(
            f"This study was written by a newer qualkit (schema {present}, known {LATEST}): update qualkit to open it."
        )
    if present is not None and engine.dialect.name == "sqlite":
        _back_up(Path(url.removeprefix("sqlite:///")), present)
    _upgrade(engine)


def _back_up(path: Path, present: str) -> None:
    stamp = utc_now().strftime("%Y%m%dT%H%M%SZ")
    shutil.copy2(path, path.with_name(f"{path.stem}.{present}.{stamp}.backup"))


def _upgrade(engine: sa.Engine) -> None:
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    with engine.connect().execution_options(qualkit_writes=True) as connection, connection.begin():
        if revision_of(connection) == LATEST:
            return  # another program migrated while we waited for the lock
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
