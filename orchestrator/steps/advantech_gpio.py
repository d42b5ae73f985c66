"""The digital pins of an edge computer: set, expected, and tested against one another by a plug."""

import re
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Literal, NamedTuple

import anyio

from orchestrator.domain.errors import StationFault, StationMisuse
from orchestrator.engine.step import Measures, StepContext, step
from orchestrator.steps.findings import Finding, refuse
from orchestrator.systems.advantech_portal import models
from orchestrator.systems.advantech_portal.client import AdvantechHost

LevelWord = Literal["low", "high"]
DirectionWord = Literal["output", "input"]

_LEVELS: dict[LevelWord, models.Level] = {"low": 0, "high": 1}
_LEVEL_WORDS: dict[int, LevelWord] = {number: word for word, number in _LEVELS.items()}
_DIRECTIONS: dict[DirectionWord, models.Direction] = {
    "output": models.OUTPUT,
    "input": models.INPUT,
}
_DIRECTION_WORDS: dict[int, str] = {number: word for word, number in _DIRECTIONS.items()}
_SWITCHED: tuple[LevelWord, ...] = ("high", "low", "high", "low")
_PAIR = re.compile(r"(\d{1,4})-(\d{1,4})")
_RESTORE_SECONDS = 10.0
_WIRING = "Check the test plug and the wiring of the pin, then set the host aside"


@step(
    "advantech.set_gpio",
    summary="Makes a pin of the host an output and sets its level.",
    measures=(Measures("level", "Level the pin reports afterwards", kind="text"),),
)
async def set_gpio(ctx: StepContext, host: AdvantechHost, *, pin: int, level: LevelWord) -> None:
    """Set the pin and read it back; a pin that does not follow is FAIL.

    Args:
        pin: Number of the pin, from 0.
        level: The level it is to have.
    """
    await host.set_gpio_direction(pin, models.OUTPUT)
    await host.set_gpio_level(pin, _LEVELS[level])
    found = _LEVEL_WORDS[await host.get_gpio_level(pin)]
    ctx.measure("level", found)
    if found != level:
        words = f"Pin {pin} was set {level} and is {found}"
        refuse([Finding(words, _WIRING, "GPIO")])


@step(
    "advantech.expect_gpio",
    summary="Checks level and direction of a pin of the host.",
    measures=(
        Measures("level", "Level the pin reports", kind="text"),
        Measures("direction", "Direction the pin reports", kind="text"),
    ),
)
async def expect_gpio(
    ctx: StepContext,
    host: AdvantechHost,
    *,
    pin: int,
    level: LevelWord | None = None,
    direction: DirectionWord | None = None,
) -> None:
    """Fail a host whose pin is otherwise.

    Args:
        pin: Number of the pin, from 0.
        level: The level it must have; without it either may pass.
        direction: The direction it must have; without it either may pass.
    """
    found = await host.get_gpio_pin(pin)
    is_level, is_direction = _LEVEL_WORDS[found.level], _DIRECTION_WORDS[found.dir]
    ctx.measure("level", is_level)
    ctx.measure("direction", is_direction)
    findings = []
    for what, is_so, wanted in (
        ("level", is_level, level),
        ("direction", is_direction, direction),
    ):
        if wanted is not None and is_so != wanted:
            words = f"Pin {pin} has the {what} {is_so}; it must be {wanted}"
            findings.append(Finding(words, _WIRING, "GPIO"))
    refuse(findings)


class _Pair(NamedTuple):
    drives: int
    listens: int


def _pairs(texts: Sequence[str]) -> list[_Pair]:
    pairs = []
    for text in texts:
        found = _PAIR.fullmatch(text.strip())
        if found is None or found.group(1) == found.group(2):
            raise StationMisuse(
                f'"{text[:80]}" is no pair of pins',
                remedy="Write OUTPUT-INPUT in the recipe, for instance 0-4",
                code="NO_PAIR",
            )
        pairs.append(_Pair(int(found.group(1)), int(found.group(2))))
    return pairs


async def _judge(host: AdvantechHost, pair: _Pair) -> list[Finding]:
    await host.set_gpio_direction(pair.listens, models.INPUT)
    await host.set_gpio_direction(pair.drives, models.OUTPUT)
    wrong: list[LevelWord] = []
    for word in _SWITCHED:
        await host.set_gpio_level(pair.drives, _LEVELS[word])
        found = await host.get_gpio_level(pair.listens)
        if found != _LEVELS[word]:
            wrong.append(word)
    if not wrong:
        return []
    stuck = "does not follow" if len(set(wrong)) > 1 else f"stays {_other(wrong[0])}"
    words = f"Pin {pair.listens} {stuck} when pin {pair.drives} is switched"
    return [Finding(words, _WIRING, "GPIO_LOOPBACK")]


def _other(word: LevelWord) -> LevelWord:
    return "low" if word == "high" else "high"


@asynccontextmanager
async def _directions_kept(host: AdvantechHost, pairs: Sequence[_Pair]) -> AsyncIterator[None]:
    """Give the pins their directions back: an output that nobody meant may drive a lamp.

    What cannot be given back after a lost link shows in the next test, which begins anew.
    """
    before = [await host.get_gpio_pin(pin) for pair in pairs for pin in pair]
    try:
        yield
    except BaseException:
        with anyio.move_on_after(_RESTORE_SECONDS, shield=True):
            await _give_back(host, before)
        raise
    for pin in before:
        await host.set_gpio_direction(pin.pin, pin.dir)


async def _give_back(host: AdvantechHost, before: Sequence[models.GpioPin]) -> None:
    for pin in before:
        try:
            await host.set_gpio_direction(pin.pin, pin.dir)
        except StationFault:
            return


@step(
    "advantech.gpio_loopback",
    summary="Tests pins of the host by pairs that a plug connects.",
    measures=(
        Measures("pairs", "Number of pairs that were tested"),
        Measures("good_pairs", "Number of pairs that follow"),
    ),
    timeout_seconds=60,
)
async def gpio_loopback(ctx: StepContext, host: AdvantechHost, *, pairs: list[str]) -> None:
    """Switch one pin of each pair up and down twice and see the other one follow.

    All pairs that do not are reported together. The directions are put back at the end.

    Args:
        pairs: Pins that are connected as OUTPUT-INPUT, for instance 0-4.
    """
    wanted = _pairs(pairs)
    findings: list[Finding] = []
    async with _directions_kept(host, wanted):
        for number, pair in enumerate(wanted):
            findings += await _judge(host, pair)
            ctx.progress(number + 1, len(wanted))
    ctx.measure("pairs", len(wanted))
    ctx.measure("good_pairs", len(wanted) - len(findings))
    refuse(findings)
