"""What finishes an edge computer: ETP written and locked, the admin password, the cloud."""

from decimal import Decimal
from typing import Any

import pytest

from orchestrator.systems.advantech_portal.auth import admin
from orchestrator.systems.advantech_portal.simulator import FACTORY_PASSWORD, Fault
from tests.steps.host_support import HostBench
from tests.steps.service_support import virtual

D = Decimal
DATA = {"user_space_1": "SN-1", "user_space_2": "WO-4711"}
LOCK = {"secrets": {"lock": "geheim12"}, "password": "lock", **DATA}
NEW_PASSWORD = "Better-9-Password"
PASSWORDS = {
    "secrets": {"old": FACTORY_PASSWORD, "new": NEW_PASSWORD},
    "old": "old",
    "new": "new",
}
TOKEN = {"secrets": {"token": "device-token-1"}, "credential": "token"}


@virtual
async def test_manufacturing_data_are_written_once() -> None:
    """And read back; data that are there already are not written again."""
    it = HostBench()
    seen = await it.run("write_etp", **DATA)
    assert seen.outcome == "PASS", seen.message
    assert (seen.measured["written"], seen.measured["user_space_2"]) == ("true", "WO-4711")
    again = await it.run("write_etp", **DATA)
    assert (again.outcome, again.measured["written"]) == ("PASS", "false")
    assert it.did("etp_written") == [{"user_space_1": "SN-1", "user_space_2": "WO-4711"}]


@virtual
async def test_a_lost_answer_to_the_write_does_not_matter() -> None:
    """The write is idempotent and is made again."""
    it = HostBench(Fault("lost_answer", calls=("set_etp_user_data",), times=1))
    assert (await it.run("write_etp", **DATA)).outcome == "PASS"
    assert it.host.etp.spaces == ("SN-1", "WO-4711")


@virtual
async def test_a_host_that_is_locked_with_other_data_fails() -> None:
    """Nothing is written, and the sentence says what it holds."""
    it = HostBench(user_space_1="SN-0", etp_password="x")
    seen = await it.run("write_etp", **DATA)
    assert seen.outcome == "FAIL"
    assert 'locked with other data: User space 1 holds "SN-0"' in seen.message
    assert it.host.requests["set_etp_user_data"] == 0


@virtual
async def test_data_that_do_not_stay_fail() -> None:
    """The host said yes and holds something else."""
    it = HostBench()
    write = it.host.etp.write
    it.host.etp.write = lambda first, second: write(first, "")  # type: ignore[method-assign]
    seen = await it.run("write_etp", **DATA)
    assert (seen.outcome, 'space 2 holds ""' in seen.message) == ("FAIL", True)


@virtual
async def test_more_than_a_space_holds_is_the_recipes_mistake() -> None:
    """Bytes count, not letters."""
    seen = await HostBench().run("write_etp", user_space_1="ä" * 65)
    assert seen.outcome == "ERROR"


@virtual
async def test_the_data_are_locked_once() -> None:
    """The password is known by its fingerprint alone; a second run finds it so."""
    it = HostBench(user_space_1="SN-1", user_space_2="WO-4711")
    seen = await it.run("lock_etp", **LOCK)
    assert (seen.outcome, seen.findings) == ("PASS", ["applied"]), seen.message
    assert len(seen.measured["password"]) == 12
    assert "geheim12" not in seen.written
    again = await it.run("lock_etp", **LOCK)
    assert (again.outcome, again.findings) == ("PASS", [])
    assert it.did("etp_locked") == [{"user_space_1": "SN-1", "user_space_2": "WO-4711"}]
    assert (await it.run("expect_etp", **DATA)).outcome == "PASS"


@virtual
async def test_other_data_are_never_locked() -> None:
    """FAIL before anything is requested."""
    it = HostBench(user_space_1="SN-1")
    seen = await it.run("lock_etp", **LOCK)
    assert (seen.outcome, seen.findings) == ("FAIL", ["not_applied"])
    assert it.host.requests["set_etp_lock"] == 0
    locked = HostBench(user_space_1="SN-0", etp_password="x")
    assert (await locked.run("lock_etp", **LOCK)).outcome == "FAIL"


