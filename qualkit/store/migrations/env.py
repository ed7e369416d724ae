"""Alembic's entry: run the migrations on the connection that `qualkit.store.migrate` hands over."""

from alembic import context

from qualkit.store.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
    transactional_ddl=False,
)
context.run_migrations()
