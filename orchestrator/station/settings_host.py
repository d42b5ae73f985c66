"""What can be set about the computer that the station runs on: its portal, rules, lamps, inputs.

One model per section of `[station.host]`. How a rule is judged is `host_rules`, what the lamps
show `host_lights`, what buttons and switches do `host_inputs`.
"""

from decimal import Decimal
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from orchestrator.station.settings_base import Section, ShortName, Text
from orchestrator.station.settings_fixture import HostAddress
from orchestrator.station.settings_portal import ComputerPortalSection

Then = Literal["ignore", "warn", "hold"]
Shown = Literal["idle", "running", "passed", "failed", "waiting", "fault"]
LAST_PIN = 255
Delay = Annotated[float, Field(ge=0, le=3600)]

_THEN = "`hold`: no run begins until it is good again; `warn`: people are told; `ignore`."
_AFTER = "How long it must be so before the rule is broken."


class TemperatureRule(Section):
    """A limit of temperature. Give one entry per limit; all that fit a sensor count."""

    sensor: Text = Field(
        default="*", description="Name of the sensor; `*` stands for any characters."
    )
    limit_celsius: Decimal = Field(ge=-50, le=200, description="Highest temperature allowed.")
    good_celsius: Decimal | None = Field(
        default=None,
        ge=-50,
        le=200,
        description="Temperature at which it is good again; without it 5 °C below the limit.",
    )
    after_seconds: Delay = Field(default=5.0, description=_AFTER)
    then: Then = Field(default="hold", description=_THEN)

    @model_validator(mode="after")
    def _good_is_below_the_limit(self) -> Self:
        if self.good_celsius is not None and self.good_celsius > self.limit_celsius:
            raise ValueError("`good_celsius` must not be above `limit_celsius`")
        return self


class DiskLifeSection(Section):
    """How much life the disks must have left. A disk that calls itself failing has none."""

    limit_percent: Decimal = Field(
        default=Decimal(10), ge=0, le=100, description="Least remaining life of a disk."
    )
    after_seconds: Delay = Field(default=0.0, description=_AFTER)
    then: Then = Field(default="warn", description=_THEN)


class PowerInputSection(Section):
    """Whether the power inputs have power."""

    input: Text = Field(
        default="*",
        description="Name of the input; `*` stands for any characters. Name the one that is used "
        "where the other is meant to be empty.",
    )
    after_seconds: Delay = Field(default=2.0, description=_AFTER)
    then: Then = Field(default="warn", description=_THEN)


class ClockSection(Section):
    """Whether the clock is kept by a time server. On Linux the system itself says so."""

    service: Text = Field(
        default="",
        description="Name of the time service, for instance `W32Time`: the clock counts as kept "
        "only while it runs. On Windows the rule is not judged without it.",
    )
    after_seconds: Delay = Field(default=300.0, description=_AFTER)
    then: Then = Field(default="warn", description=_THEN)


class WatchdogSection(Section):
    """Whether the hardware watchdog is armed."""

    after_seconds: Delay = Field(default=60.0, description=_AFTER)
    then: Then = Field(default="ignore", description=_THEN)


class ContactSection(Section):
    """What happens when the portal of the host does not answer. Runs always go on."""

    after_seconds: Delay = Field(default=60.0, description=_AFTER)
    then: Then = Field(default="warn", description=_THEN)


class LampSection(Section):
    """A lamp of the stack light. Give one entry per lamp; it hangs on a GPIO pin or is an LED."""

    name: ShortName = Field(description="Name of the lamp, for instance its colour.")
    gpio: int | None = Field(
        default=None, ge=0, le=LAST_PIN, description="Number of the GPIO pin, an output."
    )
    led: int | None = Field(
        default=None, ge=0, le=LAST_PIN, description="Number of the LED, instead of a pin."
    )
    inverted: bool = Field(default=False, description="true: the low level switches it on.")
    on: list[Shown] = Field(
        min_length=1,
        description="When it is on: `idle`, `running`, `passed`, `failed`, `waiting` (for a "
        "person), `fault`. Several can be true at once; `idle` is when nothing else is.",
    )

    @model_validator(mode="after")
    def _exactly_one_place(self) -> Self:
        if (self.gpio is None) == (self.led is None):
            raise ValueError("give exactly one of the keys `gpio` and `led`")
        return self


class InputSection(Section):
    """A button or switch on a GPIO pin. Give one entry per pin."""

    name: ShortName = Field(description="Name of the button or switch.")
    gpio: int = Field(ge=0, le=LAST_PIN, description="Number of the GPIO pin, an input.")
    closed: Literal["high", "low"] = Field(
        default="high", description="Level while it is pressed or shut."
    )
    means: Literal["start", "fixture_closed"] = Field(
        description="`start`: pressing it starts the slots; `fixture_closed`: no run begins while "
        "it is open."
    )
    slots: list[ShortName] = Field(
        default=[], max_length=1024, description="Slots that are started; empty: all."
    )

    @model_validator(mode="after")
    def _slots_belong_to_start(self) -> Self:
        if self.slots and self.means != "start":
            raise ValueError('the key `slots` belongs to `means = "start"`')
        return self


class HostSection(ComputerPortalSection):
    """The computer that the station runs on, watched through its own portal, if it has one."""

    address: HostAddress = Field(
        default="localhost",
        description="Where the portal of this computer is, `HOST` or `HOST:PORT`, an IPv6 "
        "address in brackets.",
    )
    sample_seconds: float = Field(
        default=60.0, ge=1, le=3600, description="Least time between two samples in the audit."
    )
    poll_seconds: float = Field(
        default=10.0,
        ge=0.5,
        le=600,
        description="Time between two looks at what the portal does not tell by itself.",
    )
    input_seconds: float = Field(
        default=0.25, ge=0.05, le=10, description="Time between two looks at buttons and switches."
    )
    good_seconds: Delay = Field(
        default=10.0, description="How long a value must be good again before its rule is kept."
    )
    temperature: list[TemperatureRule] = Field(default=[], max_length=32)
    disk_life: DiskLifeSection = DiskLifeSection()
    power_input: PowerInputSection = PowerInputSection()
    clock: ClockSection = ClockSection()
    watchdog: WatchdogSection = WatchdogSection()
    contact: ContactSection = ContactSection()
    lamp: list[LampSection] = Field(default=[], max_length=32)
    input: list[InputSection] = Field(default=[], max_length=32)

    @model_validator(mode="after")
    def _pins_are_told_apart(self) -> Self:
        lamps, inputs = self.lamp, self.input
        gpios = [each.gpio for each in lamps] + [each.gpio for each in inputs]
        pins = [f"GPIO pin {gpio}" for gpio in gpios if gpio is not None]
        pins += [f"LED {each.led}" for each in lamps if each.led is not None]
        for values in ([each.name for each in lamps], [each.name for each in inputs], pins):
            twice = sorted({value for value in values if values.count(value) > 1})
            if twice:
                raise ValueError(f"{', '.join(twice)} is given twice")
        return self
