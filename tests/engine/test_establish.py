"""Asking a unit what became of an intent, with the parameters that the audit kept."""

import json
from decimal import Decimal
from typing import Any

import anyio
import pytest

from orchestrator.domain.clock import SystemClock
from orchestrator.domain.errors import ConnectionLost
from orchestrator.domain.intents import EarlierIntent, FindingState
from orchestrator.engine.establish import Established, establish, locks_unit
from orchestrator.engine.step import Duration, Secret, StepContext, step
from tests.engine.support import BOARD, OTHER, QUICK, Bench
from tests.engine.test_earlier_intents import earlier
from tests.engine.test_irreversible import World, applies

APPLIED, NOT_APPLIED = FindingState.APPLIED, FindingState.NOT_APPLIED
UNKNOWN = FindingState.UNKNOWN


async def ask(of: EarlierIntent, world: World | None, *reads: Any) -> Established | None:
    """Establish `of` on a bench."""
    bench = Bench()
    bench.reads = list(reads) or [BOARD]
    return await establish(
        of,
        world.definition if world is not None else None,
        resources={},
        read_identity=bench.read_identity,
        clock=SystemClock(),
        bounds=QUICK,
    )


@pytest.mark.parametrize("is_so", [True, False])
async def test_the_unit_establishes_what_became_of_an_intent(is_so: bool) -> None:
    """It says so, or that it is not so."""
    world = World(applies)
    world.applied = is_so
    found = await ask(earlier(None), world)
    assert found is not None
    assert found.state is (APPLIED if is_so else NOT_APPLIED)


async def test_what_cannot_be_established_is_unknown() -> None:
    """No such step, no probe, nobody answers, parameters of another time."""
    held = [
        await ask(earlier(None), None),
        await ask(earlier(None), World(applies, probe=None)),
        await ask(earlier(None), World(applies), ConnectionLost("gone")),
        await ask(earlier(None), World(applies), ValueError("bug")),
        await ask(earlier(None, parameters='{"x":1}'), World(applies)),
        await ask(earlier(None, parameters="junk"), World(applies)),
    ]
    assert [one and one.state for one in held] == [UNKNOWN] * 6
    assert all(one and one.message for one in held)


async def test_another_unit_is_not_asked_about_an_intent() -> None:
    """None: it is none of its business."""
    assert await ask(earlier(None), World(applies), OTHER) is None


async def test_asking_can_be_cancelled() -> None:
    """The unit was taken out: the caller goes on at once."""
    world = World(applies)
    with anyio.move_on_after(0) as scope:
        await ask(earlier(None, settle_seconds=1000.0), world)
    assert scope.cancelled_caught


class Lamp:
    """A client."""


async def typed_probe(
    ctx: StepContext,
    lamp: Lamp,
    *,
    wait: Duration,
    names: list[str],
    count: int = 1,
    on: bool = True,
    key: Secret | None = None,
) -> bool:
    """Answer by the types."""
    return (type(lamp), wait, names, count, on) == (Lamp, Decimal("1.5"), ["a", "b"], 3, False)


@step(
    "typed",
    summary="Acts.",
    irreversible=True,
    probe=typed_probe,
    locks=lambda *, wait, names, count=1, on=True, key=None: bool(count == 3),
)
async def typed(
    ctx: StepContext,
    lamp: Lamp,
    *,
    wait: Duration,
    names: list[str],
    count: int = 1,
    on: bool = True,
    key: Secret | None = None,
) -> None:
    """Act.

    Args:
        wait: A time.
        names: Some names.
        count: A number.
        on: A truth.
        key: A secret.
    """


WRITTEN = {"wait": "1.5", "names": ["a", "b"], "count": 3, "on": False}


async def test_parameters_get_their_types_back() -> None:
    """As the run had them; what cannot be had again is for a person."""
    bench = Bench()
    for changes, state in (
        ({}, APPLIED),
        ({"count": 2}, NOT_APPLIED),
        ({"wait": "soon"}, UNKNOWN),
        ({"wait": "NaN"}, UNKNOWN),
        ({"names": "a"}, UNKNOWN),
        ({"on": 1}, UNKNOWN),
        ({"count": True}, UNKNOWN),
        ({"key": "k"}, UNKNOWN),
    ):
        of = earlier(None, kind="typed", parameters=json.dumps(WRITTEN | changes))
        found = await establish(of, typed, resources={Lamp: Lamp()},
                                read_identity=bench.read_identity, clock=SystemClock())  # fmt: skip
        assert found is not None
        assert found.state is state, changes
        assert locks_unit(of, typed) is (state is APPLIED)
    missing = earlier(None, kind="typed", parameters='{"wait":"1"}')
    for of, resources in ((missing, {Lamp: Lamp()}), (earlier(None, kind="typed"), {})):
        found = await establish(of, typed, resources=resources,
                                read_identity=bench.read_identity, clock=SystemClock())  # fmt: skip
        assert found is not None
        assert found.state is UNKNOWN
    assert not locks_unit(missing, None)


async def test_a_secret_is_had_again_by_its_name() -> None:
    """The audit knows its name: who has it can ask, and nobody needs it to say what locks."""
    bench = Bench()
    parameters = json.dumps(WRITTEN | {"key": "secret:k"})
    of = earlier(None, kind="typed", parameters=parameters)
    for secrets, state in (
        ({"k": Secret("k", "hidden")}, APPLIED),
        ({"other": Secret("other", "hidden")}, UNKNOWN),
        (None, UNKNOWN),
    ):
        found = await establish(of, typed, resources={Lamp: Lamp()}, secrets=secrets,
                                read_identity=bench.read_identity, clock=SystemClock())  # fmt: skip
        assert found is not None
        assert found.state is state
        assert "hidden" not in found.message
    assert locks_unit(of, typed)


def test_a_step_that_locks_needs_a_probe_and_its_own_arguments() -> None:
    """A mistake of whoever writes the step."""

    async def body(ctx: StepContext) -> None:
        """Act."""

    async def probe(ctx: StepContext) -> bool:
        return True

    for members in (
        {"irreversible": True, "locks": lambda: True},
        {"irreversible": True, "probe": probe, "locks": lambda *, state: True},
    ):
        with pytest.raises(TypeError, match="lock"):
            step("act", summary="Acts.", **members)(body)  # type: ignore[arg-type]  # wrong on purpose
