"""The birth certificate of a unit: what was tested, with what, by whom, and where it is recorded.

An in-toto statement with the predicate test-result v0.1: the subject is the device, the
configuration are recipe and images, and the rest of the evidence stands beside the lists of tests.
It is issued only for a unit whose newest run has passed, about which nothing is left open, and
whose rows are what was chained. Signing and checking the file is `envelope.py`.
"""

from collections.abc import Sequence
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection, Row, func, or_, select

from orchestrator.audit.envelope import PREDICATE_TYPE, STATEMENT_TYPE, seal
from orchestrator.audit.keys import StationKey
from orchestrator.audit.proof_tables import checkpoint, epoch, signing_key
from orchestrator.audit.tables import (
    artifact,
    finding,
    identity,
    intent,
    measurement,
    recipe,
    run,
    run_end,
    session,
    step,
    step_end,
    unit,
)
from orchestrator.audit.verify import stretch_findings
from orchestrator.domain.errors import InputMistakes
from orchestrator.domain.intents import FindingState
from orchestrator.domain.outcome import Outcome

_LIMITS = ("limit_min", "limit_max", "limit_equal", "limit_pattern", "limit_one_of")


def issue(connection: Connection, name: str, key: StationKey) -> str:
    """Return the signed certificate of the unit with this serial number or device id.

    Raises InputMistakes that says why there is none.
    """
    known = connection.execute(select(signing_key.c.key_id).filter_by(key_id=key.key_id)).first()
    if known is None:
        raise _refused(name, f"key {key.key_id} is not one of this audit")
    return seal(statement(connection, name), key)


def statement(connection: Connection, name: str) -> dict[str, Any]:
    """Return what the certificate of a unit says. Raises InputMistakes that says why nothing."""
    last = _newest_run(connection, name)
    if last is None:
        raise _refused(name, "no run of such a unit ever came to an end")
    if last.outcome != Outcome.PASS.value:
        raise _refused(name, f"its newest run, {last.run_id}, ended {last.outcome}")
    device = _device(connection, last.run_id)
    if device is None:
        raise _refused(name, f"in run {last.run_id} no device was identified")
    intents = _intents(connection, device)
    for each in intents:
        if each["state"] not in (FindingState.APPLIED.value, FindingState.NOT_APPLIED.value):
            raise _refused(name, f"it is held: nobody knows what became of {each['intent_id']}")
    runs = _with_continued(connection, last.run_id)
    _demand_untouched(connection, name, runs, last.end_entry)
    return {
        "_type": STATEMENT_TYPE,
        "subject": [
            {
                "name": f"{device.system}:{device.device_id}",
                "digest": {"sha256": sha256(device.device_id.encode()).hexdigest()},
            }
        ],
        "predicateType": PREDICATE_TYPE,
        "predicate": {
            "result": "PASSED",
            "configuration": _configuration(connection, last.recipe_hash),
            **_tests(connection, runs),
            "unit": _unit(connection, last.unit_id, device),
            "station": _station(connection, last),
            "run": _run(last, runs),
            "measurements": _measurements(connection, runs),
            "irreversible": intents,
            "chain": _chain(connection, name, last),
        },
    }


def _newest_run(connection: Connection, name: str) -> Any:
    """Return run and end of the unit's newest run that ended; an open run is told as such."""
    device_id = name.lower()
    units = select(unit.c.unit_id).where(unit.c.serial_number == name)
    parts = connection.execute(
        select(unit.c.part_number).where(unit.c.serial_number == name).distinct()
    ).all()
    if len(parts) > 1:
        listed = ", ".join(str(row.part_number) for row in parts)
        raise _refused(name, f"several part numbers have it ({listed}); name the device id")
    met = select(identity.c.run_id).where(
        or_(identity.c.device_id == device_id, identity.c.unit_id.in_(units))
    )
    theirs = or_(run.c.run_id.in_(met), run.c.unit_id.in_(units))
    columns = (run, run_end.c.outcome, run_end.c.ended_at, run_end.c.duration_us)
    query = (
        select(*columns, run_end.c.entry.label("end_entry"), run_end.c.entry_hash.label("end_hash"))
        .outerjoin(run_end, run_end.c.run_id == run.c.run_id)
        .where(theirs)
        .order_by(run.c.entry.desc())
        .limit(1)
    )
    found = connection.execute(query).first()
    if found is not None and found.outcome is None:
        raise _refused(name, f"its run {found.run_id} has not ended")
    return found


def _device(connection: Connection, run_id: str) -> Any:
    query = select(identity).filter_by(run_id=run_id).order_by(identity.c.entry.desc())
    return connection.execute(query.limit(1)).first()


def _intents(connection: Connection, device: Any) -> list[dict[str, Any]]:
    """Return every irreversible request to this device, with the finding that counts."""
    each = finding.alias("each")
    newest = (
        select(func.max(each.c.number))
        .where(each.c.intent_id == intent.c.intent_id)
        .scalar_subquery()
    )
    same = (finding.c.intent_id == intent.c.intent_id) & (finding.c.number == newest)
    query = (
        select(
            intent.c.intent_id, intent.c.run_id, intent.c.kind, intent.c.parameters,
            intent.c.began_at, finding.c.state, finding.c.source, finding.c.found_at,
        )
        .select_from(intent)
        .outerjoin(finding, same)
        .where(intent.c.system == device.system, intent.c.device_id == device.device_id)
        .order_by(intent.c.entry)
    )  # fmt: skip
    return [dict(row) for row in connection.execute(query).mappings()]


