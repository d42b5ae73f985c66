"""Pins, watchdog, LEDs, brightness and the display of edge computers."""

from decimal import Decimal

import pytest

from orchestrator.domain.prompts import PromptKind
from orchestrator.systems.advantech_portal.simulator import Fault
from tests.steps.host_support import BARE, FakeOperator, HostBench
from tests.steps.service_support import virtual

D = Decimal
PAIRS = ["0-4", "1-5", "2-6", "3-7"]


@virtual
async def test_a_pin_is_set_and_read_back() -> None:
    """It becomes an output first."""
    it = HostBench()
    seen = await it.run("set_gpio", pin=6, level="high")
    assert (seen.outcome, seen.measured["level"]) == ("PASS", "high")
    assert (it.host.pins.directions[6], it.host.pins.latches[6]) == (0, 1)


@virtual
async def test_a_pin_that_does_not_follow_fails() -> None:
    """The host said yes and the level stays."""
    it = HostBench(Fault("empty", calls=("set_gpio_level",)))
    seen = await it.run("set_gpio", pin=0, level="high")
    assert (seen.outcome, "Pin 0 was set high and is low" in seen.message) == ("FAIL", True)


@virtual
async def test_a_pin_is_expected() -> None:
    """Level and direction are measured; another one is FAIL."""
    it = HostBench()
    good = await it.run("expect_gpio", pin=4, level="low", direction="input")
    assert (good.outcome, good.measured) == ("PASS", {"level": "low", "direction": "input"})
    bad = await it.run("expect_gpio", pin=0, level="high", direction="input")
    assert bad.outcome == "FAIL"
    assert "level low; it must be high" in bad.message
    assert "direction output; it must be input" in bad.message


@virtual
async def test_a_pin_that_is_not_there_is_the_recipes_mistake() -> None:
    """ERROR of the class input, with the remedy to correct the recipe."""
    seen = await HostBench().run("expect_gpio", pin=99)
    assert (seen.outcome, seen.error_class) == ("ERROR", "input")


@virtual
async def test_pins_that_are_tied_follow() -> None:
    """Each pair is switched up and down twice, and the directions are put back."""
    it = HostBench()
    before = list(it.host.pins.directions)
    seen = await it.run("gpio_loopback", pairs=["4-0", *PAIRS[1:]])
    assert seen.outcome == "PASS", seen.message
    assert seen.measured == {"pairs": "4", "good_pairs": "4"}
    assert it.host.pins.directions == before


@virtual
async def test_a_missing_wire_is_found() -> None:
    """All pairs that do not follow are told together, and how."""
    it = HostBench(loopback=False, wires=((0, 4),))
    before = list(it.host.pins.directions)
    it.host.pins.outside[6] = 1
    seen = await it.run("gpio_loopback", pairs=PAIRS)
    assert seen.outcome == "FAIL"
    assert "Pin 5 stays low when pin 1" in seen.message
    assert "Pin 6 stays high when pin 2" in seen.message
    assert "Pin 4" not in seen.message
    assert seen.measured["good_pairs"] == "1"
    assert it.host.pins.directions == before


@virtual
async def test_a_test_that_breaks_off_puts_the_directions_back() -> None:
    """An output that nobody meant may drive a lamp."""
    it = HostBench(Fault("refuse", calls=("get_gpio_level",), skip=6))
    before = list(it.host.pins.directions)
    seen = await it.run("gpio_loopback", pairs=["4-0", "5-1"])
    assert seen.outcome == "ERROR"
    assert it.host.pins.directions == before


@virtual
async def test_what_is_no_pair_is_the_recipes_mistake() -> None:
    """A pin cannot be tied to itself."""
    for pair in ("0", "0-0", "a-b"):
        seen = await HostBench().run("gpio_loopback", pairs=[pair])
        assert (seen.outcome, "is no pair of pins" in seen.message) == ("ERROR", True)


@virtual
async def test_the_watchdog_is_set_and_expected() -> None:
    """Armed with its time, read back, and found again."""
    it = HostBench()
    seen = await it.run("set_watchdog", enabled=True, period=D(120))
    assert (seen.outcome, seen.measured) == ("PASS", {"enabled": "true", "period_seconds": "120"})
    assert (await it.run("expect_watchdog", enabled=True, period=D(120))).outcome == "PASS"
    assert (await it.run("expect_watchdog")).outcome == "PASS"
    bad = await it.run("expect_watchdog", enabled=False, period=D(60))
    assert bad.outcome == "FAIL"
    assert "watchdog is armed; it must be off" in bad.message
    assert "time of 120 s; it must be 60 s" in bad.message