@pytest.mark.parametrize(
    ("kind", "requests"), [("lost_answer", 1), ("drop", 2), ("late", 1), ("reboot", 2)]
)
@virtual
async def test_a_lost_answer_to_the_lock_is_settled(kind: Any, requests: int) -> None:
    """Settle, probe, decide: locked exactly once, whatever became of the first request."""
    it = HostBench(
        Fault(kind, calls=("set_etp_lock",), times=1, seconds=6.0),
        user_space_1="SN-1",
        user_space_2="WO-4711",
    )
    seen = await it.run("lock_etp", **LOCK)
    assert seen.outcome == "PASS", seen.message
    assert it.host.requests["set_etp_lock"] == requests
    assert len(it.did("etp_locked")) == 1
    assert it.did("etp_locked_again") == []


@virtual
async def test_a_lock_that_does_not_hold_fails() -> None:
    """The host accepted it and says that its memory is open."""
    it = HostBench(user_space_1="SN-1", user_space_2="WO-4711")
    it.host.etp.lock = lambda password: None  # type: ignore[method-assign]
    seen = await it.run("lock_etp", **LOCK)
    assert seen.outcome == "FAIL"
    assert "says that its memory is open" in seen.message


@virtual
async def test_a_memory_is_expected() -> None:
    """Open where it must be locked, or other data: FAIL."""
    it = HostBench(user_space_1="SN-1")
    seen = await it.run("expect_etp", user_space_1="SN-2")
    assert seen.outcome == "FAIL"
    assert 'must hold "SN-2"' in seen.message
    assert "memory is open" in seen.message
    assert (await it.run("expect_etp", locked=False)).outcome == "PASS"


@virtual
async def test_the_admin_password_is_changed_and_proven() -> None:
    """By logging in with the new one; neither shows anywhere."""
    it = HostBench()
    seen = await it.run("set_admin_password", **PASSWORDS)
    assert (seen.outcome, seen.findings) == ("PASS", ["applied"]), seen.message
    assert it.host.accounts.admin_password == NEW_PASSWORD
    assert NEW_PASSWORD not in seen.written
    assert FACTORY_PASSWORD not in seen.written
    assert seen.measured["old_password"] != seen.measured["new_password"]
    assert it.client.account is not None
    assert it.client.account.username == "engineer"
    again = await it.run("set_admin_password", **PASSWORDS)
    assert (again.outcome, again.findings) == ("PASS", [])
    assert it.host.requests["change_admin_password"] == 1


@virtual
async def test_a_station_that_works_as_admin_goes_on_with_the_new_password() -> None:
    """Its client has the new one from then on."""
    it = HostBench(account=admin(), default_password_closes=False)
    assert (await it.run("set_admin_password", **PASSWORDS)).outcome == "PASS"
    assert (await it.run("expect_host")).outcome == "PASS"
    assert it.client.account is not None
    assert it.client.account.password.get_secret_value() == NEW_PASSWORD


@pytest.mark.parametrize(("kind", "requests"), [("lost_answer", 1), ("drop", 2), ("late", 1)])
@virtual
async def test_a_lost_answer_to_the_password_is_settled(kind: Any, requests: int) -> None:
    """The one question is whether the new one lets in; the account is not locked by it."""
    it = HostBench(Fault(kind, calls=("change_admin_password",), times=1, seconds=6.0))
    seen = await it.run("set_admin_password", **PASSWORDS)
    assert seen.outcome == "PASS", seen.message
    assert it.host.requests["change_admin_password"] == requests
    assert it.host.accounts.admin_password == NEW_PASSWORD
    assert it.host.accounts.locked_until == {}


@virtual
async def test_a_wrong_old_password_is_an_error() -> None:
    """It says nothing about the host, and nothing was changed."""
    it = HostBench(admin_password="Somebody-else-1")
    seen = await it.run("set_admin_password", **PASSWORDS)
    assert (seen.outcome, seen.error_class) == ("ERROR", "rights")
    assert it.host.accounts.admin_password == "Somebody-else-1"


@virtual
async def test_a_locked_account_is_an_error_of_its_own() -> None:
    """Nobody tries on: each further attempt would keep it locked."""
    it = HostBench(admin_password="Somebody-else-1", attempts_before_lock=1)
    seen = await it.run("set_admin_password", **PASSWORDS)
    assert (seen.outcome, seen.error_class) == ("ERROR", "rights")
    assert "lock" in seen.message


