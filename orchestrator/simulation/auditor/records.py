"""What must be true of the records themselves: I8, I9, I15 to I17, I19, I20."""

from collections import defaultdict
from collections.abc import Iterator
from itertools import pairwise
from math import inf

from orchestrator.simulation.auditor.chain import recompute
from orchestrator.simulation.auditor.evidence import Evidence, Row, visible

_STEP_SECONDS = 2.0
_NOTICED_WITHIN_SECONDS = 5.0


def acknowledged_exists(evidence: Evidence) -> Iterator[str]:
    """I8: every row that was acknowledged is there, as it was."""
    kept = {
        int(row["entry"]): bytes(row["entry_hash"]).hex()
        for table, rows in evidence.tables.items()
        if "entry_hash" in evidence.columns[table]
        for row in rows
    }
    archived = {
        entry
        for row in evidence.rows("segment")
        for entry in range(row["first_entry"], row["last_entry"] + 1)
    }
    told = 0
    for ack in evidence.acks:
        for entry in range(max(ack.first, told + 1), ack.last + 1):
            if entry not in kept and entry not in archived:
                yield f"entry {entry} was acknowledged and is not there"
        told = max(told, ack.last)
        if ack.last in kept and kept[ack.last] != ack.head:
            yield f"entry {ack.last} is not the one that was acknowledged"


def order_and_chain(evidence: Evidence) -> Iterator[str]:
    """I9: entries count without a gap, every hash recomputes, and every checkpoint fits."""
    heads, wrong = recompute(evidence)
    yield from wrong
    if evidence.triggers is not None:
        for table, names in evidence.columns.items():
            texts = evidence.triggers.get(table, "")
            kept = "BEFORE UPDATE" in texts and "BEFORE DELETE" in texts
            if "entry_hash" in names and not kept:
                yield f"rows of table {table} can be changed or deleted"
    for row in evidence.rows("checkpoint"):
        if row["up_to"] in heads and heads[row["up_to"]] != row["head"]:
            yield f"the checkpoint up to {row['up_to']} names another head"
        if row["up_to"] >= row["entry"] or row["head"] not in _plain(row):
            yield f"the checkpoint up to {row['up_to']} contradicts itself"
    for before, after in pairwise(evidence.rows("checkpoint")):
        if after["up_to"] <= before["up_to"]:
            yield f"the checkpoint up to {after['up_to']} does not follow {before['up_to']}"


def _plain(row: Row) -> str:
    """Return the head that the note of a checkpoint names, in hexadecimal."""
    import base64
    import binascii

    lines = str(row["note"]).split("\n")
    try:
        return base64.b64decode(lines[2]).hex() if len(lines) > 2 else ""
    except (binascii.Error, ValueError):
        return ""


def no_secret(evidence: Evidence) -> Iterator[str]:
    """I15: no secret stands in the database, its log, or any other file of the station."""
    for secret in evidence.shift.get("canaries", []):
        for path in evidence.files:
            if path.is_file() and secret.encode() in path.read_bytes():
                yield f"a secret stands in {path.name}"


def every_act_has_an_actor(evidence: Evidence) -> Iterator[str]:
    """I16: who decided, started an epoch or a key is named, with a reason."""
    for row in evidence.rows("finding"):
        if row["source"] == "decision" and not (row["actor"] and row["message"]):
            yield f"finding {row['number']} of intent {row['intent_id']} was decided by nobody"
    for table in ("epoch", "signing_key"):
        for row in evidence.rows(table):
            if not row["actor"] or not row["reason"]:
                yield f"entry {row['entry']} in {table} has no actor or no reason"


def time_is_honest(evidence: Evidence) -> Iterator[str]:
    """I17: ends come after begins, no duration is negative, each step of the clock is an event."""
    for run in evidence.runs.values():
        begun = {step["sequence"]: step["entry"] for step in run.steps}
        for sequence, end in run.ends.items():
            if end["entry"] <= begun[sequence] or end["duration_us"] < 0:
                yield f"run {run.run_id}: step {sequence} ended before it began"
        if run.end is None:
            continue
        last = max((row["entry"] for row in (*run.ends.values(), run.row)), default=0)
        if run.end["entry"] <= last or run.end["duration_us"] < 0:
            yield f"run {run.run_id} ended before its last step"
    noted = [row for row in evidence.rows("event") if row["kind"] == "clock_step"]
    expected = _steps_to_notice(evidence)
    if len(noted) < len(expected):
        yield f"the clock was set {len(expected)} times, the audit has {len(noted)} events of it"


