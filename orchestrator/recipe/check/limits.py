"""The limits of a step: `measure: {rssi_dbm: {min: -80, max: -20, unit: dBm}}`.

A limit that no value can satisfy, or that does not fit what the step measures, is a mistake of the
recipe; found here, it never fails a product.
"""

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal

from orchestrator.domain.errors import StationMisuse
from orchestrator.domain.measurement import Limit, Value, as_text, judge
from orchestrator.recipe.check import shape
from orchestrator.recipe.check.context import Check
from orchestrator.recipe.mistakes import did_you_mean
from orchestrator.recipe.nodes import Entry, Node, Place, Table, Text, ticked
from orchestrator.recipe.signature import MeasurementSignature, StepSignature
from orchestrator.recipe.values import boolean, number, plain_decimal

LIMIT_KEYS = ("min", "max", "equal", "pattern", "one_of", "unit")
_BOUNDS = ("min", "max")


def read_limits(check: Check, node: Node, signature: StepSignature) -> Mapping[str, Limit]:
    """Return the limits in a step's `measure`, by the name of the measurement."""
    found = shape.table(check.report, node, "`measure`")
    known = {each.name: each for each in signature.measurements}
    limits = {}
    for entry in found.entries if found else ():
        measurement = known.get(entry.key.value)
        if measurement is None:
            _unknown(check, entry, signature, list(known))
            continue
        limit = _limit(check, entry, measurement)
        if limit is not None:
            limits[entry.key.value] = limit
    return limits


def _unknown(check: Check, entry: Entry, signature: StepSignature, known: list[str]) -> None:
    label, guess = did_you_mean(entry.key.value, known)
    check.report.error(
        "R030",
        entry.key.place,
        f"step `{signature.name}` does not measure {ticked(entry.key.value)}",
        label=label or ("no such measurement" if known else "this step measures nothing"),
        allowed=known,
        replacement=guess,
    )


def _limit(check: Check, entry: Entry, measurement: MeasurementSignature) -> Limit | None:
    what = f"the limit of `{measurement.name}`"
    body = shape.table(check.report, entry.value, what, LIMIT_KEYS)
    if body is None:
        return None
    _unit(check, body, measurement)
    if not any(each.key.value in LIMIT_KEYS and each.key.value != "unit" for each in body.entries):
        check.report.error(
            "R036",
            entry.key.place,
            f"{what} asks for nothing",
            label="every value would pass",
            help="write min, max, equal, pattern or one_of, or remove it",
        )
        return None
    limit = Limit(
        **{key: _bound(check, body, key, measurement) for key in _BOUNDS},
        equal=_equal(check, body, measurement),
        pattern=_pattern(check, body, measurement),
        one_of=_one_of(check, body, measurement),
        uom=measurement.uom,
    )
    return limit if _reachable(check, body, limit) else None


def _unit(check: Check, body: Table, measurement: MeasurementSignature) -> None:
    node = body.get("unit")
    written = node and shape.text(check.report, node, "`unit`", empty=True)
    if node is None or not isinstance(written, str) or written == measurement.uom:
        return
    own = f"in {ticked(measurement.uom)}" if measurement.uom else "without a unit"
    check.report.error(
        "R034",
        node.place,
        f"`{measurement.name}` is measured {own}, not in {ticked(written)}",
        label=f"write `{measurement.uom}`" if measurement.uom else "remove `unit`",
        help="a limit is not converted: give its numbers in the unit of the step",
        replacement=measurement.uom or None,
    )


def _unfit(check: Check, place_of: Node, key: str, measurement: MeasurementSignature) -> None:
    fitting = {"number": "min, max, equal or one_of", "boolean": "equal"}
    check.report.error(
        "R035",
        place_of.place,
        f"`{key}` does not fit `{measurement.name}`, which is a {measurement.kind}",
        label=f"a {measurement.kind} has no `{key}`",
        help=f"use {fitting.get(measurement.kind, 'equal, one_of or pattern')}",
    )


def _bound(
    check: Check, body: Table, key: str, measurement: MeasurementSignature
) -> Decimal | None:
    node = body.get(key)
    if node is None:
        return None
    if measurement.kind != "number":
        _unfit(check, node, key, measurement)
        return None
    return shape.scalar(check.report, node, f"`{key}`", number)


