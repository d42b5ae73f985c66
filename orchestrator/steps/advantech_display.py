"""What shows on an edge computer: LEDs, brightness, and the display as a person sees it."""

import hashlib

from orchestrator.domain.errors import Mismatch, StationMisuse
from orchestrator.domain.prompts import Operator, Picture, PromptKind, Question
from orchestrator.engine.step import Measures, StepContext, step
from orchestrator.steps.findings import Finding, refuse
from orchestrator.systems.advantech_portal.client import AdvantechHost

_SIGNATURES = ((b"\x89PNG\r\n\x1a\n", "image/png"), (b"\xff\xd8\xff", "image/jpeg"))
_ANY_FILE = "application/octet-stream"
_ASK = "Look at the display of the host: is the picture whole, clear and the same as this one?"
_GOOD, _BAD = "The display is good", "Something is wrong"


@step(
    "advantech.set_led",
    summary="Switches an LED of the host and reads it back.",
    measures=(Measures("on", "Whether the LED reports to be on", kind="boolean"),),
)
async def set_led(ctx: StepContext, host: AdvantechHost, *, led: int, on: bool) -> None:
    """Set the LED; one that does not follow is FAIL. What it looks like only a person can say.

    Args:
        led: Number of the LED, from 0.
        on: Whether it is to be on.
    """
    await host.set_led(led, on)
    found = await host.get_led(led)
    ctx.measure("on", found)
    if found != on:
        words = f"LED {led} was switched {'on' if on else 'off'} and reports the contrary"
        refuse([Finding(words, "Run the host again; set it aside if it stays so", "LED")])


@step(
    "advantech.set_brightness",
    summary="Sets the brightness of the host's display and reads it back.",
    measures=(
        Measures("brightness", "Brightness the display reports afterwards"),
        Measures("before", "Brightness it had before"),
    ),
)
async def set_brightness(ctx: StepContext, host: AdvantechHost, *, value: int) -> None:
    """Set the brightness; a value that this display cannot have is the recipe's mistake: ERROR.

    Args:
        value: The brightness, in steps of the display.
    """
    before = await host.get_brightness()
    ctx.measure("before", before.value)
    if not before.min <= value <= before.max:
        raise StationMisuse(
            f"The display takes a brightness from {before.min} to {before.max}, not {value}",
            remedy="Correct the brightness in the recipe",
            code="BRIGHTNESS_LIMITS",
        )
    await host.set_brightness(value)
    found = (await host.get_brightness()).value
    ctx.measure("brightness", found)
    if found != value:
        words = f"The brightness was set to {value} and is {found}"
        refuse([Finding(words, "Run the host again; set it aside if it stays so", "BRIGHTNESS")])


def _media_type(picture: bytes) -> str:
    for signature, name in _SIGNATURES:
        if picture.startswith(signature):
            return name
    return _ANY_FILE


@step(
    "advantech.display_test",
    summary="Keeps what a display of the host shows and asks the operator to look at it.",
    measures=(
        Measures("displays", "Number of displays the host has"),
        Measures("picture_bytes", "Size of the picture that was kept", uom="B"),
        Measures("answer", "What the operator answered", kind="text"),
    ),
    timeout_seconds=300,
)
async def display_test(
    ctx: StepContext,
    host: AdvantechHost,
    operator: Operator,
    *,
    display: int = 0,
    say: str = _ASK,
) -> None:
    """Ask whether the display is good. A "no", and a display that is not there, are FAIL.

    The picture is kept as a file as it came, whatever is in it; nobody but the person looks into
    it. A time limit without an answer is an ERROR: nobody has judged the display.

    Args:
        display: Number of the display, from 0.
        say: What the person at the slot reads, at most two short sentences.
    """
    count = await host.get_display_count()
    ctx.measure("displays", count)
    if display >= count:
        raise Mismatch(
            f"The host has {count} displays; display {display} is not there",
            remedy="Check the display's cable, then run the host again",
            code="NO_DISPLAY",
        )
    content = await host.get_screenshot_file(display)
    kind = _media_type(content)
    ctx.attach(f"display-{display}", content, kind)
    ctx.measure("picture_bytes", len(content))
    shown = None
    if kind != _ANY_FILE:
        shown = Picture(content, kind, hashlib.sha256(content).hexdigest())
    reply = await operator.ask(
        Question(
            PromptKind.LOOK if shown else PromptKind.CONFIRM,
            say,
            options=(_GOOD, _BAD) if shown else (),
            picture=shown,
        )
    )
    good = reply.yes and reply.text != _BAD
    ctx.measure("answer", _GOOD if good else _BAD)
    if not good:
        raise Mismatch(
            f"The operator says that display {display} is not good",
            remedy="Set the host aside and look at its display and cable",
            code="DISPLAY",
        )
