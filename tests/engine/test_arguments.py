"""What a step is handed and what it tells: arguments, secrets, identity, events."""

import json
from decimal import Decimal
from typing import Literal

import pytest

from orchestrator.domain.errors import (
    Mismatch,
    StationFault,
    StationMisuse,
)
from orchestrator.domain.events import (
    RunFinished,
    RunStarted,
    StepFinished,
    StepProgress,
    StepStarted,
)
from orchestrator.domain.outcome import Outcome
from orchestrator.domain.records import IdentityRow
from orchestrator.domain.unit import Unit
from orchestrator.engine.step import Duration, Secret, StepContext, step
from orchestrator.recipe.plan import Artifact, Reference
from tests.engine.support import (
    BOARD,
    OTHER,
    Bench,
    definition,
    passes,
    plan,
    planned,
    raises,
)

BAD = definition("bad", raises(Mismatch("wrong version", remedy="Set it aside")))
GOOD = definition("good", passes)


class Client:
    """What a step works on."""


async def test_a_step_gets_its_clients_and_arguments() -> None:
    """References, artifacts, secrets and lists arrive typed; the audit sees no secret."""
    seen: dict[str, object] = {}

    @step("takes", summary="Takes.")
    async def takes(
        ctx: StepContext,
        client: Client,
        *,
        version: str,
        wait: Duration,
        mode: Literal["a", "b"],
        key: Secret,
        images: list[Artifact],
        note: str = "none",
    ) -> None:
        """Keep the arguments.

        Args:
            version: A text.
            wait: A duration.
            mode: A choice.
            key: A secret.
            images: Some artifacts.
            note: A note.
        """
        images.append(images[0])
        seen.update(client=client, version=version, wait=wait, key=key, images=images, note=note)
        seen.update(unit=ctx.unit, identity=ctx.identity, artifacts=set(ctx.artifacts))
        seen["clock"] = ctx.clock.monotonic() > 0

    client = Client()
    image = Artifact("app", "app.bin", "f" * 64, b"")
    bench = Bench(takes)
    bench.secrets(key="hunter2")
    arguments = {
        "version": Reference("inputs.version"),
        "wait": Reference("inputs.wait"),
        "mode": Reference("inputs.mode"),
        "key": "key",
        "images": ("app",),
        "note": Reference("unit.revision"),
    }
    of = plan(planned("takes", arguments=arguments), artifacts={"app": image})
    inputs = {"version": "22.09", "wait": 3, "mode": "b"}
    for _ in range(2):
        result = await bench.run(of, resources={Client: client}, inputs=inputs)
        assert result.outcome is Outcome.PASS
        assert len(seen.pop("images")) == 2
    assert seen == {
        "client": client, "version": "22.09", "wait": Decimal(3), "key": Secret("key", "hunter2"),
        "note": "none", "unit": Unit("SN1", "P"), "identity": BOARD, "artifacts": {"app"},
        "clock": True,
    }  # fmt: skip
    assert json.loads(bench.recorder.begins[0].parameters) == {
        "version": "22.09", "wait": "3", "mode": "b", "key": "secret:key",
        "images": [{"name": "app", "sha256": "f" * 64}],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"count": Reference("inputs.nothing")}, "does not know"),
        ({"count": Reference("inputs.word")}, "cannot take"),
        ({"key": "nothing"}, "secret nothing is not known"),
        ({"image": "nothing"}, "no artifact nothing"),
        ({"typo": "x"}, "does not take"),
    ],
)
async def test_what_a_step_cannot_get_is_an_error_of_the_station(
    arguments: dict[str, object], says: str
) -> None:
    """The step begins and ends as ERROR, its function is not called."""

    @step("takes", summary="Takes.")
    async def takes(
        ctx: StepContext,
        *,
        count: int = 1,
        required: int = 1,
        key: Secret | None = None,
        image: Artifact | None = None,
    ) -> None:
        """Never get here.

        Args:
            count: A number.
            required: A number.
            key: A secret.
            image: An artifact.
        """
        raise AssertionError

    @step("needs", summary="Needs a number.")
    async def needs(ctx: StepContext, *, count: int) -> None:
        """Never get here.

        Args:
            count: A number.
        """
        raise AssertionError

    uses = "needs" if "count" in arguments else "takes"
    bench = Bench(takes, needs)
    try:
        await bench.run(plan(planned(uses, arguments=arguments)), inputs={"word": "x"})
        message = bench.recorder.ends[0].message
        assert bench.recorder.outcomes == [(uses, "ERROR")]
    except StationMisuse as error:
        message = str(error)
    assert says in message


