"""What steps measure: judged by the recipe's limits, and never passed in silence."""

from decimal import Decimal
from typing import Any

import pytest

from orchestrator.domain.errors import ConnectionLost
from orchestrator.domain.measurement import Limit
from orchestrator.domain.outcome import Outcome
from orchestrator.domain.records import AttachmentRow, MeasurementRow
from orchestrator.engine.step import Measures, StepContext
from tests.engine.support import Bench, definition, measuring, passes, plan, planned

BETWEEN = Limit(min=Decimal("0.42"), max=Decimal("0.58"))


async def measure_one(value: Any, limit: Limit | None = BETWEEN) -> tuple[Bench, Outcome]:
    """Run one step that measures `value`."""
    bench = Bench(definition("meter", measuring(value)))
    limits = {} if limit is None else {"volts": limit}
    result = await bench.run(plan(planned("meter", limits=limits)))
    return bench, result.outcome


async def test_a_value_within_its_limits_passes_and_is_kept_with_them() -> None:
    """The row holds value, unit and limits as text."""
    bench, outcome = await measure_one(Decimal("0.5"))
    assert outcome is Outcome.PASS
    assert bench.recorder.all(MeasurementRow) == [
        MeasurementRow(
            "R", 1, "volts", "number", "0.5", "V", "0.42", "0.58", None, None, None, "PASS"
        )
    ]


async def test_a_value_outside_its_limits_fails_the_unit_in_words() -> None:
    """The sentence names value, limit and unit of measure."""
    bench, outcome = await measure_one(0.61)
    assert outcome is Outcome.FAIL
    (end,) = bench.recorder.ends
    assert (end.outcome, end.error_class) == ("FAIL", "product")
    assert end.message == "volts is 0.61 V, must be between 0.42 and 0.58 V"
    assert bench.recorder.all(MeasurementRow)[0].outcome == "FAIL"


async def test_a_limit_that_nothing_was_measured_for_is_an_error() -> None:
    """A forgotten measurement never passes."""
    bench = Bench(definition("meter", passes))
    result = await bench.run(plan(planned("meter", limits={"volts": BETWEEN})))
    assert result.outcome is Outcome.ERROR
    assert "was not measured" in bench.recorder.ends[0].message


@pytest.mark.parametrize("value", [float("nan"), Decimal("NaN"), float("inf")])
async def test_what_is_no_number_is_an_error(value: Any) -> None:
    """NaN is the station's fault, with and without a limit."""
    for limit in (BETWEEN, None):
        bench, outcome = await measure_one(value, limit)
        assert outcome is Outcome.ERROR
        assert bench.recorder.all(MeasurementRow) == []


async def test_a_limit_that_cannot_judge_the_value_is_an_error() -> None:
    """A number asked of a text is the recipe's fault; the value is kept nevertheless."""
    bench, outcome = await measure_one("strong")
    assert outcome is Outcome.ERROR
    assert bench.recorder.all(MeasurementRow)[0].outcome == "ERROR"


@pytest.mark.parametrize(
    ("value", "other", "kind", "text"),
    [
        (True, False, "boolean", ("true", "false")),
        ("x", "y", "text", ("x", "y")),
        (7, 8, "number", ("7", "8")),
    ],
)
async def test_each_kind_of_value_is_kept(
    value: Any, other: Any, kind: str, text: tuple[str, str]
) -> None:
    """Booleans, texts and whole numbers are told apart."""
    limit = Limit(one_of=(value, other), uom="U")
    bench, outcome = await measure_one(value, limit)
    (row,) = bench.recorder.all(MeasurementRow)
    assert outcome is Outcome.PASS
    assert (row.kind, row.value, row.uom, row.limit_one_of) == (
        kind, text[0], "U", f'["{text[0]}","{text[1]}"]',
    )  # fmt: skip


async def test_undeclared_and_repeated_measurements_are_errors() -> None:
    """Neither can be stored in a way that people understand."""

    async def undeclared(ctx: StepContext) -> None:
        ctx.measure("amps", 1)

    async def repeated(ctx: StepContext) -> None:
        ctx.measure("volts", 1)
        ctx.measure("volts", 1)

    for body, says in ((undeclared, "without declaring it"), (repeated, "twice")):
        bench = Bench(definition("meter", body))
        await bench.run(plan(planned("meter")))
        assert bench.recorder.outcomes == [("meter", "ERROR")]
        assert says in bench.recorder.ends[0].message


async def test_what_was_measured_before_an_error_is_kept() -> None:
    """The values of a step that broke are evidence too; its error stays its outcome."""

    async def breaks(ctx: StepContext) -> None:
        ctx.measure("volts", 9)
        ctx.attach("log", b"text", "text/plain")
        ctx.attach("more", b"", "text/plain")
        raise ConnectionLost("gone")

    bench = Bench(definition("meter", breaks))
    result = await bench.run(plan(planned("meter", limits={"volts": BETWEEN})))
    assert result.outcome is Outcome.ERROR
    assert bench.recorder.ends[0].error_class == "link"
    assert bench.recorder.all(MeasurementRow)[0].outcome == "FAIL"
    log, _ = bench.recorder.all(AttachmentRow)
    assert (log.name, log.size_bytes, log.content, log.sha256[:8]) == (
        "log", 4, b"text", "982d9e3e",
    )  # fmt: skip


async def test_several_broken_limits_are_told_together() -> None:
    """The operator reads all of them at once."""

    async def both(ctx: StepContext) -> None:
        ctx.measure("volts", 9)
        ctx.measure("colour", "red")

    bench = Bench(
        definition(
            "meter", both, measures=(Measures("volts", "V"), Measures("colour", "C", "text"))
        )
    )
    limits = {"volts": BETWEEN, "colour": Limit(equal="blue")}
    await bench.run(plan(planned("meter", limits=limits)))
    assert bench.recorder.ends[0].message == (
        "volts is 9, must be between 0.42 and 0.58; colour is red, must be equal to blue"
    )
