"""Restarting until the uptime fell, and the Wi-Fi networks that must not be there."""

from decimal import Decimal

import pytest

from orchestrator.domain.errors import (
    ConnectionLost,
    DeadlineExceeded,
    ErrorClass,
    Mismatch,
    UnitChanged,
    UntrustedPeer,
)
from orchestrator.domain.unit import DeviceIdentity
from orchestrator.systems.azure_sphere_device.errors import DeviceRefusal
from orchestrator.systems.azure_sphere_device.fixture import SYSTEM
from orchestrator.systems.azure_sphere_device.simulator import Fault

NOW = Decimal(0)


async def test_a_restart_is_over_when_the_uptime_fell(bench) -> None:
    """The time without the board and its new uptime are measured."""
    it = bench(boot_seconds=8.0)
    measured = await it.run("sphere.restart", poll=NOW)
    assert 8 <= measured["restart_seconds"] < 12
    assert measured["uptime"] < 4
    assert it.did("restart") == 1


async def test_an_answer_before_the_board_goes_down_does_not_count(bench) -> None:
    """A board that answers for a while after the order is waited for until it has restarted."""
    it = bench(uptime_seconds=500.0, boot_seconds=2.0)
    board, answers = it.board, []
    really, board.reboot = board.reboot, lambda _why: None

    async def status():
        answers.append(await asked())
        if len(answers) == 4:
            really("late")
        return answers[-1]

    asked, it.device.get_device_status = it.device.get_device_status, status
    measured = await it.run("sphere.restart", poll=NOW)
    assert len(answers) > 4
    assert measured["uptime"] < 10


async def test_a_board_that_has_just_started_can_restart(bench) -> None:
    """An uptime of 0 cannot fall; a board that is up for less than it would be has restarted."""
    it = bench(uptime_seconds=0.0, boot_seconds=6.0)
    measured = await it.run("sphere.restart", poll=NOW)
    assert measured["uptime"] < 4


async def test_a_lost_answer_to_the_order_does_not_matter(bench) -> None:
    """The link may break under the answer; the uptime tells whether the board restarted."""
    it = bench(faults=(Fault("reboot", calls=("restart_device",), times=1),))
    assert (await it.run("sphere.restart", poll=NOW))["uptime"] < 4


@pytest.mark.parametrize("fault", [Fault("drop"), Fault("garbage"), Fault("busy")])
async def test_a_board_that_never_comes_back_is_a_timeout(bench, fault: Fault) -> None:
    """Whatever it does instead, the step ends after the given time and says what was last seen."""
    it = bench()
    restart, it.device.restart_device = it.device.restart_device, None

    async def order():
        await restart()
        it.board.faults.add(fault)

    it.device.restart_device = order
    with pytest.raises(DeadlineExceeded, match=r"did not come back .* within 20 s") as caught:
        await it.run("sphere.restart", within=Decimal(20), poll=NOW)
    assert caught.value.kind is ErrorClass.TIMEOUT


async def test_a_board_that_ignores_the_order_is_a_timeout(bench) -> None:
    """The message says that the board still answers."""
    it = bench()
    it.board.reboot = lambda _why: None
    with pytest.raises(DeadlineExceeded, match="still answers and has been up for"):
        await it.run("sphere.restart", within=Decimal(5), poll=NOW)


async def test_another_board_that_came_back_is_noticed(bench) -> None:
    """The identity is read again after the link was down."""
    it = bench()
    it.ctx.identity = DeviceIdentity(SYSTEM, "c" * 128)
    with pytest.raises(UnitChanged):
        await it.run("sphere.restart", poll=NOW)


async def test_an_order_that_a_stranger_would_get_is_not_waited_for(bench) -> None:
    """A peer without the pinned certificate ends the step at once, before and after the order."""
    it = bench()

    async def stranger():
        raise UntrustedPeer("the peer's certificate was refused")

    order, it.device.restart_device = it.device.restart_device, stranger
    with pytest.raises(UntrustedPeer):
        await it.run("sphere.restart", poll=NOW)
    it.device.restart_device = order
    status = it.device.get_device_status

    async def once():
        it.device.get_device_status = stranger
        return await status()

    it.device.get_device_status = once
    with pytest.raises(UntrustedPeer):
        await it.run("sphere.restart", poll=NOW)


async def test_no_wifi_network_passes(bench) -> None:
    """The number of networks is measured."""
    assert await bench().run("sphere.expect_no_wifi_networks") == {"wifi_networks": 0}


async def test_networks_left_behind_fail_the_board(bench) -> None:
    """Each network is named, so that somebody can find out where it came from."""
    it = bench(wifi_networks=("FactoryNet", "Workshop"))
    with pytest.raises(Mismatch, match="remembers a Wi-Fi network: FactoryNet, Workshop"):
        await it.run("sphere.expect_no_wifi_networks")
    assert it.ctx.measured == {"wifi_networks": 2}


async def test_wifi_that_is_off_cannot_be_checked(bench) -> None:
    """While Wi-Fi is off nobody knows its networks: that is an ERROR and never a pass."""
    with pytest.raises(DeviceRefusal) as caught:
        await bench(wifi_up=False).run("sphere.expect_no_wifi_networks")
    assert caught.value.number == (13 << 20) | 18


async def test_a_board_that_is_gone_is_a_link_fault(bench) -> None:
    """A pulled board is not the product's fault."""
    it = bench()
    it.board.detach()
    with pytest.raises(ConnectionLost):
        await it.run("sphere.expect_no_wifi_networks")
