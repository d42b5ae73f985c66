"""Judges what a campaign left behind, from three sources that know nothing of one another.

The database (with SQL alone), the world log of the rack, and the log of what the writer
acknowledged. The auditor of the simulations is asked beside this one; where both count the same,
both must find nothing.
"""

import json
import sqlite3
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg

from tests.campaigns.rig import ROOT, Place
from tests.patience import PATIENCE_SECONDS

LOCKS = {"Module1Complete": "module1", "DeviceComplete": "complete"}
STEPS = {"identify", "state", "security", "module1", "os", "complete", "finalized", "last"}
_LAST_FINDINGS = """
SELECT i.intent_id, i.run_id, i.device_id, i.parameters, s.step_id,
  (SELECT f.state FROM finding f WHERE f.intent_id = i.intent_id ORDER BY f.number DESC LIMIT 1)
FROM intent i JOIN step s ON s.run_id = i.run_id AND s.sequence = i.sequence
"""
OPEN_RUNS = "SELECT run_id FROM run WHERE run_id NOT IN (SELECT run_id FROM run_end)"


@dataclass
class Judgement:
    """What was found. Everything but `acknowledged`, `locks` and `outcomes` must be empty."""

    acknowledged: int = 0
    locks: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    acknowledged_lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    recorded_not_done: list[str] = field(default_factory=list)
    done_not_recorded: list[str] = field(default_factory=list)
    unasked: list[str] = field(default_factory=list)
    skipped_as_passed: list[str] = field(default_factory=list)
    open_runs: list[str] = field(default_factory=list)
    chain: list[str] = field(default_factory=list)
    auditor: list[str] = field(default_factory=list)

    @property
    def violations(self) -> list[str]:
        """All that is wrong, one sentence each."""
        return [
            *(f"acknowledged and missing: {each}" for each in self.acknowledged_lost),
            *(f"applied more than once: {each}" for each in self.doubled),
            *(f"recorded and never done: {each}" for each in self.recorded_not_done),
            *(f"done and not recorded: {each}" for each in self.done_not_recorded),
            *(f"more requests than intents: {each}" for each in self.unasked),
            *(f"passed without a step: {each}" for each in self.skipped_as_passed),
            *(f"left open: {each}" for each in self.open_runs),
            *(f"chain: {each}" for each in self.chain),
            *(f"auditor: {each}" for each in self.auditor),
        ]


def ask(database: str, sql: str) -> list[tuple[Any, ...]]:
    """Ask a database of either kind."""
    if database.startswith("sqlite:///"):
        file = database.removeprefix("sqlite:///")
        with closing(
            sqlite3.connect(f"file:{file}?mode=ro", uri=True, timeout=PATIENCE_SECONDS)
        ) as audit:
            return audit.execute(sql).fetchall()
    with psycopg.connect(database.replace("+psycopg", "")) as server:
        return server.execute(sql.encode()).fetchall()


def acknowledged(ack_log: Path) -> dict[int, tuple[str, str]]:
    """Return hash and table of every acknowledged entry. A line that was cut off says nothing."""
    found: dict[int, tuple[str, str]] = {}
    if not ack_log.exists():
        return found
    for line in ack_log.read_text(encoding="utf-8").splitlines():
        entry, _, rest = line.partition(" ")
        digest, _, table = rest.partition(" ")
        if entry.isdigit() and len(digest) == 64 and table.isidentifier():
            found[int(entry)] = (digest, table)
    return found


def lost(database: str, ack_log: Path) -> tuple[int, list[str]]:
    """Return how many entries were acknowledged, and which of them are not in the database."""
    promised = acknowledged(ack_log)
    held: dict[str, dict[int, str]] = {}
    for table in sorted({table for _, table in promised.values()}):
        rows = ask(database, f"SELECT entry, entry_hash FROM {table}")
        held[table] = {entry: bytes(digest).hex() for entry, digest in rows}
    missing = [
        f"entry {entry} of {table}"
        for entry, (digest, table) in sorted(promised.items())
        if held[table].get(entry) != digest
    ]
    return len(promised), missing


