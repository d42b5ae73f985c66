"""Bugs to plant: each is the program with one of its rules taken out, and who must notice it."""

import asyncio
import itertools
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from decimal import Decimal
from hashlib import sha256
from pathlib import Path
from typing import Any
from unittest import mock

from orchestrator.audit import append
from orchestrator.audit.store import SqliteStore
from orchestrator.domain.intents import FindingState
from orchestrator.domain.outcome import Outcome
from orchestrator.domain.records import RunEndRow
from orchestrator.engine import attempt, course, runner, stepping
from orchestrator.engine.asking import Answer, Asking
from orchestrator.engine.evidence import Evidence
from orchestrator.engine.ledger import Ledger
from orchestrator.simulation.rehearsal import shift
from orchestrator.station import arrival, clock_watch, daemon, decisions, recovery
from orchestrator.systems.azure_sphere_device import endpoints
from orchestrator.systems.azure_sphere_device.client.calls import BoardCalls
from orchestrator.transport.client import HttpClient

Patch = tuple[Any, str, Any]


@dataclass(frozen=True, slots=True)
class Sabotage:
    """A planted bug. `caught_by` are the promises of which at least one must be seen broken.

    `seed` is a shift that is known to show it.
    """

    name: str
    patches: Callable[[], Sequence[Patch]]
    caught_by: frozenset[str]
    seed: int = 0
    profile: str = ""

    @contextmanager
    def planted(self) -> Iterator[None]:
        """Let the bug be there within the block."""
        with ExitStack() as stack:
            for place, name, bug in self.patches():
                stack.enter_context(mock.patch.object(place, name, bug))
            yield


def _skip_intent() -> Sequence[Patch]:
    async def commit(self: Evidence, pending: list[Any], *rows: Any) -> None:
        await honest(self, pending, *(r for r in rows if type(r).__name__ != "IntentRow"))

    honest = Evidence.commit
    return [(Evidence, "commit", commit)]


def _no_settling() -> Sequence[Patch]:
    async def settled(
        self: Asking, lane: Any, attempt: Any, seconds: float, _settle: float
    ) -> Answer:
        return await self.ask(lane, attempt, seconds)

    return [(Asking, "settled", settled)]


def _retried_put() -> Sequence[Patch]:
    row = replace(endpoints.SET_MANUFACTURING_STATE, idempotent=True)
    return [(endpoints, "SET_MANUFACTURING_STATE", row)]


def _commit_error_swallowed() -> Sequence[Patch]:
    def commit(self: Any) -> None:
        with suppress(*self.commit_errors):
            honest(self)

    honest = SqliteStore.commit
    return [(SqliteStore, "commit", commit)]


def _error_counts_as_pass() -> Sequence[Patch]:
    def worst(outcomes: Any) -> Outcome:
        return honest([o for o in outcomes if o not in {Outcome.ERROR, Outcome.TIMEOUT}])

    honest = course.worst
    return [(course, "worst", worst)]


def _teardown_hides_fail() -> Sequence[Patch]:
    def run_outcome(main: Outcome, teardown: Outcome) -> Outcome:
        return Outcome.ERROR if not teardown.is_pass else honest(main, teardown)

    honest = runner.run_outcome
    return [(runner, "run_outcome", run_outcome)]


def _identity_not_read_again() -> Sequence[Patch]:
    async def reread(self: Any, *_lane: Any) -> Any:
        return self._binding.identity

    return [(Asking, "reread", reread)]


def _shared_client() -> Sequence[Patch]:
    def init(self: Any, *args: Any, **named: Any) -> None:
        honest(self, *args, **named)
        shared.append(self._http)
        self._http = shared[0] if len(shared) % 5 == 0 else self._http

    honest, shared = BoardCalls.__init__, []
    return [(BoardCalls, "__init__", init)]


def _no_triggers() -> Sequence[Patch]:
    def copy(source: Any, target: Any) -> Any:
        import sqlite3

        copied = honest(source, target)
        connection = sqlite3.connect(Path(target) / shift.DATABASE)
        named = "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'finding'"
        for (name,) in connection.execute(named).fetchall():
            connection.execute(f"DROP TRIGGER {name}")
        connection.commit()
        connection.close()
        return copied

    honest = shift.shutil.copy
    return [(shift.shutil, "copy", copy)]


def _no_gate() -> Sequence[Patch]:
    return [(stepping, "check_gate", lambda *_: None)]


def _applied_without_asking() -> Sequence[Patch]:
    async def ask(*_args: Any) -> Answer:
        return Answer(applied=True)

    return [(Asking, "ask", ask)]


def _nan_passes() -> Sequence[Patch]:
    def measured(value: Any) -> Any:
        found = honest(value)
        return Decimal("NaN") if isinstance(found, Decimal) else found

    def judge_values(_step: Any, values: Any) -> Any:
        return dict.fromkeys(values, Outcome.PASS), stepping.PASSED

    honest = attempt.measured
    return [(attempt, "measured", measured), (stepping, "judge_values", judge_values)]