@virtual
async def test_a_time_that_no_watchdog_has_is_the_recipes_mistake() -> None:
    """Beyond the watchdog's own limits, or no whole seconds: nothing is set."""
    it = HostBench()
    for period in (D(5), D(1000), D("20.5")):
        seen = await it.run("set_watchdog", enabled=True, period=period)
        assert (seen.outcome, "from 10 to 255" in seen.message) == ("ERROR", True)
    assert it.did("watchdog") == []


@virtual
async def test_an_led_is_switched() -> None:
    """And read back; one that does not follow is FAIL."""
    it = HostBench()
    seen = await it.run("set_led", led=1, on=True)
    assert (seen.outcome, seen.measured["on"]) == ("PASS", "true")
    assert it.host.panel.leds[1]
    stuck = HostBench(Fault("empty", calls=("set_led",)))
    seen = await stuck.run("set_led", led=1, on=True)
    assert (seen.outcome, "LED 1 was switched on" in seen.message) == ("FAIL", True)


@virtual
async def test_the_brightness_is_set() -> None:
    """Within the display's own limits, which else are the recipe's mistake."""
    it = HostBench()
    seen = await it.run("set_brightness", value=9)
    assert (seen.outcome, seen.measured["brightness"]) == ("PASS", "9")
    seen = await it.run("set_brightness", value=10)
    assert (seen.outcome, "from 0 to 9" in seen.message) == ("ERROR", True)
    stuck = HostBench(Fault("empty", calls=("set_brightness",)))
    assert (await stuck.run("set_brightness", value=9)).outcome == "FAIL"


@virtual
async def test_the_operator_looks_at_the_display() -> None:
    """The picture is kept as it came and shown beside the question."""
    it = HostBench()
    seen = await it.run("display_test", say="Is it whole?")
    assert seen.outcome == "PASS", seen.message
    (question,) = it.operator.asked
    assert (question.kind, question.sentence) == (PromptKind.LOOK, "Is it whole?")
    assert question.picture is not None
    picture = seen.attached["display-0"]
    assert question.picture.content == picture
    assert picture.startswith(b"\x89PNG")
    assert seen.measured["displays"] == "1"


@pytest.mark.parametrize(
    "operator", [FakeOperator(yes=False), FakeOperator(text="Something is wrong")]
)
@virtual
async def test_a_no_of_the_operator_fails_the_host(operator: FakeOperator) -> None:
    """Whether it was said by the button or by the answer."""
    it = HostBench()
    it.operator = operator
    seen = await it.run("display_test")
    assert seen.outcome == "FAIL"
    assert seen.measured["answer"] == "Something is wrong"


@virtual
async def test_what_is_no_picture_is_kept_and_not_shown() -> None:
    """Bytes that claim to be a picture are an attachment, and the question stays a plain one."""
    it = HostBench(Fault("garbage", calls=("get_screenshot_file",)))
    seen = await it.run("display_test")
    assert seen.outcome == "PASS", seen.message
    (question,) = it.operator.asked
    assert (question.kind, question.picture) == (PromptKind.CONFIRM, None)
    assert seen.attached["display-0"]


@virtual
async def test_a_display_that_is_not_there_fails() -> None:
    """Nobody is asked to look at nothing."""
    it = HostBench(model=BARE)
    seen = await it.run("display_test")
    assert (seen.outcome, it.operator.asked) == ("FAIL", [])


NOT_HERE = {
    "set_gpio": {"pin": 0, "level": "high"},
    "expect_gpio": {"pin": 0},
    "gpio_loopback": {"pairs": ["0-4"]},
    "set_watchdog": {"enabled": True},
    "expect_watchdog": {},
    "set_led": {"led": 0, "on": True},
    "set_brightness": {"value": 1},
    "write_etp": {"user_space_1": "x"},
    "expect_etp": {},
}


@pytest.mark.parametrize("name", NOT_HERE)
@virtual
async def test_what_a_model_does_not_have_is_said_clearly(name: str) -> None:
    """Never FAIL and never PASS: the recipe asks a model for what it does not have."""
    it = HostBench(model=BARE)
    seen = await it.run(name, **NOT_HERE[name])
    assert seen.outcome == "ERROR"
    assert seen.message