def judge(place: Place, *, auditor: bool = True) -> Judgement:
    """Judge a station that is not running and whose boards are all done."""
    found = Judgement()
    found.acknowledged, found.acknowledged_lost = lost(place.database, place.ack_log)
    found.open_runs = [row[0] for row in ask(place.database, OPEN_RUNS)]
    found.outcomes = Counter(row[0] for row in ask(place.database, "SELECT outcome FROM run_end"))
    _judge_locks(place, found)
    _judge_passes(place.database, found)
    found.chain = _command(place, "audit", "verify", "--database-url", place.database)
    if auditor:
        found.auditor = _auditor(place)
    return found


def _judge_locks(place: Place, found: Judgement) -> None:
    """Compare intents and findings with what the boards really applied."""
    applied: Counter[tuple[str, str]] = Counter()
    requests: Counter[str] = Counter()
    for line in place.rack.happened():
        if line["what"] in {"manufacturing_state", "manufacturing_state_again"}:
            applied[line["device_id"], line["detail"]["to"]] += 1
        elif line["what"] == "request":
            requests[line["device_id"]] += 1
    states: defaultdict[tuple[str, str], set[str | None]] = defaultdict(set)
    intents: Counter[str] = Counter()
    for intent, _, device, parameters, _, state in ask(place.database, _LAST_FINDINGS):
        key = device, json.loads(parameters)["state"]
        states[key].add(state)
        intents[device] += 1
        if state is None:
            found.done_not_recorded.append(f"intent {intent} has no finding")
        if state == "applied" and not applied[key]:
            found.recorded_not_done.append(f"intent {intent}: {key[1]} of {device[:12]}")
    found.locks = len(applied)
    for (device, state_to), times in sorted(applied.items()):
        if times > 1:
            found.doubled.append(f"{state_to} of {device[:12]}, {times} times")
        if not states[device, state_to] & {"applied", "unknown"}:
            found.done_not_recorded.append(f"{state_to} of {device[:12]}")
    found.unasked = [
        f"{device[:12]}: {count} requests, {intents[device]} intents"
        for device, count in sorted(requests.items())
        if count > intents[device]
    ]


def _judge_passes(database: str, found: Judgement) -> None:
    """See that every step of a run that passed has passed, in it or in what it goes on with."""
    passed: defaultdict[str, set[str]] = defaultdict(set)
    for run_id, step_id in ask(
        database,
        "SELECT s.run_id, s.step_id FROM step s JOIN step_end e "
        "ON e.run_id = s.run_id AND e.sequence = s.sequence WHERE e.outcome = 'PASS'",
    ):
        passed[run_id].add(step_id)
    for _, run_id, _, _, step_id, state in ask(database, _LAST_FINDINGS):
        if state == "applied":
            passed[run_id].add(step_id)
    before = dict(ask(database, "SELECT run_id, continues FROM run"))
    for (run_id,) in ask(database, "SELECT run_id FROM run_end WHERE outcome = 'PASS'"):
        seen, link = set(passed[run_id]), before[run_id]
        while link is not None:
            seen |= passed[link]
            link = before[link]
        if not seen >= STEPS:
            found.skipped_as_passed.append(f"run {run_id}: {', '.join(sorted(STEPS - seen))}")


def _command(place: Place, *words: str) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-m", "orchestrator", *words],
        cwd=ROOT,
        env=place.plain_environment(),
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE_SECONDS,
    )
    return [] if done.returncode == 0 else _tail(done.stdout + done.stderr)


def _auditor(place: Place) -> list[str]:
    command = [sys.executable, "-m", "orchestrator.simulation.auditor"]
    sources = ["--database", place.database, "--world", str(place.rack.world_log)]
    done = subprocess.run(
        [*command, *sources, "--acks", str(place.ack_log)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE_SECONDS,
    )
    return [] if done.returncode == 0 else _tail(done.stdout + done.stderr)


def _tail(text: str, most: int = 20) -> Sequence[str]:
    return [line for line in text.splitlines() if line.strip()][-most:]
