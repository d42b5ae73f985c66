"""The bare skeleton that the engine is compared with: what the design costs without an engine.

Units as asyncio tasks, 20 steps each. At every step boundary one row is awaited until it is
durable, through one writer thread with group commit over SQLAlchemy Core and SQLite (WAL, full
sync). Run as `python -m tests.benchmarks.skeleton UNITS RUNS`; prints one line of JSON.
"""

import asyncio
import json
import sqlite3
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import sqlalchemy as sa

STEPS = 20
DETAIL = json.dumps({"value": 0.5, "unit": "V", "expected": "0.42..0.58", "request_id": "0" * 32})
COLUMNS = ("run_id", "seq", "step", "kind", "status", "started", "ended", "detail")
Row = tuple[Any, ...]


class Writer:
    """One thread that commits everything that waits, then tells everybody at once."""

    def __init__(self, write: Callable[[Sequence[Row]], None]) -> None:
        self._write = write
        self._waiting: list[tuple[Row, asyncio.Future[None]]] = []
        self._changed = threading.Condition()
        self._stopped = False
        self._loop = asyncio.get_running_loop()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def put(self, row: Row) -> asyncio.Future[None]:
        """Return a future that is done when `row` is durable."""
        future = self._loop.create_future()
        with self._changed:
            self._waiting.append((row, future))
            if len(self._waiting) == 1:
                self._changed.notify()
        return future

    def _run(self) -> None:
        while True:
            with self._changed:
                while not self._waiting and not self._stopped:
                    self._changed.wait()
                if not self._waiting:
                    return
                batch, self._waiting = self._waiting, []
            self._write([row for row, _ in batch])
            self._loop.call_soon_threadsafe(self._done, batch)

    @staticmethod
    def _done(batch: list[tuple[Row, asyncio.Future[None]]]) -> None:
        for _, future in batch:
            if not future.done():
                future.set_result(None)

    def close(self) -> None:
        """Let the thread finish what waits and end it."""
        with self._changed:
            self._stopped = True
            self._changed.notify()
        self._thread.join()


def open_table(folder: Path) -> tuple[sqlite3.Connection, Callable[[Sequence[Row]], None]]:
    """Return a connection and a function that commits rows through it."""
    connection = sqlite3.connect(
        folder / "skeleton.db", isolation_level=None, check_same_thread=False
    )
    connection.execute("pragma journal_mode=wal")
    connection.execute("pragma synchronous=full")
    connection.execute(
        "create table step(id integer primary key, run_id text, seq int, step text, kind text,"
        " status text, started text, ended text, detail text)"
    )
    connection.execute("create unique index step_key on step(run_id, seq)")
    engine = sa.create_engine("sqlite://", creator=lambda: connection, poolclass=sa.pool.StaticPool)
    table = sa.Table("step", sa.MetaData(), autoload_with=engine)
    insert = sa.insert(table)

    @sa.event.listens_for(engine, "begin")
    def begin(on: sa.Connection) -> None:
        on.exec_driver_sql("begin immediate")

    def write(rows: Sequence[Row]) -> None:
        with engine.begin() as on:
            on.execute(insert, [dict(zip(COLUMNS, row, strict=True)) for row in rows])

    return connection, write


async def drive(units: int, runs: int, write: Callable[[Sequence[Row]], None]) -> float:
    """Run all units and return the seconds that took."""
    writer = Writer(write)

    async def trivial() -> dict[str, bool]:
        return {"ok": True}

    async def unit(number: int) -> None:
        for run in range(runs):
            for step in range(STEPS):
                await trivial()
                began, ended = "2026-11-21T02:00:00+00:00", "2026-11-21T02:00:01+00:00"
                name, run_id = f"step{step}", f"{number}-{run}"
                await writer.put((run_id, step, name, "ended", "passed", began, ended, DETAIL))

    began = time.perf_counter()
    await asyncio.gather(*[unit(number) for number in range(units)])
    seconds = time.perf_counter() - began
    writer.close()
    return seconds


def main() -> None:
    """Measure once, as the arguments say."""
    units, runs = int(sys.argv[1]), int(sys.argv[2])
    with tempfile.TemporaryDirectory(dir=sys.argv[3] if len(sys.argv) > 3 else None) as folder:
        connection, write = open_table(Path(folder))
        began_cpu = time.process_time()
        seconds = asyncio.run(drive(units, runs, write))
        cpu = time.process_time() - began_cpu
        (rows,) = connection.execute("select count(*) from step").fetchone()
        connection.close()
    steps = units * runs * STEPS
    if rows != steps:
        raise SystemExit(f"{rows} rows for {steps} steps")
    figures = {"steps": steps, "seconds": seconds, "cpu_us_per_step": cpu / steps * 1e6}
    sys.stdout.write(json.dumps(figures) + "\n")


if __name__ == "__main__":
    main()