async def test_a_missing_client_is_an_error_of_the_station() -> None:
    """The step says which client it works on."""

    @step("works", summary="Works.")
    async def works(ctx: StepContext, client: Client) -> None:
        """Never get here."""
        raise AssertionError

    bench = Bench(works)
    result = await bench.run(plan(planned("works")))
    assert result.outcome is Outcome.ERROR
    assert "works on Client" in bench.recorder.ends[0].message


async def test_a_plan_that_does_not_fit_the_program_does_not_begin() -> None:
    """Unknown steps and measurements are told before anything is recorded."""
    from orchestrator.domain.measurement import Limit

    bench = Bench(GOOD)
    with pytest.raises(StationMisuse, match="does not have"):
        await bench.run(plan(planned("unknown")))
    with pytest.raises(StationMisuse, match="cannot measure"):
        await bench.run(plan(planned("good", limits={"amps": Limit(equal=1)})))
    assert bench.recorder.calls == []


async def test_secrets_are_cut_out_of_what_an_error_says() -> None:
    """A message that repeats a secret reaches the audit without it."""
    bench = Bench(
        definition("leaks", raises(StationFault("token hunter2 refused", where={"at": "x"})))
    )
    bench.secrets(token="hunter2", short="no")
    result = await bench.run(plan(planned("leaks")))
    assert bench.recorder.ends[0].message == "token secret:token refused (at x)"
    assert "hunter2" not in result.message


async def test_a_secret_that_begins_like_another_is_cut_out_whole() -> None:
    """The shorter one, given first, leaves no rest of the longer one."""
    bench = Bench(definition("leaks", raises(StationFault("token hunter2-and-more refused"))))
    bench.secrets(short="hunter2", long="hunter2-and-more")
    await bench.run(plan(planned("leaks")))
    assert bench.recorder.ends[0].message == "token secret:long refused"


async def test_an_endless_message_is_shortened() -> None:
    """A step that crashes with megabytes of text does not fill the audit."""
    bench = Bench(definition("talks", raises(ValueError("x" * 100_000))))
    await bench.run(plan(planned("talks")))
    assert len(bench.recorder.ends[0].message) < 3000


async def test_watchers_hear_what_happens() -> None:
    """Events come in order, progress not more often than agreed."""

    async def works(ctx: StepContext) -> None:
        for done in range(0, 101, 25):
            ctx.progress(done, 100)

    bench = Bench(definition("works", works), BAD)
    bench.bounds = type(bench.bounds)(progress_seconds=1000)
    await bench.run(plan(planned("works"), planned("bad")))
    assert bench.events == [
        RunStarted("1", "R", "test", 2),
        StepStarted("1", "R", "works", "works", 1, 1),
        StepProgress("1", "R", "works", 0, 100),
        StepProgress("1", "R", "works", 100, 100),
        StepFinished("1", "R", "works", 1, Outcome.PASS),
        StepStarted("1", "R", "bad", "bad", 1, 2),
        StepFinished("1", "R", "bad", 1, Outcome.FAIL, "wrong version. Set it aside"),
        RunFinished("1", "R", Outcome.FAIL, "bad: wrong version. Set it aside"),
    ]


async def test_an_identity_binds_the_run() -> None:
    """The first identity counts, each one read is recorded, another one is UnitChanged."""

    async def reads(ctx: StepContext) -> None:
        ctx.identify(BOARD)
        assert ctx.identity == BOARD

    async def reads_another(ctx: StepContext) -> None:
        ctx.identify(OTHER)

    bench = Bench(definition("reads", reads), definition("another", reads_another))
    result = await bench.run(plan(planned("reads"), planned("another")), identity=None)
    assert result.outcome is Outcome.ERROR
    assert bench.recorder.ends[1].error_class == "unit"
    rows = bench.recorder.all(IdentityRow)
    assert [(row.sequence, row.device_id) for row in rows] == [
        (1, BOARD.device_id), (2, OTHER.device_id),
    ]  # fmt: skip
    assert rows[0].unit_id is not None
    assert rows[1].unit_id is None  # the serial number is that of the first one
