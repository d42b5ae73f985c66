"""What must be true of runs, their outcomes and their limits: I6, I7, I10 to I13."""

from collections.abc import Iterator, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from orchestrator.simulation.auditor.evidence import Evidence, Row, Run
from orchestrator.simulation.auditor.irreversible import passed_before, planned_steps

OUTCOMES = {"PASS", "FAIL", "ERROR", "ABORTED", "INTERRUPTED"}
_TEARDOWN_SECONDS = 120
_PROBE_SECONDS = 60
_FAILS_AT = {
    "os": {"os"},
    "security": {"security"},
    "capabilities": {"capabilities"},
    "wifi": {"ready"},
    "scan": {"scan"},
}
"""The steps of the rehearsal's recipe at which a board with that defect must fail."""

_OF_BOARDS = {"product", "link", "slow", "lost", "lies"}
"""Groups of faults that strike single boards and nothing else."""


def every_run_ends(evidence: Evidence) -> Iterator[str]:
    """I6: every run has exactly one end, with a known outcome and words for an interruption."""
    ended = [row["run_id"] for row in evidence.rows("run_end")]
    for run_id, run in evidence.runs.items():
        count = ended.count(run_id)
        if count != 1:
            yield f"run {run_id} has {count} ends"
        elif run.outcome not in OUTCOMES:
            yield f"run {run_id} ended as {run.outcome}"
        elif run.outcome != "PASS" and run.end is not None and not run.end["message"]:
            yield f"run {run_id} ended as {run.outcome} without a word"
        for step in run.steps:
            if step["sequence"] not in run.ends:
                yield f"run {run_id}: step {step['step_id']} has no end"


def skipped_is_never_passed(evidence: Evidence) -> Iterator[str]:
    """I7: a run that passed has passed every required step and stayed within every limit."""
    for run in evidence.runs.values():
        if run.outcome != "PASS" or run.end is None:
            continue
        passed = passed_before(evidence, run.run_id, run.end["entry"])
        needed = [item for item in planned_steps(run.plan, "setup", "main") if item["required"]]
        if missing := [item["id"] for item in needed if item["id"] not in passed]:
            yield f"run {run.run_id} passed without {', '.join(missing)}"
        yield from _limits(evidence, run, needed)


def _limits(evidence: Evidence, run: Run, needed: list[Mapping[str, Any]]) -> Iterator[str]:
    taken = _measured(run)
    for row in taken.values():
        if row["kind"] == "number" and (why := _out_of_limit(row)):
            yield f"run {run.run_id} passed with {row['name']} = {row['value']} {why}"
    names = {(step["step_id"]): step["sequence"] for step in run.steps}
    for item in needed:
        sequence = names.get(item["id"])
        if sequence is None:
            continue  # passed in the run that this one goes on with
        for name in item.get("measure") or {}:
            if (sequence, name) not in taken:
                yield f"run {run.run_id} passed without measuring {name} of {item['id']}"
            elif not _has_limit(taken[sequence, name]):
                yield f"run {run.run_id} judged {name} of {item['id']} by no limit"


def _measured(run: Run) -> dict[tuple[int, str], Row]:
    last = {step["step_id"]: step["sequence"] for step in run.steps}
    return {
        (row["sequence"], row["name"]): row
        for row in run.measurements
        if row["sequence"] in last.values()
    }


def _has_limit(row: Row) -> bool:
    names = ("limit_min", "limit_max", "limit_equal", "limit_pattern", "limit_one_of")
    return any(row[name] is not None for name in names)


def _out_of_limit(row: Row) -> str:
    try:
        value = Decimal(row["value"])
    except InvalidOperation:
        return "which is no number"
    if not value.is_finite():
        return "which is not finite"
    if row["limit_min"] is not None and value < Decimal(row["limit_min"]):
        return f"below {row['limit_min']}"
    if row["limit_max"] is not None and value > Decimal(row["limit_max"]):
        return f"above {row['limit_max']}"
    if row["limit_equal"] is not None and value != Decimal(row["limit_equal"]):
        return f"which is not {row['limit_equal']}"
    return ""


def one_run_one_board(evidence: Evidence) -> Iterator[str]:
    """I10: a run changes for good only the board that it is about, and passes only on that one."""
    for line in evidence.told("request", "applied"):
        run = evidence.runs.get(line.get("run", ""))
        if run is None or not run.device_id or run.device_id == line["device_id"]:
            continue
        for_good = line["what"] == "request" or line["kind"].startswith("manufacturing_state")
        if for_good or run.outcome == "PASS":
            yield (
                f"run {run.run_id} of {run.device_id[:12]} acted on {line['device_id'][:12]} "
                f"at t={line['t']}"
            )
    for run in evidence.runs.values():
        read = {row["device_id"] for row in run.identities}
        if len(read) > 1 and run.outcome == "PASS":
            yield f"run {run.run_id} read {len(read)} identities and passed"


