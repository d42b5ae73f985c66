"""Who an edge computer is and what it has, on good and bad ones."""

from typing import Any

import pytest

from orchestrator.domain.unit import DeviceIdentity
from orchestrator.systems.advantech_portal.simulator import Fault, Versions
from tests.steps.host_support import BARE, HostBench
from tests.steps.service_support import virtual

SERIAL = "KSA0000042"


@virtual
async def test_login_binds_the_run_to_the_serial_number() -> None:
    """The serial number is read over a connection of its own and measured."""
    it = HostBench(serial_number=SERIAL)
    seen = await it.run("login")
    assert seen.outcome == "PASS", seen.message
    assert seen.measured == {"serial_number": SERIAL, "api_version": "1.2"}
    assert it.host.requests["login"] == 1


@virtual
async def test_another_host_than_the_run_began_with_is_an_error() -> None:
    """The unit has changed; nobody judged the new one."""
    it = HostBench(serial_number=SERIAL)
    seen = await it.run("login", identity=DeviceIdentity("advantech", "other"))
    assert (seen.outcome, seen.error_class) == ("ERROR", "unit")


@virtual
async def test_a_host_without_a_serial_number_fails() -> None:
    """What a BIOS says that nobody filled in is shared by the whole lot."""
    it = HostBench(lacks=("etp",), bios_serial_number="Default string")
    seen = await it.run("login")
    assert seen.outcome == "FAIL"
    assert "no serial number" in seen.message


@virtual
async def test_the_etp_memory_helps_out_where_the_bios_is_empty() -> None:
    """The serial number is the same at both places; one is enough."""
    it = HostBench(serial_number=SERIAL, bios_serial_number="To be filled by O.E.M.")
    assert (await it.run("login")).measured["serial_number"] == SERIAL


@virtual
async def test_a_wrong_password_says_nothing_about_the_host() -> None:
    """ERROR of the class rights, with what to do."""
    it = HostBench(accounts=())
    seen = await it.run("login")
    assert (seen.outcome, seen.error_class) == ("ERROR", "rights")
    assert "Engineer-1" not in seen.written


@virtual
async def test_the_host_is_the_one_expected() -> None:
    """Model, BIOS, image, system and serial number agree; all are measured and kept."""
    it = HostBench(serial_number=SERIAL)
    seen = await it.run(
        "expect_host",
        models=["TPC-315-R873B", "OTHER"],
        serial_number=SERIAL,
        bios_versions=["V1.30"],
        image_versions=["6.04 Build 005"],
        os="linux",
    )
    assert seen.outcome == "PASS", seen.message
    assert seen.measured["model"] == "TPC-315-R873B"
    assert seen.measured["boot_count"] == "22862"
    assert b'"biosVersion": "V1.30"' in seen.attached["host.json"]


@virtual
async def test_all_that_differs_is_told_at_once() -> None:
    """One FAIL names each of them with what it must be."""
    it = HostBench(serial_number=SERIAL)
    seen = await it.run(
        "expect_host",
        models=["UNO-137-E23BA"],
        serial_number="KSA1",
        bios_versions=["V2.00", "V2.01"],
        image_versions=["7"],
        os="windows",
    )
    assert seen.outcome == "FAIL"
    for words in (
        "model is TPC-315-R873B; it must be UNO-137-E23BA",
        f"serial number is {SERIAL}; it must be KSA1",
        "BIOS version is V1.30; it must be V2.00 or V2.01",
        "image is 6.04 Build 005; it must be 7",
        "operating system is linux; it must be windows",
    ):
        assert words in seen.message, seen.message


@virtual
async def test_without_expectations_everything_is_measured() -> None:
    """Limits of the recipe may judge what the step does not."""
    seen = await HostBench().run("expect_host")
    assert (seen.outcome, seen.measured["os"]) == ("PASS", "linux")


@virtual
async def test_the_profile_has_what_the_line_needs() -> None:
    """Functions, counts and versions; the whole profile is kept."""
    it = HostBench()
    seen = await it.run(
        "expect_profile",
        functions=["hwmon", "perif:gpio:count 8", "perif:wdt"],
        components=["rest-server 1.0.0", "edgehub-agent v1.5.1"],
    )
    assert seen.outcome == "PASS", seen.message
    assert seen.measured["model"] == "TPC-315-R873B"
    assert int(seen.measured["functions"]) > 5
    assert b"agent:version:rest-server" in seen.attached["profile.json"]


LACKING: dict[str, tuple[dict[str, Any], dict[str, Any], str]] = {
    "function": ({"model": BARE}, {"functions": ["perif:wdt"]}, "has no perif:wdt"),
    "count": ({}, {"functions": ["perif:gpio:count 9"]}, "has 8 for perif:gpio:count; it needs 9"),
    "version": (
        {"versions": Versions(rest_server="v1.0.1")},
        {"components": ["rest-server 1.1"]},
        "rest-server is v1.0.1; it must be 1.1 or newer",
    ),
    "component": ({}, {"components": ["no-such-thing 1.0"]}, "no-such-thing is not there"),
}


@pytest.mark.parametrize("name", LACKING)
@virtual
async def test_a_host_that_lacks_something_fails(name: str) -> None:
    """Before anything is done to it, and with the name of what is missing."""
    spec, arguments, words = LACKING[name]
    seen = await HostBench(**spec).run("expect_profile", **arguments)
    assert seen.outcome == "FAIL"
    assert words in seen.message


@virtual
async def test_a_component_without_a_version_is_the_recipes_mistake() -> None:
    """ERROR: no host could satisfy it."""
    seen = await HostBench().run("expect_profile", components=["rest-server"])
    assert (seen.outcome, "names no component" in seen.message) == ("ERROR", True)


@virtual
async def test_an_expired_token_is_renewed_by_itself() -> None:
    """The host refuses it once; the next sign-in is made without a word."""
    it = HostBench(token_seconds=100.0)
    assert (await it.run("expect_host")).outcome == "PASS"
    it.host.accounts.sessions.clear()
    assert (await it.run("expect_host")).outcome == "PASS"
    assert it.host.requests["login"] == 2


@virtual
async def test_a_link_that_breaks_is_an_error_of_the_station() -> None:
    """Nobody judged the host: class link, whatever the step asked."""
    it = HostBench(Fault("drop", calls=("get_host_info",)))
    seen = await it.run("expect_host")
    assert (seen.outcome, seen.error_class) == ("ERROR", "link")
