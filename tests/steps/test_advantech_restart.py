"""Restarts of edge computers: seen by what the host itself says, never by an answer alone."""

from decimal import Decimal
from typing import Any

import pytest

from orchestrator.domain.unit import DeviceIdentity
from orchestrator.systems.advantech_portal.models import HostInfo
from orchestrator.systems.advantech_portal.simulator import Fault
from tests.steps.host_support import VIEWER, HostBench
from tests.steps.service_support import virtual

D = Decimal


@virtual
async def test_a_restart_is_seen_by_the_boot_count() -> None:
    """An answer before the host goes down does not count; it is the same host afterwards."""
    it = HostBench(boot_seconds=30.0, restart_delay_seconds=3.0)
    seen = await it.run("reboot_and_wait")
    assert seen.outcome == "PASS", seen.message
    assert seen.measured["boot_count"] == "22863"
    assert 30 < D(seen.measured["restart_seconds"]) < 40
    assert len(it.did("rebooted")) == 1


@virtual
async def test_a_lost_answer_to_the_order_does_not_matter() -> None:
    """The boot count tells; an order that got lost is given once more, and only then."""
    it = HostBench(Fault("lost_answer", calls=("reboot",)))
    assert (await it.run("reboot_and_wait")).outcome == "PASS"
    it = HostBench(Fault("drop", calls=("reboot",), times=1))
    assert (await it.run("reboot_and_wait")).outcome == "PASS"
    assert it.host.requests["reboot"] == 2
    it = HostBench(Fault("late", calls=("reboot",), times=1, seconds=6.0))
    assert (await it.run("reboot_and_wait")).outcome == "PASS"
    assert it.host.requests["reboot"] == len(it.did("rebooted")) == 1
    it = HostBench(Fault("drop", calls=("reboot",)))
    seen = await it.run("reboot_and_wait", within=D(20))
    assert (seen.outcome, seen.error_class) == ("ERROR", "timeout")
    assert "still answers and has not restarted" in seen.message
    assert it.host.requests["reboot"] == 2


@virtual
async def test_a_host_that_stays_away_is_an_error() -> None:
    """With the last words of the link."""
    seen = await HostBench(boot_seconds=500.0).run("reboot_and_wait", within=D(60))
    assert (seen.outcome, seen.error_class) == ("ERROR", "timeout")
    assert "did not come back" in seen.message


@virtual
async def test_services_that_come_up_slowly_are_waited_for() -> None:
    """Refusals of a portal that is starting are no judgement."""
    it = HostBench(Fault("refuse", calls=("get_host_info",), skip=1, times=12, status=503))
    assert (await it.run("reboot_and_wait")).outcome == "PASS"


@virtual
async def test_an_account_without_the_right_cannot_restart_a_host() -> None:
    """ERROR of the class rights, and the host stays up."""
    it = HostBench(account=VIEWER)
    seen = await it.run("reboot_and_wait")
    assert (seen.outcome, seen.error_class) == ("ERROR", "rights")
    assert it.did("rebooted") == []


@virtual
async def test_another_host_after_the_restart_is_an_error() -> None:
    """It was exchanged meanwhile."""
    it = HostBench()
    seen = await it.run("reboot_and_wait", identity=DeviceIdentity("advantech", "other"))
    assert (seen.outcome, seen.error_class) == ("ERROR", "unit")


def without(it: HostBench, *members: str) -> HostBench:
    """Let the host say nothing of these."""
    really = it.client.get_host_info

    async def get_host_info(fresh: bool = False) -> HostInfo:
        info = await really(fresh=fresh)
        return info.model_copy(update=dict.fromkeys(members))

    it.client.get_host_info = get_host_info  # type: ignore[method-assign]
    return it


@pytest.mark.parametrize(
    "members", [("bootCount",), ("bootCount", "upTime")], ids=["by uptime", "by boot time"]
)
@virtual
async def test_a_restart_is_seen_without_a_boot_count(members: tuple[str, ...]) -> None:
    """An uptime that fell, or a later boot, is as good."""
    it = without(HostBench(uptime_seconds=1000.0, boot_seconds=20.0), *members)
    seen = await it.run("reboot_and_wait")
    assert seen.outcome == "PASS", seen.message
    assert D(seen.measured["restart_seconds"]) > 20
    late: Any = {"uptime_seconds": 1000.0, "restart_delay_seconds": 100.0}
    seen = await without(HostBench(**late), *members).run("reboot_and_wait", within=D(30))
    assert seen.outcome == "ERROR"


@virtual
async def test_a_host_that_says_nothing_of_its_start_cannot_be_judged() -> None:
    """ERROR with what to do, since no restart could be seen."""
    it = without(HostBench(), "bootCount", "upTime", "bootTime")
    seen = await it.run("reboot_and_wait")
    assert (seen.outcome, "neither how often nor when" in seen.message) == ("ERROR", True)
