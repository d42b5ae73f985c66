"""The manufacturing state: judged, moved forward for good, proven at the end."""

import pytest

from orchestrator.domain.errors import (
    ConnectionLost,
    Mismatch,
    StationFault,
    StationMisuse,
    UnitChanged,
    Unreachable,
)
from orchestrator.domain.unit import DeviceIdentity
from orchestrator.steps.table import definitions
from orchestrator.systems.azure_sphere_device.errors import DeviceRefusal
from orchestrator.systems.azure_sphere_device.fixture import SYSTEM
from orchestrator.systems.azure_sphere_device.simulator import Fault

SET = definitions()["sphere.set_manufacturing_state"]


async def test_an_allowed_state_passes(bench) -> None:
    """The state is measured and one of the allowed ones."""
    it = bench(manufacturing_state="Module1Complete")
    measured = await it.run("sphere.expect_state", allowed=["Blank", "Module1Complete"])
    assert measured == {"manufacturing_state": "Module1Complete"}


async def test_a_locked_board_fails_with_its_own_remedy(bench) -> None:
    """A board that is finished already is set aside."""
    it = bench(manufacturing_state="DeviceComplete")
    with pytest.raises(Mismatch) as caught:
        await it.run("sphere.expect_state", allowed=["Blank", "Module1Complete"])
    assert caught.value.what == "The board is DeviceComplete; it must be Blank or Module1Complete"
    assert "locked already" in caught.value.remedy


async def test_a_blank_board_where_another_is_expected_fails(bench) -> None:
    """The remedy of a board that is not far enough is another recipe."""
    with pytest.raises(Mismatch, match="is Blank; it must be Module1Complete") as caught:
        await bench().run("sphere.expect_state", allowed=["Module1Complete"])
    assert "recipe" in caught.value.remedy


async def test_an_unknown_state_is_never_taken_for_blank(bench) -> None:
    """A board that cannot read its state is an ERROR in every step that asks for it."""
    it = bench(manufacturing_state="Unknown")
    for name, arguments in (
        ("sphere.expect_state", {"allowed": ["Blank"]}),
        ("sphere.set_manufacturing_state", {"state": "Module1Complete"}),
        ("sphere.ready_check", {"allowed_os": ["22.11"]}),
        ("sphere.verify_finalized", {}),
    ):
        with pytest.raises(StationFault, match="cannot read its own manufacturing state"):
            await it.run(name, **arguments)
    assert it.board.requests["set_manufacturing_state"] == 0


async def test_no_allowed_state_is_the_recipes_fault(bench) -> None:
    """An empty list fails no board."""
    with pytest.raises(StationMisuse):
        await bench().run("sphere.expect_state", allowed=[])


async def test_a_board_without_capabilities_passes(bench) -> None:
    """By default there must be none at all."""
    it = bench(manufacturing_state="Module1Complete")
    assert await it.run("sphere.expect_capabilities") == {"capabilities": "none"}


@pytest.mark.parametrize("number", [0, 11, 12, 13, 40])
async def test_any_capability_left_behind_fails(bench, number: int) -> None:
    """Every number counts, 0 and unknown ones too."""
    it = bench(manufacturing_state="Module1Complete", capabilities=(number,))
    with pytest.raises(Mismatch, match=f"capabilities {number}.*; it must have none"):
        await it.run("sphere.expect_capabilities")


async def test_a_blank_board_shows_the_rf_test_capability(bench) -> None:
    """In Blank, 12 is set aside or judged as the recipe says; what else is there always counts."""
    assert await bench().run("sphere.expect_capabilities") == {"capabilities": "12 (RF test mode)"}
    with pytest.raises(Mismatch):
        await bench().run("sphere.expect_capabilities", rf_test_in_blank="refused")
    with pytest.raises(Mismatch, match=r"capabilities 11 .appDevelopment.;"):
        await bench(capabilities=(11,)).run("sphere.expect_capabilities")


async def test_an_exact_set_of_capabilities(bench) -> None:
    """More and fewer than the exact set both fail; 12 may belong to it."""
    it = bench(manufacturing_state="Module1Complete", capabilities=(11, 13))
    assert await it.run("sphere.expect_capabilities", exact=[13, 11])
    for exact in ([11], [11, 12, 13]):
        with pytest.raises(Mismatch):
            await it.run("sphere.expect_capabilities", exact=exact)
    assert await bench().run("sphere.expect_capabilities", exact=[12])


async def test_the_state_moves_forward_once(bench) -> None:
    """The board really changes, and the state before is kept."""
    it = bench()
    assert await it.run("sphere.set_manufacturing_state", state="Module1Complete") == {
        "was": "Blank"
    }
    assert it.board.state == "Module1Complete"
    assert it.board.requests["set_manufacturing_state"] == 1


async def test_a_board_that_is_there_already_passes_and_is_not_asked(bench) -> None:
    """It says that there was nothing to do, so that nobody is credited; nothing is sent."""
    it = bench(manufacturing_state="Module1Complete")
    measured = await it.run("sphere.set_manufacturing_state", state="Module1Complete")
    assert measured == {"was": "Module1Complete"}
    assert it.ctx.said == "already so"
    assert it.board.requests["set_manufacturing_state"] == 0


async def test_nothing_moves_back(bench) -> None:
    """A board that is further on fails before anything is sent."""
    it = bench(manufacturing_state="DeviceComplete")
    with pytest.raises(Mismatch, match="cannot go back to Module1Complete"):
        await it.run("sphere.set_manufacturing_state", state="Module1Complete")
    assert it.board.requests["set_manufacturing_state"] == 0


