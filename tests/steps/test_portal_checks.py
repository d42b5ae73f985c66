"""What the portal says of a unit after it was registered: model, connection, command, key."""

import hashlib
from dataclasses import replace

import pytest

from tests.steps.service_support import virtual
from tests.steps.test_portal_register import EUI, MODEL, REGISTER, SPEC, Bench


@virtual
async def test_a_model_with_its_commands_passes() -> None:
    """Its name is measured."""
    seen = await Bench().run("portal.expect_model", model=MODEL, commands=("reboot",))
    assert (seen.outcome, seen.measured) == ("PASS", {"model_name": "Guardian"})


@virtual
async def test_what_a_model_lacks_is_the_stations_fault() -> None:
    """A missing command and a missing model are ERROR and named."""
    seen = await Bench().run("portal.expect_model", model=MODEL, commands=("reboot", "dance"))
    assert (seen.outcome, "has no command dance" in seen.message) == ("ERROR", True)
    seen = await Bench().run("portal.expect_model", model="none")
    assert (seen.outcome, "no such thing" in seen.message) == ("ERROR", True)


@pytest.mark.parametrize("kind", ["device", "gateway", "concentrator"])
def test_a_unit_that_shows_up_in_time_passes(kind: str) -> None:
    """How long it took is measured, in seconds."""

    @virtual
    async def tried() -> None:
        it = Bench(spec=replace(SPEC, connects_after_seconds=7))
        uses = f"portal.register_{kind}"
        await it.run(uses, **REGISTER[uses])
        seen = await it.run("portal.expect_connected", kind=kind)
        assert seen.outcome == "PASS", seen.message
        assert 6 <= float(seen.measured["connect_seconds"]) <= 10

    tried()


@pytest.mark.parametrize("kind", ["device", "gateway", "concentrator"])
def test_a_unit_that_does_not_show_up_fails(kind: str) -> None:
    """After the time given, with what to check."""

    @virtual
    async def tried() -> None:
        it = Bench(spec=replace(SPEC, connects_after_seconds=None))
        uses = f"portal.register_{kind}"
        await it.run(uses, **REGISTER[uses])
        seen = await it.run("portal.expect_connected", kind=kind)
        assert (seen.outcome, 55 < seen.seconds < 75) == ("FAIL", True)
        assert "as connected within 60 s" in seen.message
        assert "network" in seen.recorder.ends[0].remedy

    tried()


@virtual
async def test_a_unit_that_is_not_registered_is_not_waited_for() -> None:
    """The portal does not know it, which no waiting changes."""
    seen = await Bench().run("portal.expect_connected", kind="device")
    assert (seen.outcome, seen.seconds < 30) == ("ERROR", True)


@virtual
async def test_a_command_is_sent_once_and_its_answer_kept() -> None:
    """The device got it once, and what the network said is a file of the run."""
    it = Bench(spec=replace(SPEC, connects_after_seconds=0))
    await it.run("portal.register_device", **REGISTER["portal.register_device"])
    seen = await it.run("portal.send_command", command="reboot")
    assert (seen.outcome, it.portal.applied["command_sent", EUI]) == ("PASS", 1)
    assert seen.attached == {"command-answer": b'{"message":"queued"}'}


@virtual
async def test_a_command_that_cannot_be_sent_is_an_error() -> None:
    """An unknown command, and a device out of reach, in the portal's own words."""
    it = Bench(spec=replace(SPEC, connects_after_seconds=None))
    await it.run("portal.register_device", **REGISTER["portal.register_device"])
    seen = await it.run("portal.send_command", command="dance")
    assert (seen.outcome, "dance does not exist" in seen.message) == ("ERROR", True)
    seen = await it.run("portal.send_command", command="reboot")
    assert (seen.outcome, "cannot be reached" in seen.message) == ("ERROR", True)


@virtual
async def test_a_command_whose_answer_was_lost_is_not_sent_again() -> None:
    """The unit may have got it: ERROR, and the portal was asked once."""
    from orchestrator.transport.serving import Fault

    fault = Fault("lost_answer", calls=("execute_device_command",))
    it = Bench(fault, spec=replace(SPEC, connects_after_seconds=0))
    await it.run("portal.register_device", **REGISTER["portal.register_device"])
    seen = await it.run("portal.send_command", command="reboot")
    assert (seen.outcome, it.portal.applied["command_sent", EUI]) == ("ERROR", 1)


@virtual
async def test_the_gateways_key_is_proven_and_never_kept() -> None:
    """Its fingerprint is measured; another key than the one agreed is FAIL, shown nowhere."""
    it = Bench()
    await it.run("portal.register_gateway", **REGISTER["portal.register_gateway"])
    key = it.portal.key_of("SN1", "edge")
    seen = await it.run("portal.connection_string", device_type="edge")
    assert seen.measured == {"fingerprint": hashlib.sha256(key.encode()).hexdigest()[:12]}
    assert key not in seen.written
    seen = await it.run("portal.connection_string", device_type="edge", equals="key")
    assert (seen.outcome, key in seen.written) == ("FAIL", False)
    assert "another connection secret" in seen.message


@virtual
async def test_an_empty_key_is_no_key() -> None:
    """A gateway that is not there has none: ERROR."""
    seen = await Bench().run("portal.connection_string", device_type="edge")
    assert seen.outcome == "ERROR"
