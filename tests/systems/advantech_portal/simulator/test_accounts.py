"""Accounts of a host: two ways to log in, tokens that end, locks, and the admin password."""

import base64
import json
from datetime import datetime

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from tests.systems.advantech_portal.simulator.bench import ADMIN, ENGINEER, VIEWER, Bench

HWMON, PASSWORD = "/platform/api/hwmon", "/auth/user/admin/password"


def part(text: str) -> bytes:
    """Return the bytes of one part of a JWT."""
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


async def test_basic_and_json_logins_give_tokens_that_differ() -> None:
    """Both answer code, expire with the host's offset, token and the cookie."""
    bench = Bench()
    basic = base64.b64encode(":".join(ENGINEER).encode()).decode()
    one = await bench.ask("GET", "/auth/token", headers={"Authorization": f"Basic {basic}"})
    two = await bench.try_to_log_in(ENGINEER)
    for answer in (one, two):
        assert answer.status == 200
        assert answer.said["code"] == 200
        assert answer.said["expire"].endswith("+08:00")
        ends = datetime.fromisoformat(answer.said["expire"])
        assert (ends - bench.watch.now()).total_seconds() == 3600
        assert f"jwt={answer.said['token']}; " in answer.headers["set-cookie"]
    assert one.said["token"] != two.said["token"]


@pytest.mark.parametrize(
    "coded", ["", "Bearer x", "Basic", "Basic !", "Basic " + base64.b64encode(b"\xff:x").decode()]
)
async def test_a_broken_basic_header_is_refused(coded: str) -> None:
    """With 401 in its documented form."""
    answer = await Bench().ask("GET", "/auth/token", headers={"Authorization": coded})
    assert (answer.status, answer.said["Code"]) == (401, 401)


