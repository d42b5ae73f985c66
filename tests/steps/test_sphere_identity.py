"""Who the board is: read from silicon, bound to the run, judged by its security state."""

import pytest

from orchestrator.domain.errors import Mismatch, UnitChanged
from orchestrator.domain.unit import DeviceIdentity
from orchestrator.systems.azure_sphere_device.fixture import SYSTEM


async def test_identify_binds_the_run_to_the_silicon(bench) -> None:
    """The run carries the id that the board itself reports, and its interface version is kept."""
    it = bench()
    measured = await it.run("sphere.identify")
    assert it.ctx.identity == DeviceIdentity(SYSTEM, it.board.device_id)
    assert measured == {"security_state": "SECURE", "api_version": "4.6.0"}


async def test_identify_notices_another_board(bench) -> None:
    """A board that was swapped since the run began ends the step as the station's fault."""
    it = bench()
    it.ctx.identity = DeviceIdentity(SYSTEM, "a" * 128)
    with pytest.raises(UnitChanged):
        await it.run("sphere.identify")


async def test_a_board_without_identity_is_not_good(bench) -> None:
    """Two boards whose id is all zeros could not be told apart, so such a board fails."""
    it = bench(device_id="0" * 128)
    with pytest.raises(Mismatch, match="no identity"):
        await it.run("sphere.identify")
    assert it.ctx.identity is None


@pytest.mark.parametrize("state", ["TEST", "BLANK", "EOL", "UNKNOWN"])
async def test_only_secure_boards_pass(bench, state: str) -> None:
    """Every other security state fails the board, names both states, and is measured."""
    it = bench(security_state=state)
    with pytest.raises(Mismatch, match=f"security state is {state}; it must be SECURE") as caught:
        await it.run("sphere.expect_security_state")
    assert caught.value.remedy
    assert it.ctx.measured == {"security_state": state}


async def test_an_engineering_line_may_ask_for_another_security_state(bench) -> None:
    """The expected security state is a parameter."""
    it = bench(security_state="TEST")
    assert await it.run("sphere.expect_security_state", state="TEST") == {"security_state": "TEST"}
