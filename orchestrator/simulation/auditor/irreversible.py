"""What must be true of requests that cannot be undone: I1 to I5, I14."""

import json
from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any

from orchestrator.simulation.auditor.evidence import ALWAYS, Evidence, Row, visible

_ORDER = ("Blank", "Module1Complete", "DeviceComplete")


def target_of(intent: Row) -> str:
    """Return the state that an intent is about."""
    return str(json.loads(intent["parameters"]).get("state", ""))


def last_finding(evidence: Evidence, intent: Row, before: int) -> Row | None:
    """Return the newest finding of `intent` among entries up to `before`."""
    found = evidence.findings_of.get(intent["intent_id"], [])
    known = [row for row in found if row["entry"] <= before]
    return known[-1] if known else None


def _known(evidence: Evidence, line: Row) -> list[Row]:
    seen = visible(line)
    return [row for row in evidence.intents_of.get(line["device_id"], []) if row["entry"] <= seen]


def intent_before_act(evidence: Evidence) -> Iterator[str]:
    """I1: whoever received a request for good could already see its own intent."""
    for device_id, requests in evidence.requests_of.items():
        for number, request in enumerate(requests, 1):
            intents = _known(evidence, request)
            if len(intents) < number:
                yield (
                    f"device {device_id[:12]} received its request {number} at t={request['t']} "
                    f"with {len(intents)} intents on record"
                )


def at_most_once(evidence: Evidence) -> Iterator[str]:
    """I2: nothing was applied for good twice to the same unit."""
    for device_id, states in evidence.states_of.items():
        accepted = [str(line["detail"]["to"]) for line in states]
        for target in sorted(set(accepted)):
            if accepted.count(target) > 1:
                yield f"device {device_id[:12]} accepted {target} {accepted.count(target)} times"


def evidence_before_act(evidence: Evidence) -> Iterator[str]:
    """I3: a unit is only changed for good in a run whose required steps had all passed before."""
    for requests in evidence.requests_of.values():
        for request in requests:
            intents = _known(evidence, request)
            if intents:
                yield from _gate(evidence, intents[-1])


def _gate(evidence: Evidence, intent: Row) -> Iterator[str]:
    run = evidence.runs[intent["run_id"]]
    begun = [step for step in run.steps if step["sequence"] == intent["sequence"]]
    if not begun:
        yield f"intent {intent['intent_id']} belongs to no step"
        return
    step_id = begun[0]["step_id"]
    planned = [item["id"] for item in required_before(run.plan, step_id)]
    passed = passed_before(evidence, run.run_id, intent["entry"])
    if missing := [name for name in planned if name not in passed]:
        yield f"run {run.run_id}: {step_id} was requested before {', '.join(missing)} passed"
    read = [row for row in run.identities if row["sequence"] == intent["sequence"]]
    if not any(
        row["device_id"] == intent["device_id"] and row["entry"] < intent["entry"] for row in read
    ):
        yield f"run {run.run_id}: {step_id} was requested without reading the identity again"
    if run.device_id != intent["device_id"]:
        yield f"run {run.run_id}: intent {intent['intent_id']} is about another device"


def planned_steps(plan: Mapping[str, Any], *sections: str) -> Iterator[Mapping[str, Any]]:
    """Yield the planned steps of `sections`, groups opened."""
    for section in sections:
        for item in plan.get(section, ()):
            group = item.get("parallel") or item.get("steps")
            yield from group or (item,)


def required_before(plan: Mapping[str, Any], step_id: str) -> Iterator[Mapping[str, Any]]:
    """Yield the required steps of setup and main that stand before `step_id`."""
    for item in planned_steps(plan, "setup", "main"):
        if item["id"] == step_id:
            return
        if item.get("required", True):
            yield item


def passed_before(evidence: Evidence, run_id: str, entry: int) -> set[str]:
    """Return the steps whose last attempt ended with PASS before `entry`, in this run or earlier.

    A run that goes on with another one counts what had passed there.
    """
    run = evidence.runs[run_id]
    earlier = run.row.get("continues")
    passed: set[str] = set()
    if earlier:
        before = passed_before(evidence, earlier, entry)
        passed |= before | _established(evidence, earlier, entry)
    for step in run.steps:
        end = run.ends.get(step["sequence"])
        if end is not None and end["entry"] < entry:
            (passed.add if end["outcome"] == "PASS" else passed.discard)(step["step_id"])
    return passed


def _established(evidence: Evidence, run_id: str, entry: int) -> set[str]:
    """Return the irreversible steps of a run that were found applied, whatever their end said."""
    run = evidence.runs[run_id]
    names = {step["sequence"]: str(step["step_id"]) for step in run.steps}
    found = set()
    for intent in evidence.rows("intent"):
        finding = last_finding(evidence, intent, entry) if intent["run_id"] == run_id else None
        if finding is not None and finding["state"] == "applied":
            found.add(names[intent["sequence"]])
    return found


def no_false_done(evidence: Evidence) -> Iterator[str]:
    """I4: what was found applied was really applied, exactly once."""
    for intent in evidence.rows("intent"):
        finding = last_finding(evidence, intent, 1 << 62)
        if finding is None or finding["state"] != "applied":
            continue
        device_id, target = intent["device_id"], target_of(intent)
        accepted = [line["detail"]["to"] for line in evidence.states_of.get(device_id, [])]
        born = _ORDER.index(evidence.state_at_birth(device_id)) >= _ORDER.index(target)
        if accepted.count(target) != 1 and not born:
            yield (
                f"intent {intent['intent_id']} is said to be applied to {device_id[:12]}, "
                f"which took {target} {accepted.count(target)} times"
            )


def no_silent_unknown(evidence: Evidence) -> Iterator[str]:
    """I5: what was applied is known to be applied, or held for a person; no intent stays open."""
    for device_id, states in evidence.states_of.items():
        for target in sorted({str(line["detail"]["to"]) for line in states}):
            ends = [
                finding["state"]
                for intent in evidence.intents_of.get(device_id, [])
                if target_of(intent) == target
                and (finding := last_finding(evidence, intent, 1 << 62)) is not None
            ]
            if not {"applied", "unknown"} & set(ends):
                said = ", ".join(ends) or "nothing"
                yield f"device {device_id[:12]} took {target}, and the audit says {said}"
    for intent in evidence.rows("intent"):
        if not evidence.findings_of.get(intent["intent_id"]):
            yield f"nobody knows what became of intent {intent['intent_id']}"


def legal_retries(evidence: Evidence) -> Iterator[str]:
    """I14: a request for good is sent again only after it was found not applied, and settled."""
    for device_id, requests in evidence.requests_of.items():
        for before, after in pairwise(requests):
            if ALWAYS in {visible(before), visible(after)}:
                continue  # the audit could not be looked at just then
            first, second = _known(evidence, before), _known(evidence, after)
            if not first or not second or first[-1]["parameters"] != second[-1]["parameters"]:
                continue
            intent = first[-1]
            finding = last_finding(evidence, intent, visible(after))
            if finding is None or finding["state"] not in {"not_applied", "reopened"}:
                said = finding["state"] if finding is not None else "nothing"
                yield (
                    f"device {device_id[:12]} received {target_of(intent)} again at "
                    f"t={after['t']} with {said} found out about the first request"
                )
            elif finding["source"] in {"probe", "recovery"}:
                waited = after["t"] - before["t"]
                if waited * 1e6 < intent["settle_us"]:
                    yield f"device {device_id[:12]} was asked again after {waited:.3f} s, unsettled"
