"""How much of an audit can be seen from outside: what a simulator notes beside each request.

A request for good may only arrive when its intent can be read by anybody. The rack therefore looks
into the database by itself, with no code of the station, and notes the highest entry there is.
"""

import sqlite3
from contextlib import closing
from typing import Any

_TABLES = {
    "sqlite": "SELECT name FROM sqlite_master WHERE type = 'table' AND sql LIKE '%entry_hash%'",
    "postgresql": "SELECT table_name FROM information_schema.columns "
    "WHERE column_name = 'entry_hash' AND table_schema = current_schema()",
}


class Sight:
    """Looks into the audit at `url`, which need not be there yet."""

    def __init__(self, url: str) -> None:
        self._file = url.removeprefix("sqlite:///") if url.startswith("sqlite:///") else ""
        self._url = url.replace("postgresql+psycopg://", "postgresql://")
        self._question = ""
        self._server: Any = None

    def highest(self) -> int | None:
        """Return the highest entry that can be read now; None when nothing can be read."""
        return self._in_file() if self._file else self._on_server()

    def _in_file(self) -> int | None:
        try:
            with closing(sqlite3.connect(f"file:{self._file}?mode=ro", uri=True)) as audit:
                return self._ask(audit, "sqlite")
        except sqlite3.Error:
            return None

    def _on_server(self) -> int | None:
        import psycopg

        try:
            if self._server is None or self._server.closed:
                self._server = psycopg.connect(self._url, autocommit=True, connect_timeout=2)
            return self._ask(self._server, "postgresql")
        except psycopg.Error:
            self._server = None
            return None

    def _ask(self, audit: Any, kind: str) -> int | None:
        if not self._question:
            names = [row[0] for row in audit.execute(_TABLES[kind]).fetchall()]
            parts = [f"SELECT max(entry) AS entry FROM {name}" for name in sorted(names)]  # noqa: S608  # the database's own names
            if not parts:
                return None
            self._question = f"SELECT max(entry) FROM ({' UNION ALL '.join(parts)}) AS highest"  # noqa: S608  # as above
        found = audit.execute(self._question).fetchone()[0]
        return None if found is None else int(found)
