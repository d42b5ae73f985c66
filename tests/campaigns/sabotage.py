"""Mistakes to plant in a program under test, and a program that starts with one planted.

    python -m tests.campaigns.sabotage NAME[,NAME] WORDS...

is `orchestrator WORDS...` with a mistake. Each must turn its campaign red: that is the proof that
the campaign can fail.
"""

import sys
from collections.abc import Callable
from contextlib import contextmanager, suppress
from typing import Any


def synchronous_normal() -> None:
    """Let SQLite sync at checkpoints only: a power cut loses what was acknowledged since."""
    from orchestrator.audit import store

    store._PRAGMAS = tuple(
        ("synchronous", "NORMAL", 1) if name == "synchronous" else (name, wanted, expected)
        for name, wanted, expected in store._PRAGMAS
    )


def swallow_commit_errors() -> None:
    """Take a commit that failed for one that worked."""
    from orchestrator.audit.store import SqliteStore

    honest = SqliteStore.commit

    def commit(self: Any) -> None:
        with suppress(Exception):
            honest(self)
            return
        with suppress(Exception):
            self.rollback()

    SqliteStore.commit = commit  # type: ignore[method-assign]  # a mistake on purpose


def acknowledge_early() -> None:
    """Tell the callers before the rows are committed."""
    from orchestrator.audit.commit import Committer

    honest = Committer.write

    def write(self: Any, calls: Any) -> None:
        self._tell(calls, None)
        honest(self, calls)

    Committer.write = write  # type: ignore[method-assign]  # a mistake on purpose


def no_lock() -> None:
    """Start beside another station on the same folder."""
    from orchestrator.app import evidence

    @contextmanager
    def open_to_all(*args: Any, **named: Any) -> Any:
        del args, named
        yield

    evidence.station_lock = open_to_all  # type: ignore[attr-defined]  # a mistake on purpose


def no_recovery() -> None:
    """Leave open what the last station left open."""
    from orchestrator.station.audit_past import AuditPast

    async def nothing(self: AuditPast) -> tuple[()]:
        del self
        return ()

    AuditPast.open_runs = nothing  # type: ignore[assignment]  # a mistake on purpose


def no_settling() -> None:
    """Ask the board at once after a lost answer, while it may still be at work."""
    from orchestrator.systems.azure_sphere_device.endpoints import SET_MANUFACTURING_STATE

    object.__setattr__(SET_MANUFACTURING_STATE, "settle_seconds", 0.0)


SABOTAGES: dict[str, Callable[[], None]] = {
    "synchronous=NORMAL": synchronous_normal,
    "commit errors swallowed": swallow_commit_errors,
    "acknowledged before the commit": acknowledge_early,
    "lock file removed": no_lock,
    "open runs left open": no_recovery,
    "asked without settling": no_settling,
}
"""Every mistake by its name."""


def plant(names: str) -> None:
    """Plant the mistakes of a comma-separated list; an empty one plants none."""
    for name in filter(None, names.split(",")):
        SABOTAGES[name]()


def run() -> None:
    """Plant the mistakes of the first argument and be the program for the rest."""
    plant(sys.argv.pop(1))
    from orchestrator.cli.main import main

    main()


if __name__ == "__main__":
    run()
