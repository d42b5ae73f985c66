"""Alembic's way in: runs the revisions on the connection that `audit/migrate.py` hands over.

There is no alembic.ini and no URL here: the program decides which database is migrated.
"""

from alembic import context

from orchestrator.audit.tables import METADATA

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=METADATA,
    render_as_batch=connection.dialect.name == "sqlite",
    compare_type=True,
    transaction_per_migration=False,
)
with context.begin_transaction():
    context.run_migrations()