def _value(check: Check, node: Node, what: str, measurement: MeasurementSignature) -> Value | None:
    if measurement.kind == "number":
        return shape.scalar(check.report, node, what, number)
    if measurement.kind == "boolean":
        return shape.scalar(check.report, node, what, boolean)
    return shape.text(check.report, node, what, most=2000, empty=True)


def _equal(check: Check, body: Table, measurement: MeasurementSignature) -> Value | None:
    node = body.get("equal")
    return None if node is None else _value(check, node, "`equal`", measurement)


def _pattern(check: Check, body: Table, measurement: MeasurementSignature) -> str | None:
    node = body.get("pattern")
    if node is None:
        return None
    if measurement.kind != "text":
        _unfit(check, node, "pattern", measurement)
        return None
    from orchestrator.recipe.check.patterns import pattern_fault

    pattern = shape.text(check.report, node, "`pattern`", most=10_000)
    fault = pattern and pattern_fault(pattern)
    if fault:
        check.report.error(
            "R033", node.place, f"the pattern cannot be used: {fault}", label="not a sound pattern"
        )
        return None
    return pattern


def _one_of(
    check: Check, body: Table, measurement: MeasurementSignature
) -> tuple[Value, ...] | None:
    node = body.get("one_of")
    if node is None:
        return None
    if measurement.kind == "boolean":
        _unfit(check, node, "one_of", measurement)
        return None
    nodes = shape.items(check.report, node, "`one_of`")
    if nodes is None:
        return None
    if not nodes:
        check.report.error(
            "R032", node.place, "`one_of` is empty", label="no value can be one of nothing"
        )
        return None
    found = [_value(check, each, "a value of `one_of`", measurement) for each in nodes]
    values = tuple(value for value in found if value is not None)
    return values if len(values) == len(found) else None


def _passes(value: Value, limit: Limit) -> bool:
    try:
        return judge(value, limit).is_pass
    except StationMisuse:
        # Longer than a pattern is ever held against.
        return False


def _reachable(check: Check, body: Table, limit: Limit) -> bool:
    """Say whether some value can satisfy `limit`; report why not."""
    if limit.min is not None and limit.max is not None and limit.min > limit.max:
        _swapped(check, body, limit)
        return False
    if limit.equal is not None:
        rest = replace(limit, equal=None)
        if _passes(limit.equal, rest):
            return True
        key, fault = "equal", f"`{as_text(limit.equal)}` {_against(rest)}"
    elif limit.one_of is not None:
        rest = replace(limit, one_of=None)
        if any(_passes(value, rest) for value in limit.one_of):
            return True
        key, fault = "one_of", f"each of them {_against(rest)}"
    else:
        return True
    entry = body.entry(key)
    assert entry is not None
    check.report.error("R032", entry.value.place, "no value can satisfy this limit", label=fault)
    return False


def _against(rest: Limit) -> str:
    return f"breaks the rest: {rest.describe()}"


def _swapped(check: Check, body: Table, limit: Limit) -> None:
    low, high = body.entry("min"), body.entry("max")
    assert low is not None
    assert high is not None
    assert limit.min is not None
    assert limit.max is not None
    first, second = sorted(
        (low, high), key=lambda entry: (entry.key.place.line, entry.key.place.column)
    )
    unit = body.get("unit")
    tail = f", unit: {unit.value}" if isinstance(unit, Text) else ""
    swapped = f"{{min: {plain_decimal(limit.max)}, max: {plain_decimal(limit.min)}{tail}}}"
    check.report.error(
        "R031",
        _span(first),
        "limit `min` is above `max`",
        label="" if first.key.place.line == second.key.place.line else "this one",
        also=(
            (
                _span(second),
                f"{plain_decimal(limit.min)} is greater than {plain_decimal(limit.max)}",
            ),
        ),
        help=f"swap them? `{swapped}`",
    )


def _span(entry: Entry) -> Place:
    return entry.key.place._replace(
        end_line=entry.value.place.end_line,
        end_column=entry.value.place.end_column,
    )