def _with_continued(connection: Connection, run_id: str) -> list[str]:
    """Return the run and the runs whose evidence it goes on with, the newest first."""
    runs: list[str] = []
    following: str | None = run_id
    while following is not None and following not in runs:
        runs.append(following)
        following = connection.execute(
            select(run.c.continues).where(run.c.run_id == following)
        ).scalar()
    return runs


def _demand_untouched(connection: Connection, name: str, runs: Sequence[str], entry: int) -> None:
    first = connection.execute(select(func.min(run.c.entry)).where(run.c.run_id.in_(runs))).scalar()
    found = stretch_findings(connection, first or 1, entry)
    if found:
        raise _refused(name, f"the audit was tampered with: {found[0]}")


def _configuration(connection: Connection, recipe_hash: str) -> list[dict[str, Any]]:
    made = connection.execute(select(recipe).filter_by(recipe_hash=recipe_hash)).one()
    files = select(artifact).filter_by(recipe_hash=recipe_hash).order_by(artifact.c.name)
    return [
        {"name": f"recipe {made.name} {made.version}", "digest": {"sha256": recipe_hash}},
        *(
            {"name": f"artifact {row.name} {row.file}", "digest": {"sha256": row.sha256}}
            for row in connection.execute(files)
        ),
    ]


def _tests(connection: Connection, runs: Sequence[str]) -> dict[str, list[str]]:
    """Return the steps by what their last attempt came to."""
    same = (step.c.run_id == step_end.c.run_id) & (step.c.sequence == step_end.c.sequence)
    query = (
        select(step.c.step_id, step_end.c.outcome)
        .join_from(step, step_end, same)
        .where(step.c.run_id.in_(runs))
        .order_by(step.c.entry)
    )
    last: dict[str, str] = {row.step_id: row.outcome for row in connection.execute(query)}

    def of(*outcomes: Outcome) -> list[str]:
        return [name for name, outcome in last.items() if outcome in outcomes]

    rest = [each for each in Outcome if each not in (Outcome.PASS, Outcome.SKIPPED)]
    return {
        "passedTests": of(Outcome.PASS),
        "warnedTests": [],
        "failedTests": of(*rest),
        "skippedTests": of(Outcome.SKIPPED),
    }


def _unit(connection: Connection, unit_id: str | None, device: Any) -> dict[str, Any]:
    chosen = device.unit_id or unit_id
    row = connection.execute(select(unit).filter_by(unit_id=chosen)).first()
    return {
        "serial_number": row.serial_number if row else None,
        "part_number": row.part_number if row else None,
        "revision": row.revision if row else None,
        "system": device.system,
        "device_id": device.device_id,
    }


def _station(connection: Connection, last: Any) -> dict[str, Any]:
    started = connection.execute(select(session).filter_by(session_id=last.session_id)).one()
    return {
        "station_id": last.station_id,
        "slot": last.slot,
        "software_version": started.software_version,
        "database_version": started.database_version,
    }


def _run(last: Any, runs: Sequence[str]) -> dict[str, Any]:
    return {
        "run_id": last.run_id,
        "continues": list(runs[1:]),
        "operation": last.operation,
        "began_at": last.began_at,
        "ended_at": last.ended_at,
        "duration_us": last.duration_us,
    }


def _measurements(connection: Connection, runs: Sequence[str]) -> list[dict[str, Any]]:
    same = (step.c.run_id == measurement.c.run_id) & (step.c.sequence == measurement.c.sequence)
    query = (
        select(step.c.step_id, step.c.attempt, measurement)
        .join_from(measurement, step, same)
        .where(measurement.c.run_id.in_(runs))
        .order_by(measurement.c.entry)
    )
    return [_measured(row) for row in connection.execute(query)]


def _measured(row: Row[Any]) -> dict[str, Any]:
    found = row._mapping  # noqa: SLF001  # the documented way to a row's columns by name
    words = ("step_id", "attempt", "name", "kind", "value", "uom", "outcome")
    limits = {name: found[name] for name in _LIMITS if found[name] is not None}
    return {**{word: found[word] for word in words}, **limits}


def _chain(connection: Connection, name: str, last: Any) -> dict[str, Any]:
    newest = select(checkpoint).order_by(checkpoint.c.entry.desc()).limit(1)
    signed = connection.execute(newest).first()
    if signed is None or signed.up_to < last.end_entry:
        raise _refused(name, "no checkpoint covers its run yet")
    began = select(epoch.c.epoch_id).where(epoch.c.entry <= last.end_entry)
    return {
        "entry": last.end_entry,
        "hash": bytes(last.end_hash).hex(),
        "epoch_id": connection.execute(began.order_by(epoch.c.entry.desc()).limit(1)).scalar(),
        "checkpoint": signed.note,
    }


def _refused(name: str, why: str) -> InputMistakes:
    return InputMistakes(
        f"there is no certificate for {name}: {why}",
        remedy="See what happened to the unit with: orchestrator audit unit",
    )
