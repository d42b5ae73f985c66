"""A copy of the audit in one SQLite file, made while the station goes on, proven by restoring it.

The copy is of one moment. It is written beside its place, restored into a scratch folder, examined
there and counted against its source; only then it gets its name. A copy that exists is a good one.
"""

import tempfile
import time
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from orchestrator.audit.copying import copy_rows, last_entry, row_counts
from orchestrator.audit.database import reading
from orchestrator.audit.files import sync_folder
from orchestrator.audit.integrity import Examined, examine, examine_file
from orchestrator.audit.location import FILE_NAME, sqlite_path
from orchestrator.audit.maintenance import maintaining
from orchestrator.audit.migrate import current, upgrade
from orchestrator.audit.restore import copy_pages, place_file, sync_file
from orchestrator.audit.schema import read_revision
from orchestrator.audit.snapshot import snapshot
from orchestrator.audit.tables import SCHEMA_REVISION
from orchestrator.domain.errors import AuditUnavailable, InputMistakes


class BackedUp(NamedTuple):
    """What a backup holds, and how long it took to make and to prove it.

    Of a database with an older schema only the file is proven: rows and entry are 0.
    """

    rows: int
    last_entry: int
    seconds: float


def backup(database_url: str, output: Path) -> BackedUp:
    """Copy the audit into the file `output` and prove the copy by restoring it elsewhere.

    Raises InputMistakes when the file is already there or cannot be written, AuditUnavailable when
    the database cannot be read or its copy is not sound (then there is no file), and Unreachable
    when there is no database.
    """
    began = time.monotonic()
    if output.exists():
        raise InputMistakes(
            "there is already something under the name of the backup",
            where={"file": str(output)},
            remedy="Name another file; backups are never overwritten",
        )
    part = output.with_name(output.name + ".part")
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
        part.unlink(missing_ok=True)
        try:
            _copy(database_url, part)
            rows, newest = _prove(database_url, part)
            sync_file(part)
            part.rename(output)
            sync_folder(output.parent)
        finally:
            part.unlink(missing_ok=True)
    except OSError as error:
        raise InputMistakes(
            f"the backup cannot be written: {error.strerror}",
            where={"file": str(output)},
            remedy="Check the folder, the right to write there and the free space",
        ) from error
    return BackedUp(rows, newest, time.monotonic() - began)


def _copy(database_url: str, part: Path) -> None:
    source = sqlite_path(database_url)
    if source is not None:
        # Asked first, for a sentence when there is no audit.
        with reading(database_url, check_schema=False) as connection:
            read_revision(connection, str(source))
        copy_pages(source, part)
        return
    # Row by row, out of one transaction of the server.
    with tempfile.TemporaryDirectory(prefix="backup-", dir=part.parent) as scratch:
        made = Path(scratch, FILE_NAME)
        url = "sqlite:///" + str(made)
        upgrade(url)
        with snapshot(database_url) as rows, maintaining(url) as target:
            copy_rows(rows, target)
            target.commit()
        copy_pages(made, part)


def _prove(database_url: str, part: Path) -> tuple[int, int]:
    """Restore the copy into a scratch folder and look at everything there."""
    with tempfile.TemporaryDirectory(prefix="backup-proof-", dir=part.parent) as scratch:
        file = Path(scratch, FILE_NAME)
        place_file(part, file)
        url = "sqlite:///" + str(file)
        if (current(url) or "") < SCHEMA_REVISION:
            # Made before an upgrade, by a program that does not know the older tables.
            _demand_sound(examine_file(url), part)
            return 0, 0
        _demand_sound(examine(url), part)
        with snapshot(url) as copy, snapshot(database_url) as source:
            newest = last_entry(copy)
            found, wanted = row_counts(copy, newest), row_counts(source, newest)
    for table, rows in wanted.items():
        if found[table] != rows:
            raise _not_sound(f"table {table} has {found[table]} rows instead of {rows}", part)
    return sum(found.values()), newest


def _demand_sound(answers: Iterable[Examined], part: Path) -> None:
    for examined in answers:
        for finding in examined.findings:
            raise _not_sound(finding, part)


def _not_sound(finding: str, part: Path) -> AuditUnavailable:
    return AuditUnavailable(
        f"the backup is not sound and was removed: {finding}",
        where={"file": str(part)},
        remedy="Run `orchestrator db check` on the database, and keep the last good backup",
        code="backup",
    )