@pytest.mark.parametrize("old", [FACTORY_PASSWORD, "Some-other-1"])
@virtual
async def test_a_password_that_everybody_knows_is_refused(old: str) -> None:
    """It must not pass as being there already; nobody logs in with it."""
    it = HostBench()
    secrets = {"old": old, "new": FACTORY_PASSWORD}
    seen = await it.run("set_admin_password", secrets=secrets, old="old", new="new")
    assert (seen.outcome, "computers come with" in seen.message) == ("ERROR", True)
    assert it.host.requests["login"] == 0


@virtual
async def test_a_password_that_the_host_refuses_is_an_error() -> None:
    """Another host would refuse it, too; nothing was changed."""
    it = HostBench()
    long = {"old": FACTORY_PASSWORD, "new": "x" * 100}
    seen = await it.run("set_admin_password", secrets=long, old="old", new="new")
    assert (seen.outcome, seen.findings) == ("ERROR", ["not_applied"])
    assert it.did("password_changed") == []


@virtual
async def test_a_password_that_is_not_taken_fails_the_host() -> None:
    """It said yes and does not let the new one in."""
    it = HostBench(Fault("empty", calls=("change_admin_password",)))
    seen = await it.run("set_admin_password", **PASSWORDS)
    assert (seen.outcome, "does not let it in" in seen.message) == ("FAIL", True), seen.message


@virtual
async def test_the_cloud_connection_is_loaded() -> None:
    """By the device's token; it is seen to stand, and the token shows nowhere."""
    it = HostBench()
    seen = await it.run("connect_edgehub", **TOKEN)
    assert seen.outcome == "PASS", seen.message
    assert it.host.edgehub.setting is not None
    assert it.host.edgehub.setting["deviceTokenCredential"] == "device-token-1"
    assert it.host.edgehub.setting["skipCertVerify"] is False
    assert "device-token-1" not in seen.written
    assert D(seen.measured["connect_seconds"]) >= 1
    assert (await it.run("expect_connected")).outcome == "PASS"


@virtual
async def test_the_cloud_connection_may_be_a_broker() -> None:
    """With name and password, always over TLS."""
    it = HostBench()
    seen = await it.run(
        "connect_edgehub",
        secrets={"mqtt": "broker-secret"},
        broker="hub.example",
        username="pc-1",
        password="mqtt",
    )
    assert seen.outcome == "PASS", seen.message
    assert it.host.edgehub.setting is not None
    assert it.host.edgehub.setting["enableTLS"] is True
    assert it.host.edgehub.setting["mqttPort"] == 8883


@pytest.mark.parametrize("kind", ["lost_answer", "drop"])
@virtual
async def test_a_lost_answer_to_the_connection_does_not_matter(kind: Any) -> None:
    """Once more does no harm."""
    it = HostBench(Fault(kind, calls=("set_connection",), times=1))
    assert (await it.run("connect_edgehub", **TOKEN)).outcome == "PASS"


BROKEN: dict[str, tuple[dict[str, Any], str]] = {
    "revoked": ({"certificate_revoked": True}, "revoked the host's certificate"),
    "nobody there": ({"edgehub_hosts": ("other",)}, "is disconnected after 5 s"),
    "storm": (
        {"edgehub_hosts": ("other",), "storm_detected": True}, "connects and breaks again",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", BROKEN)
@virtual
async def test_a_connection_that_does_not_stand_fails(name: str) -> None:
    """With what the host says of it."""
    spec, words = BROKEN[name]
    it = HostBench(**spec)
    seen = await it.run(
        "connect_edgehub",
        secrets={"mqtt": "broker-secret"},
        broker="hub.example",
        username="pc-1",
        password="mqtt",
        within=D(5),
    )
    assert (seen.outcome, words in seen.message) == ("FAIL", True), seen.message


@virtual
async def test_a_connection_that_was_never_made_fails() -> None:
    """Expected, and the host says that it is switched off."""
    seen = await HostBench().run("expect_connected", within=D(3))
    assert (seen.outcome, "switched off" in seen.message) == ("FAIL", True)


@pytest.mark.parametrize(
    "arguments",
    [{}, {"broker": "b"}, {"credential": "k", "broker": "b"},
     {"broker": "b", "username": "u"}],
)  # fmt: skip
@virtual
async def test_half_a_setting_is_the_recipes_mistake(arguments: dict[str, Any]) -> None:
    """A token alone, or broker, name and password."""
    seen = await HostBench().run("connect_edgehub", secrets={"k": "secret-key"}, **arguments)
    assert (seen.outcome, "needs a device token" in seen.message) == ("ERROR", True)