def _steps_to_notice(evidence: Evidence) -> list[Row]:
    """Return the steps of the clock that a running, writing station had the time to see.

    A start first asks its boards; what was set meanwhile is seen when that is done.
    """
    steps = [line for line in evidence.told("clock_step") if abs(line["seconds"]) > _STEP_SECONDS]
    times = [line["t"] for line in evidence.told("clock_step")]
    disk = [(begins - 5, ends + 30) for begins, ends in evidence.shift.get("disk", [])]
    sessions = _sessions(evidence)
    seen = []
    for line in steps:
        now = line["t"]
        alone = sum(abs(now - other) < _NOTICED_WITHIN_SECONDS for other in times) == 1
        lasts = any(on < now and max(now, up) + _NOTICED_WITHIN_SECONDS < off
                    for on, up, off in sessions)  # fmt: skip
        if alone and lasts and not any(begins < now < ends for begins, ends in disk):
            seen.append(line)
    return seen


def _sessions(evidence: Evidence) -> list[tuple[float, float, float]]:
    """Return when each start began, showed its first tile, and lost its power."""
    found: list[tuple[float, float, float]] = []
    for line in evidence.told("power_on", "power_off", "station_failed", "tile"):
        now = line["t"]
        if line["what"] == "power_on":
            found.append((now, inf, inf))
        elif found and line["what"] == "tile":
            on, up, off = found[-1]
            found[-1] = (on, min(up, now), off)
        elif found:
            on, up, off = found[-1]
            found[-1] = (on, up, min(off, now))
    # Of the last one nobody knows the end: what came late in it is not asked for.
    last = evidence.world[-1]["t"] if evidence.world else 0.0
    return [(on, up, min(off, last)) for on, up, off in found]


def numbers_add_up(evidence: Evidence) -> Iterator[str]:
    """I19: a number belongs to one unit, a unit to one device, and finished devices are counted."""
    devices: defaultdict[str, set[str]] = defaultdict(set)
    units: defaultdict[str, set[str]] = defaultdict(set)
    for row in evidence.rows("identity"):
        if row["unit_id"]:
            devices[row["unit_id"]].add(row["device_id"])
            units[row["device_id"]].add(row["unit_id"])
    for names, what in ((devices, "unit"), (units, "device")):
        for name, others in names.items():
            if len(others) > 1:
                yield f"{what} {name[:16]} belongs to {len(others)} others"
    serials: defaultdict[str, set[str]] = defaultdict(set)
    for row in evidence.rows("unit"):
        if row["serial_number"]:
            serials[row["serial_number"]].add(row["unit_id"])
    for serial, owners in serials.items():
        if len(owners) > 1:
            yield f"serial number {serial} was given to {len(owners)} units"
    yield from _finished(evidence)


def _finished(evidence: Evidence) -> Iterator[str]:
    passed = {run.device_id for run in evidence.runs.values() if run.outcome == "PASS"}
    if not evidence.world:
        return
    for device_id in sorted(passed):
        states = [str(line["detail"]["to"]) for line in evidence.states_of.get(device_id, [])]
        if "DeviceComplete" not in states:
            yield f"device {device_id[:12]} has passed and is not finished"


def panel_tells_the_truth(evidence: Evidence) -> Iterator[str]:
    """I20: tiles show what the run came to, and PASS only once it is durable."""
    for line in evidence.told("verdict"):
        run = evidence.runs.get(line["run"])
        if run is None or run.end is None:
            if line["outcome"] == "PASS":
                yield f"the panel showed PASS of run {line['run']}, which has no end"
            continue
        if line["outcome"] == "PASS" and run.end["entry"] > visible(line):
            yield f"the panel showed PASS of run {run.run_id} before it was durable"
        if (line["outcome"] == "PASS") != (run.outcome == "PASS"):
            yield f"the panel showed {line['outcome']} of run {run.run_id}: {run.outcome}"
    for line in evidence.told("tile"):
        if line["state"] != "PASS":
            continue
        ends = [
            run.outcome
            for run in evidence.runs.values()
            if run.device_id == line["device_id"]
            and run.end is not None
            and run.end["entry"] <= visible(line)
        ]
        if not ends or ends[-1] != "PASS":
            found = ends[-1] if ends else "no run"
            yield f"a tile showed PASS at t={line['t']} for a board with {found}"
