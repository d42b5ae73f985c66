"""How a step function becomes a step definition, and how mistakes in it are noticed."""

from decimal import Decimal
from typing import Any, Literal

import pytest

from orchestrator.engine.step import ByteSize, Duration, Measures, Secret, StepContext, step
from orchestrator.recipe.plan import Artifact

HALF_A_SECOND = Duration(Decimal("0.5"))
A_WHILE = Duration(Decimal(90))
HALF_A_MEBIBYTE = ByteSize(512 * 1024)
THREE_BYTES = ByteSize(3)


class Client:
    """What a step works on."""


@step(
    "test.everything",
    summary="Uses every kind of parameter.",
    measures=(Measures("volts", "Voltage", uom="V"),),
    timeout_seconds=7,
)
async def everything(
    ctx: StepContext,
    board: Client,
    *,
    text: str,
    count: int = 3,
    level: Decimal = Decimal("1.50"),
    on: bool = True,
    wait: Duration = HALF_A_SECOND,
    within: Duration = A_WHILE,
    size: ByteSize = HALF_A_MEBIBYTE,
    bytes_: ByteSize = THREE_BYTES,
    mode: Literal["fast", "slow"] = "fast",
    names: list[str] | None = None,
    modes: list[Literal["a", "b"]] | None = None,
    image: Artifact,
    key: Secret | None = None,
) -> None:
    """Do nothing.

    More words that are no argument: really.

    Args:
        text: Some text
            that goes on.
        count (int): How many.
        level: A level.
        on: Whether.
        wait: How long.
        within: How long at most.
        size: How big.
        bytes_: How small.
        mode: Which way.
        names: Which ones: all of them.
        modes: Which ways.
        image: What to load.
        key: What opens it.

    Raises:
        nothing: Never.
    """


def test_parameters_are_read_with_kind_default_and_summary() -> None:
    """The language sees each keyword-only parameter as the annotation and docstring say."""
    seen = {
        p.name: (p.kind, p.required, p.default, p.choices, p.item)
        for p in everything.signature.parameters
    }
    assert seen == {
        "text": ("text", True, None, (), None),
        "count": ("integer", False, "3", (), None),
        "level": ("number", False, "1.50", (), None),
        "on": ("boolean", False, "true", (), None),
        "wait": ("duration", False, "500ms", (), None),
        "within": ("duration", False, "90s", (), None),
        "size": ("size", False, "512KiB", (), None),
        "bytes_": ("size", False, "3B", (), None),
        "mode": ("choice", False, "fast", ("fast", "slow"), None),
        "names": ("list", False, None, (), "text"),
        "modes": ("list", False, None, ("a", "b"), "choice"),
        "image": ("artifact", True, None, (), None),
        "key": ("secret", False, None, (), None),
    }
    summaries = {p.name: p.summary for p in everything.signature.parameters}
    assert summaries["text"] == "Some text that goes on."
    assert summaries["names"] == "Which ones: all of them."


def test_clients_and_nature_are_read() -> None:
    """Positional parameters after the context are clients, by type."""
    signature = everything.signature
    assert everything.needs == {"board": Client}
    assert (signature.needs, signature.timeout_seconds) == (("Client",), 7)
    assert not signature.irreversible
    assert signature.measurements[0].uom == "V"


async def undocumented(ctx: StepContext, *, text: str) -> None:
    """Do nothing."""


async def unwritable(ctx: StepContext, *, text: dict[str, str]) -> None:
    """Do nothing.

    Args:
        text: What no recipe can write.
    """


async def unwritable_choice(ctx: StepContext, *, text: Literal[1, 2]) -> None:
    """Do nothing.

    Args:
        text: A choice of numbers.
    """


async def collecting(ctx: StepContext, *anything: str) -> None:
    """Do nothing."""


async def no_context() -> None:
    """Do nothing."""


async def untyped_client(ctx: StepContext, board) -> None:  # type: ignore[no-untyped-def]  # the point
    """Do nothing."""


def not_async(ctx: StepContext) -> None:
    """Do nothing."""


@pytest.mark.parametrize(
    ("function", "says"),
    [
        (undocumented, "no line for `text`"),
        (unwritable, "no recipe can write"),
        (unwritable_choice, "no recipe can write"),
        (collecting, "no place in a recipe"),
        (no_context, "takes no context"),
        (untyped_client, "needs a class"),
        (not_async, "must be an async function"),
    ],
)
def test_a_wrong_step_function_is_refused_where_it_is_defined(function: Any, says: str) -> None:
    """The mistake shows at import, which every test run does."""
    with pytest.raises(TypeError, match=says):
        step("test.wrong", summary="Wrong.")(function)


async def plain(ctx: StepContext) -> None:
    """Do nothing."""


async def ask(ctx: StepContext) -> bool:
    """Say no."""
    return False


def ask_at_once(ctx: StepContext) -> Any:
    """Say no, and wait for nothing."""
    return False


def test_a_probe_belongs_to_an_irreversible_step_with_the_same_arguments() -> None:
    """A probe anywhere else, or with other arguments, is a mistake."""
    with pytest.raises(TypeError, match="can be undone"):
        step("test.wrong", summary="Wrong.", probe=ask)(plain)
    with pytest.raises(TypeError, match="same arguments"):
        step("test.wrong", summary="Wrong.", probe=ask, irreversible=True)(everything.function)
    with pytest.raises(TypeError, match="must be async"):
        step("test.wrong", summary="Wrong.", probe=ask_at_once, irreversible=True)(plain)
    right = step("test.right", summary="Right.", probe=ask, irreversible=True, settle_seconds=2)
    assert right(plain).settle_seconds == 2


def test_a_measurement_is_declared_once() -> None:
    """Two measurements of one name could not be told apart."""
    twice = (Measures("volts", "One"), Measures("volts", "Two"))
    with pytest.raises(TypeError, match="twice"):
        step("test.wrong", summary="Wrong.", measures=twice)(plain)


def test_a_secret_does_not_show_itself() -> None:
    """Only `reveal` gives the value away."""
    secret = Secret("key", "hunter2")
    assert "hunter2" not in f"{secret!r} {secret}"
    assert secret.reveal() == "hunter2"