async def test_a_token_is_signed_by_the_certificate_of_the_host() -> None:
    """Whoever has the certificate can check who it was given to."""
    bench = await Bench().log_in()
    pem = await bench.ask("GET", "/auth/certificate", token="")
    assert pem.headers["content-disposition"] == "attachment; filename=cert.pem.crt"
    key = x509.load_pem_x509_certificate(pem.body).public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey)
    head, claims, signature = bench.token.split(".")
    raw = part(signature)
    signed = encode_dss_signature(int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big"))
    key.verify(signed, f"{head}.{claims}".encode(), ec.ECDSA(hashes.SHA256()))
    assert json.loads(part(claims))["id"] == "engineer"


async def test_header_cookie_and_for_streams_the_query_carry_a_token() -> None:
    """The query is for streams alone."""
    bench = await Bench().log_in()
    token, bench.token = bench.token, ""
    by_cookie = await bench.ask("GET", HWMON, headers={"Cookie": f"a=b; jwt={token}"})
    assert by_cookie.status == 200
    assert (await bench.ask("GET", f"{HWMON}?token={token}")).status == 401
    for path in (HWMON, "/platform/api/events"):
        async with bench.stream(f"{path}?token={token}") as events:
            assert (await anext(events))["data"]


async def test_without_the_switch_only_the_combined_stream_takes_the_query() -> None:
    """As the document shows it."""
    bench = await Bench(query_token_everywhere=False).log_in()
    token, bench.token = bench.token, ""
    stream = {"Accept": "text/event-stream"}
    refused = await bench.ask("GET", f"{HWMON}?token={token}", headers=stream)
    assert refused.status == 401
    async with bench.stream(f"/platform/api/events?token={token}") as events:
        assert (await anext(events))["data"]


async def test_an_account_locks_after_wrong_passwords_and_opens_later() -> None:
    """The right password in between begins the count anew; other accounts go on."""
    bench = Bench(attempts_before_lock=3, lock_seconds=60)
    wrong = ("viewer", "wrong")
    for _ in range(2):
        await bench.try_to_log_in(wrong)
    assert (await bench.try_to_log_in(VIEWER)).status == 200
    for _ in range(3):
        await bench.try_to_log_in(wrong)
    locked = await bench.try_to_log_in(VIEWER)
    assert (locked.status, locked.said["Message"]) == (401, "account is locked, try again later")
    assert (await bench.try_to_log_in(ENGINEER)).status == 200
    bench.watch.seconds += 60
    assert (await bench.try_to_log_in(VIEWER)).status == 200
    assert [one.detail["account"] for one in bench.told("account_locked")] == ["viewer"]


async def test_a_name_that_nobody_has_is_never_locked() -> None:
    """Nor does the name of an OS account count for the admin login."""
    bench = Bench(attempts_before_lock=1)
    for _ in range(3):
        assert (await bench.try_to_log_in(("nobody", "x"))).said["Message"].startswith("incorrect")
        assert (await bench.try_to_log_in(VIEWER, 2)).said["Message"].startswith("incorrect")
    assert not bench.told("account_locked")


async def test_the_default_password_opens_nothing_but_its_change() -> None:
    """After the change a new login opens everything, and the old password nothing."""
    bench = await Bench().log_in(ADMIN, 2)
    assert (await bench.ask("GET", HWMON)).status == 403
    body = {"old": ADMIN[1], "new": "Better-1"}
    assert (await bench.ask("PUT", PASSWORD, body)).status == 200
    assert (await bench.ask("GET", HWMON)).status == 200
    assert (await bench.try_to_log_in(ADMIN, 2)).status == 401
    await bench.log_in(("admin", "Better-1"), 2)
    assert (await bench.ask("POST", "/platform/api/control/reboot")).status == 200
    assert len(bench.told("password_changed")) == 1


async def test_the_admin_password_can_be_reset() -> None:
    """Then it is the default again, and closes what that closes."""
    bench = await Bench(admin_password="Better-1").log_in(("admin", "Better-1"), 2)
    assert (await bench.ask("GET", HWMON)).status == 200
    assert (await bench.ask("DELETE", PASSWORD)).status == 200
    assert (await bench.ask("GET", HWMON)).status == 403
    await bench.log_in(ADMIN, 2)
    open_host = await Bench(default_password_closes=False).log_in(ADMIN, 2)
    assert (await open_host.ask("GET", HWMON)).status == 200


async def test_a_password_that_is_too_long_is_refused() -> None:
    """Bytes count, not characters."""
    bench = await Bench(longest_password_bytes=4).log_in(ADMIN, 2)
    for new, status in (("äää", 400), ("ää", 200)):
        answer = await bench.ask("PUT", PASSWORD, {"old": ADMIN[1], "new": new})
        assert answer.status == status


@pytest.mark.parametrize("ends", [False, True])
async def test_whether_tokens_outlive_logout_password_and_restart_is_a_switch(ends: bool) -> None:
    """By default a token is good until its time is over."""
    bench = Bench(
        logout_ends_token=ends,
        password_change_ends_tokens=ends,
        tokens_survive_reboot=not ends,
        admin_password="Better-1",
    )
    expected = 401 if ends else 200
    await bench.log_in()
    logout = await bench.ask("POST", "/auth/logout")
    assert logout.said == {"code": 200}
    assert "jwt=; " in logout.headers["set-cookie"]
    assert (await bench.ask("GET", HWMON)).status == expected
    await bench.log_in()
    bench.host.reboot()
    bench.watch.seconds += 5
    assert (await bench.ask("GET", HWMON)).status == expected
    await bench.log_in(("admin", "Better-1"), 2)
    await bench.ask("PUT", PASSWORD, {"old": "Better-1", "new": "Better-2"})
    assert (await bench.ask("GET", HWMON)).status == expected


async def test_all_tokens_can_be_made_to_end() -> None:
    """As if their time were over."""
    bench = await Bench().log_in()
    bench.host.accounts.expire_all()
    assert (await bench.ask("GET", HWMON)).said["Message"] == "Token is expired"


async def test_tokens_never_become_too_many() -> None:
    """The oldest are forgotten, ended ones before."""
    bench = Bench(token_seconds=10)
    for _ in range(1000):
        bench.host.accounts.log_in(*ENGINEER, "0")
    bench.watch.seconds += 11
    await bench.log_in()
    assert len(bench.host.accounts.sessions) == 1
    for _ in range(1200):
        bench.host.accounts.log_in(*ENGINEER, "0")
    assert len(bench.host.accounts.sessions) <= 1000


async def test_a_host_without_cookies_sets_none() -> None:
    """The document says: if available."""
    answer = await Bench(login_cookie=False).try_to_log_in(ENGINEER)
    assert "set-cookie" not in answer.headers
