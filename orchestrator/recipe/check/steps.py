"""One step: the step it uses, its time limit, retries, limits, and what its nature forbids."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Literal

from orchestrator.domain.errors import ErrorClass
from orchestrator.domain.measurement import Limit
from orchestrator.recipe.check import shape
from orchestrator.recipe.check.arguments import read_arguments
from orchestrator.recipe.check.context import Check
from orchestrator.recipe.check.sections import Draft
from orchestrator.recipe.mistakes import did_you_mean
from orchestrator.recipe.nodes import Node, Table, Text, ticked
from orchestrator.recipe.plan import Argument, Condition, PlannedStep, Retry
from orchestrator.recipe.signature import StepSignature, uom_of
from orchestrator.recipe.values import duration

RETRY_KEYS = ("times", "wait", "on")
RETRY_ON = ("link", "timeout", "busy", "answer", "board", "station", "product", "report")
"""The error classes a recipe may retry on. The others stay as they are however often one tries."""

USUAL_RETRY_ON = frozenset({ErrorClass.LINK, ErrorClass.TIMEOUT, ErrorClass.BUSY})
ON_FAIL = ("stop", "continue")
MOST_RETRIES = 20
LONGEST_SECONDS = Decimal(24 * 3600)


def read_step(
    check: Check, draft: Draft, earlier: list[str], later: list[str]
) -> PlannedStep | None:
    """Return the planned step of `draft`, None when it cannot be planned; report its mistakes."""
    check.report.included_at = draft.included_at
    try:
        return _step(check, draft, earlier, later)
    finally:
        check.report.included_at = None


def _step(check: Check, draft: Draft, earlier: list[str], later: list[str]) -> PlannedStep | None:
    body = draft.table
    signature = _signature(check, body)
    name = _name(check, body, draft.id)
    condition = _condition(check, body, earlier, later)
    timeout = _timeout(check, body.get("timeout"))
    retry = _retry(check, body.get("retry"))
    on_fail = _word(check, body, "on_fail", ON_FAIL, "stop")
    required_node = body.get("required")
    required = shape.truth(check.report, required_node, "`required`") if required_node else True
    _conditional(check, body, required)
    if signature is None:
        return None
    if signature.irreversible:
        _irreversible(check, draft, on_fail)
    uses = body.get("uses")
    assert uses is not None
    arguments = read_arguments(check, body.get("with"), signature, uses.place)
    return PlannedStep(
        id=draft.id,
        name=name,
        uses=signature.name,
        arguments=arguments,
        condition=condition,
        timeout_seconds=timeout or Decimal(signature.timeout_seconds),
        retry=retry,
        on_fail="continue" if on_fail == "continue" else "stop",
        required=required is not False,
        irreversible=signature.irreversible,
        limits=_limits(check, body, signature, arguments),
    )


def _condition(check: Check, body: Table, earlier: list[str], later: list[str]) -> Condition | None:
    node = body.get("if")
    if node is None:
        return None
    from orchestrator.recipe.check.conditions import read_condition

    return read_condition(check, node, earlier, later)


def _limits(
    check: Check, body: Table, signature: StepSignature, arguments: Mapping[str, Argument]
) -> Mapping[str, Limit]:
    node = body.get("measure")
    if node is None:
        return {}
    from orchestrator.recipe.check.limits import read_limits

    units = tuple(replace(each, uom=uom_of(each, arguments)) for each in signature.measurements)
    return read_limits(check, node, replace(signature, measurements=units))


def _signature(check: Check, body: Table) -> StepSignature | None:
    node = body.get("uses")
    written = node and shape.text(check.report, node, "`uses`")
    signature = check.catalogue.get(written) if isinstance(written, str) else None
    if signature is not None or node is None:
        return signature
    if isinstance(written, str):
        label, guess = did_you_mean(written, check.catalogue)
        family = written.partition(".")[0] + "."
        related = sorted(each for each in check.catalogue if each.startswith(family))
        check.report.error(
            "R023",
            node.place,
            f"there is no step {ticked(written)}",
            label=label or "not a step of this program",
            allowed=related,
            help="" if related else "orchestrator recipe steps",
            replacement=guess,
        )
    return None


def _name(check: Check, body: Table, step_id: str) -> str:
    node = body.get("name")
    written = node and shape.text(check.report, node, "`name`", most=80)
    return written or step_id.replace("_", " ").capitalize()


def _word(check: Check, body: Table, key: str, allowed: Iterable[str], otherwise: str) -> str:
    node = body.get(key)
    return (node and shape.word(check.report, node, f"`{key}`", allowed)) or otherwise


def _timeout(check: Check, node: Node | None) -> Decimal | None:
    return _duration(check, node, "`timeout`", zero=False) if node else None


def _duration(check: Check, node: Node, what: str, *, zero: bool) -> Decimal | None:
    seconds = shape.scalar(check.report, node, what, duration)
    if seconds is None:
        return None
    if seconds > LONGEST_SECONDS or (seconds == 0 and not zero):
        check.report.error(
            "R028",
            node.place,
            f"{what} must be {'' if zero else 'more than 0 and '}at most 24h",
            label="nothing can be done in no time" if seconds == 0 else "longer than a day",
        )
        return None
    return seconds


def _retry(check: Check, node: Node | None) -> Retry | None:
    found = node and shape.table(check.report, node, "`retry`", RETRY_KEYS, ("times",))
    if not isinstance(found, Table):
        return None
    times, wait, on = (found.get(key) for key in RETRY_KEYS)
    number = times and shape.whole_number(check.report, times, "`times`", 1, MOST_RETRIES)
    seconds = wait and _duration(check, wait, "`wait`", zero=True)
    classes = USUAL_RETRY_ON if on is None else _classes(check, on)
    return Retry(number or 1, seconds or Decimal(0), classes)


def _classes(check: Check, node: Node) -> frozenset[ErrorClass]:
    nodes = shape.items(check.report, node, "`on`")
    if nodes == ():
        check.report.error("R022", node.place, "`on` is empty", label="list error classes")
    words = [shape.word(check.report, each, "an error class", RETRY_ON) for each in nodes or ()]
    return frozenset(ErrorClass(word) for word in words if word)


def _conditional(check: Check, body: Table, required: bool | None) -> None:
    entry = body.entry("if")
    if entry is None or required is not True:
        return
    check.report.error(
        "R040",
        entry.key.place,
        "a step with `if` must say `required: false`",
        label="it may be skipped, and skipped is never passed",
        help="add `required: false`, or remove `if`",
    )


def _irreversible(check: Check, draft: Draft, on_fail: str) -> None:
    """Report what a step that cannot be undone must not have."""
    body = draft.table
    uses = body.get("uses")
    assert isinstance(uses, Text)
    what = f"`{uses.value}` cannot be undone and "
    retry, go_on = body.entry("retry"), body.entry("on_fail")
    if retry is not None:
        check.report.error(
            "R037",
            retry.key.place,
            f"{what}takes no `retry`",
            label="remove this",
            help="after a lost answer the station waits, asks the unit, then decides;"
            " no `retry` overrides that",
        )
    places: tuple[tuple[bool, Literal["parallel", "teardown"]], ...] = (
        (draft.group is not None, "parallel"),
        (draft.section == "teardown", "teardown"),
    )
    for stands_there, word in places:
        if stands_there:
            check.report.error(
                "R038",
                uses.place,
                f"{what}cannot stand in `{word}`",
                label="it runs only after every required step before it has passed",
                help="move it to `main`, outside of `parallel`",
            )
    if on_fail == "continue" and go_on is not None:
        check.report.error(
            "R039",
            go_on.key.place,
            f"{what}takes no `on_fail: continue`",
            label="nothing may follow when it did not end well",
        )