def fail_is_the_product(evidence: Evidence) -> Iterator[str]:
    """I12: a defect ends as FAIL at its step and never as PASS; trouble never ends as FAIL."""
    if not evidence.made:
        return
    for run in evidence.runs.values():
        made = evidence.made.get(run.device_id)
        if made is None:
            continue
        if made["defect"] and run.outcome == "PASS":
            yield f"run {run.run_id} passed a board with the defect {made['defect']}"
        if run.outcome in {"PASS", "ERROR"} and (names := _failed_steps(run)):
            yield f"run {run.run_id} ended as {run.outcome} and hides that {names} failed"
        if run.outcome == "FAIL" and (why := _wrong_fail(evidence, run, made)):
            yield f"run {run.run_id} failed its board at {why}"
    yield from _good_boards_pass(evidence)


def _failed_steps(run: Run) -> str:
    """Return the steps of setup and main whose last attempt judged the product as bad.

    What a teardown finds never decides what the unit is; it can only spoil a PASS.
    """
    last = {
        step["step_id"]: run.ends[step["sequence"]]["outcome"]
        for step in run.steps
        if step["sequence"] in run.ends and step["section"] != "teardown"
    }
    return ", ".join(name for name, outcome in last.items() if outcome == "FAIL")


def _wrong_fail(evidence: Evidence, run: Run, made: Row) -> str:
    """Return the step at which a run failed a board that it must not have failed there."""
    assert run.end is not None
    step = next((s for s in run.steps if s["sequence"] == run.end["first_failure"]), None)
    name = step["step_id"] if step is not None else "no step"
    if name in _FAILS_AT.get(made["defect"], ()) or made["lie"] or "lies" in made["groups"]:
        return ""
    locked = any(
        line["detail"]["to"] == "DeviceComplete"
        for line in evidence.states_of.get(run.device_id, [])
    )
    return "" if locked and name in {"state", "module1"} else name


def _good_boards_pass(evidence: Evidence) -> Iterator[str]:
    if not evidence.shift or not set(evidence.shift["groups"]) <= _OF_BOARDS:
        return
    if evidence.told("power_off"):
        return
    for device_id, made in evidence.made.items():
        runs = [run for run in evidence.runs.values() if run.device_id == device_id]
        if not runs or made["groups"]:
            continue
        wanted = "FAIL" if made["defect"] else "PASS"
        if [run.outcome for run in runs] != [wanted]:
            found = ", ".join(run.outcome for run in runs)
            yield f"board {device_id[:12]} had no trouble and came to {found} instead of {wanted}"


def everything_is_bounded(evidence: Evidence) -> Iterator[str]:
    """I13: no step takes longer than its plan allows, and none is tried more often."""
    for run in evidence.runs.values():
        planned = {
            item["id"]: item for item in planned_steps(run.plan, "setup", "main", "teardown")
        }
        longest = _TEARDOWN_SECONDS + sum(
            (_bound(item) + 2 * _wait(item)) * (_times(item) + 1) for item in planned.values()
        )
        if run.end is not None and run.outcome != "INTERRUPTED":
            seconds = run.end["duration_us"] / 1e6
            if seconds > longest:
                yield f"run {run.run_id} took {seconds:.1f} s of at most {longest:.1f} s"
        for step in run.steps:
            known, end = planned.get(step["step_id"]), run.ends.get(step["sequence"])
            if known is None or end is None or end["outcome"] == "INTERRUPTED":
                continue
            if step["attempt"] > _times(known) + 1:
                yield f"run {run.run_id}: {step['step_id']} was tried {step['attempt']} times"
            took, bound = end["duration_us"] / 1e6, _bound(known)
            if took > bound + 1:
                yield f"run {run.run_id}: {step['step_id']} took {took:.1f} s of {bound:g} s"


def _bound(item: Mapping[str, Any]) -> float:
    seconds = float(item["timeout_seconds"])
    # An irreversible step reads the identity, acts, settles and asks, and may act once more.
    return 6 * seconds + 2 * (_PROBE_SECONDS + 10) if item["irreversible"] else seconds


def _times(item: Mapping[str, Any]) -> int:
    # What cannot be undone is tried once more when it was found not applied.
    return 1 if item["irreversible"] else int((item.get("retry") or {}).get("times", 0))


def _wait(item: Mapping[str, Any]) -> float:
    return float((item.get("retry") or {}).get("wait_seconds", 0))


def isolation(evidence: Evidence, calm: Evidence) -> Iterator[str]:
    """I11: boards without trouble come to the same as in the same shift without any faults."""
    for device_id, made in evidence.made.items():
        if made["groups"]:
            continue
        here, there = _history(evidence, device_id), _history(calm, device_id)
        if here != there:
            yield f"board {device_id[:12]}: {here} with others in trouble, {there} without"


_OF_TIME = ("seconds", "rate")


def _history(evidence: Evidence, device_id: str) -> list[Any]:
    histories = []
    for run in evidence.runs.values():
        if run.device_id == device_id:
            steps = [
                (s["step_id"], run.ends.get(s["sequence"], {}).get("outcome")) for s in run.steps
            ]
            values = [
                (row["sequence"], row["name"], row["value"])
                for row in run.measurements
                if not row["name"].endswith(_OF_TIME)
            ]
            histories.append((run.outcome, steps, sorted(values)))
    return histories
