"""What alembic runs: on the connection that ``inspect_api.migrate`` hands over, never on one of its own."""

from alembic import context
from sqlmodel import SQLModel

import sync.tables  # noqa: F401 (both fill the metadata)

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=SQLModel.metadata,
    render_as_batch=connection.dialect.name == "sqlite",
    compare_type=True,
)
with context.begin_transaction():
    context.run_migrations()
