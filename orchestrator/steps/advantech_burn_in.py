"""Burn-in of an edge computer: its sensors sampled in the background, every sample kept.

The step does no work on the host; what loads it runs there already, or is another step of the same
parallel group. Samples are taken by a fixed grid of time, so that slow answers do not add up. What
was sampled until the step ends, however it ends, becomes one series per sensor in the audit.
"""

from collections.abc import Sequence
from decimal import Decimal

import anyio

from orchestrator.domain.clock import timestamp
from orchestrator.domain.errors import (
    DeadlineExceeded,
    ErrorClass,
    LinkFault,
    StationFault,
    StationMisuse,
    UntrustedPeer,
)
from orchestrator.domain.series import MEDIA_TYPE, MOST_SAMPLES, Series
from orchestrator.engine.step import Duration, Measures, StepContext, step
from orchestrator.steps.advantech_bands import Band, band_findings, read_bands
from orchestrator.steps.advantech_sensors import (
    MOST_SENSORS,
    TEMPERATURE,
    Sensor,
    by_name,
    read_sensors,
)
from orchestrator.steps.findings import refuse
from orchestrator.steps.waiting import rounded
from orchestrator.systems.advantech_portal.client import AdvantechHost

_INTERVAL = Duration(Decimal(1))
_SILENCE = Duration(Decimal(30))
_LEAST_INTERVAL = Decimal("0.1")
_MEAN_DIGITS = Decimal("0.001")
_PASSING = (ErrorClass.BUSY, ErrorClass.LINK, ErrorClass.TIMEOUT)


class _Sampling:
    """The series of one burn-in."""

    def __init__(self, ctx: StepContext, interval: Duration) -> None:
        self._ctx = ctx
        self._interval_us = int(interval * 1_000_000)
        self._started_at = timestamp(ctx.clock.now())
        self._began = ctx.clock.monotonic()
        self._series: dict[str, Series] = {}
        self._temperatures: list[Decimal] = []
        self.samples = 0
        self.missed = 0
        self.heard = 0.0
        """Seconds since the beginning at which the host answered last."""

    @property
    def elapsed(self) -> float:
        """Seconds since the beginning."""
        return self._ctx.clock.monotonic() - self._began

    def take(self, sensors: Sequence[Sensor]) -> None:
        """Keep one sample of each sensor."""
        self.heard = self.elapsed
        moment = int(self.heard * 1_000_000)
        for sensor in sensors:
            series = self._series.get(sensor.label)
            if series is None:
                if len(self._series) >= MOST_SENSORS:
                    continue
                series = self._series[sensor.label] = Series(
                    sensor.label, sensor.unit, self._started_at, self._interval_us
                )
            # Two sensors that the host gives one name are one series; the first counts.
            if not series.samples or series.samples[-1][0] < moment:
                series.add(moment, sensor.value)
        self._temperatures += [each.value for each in sensors if each.group == TEMPERATURE]
        self.samples += 1

    def report(self) -> None:
        """Attach the series and measure what the recipe may limit."""
        measure, hot = self._ctx.measure, self._temperatures
        names: set[str] = set()
        for number, series in enumerate(self._series.values()):
            name = _file_name(series.name)
            name = f"{number}-{name}" if name in names else name
            names.add(name)
            self._ctx.attach(name, series.to_bytes(), MEDIA_TYPE)
        measure("samples", self.samples)
        measure("missed", self.missed)
        measure("sensors", len(self._series))
        measure("sampled_seconds", rounded(self.heard))
        if hot:
            measure("temperature_min", min(hot))
            measure("temperature_max", max(hot))
            measure("temperature_mean", (sum(hot, Decimal(0)) / len(hot)).quantize(_MEAN_DIGITS))


def _file_name(name: str) -> str:
    plain = "".join(letter if letter.isalnum() else "-" for letter in name)
    return f"series-{plain}.json"


@step(
    "advantech.burn_in",
    summary="Samples all sensors of the host for a time and keeps every sample.",
    measures=(
        Measures("samples", "How often the sensors were read"),
        Measures("missed", "How often they could not be read in time"),
        Measures("sensors", "Number of sensors that were sampled"),
        Measures("sampled_seconds", "Time from the beginning to the last sample", uom="s"),
        Measures("temperature_min", "Lowest temperature of all sensors", uom="°C"),
        Measures("temperature_max", "Highest temperature of all sensors", uom="°C"),
        Measures("temperature_mean", "Mean temperature of all sensors", uom="°C"),
    ),
    timeout_seconds=300,
)
async def burn_in(
    ctx: StepContext,
    host: AdvantechHost,
    *,
    duration: Duration,
    interval: Duration = _INTERVAL,
    within: list[str] | None = None,
    silence: Duration = _SILENCE,
) -> None:
    """Sample for `duration`; the first sample out of its limits ends the burn-in as FAIL.

    A host that does not answer for a moment misses samples, which are counted; one that stays
    silent ends the burn-in as ERROR. The recipe's time limit must be longer than `duration`. Each
    sensor gives one file of the type application/vnd.orchestrator.series+json.

    Args:
        duration: How long to sample.
        interval: Time between two samples.
        within: Limits of single sensors as NAME LOW..HIGH, either end may be left out, for
            instance 12V 11.4..12.6 or CPU ..85.
        silence: How long the host may give no sample.
    """
    bands = read_bands(within or ())
    if interval < _LEAST_INTERVAL or duration / interval >= MOST_SAMPLES:
        raise StationMisuse(
            f"A burn-in of {duration} s with a sample every {interval} s is no burn-in",
            remedy=f"Sample every {_LEAST_INTERVAL} s at most, and at most {MOST_SAMPLES} times",
            code="NO_BURN_IN",
        )
    sampling = _Sampling(ctx, interval)
    try:
        await _sample(ctx, host, sampling, (duration, interval, silence), bands)
    finally:
        sampling.report()


async def _sample(
    ctx: StepContext,
    host: AdvantechHost,
    sampling: _Sampling,
    times: tuple[Duration, Duration, Duration],
    bands: Sequence[Band],
) -> None:
    duration, interval, silence = map(float, times)
    ticks = int(duration / interval)
    tick = 0
    while tick <= ticks:
        try:
            sensors = await read_sensors(host)
        except StationFault as fault:
            if not _passes(fault):
                raise
            sampling.missed += 1
            if sampling.elapsed - sampling.heard > silence:
                raise _silent(silence, fault) from fault
        else:
            sampling.take(sensors)
            refuse(band_findings("sensor", by_name(sensors), bands))
        ctx.progress(tick, ticks)
        late = int(sampling.elapsed / interval) - tick
        sampling.missed += max(0, min(late, ticks - tick))
        tick += 1 + max(0, late)
        await anyio.sleep(max(0.0, tick * interval - sampling.elapsed))


def _passes(fault: StationFault) -> bool:
    return fault.kind in _PASSING and not isinstance(fault, UntrustedPeer)


def _silent(silence: float, fault: StationFault) -> StationFault:
    kind = DeadlineExceeded if isinstance(fault, DeadlineExceeded | LinkFault) else StationFault
    return kind(
        f"The host has given no sample for {silence:g} s. {fault.what}",
        remedy="Check its cable and power, then run it again",
        code="NO_SAMPLES",
    )