def _limits_not_judged() -> Sequence[Patch]:
    def judge_values(_step: Any, values: Any) -> Any:
        return dict.fromkeys(values, Outcome.PASS), stepping.PASSED

    return [(stepping, "judge_values", judge_values)]


def _recovery_does_not_ask() -> Sequence[Patch]:
    async def ask_unit(tools: Any, link: Any, intent: Any) -> Any:
        row = await honest(tools, link, intent)
        return row._replace(state=FindingState.NOT_APPLIED.value)

    honest = arrival.ask_unit
    return [(arrival, "ask_unit", ask_unit), (recovery, "ask_unit", ask_unit)]


def _runs_left_open() -> Sequence[Patch]:
    async def recover(*_args: Any, **_named: Any) -> list[Any]:
        return []

    return [(daemon, "recover", recover)]


def _link_skipped() -> Sequence[Patch]:
    count = itertools.count(1)

    def hashed(content: bytes) -> Any:
        return sha256(content if next(count) % 97 else content[32:])

    return [(append, "sha256", hashed)]


def _end_not_awaited() -> Sequence[Patch]:
    async def commit(self: Evidence, pending: list[Any], *rows: Any) -> None:
        if any(isinstance(row, RunEndRow) for row in rows):
            batch = [*pending]
            pending.clear()
            kept.append(asyncio.ensure_future(honest(self, batch, *rows)))
        else:
            await honest(self, pending, *rows)

    honest, kept = Evidence.commit, []
    return [(Evidence, "commit", commit)]


def _write(text: str) -> None:
    Path("debug.log").write_text(text, encoding="utf-8")


def _secret_in_a_file() -> Sequence[Patch]:
    async def call(self: Any, endpoint: Any, **options: Any) -> Any:
        if endpoint.name == "add_wifi_network":
            _write(options["body"].model_dump_json())
        return await honest(self, endpoint, **options)

    honest = HttpClient.call
    return [(HttpClient, "call", call)]


def _clock_not_watched() -> Sequence[Patch]:
    return [(clock_watch, "STEP_SECONDS", 1e12)]


def _decided_without_a_reason() -> Sequence[Patch]:
    def finding_of(*args: Any, **named: Any) -> Any:
        return honest(*args, **{**named, "message": ""})

    honest = decisions.finding_of
    return [(decisions, "finding_of", finding_of)]


def _held_is_forgotten() -> Sequence[Patch]:
    return [
        (arrival, "refuse_held", lambda _intents: None),
        (Ledger, "standing", lambda *_args: None),
        (Asking, "settled", _never_so),
    ]


async def _never_so(*_args: Any) -> Answer:
    return Answer(applied=False)


def _caught(*numbers: str) -> frozenset[str]:
    return frozenset(numbers)


SABOTAGES: tuple[Sabotage, ...] = (
    Sabotage("the intent is not written", _skip_intent, _caught("I1", "I3", "rehearsal")),
    Sabotage("asked without settling", _no_settling, _caught("I2", "I4", "I5", "I14")),
    Sabotage("a change for good is repeated", _retried_put, _caught("I1", "I2", "I14")),
    Sabotage("a commit error is swallowed", _commit_error_swallowed, _caught("I8", "I9")),
    Sabotage("an error counts as passed", _error_counts_as_pass, _caught("I7")),
    Sabotage("teardown hides a FAIL", _teardown_hides_fail, _caught("I12")),
    Sabotage("identity is not read again", _identity_not_read_again, _caught("I3", "I10")),
    Sabotage("boards share a client", _shared_client, _caught("I10", "I12", "I19")),
    Sabotage("a table without triggers", _no_triggers, _caught("I9")),
    Sabotage("the gate is open", _no_gate, _caught("I3")),
    Sabotage("found applied without asking", _applied_without_asking, _caught("I4")),
    Sabotage("NaN passes", _nan_passes, _caught("I7")),
    Sabotage("limits are not judged", _limits_not_judged, _caught("I7", "I12")),
    Sabotage("recovery does not ask", _recovery_does_not_ask, _caught("I2", "I5")),
    Sabotage("runs are left open", _runs_left_open, _caught("I6")),
    Sabotage("a link of the chain is skipped", _link_skipped, _caught("I9")),
    Sabotage("PASS is shown before it is kept", _end_not_awaited, _caught("I6", "I20")),
    Sabotage("a secret in a file", _secret_in_a_file, _caught("I15")),
    Sabotage("the clock is not watched", _clock_not_watched, _caught("I17")),
    Sabotage("nobody says why", _decided_without_a_reason, _caught("I16")),
    Sabotage("what is unknown is done again", _held_is_forgotten, _caught("I2", "I5", "I14")),
)


def as_json(found: dict[str, int]) -> str:
    """Return how many seeds each bug survived, for the result file."""
    return json.dumps(found, indent=2)