async def test_a_board_that_says_yes_and_stays_fails(bench) -> None:
    """The state is read back over a fresh connection."""
    it = bench()
    it.board.set_state = lambda _target: True
    with pytest.raises(Mismatch, match="accepted Module1Complete and still says Blank"):
        await it.run("sphere.set_manufacturing_state", state="Module1Complete")


async def test_a_refusal_of_the_change_is_an_error(bench) -> None:
    """What the board refuses was not judged by us."""
    it = bench(direct_device_complete=False)
    with pytest.raises(DeviceRefusal):
        await it.run("sphere.set_manufacturing_state", state="DeviceComplete")
    assert it.board.state == "Blank"


async def test_the_probe_tells_what_became_of_a_lost_answer(bench) -> None:
    """Whether the request was applied is asked of the board, not guessed."""
    it = bench(faults=(Fault("lost_answer", calls=("set_manufacturing_state",), times=1),))
    assert SET.probe is not None
    assert not await SET.probe(it.ctx, it.device, state="Module1Complete")
    with pytest.raises(ConnectionLost):
        await it.run("sphere.set_manufacturing_state", state="Module1Complete")
    assert await SET.probe(it.ctx, it.device, state="Module1Complete")


async def test_a_board_that_is_gone_after_the_change_leaves_it_open(bench, monkeypatch) -> None:
    """The request was taken; that nobody answers the question afterwards proves nothing."""
    it = bench()
    change = it.device.set_manufacturing_state

    async def change_and_vanish(state):
        await change(state)
        monkeypatch.setattr(it.device, "get_manufacturing_state", nobody)

    async def nobody(**_options):
        raise Unreachable("No connection could be made")

    monkeypatch.setattr(it.device, "set_manufacturing_state", change_and_vanish)
    with pytest.raises(Unreachable):
        await it.run("sphere.set_manufacturing_state", state="Module1Complete")
    assert it.ctx.said == "answered"
    assert it.board.state == "Module1Complete"


async def test_a_board_that_is_further_on_does_not_tell_who_took_it_there(bench) -> None:
    """The probe neither says that the earlier state was applied nor that it was not."""
    it = bench(manufacturing_state="DeviceComplete")
    with pytest.raises(Mismatch, match="cannot go back"):
        await SET.probe(it.ctx, it.device, state="Module1Complete")


def test_only_the_last_state_locks_the_board() -> None:
    """A module that is complete can still be worked on."""
    assert SET.locks(state="DeviceComplete")
    assert not SET.locks(state="Module1Complete")


def test_the_change_is_irreversible_and_settles_as_the_endpoint_says() -> None:
    """The engine knows that it may not be repeated, and how long a lost request may still work."""
    assert SET.signature.irreversible
    assert SET.settle_seconds > 0


def finished(bench, **spec):
    """Make a bench with a finished board that the run is bound to."""
    it = bench(manufacturing_state="DeviceComplete", **spec)
    it.ctx.identity = DeviceIdentity(SYSTEM, it.board.device_id)
    return it


async def test_a_finished_board_is_proven_by_what_stays_open(bench) -> None:
    """State, capabilities and OS are measured, and the lock itself is tried."""
    it = finished(bench)
    assert await it.run("sphere.verify_finalized", allowed_os=["22.11"]) == {
        "manufacturing_state": "DeviceComplete",
        "capabilities": "none",
        "os_version": "22.11",
    }
    assert it.board.requests["get_images"] == 1


async def test_a_board_with_a_capability_is_not_locked_and_fails(bench) -> None:
    """All that is wrong is named together."""
    it = finished(bench, capabilities=(11,), security_state="TEST")
    with pytest.raises(Mismatch) as caught:
        await it.run("sphere.verify_finalized", allowed_os=["24.03"])
    assert caught.value.code == ("SECURITY_STATE CAPABILITIES_DIFFER OS_NOT_ALLOWED NOT_LOCKED")


async def test_a_board_that_is_not_finished_fails(bench) -> None:
    """A board in Module1Complete still answers and says so."""
    it = bench(manufacturing_state="Module1Complete")
    with pytest.raises(Mismatch, match="is Module1Complete; it must be DeviceComplete") as caught:
        await it.run("sphere.verify_finalized")
    assert "must be locked" in caught.value.what


async def test_another_board_than_the_runs_is_noticed(bench) -> None:
    """A finished board proves nothing when it is not the one that was finished."""
    it = finished(bench)
    it.ctx.identity = DeviceIdentity(SYSTEM, "b" * 128)
    with pytest.raises(UnitChanged):
        await it.run("sphere.verify_finalized")


async def test_a_refusal_of_another_kind_does_not_prove_the_lock(bench) -> None:
    """Only the number of a locked board counts."""
    it = finished(bench, faults=(Fault("busy", calls=("get_images",)),))
    with pytest.raises(DeviceRefusal):
        await it.run("sphere.verify_finalized")


async def test_an_old_interface_cannot_say_its_os_once_locked(bench) -> None:
    """With an OS asked for that is an ERROR, without one the rest is proven."""
    it = finished(bench, os_version="22.07")
    assert "os_version" not in await it.run("sphere.verify_finalized")
    with pytest.raises(StationFault, match=r"4\.4\.0 cannot say its OS"):
        await it.run("sphere.verify_finalized", allowed_os=["22.07"])
