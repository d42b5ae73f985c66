"""Questions of the station API: lists that are read page by page, and single rows by their key.

A page goes on behind the `entry` of its last row, so that a row which was added meanwhile never
shifts it.
"""

from sqlalchemy import Connection, func, select

from orchestrator.audit.columns import record_columns
from orchestrator.audit.queries.filters import EVERYTHING, Filters, Row, rows_of
from orchestrator.audit.tables import RUN_VIEW, attachment, identity, recipe, run, unit


def runs_page(
    connection: Connection,
    filters: Filters = EVERYTHING,
    limit: int = 100,
    below: int | None = None,
) -> list[Row]:
    """Which runs were there before entry `below`? The newest first, rows of `run_view`."""
    view = RUN_VIEW.c
    query = select(RUN_VIEW).where(*filters.conditions()).order_by(view.entry.desc()).limit(limit)
    return rows_of(connection, query if below is None else query.where(view.entry < below))


def units_page(
    connection: Connection,
    limit: int = 100,
    below: int | None = None,
    *,
    serial: str | None = None,
    device_id: str | None = None,
) -> list[Row]:
    """Which units were met before entry `below`? The newest first, rows of the table with `entry`.

    `serial` and `device_id` are looked up exactly; silicon is known in lower case.
    """
    query = select(*record_columns(unit), unit.c.entry).order_by(unit.c.entry.desc()).limit(limit)
    if below is not None:
        query = query.where(unit.c.entry < below)
    if serial is not None:
        query = query.where(unit.c.serial_number == serial)
    if device_id is not None:
        read = select(identity.c.unit_id).where(identity.c.device_id == device_id.lower())
        query = query.where(unit.c.unit_id.in_(read))
    return rows_of(connection, query)


def unit_row(connection: Connection, unit_id: str) -> Row | None:
    """What is known of this unit? Its row, with its `device_ids` and the number of its `runs`."""
    found = rows_of(connection, select(*record_columns(unit)).filter_by(unit_id=unit_id))
    if not found:
        return None
    silicon = select(identity.c.device_id).filter_by(unit_id=unit_id).distinct()
    count = select(func.count()).select_from(run).filter_by(unit_id=unit_id)
    ids = sorted(connection.execute(silicon).scalars())
    return {**found[0], "device_ids": ids, "runs": connection.execute(count).scalar_one()}


def recipe_row(connection: Connection, recipe_hash: str) -> Row | None:
    """How was this recipe written? Its row; None when it was never loaded."""
    found = rows_of(connection, select(*record_columns(recipe)).filter_by(recipe_hash=recipe_hash))
    return found[0] if found else None


def attachment_row(connection: Connection, run_id: str, sequence: int, name: str) -> Row | None:
    """What is this attachment? Its row with its `content`; None when there is no such one."""
    query = select(*record_columns(attachment)).filter_by(
        run_id=run_id, sequence=sequence, name=name
    )
    found = rows_of(connection, query)
    return found[0] if found else None
