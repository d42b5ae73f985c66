"""The certificate store takes what boards take and counts its room."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from cryptography.x509.oid import NameOID

from orchestrator.systems.azure_sphere_device.simulator import StoredCertificate

STORE = 24514


@lru_cache
def pair(name: str = "line-3") -> tuple[str, ec.EllipticCurvePrivateKey]:
    """Return a certificate as PEM, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    parts = [
        x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Plant"),
        x509.NameAttribute(NameOID.COMMON_NAME, name),
    ]
    now = datetime(2026, 4, 12, 8, 31, 54, tzinfo=UTC)
    builder = x509.CertificateBuilder(
        issuer_name=x509.Name(parts[:1]),
        subject_name=x509.Name(parts),
        public_key=key.public_key(),
        serial_number=7,
        not_valid_before=now,
        not_valid_after=now + timedelta(days=365),
    )
    pem = builder.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM)
    return pem.decode(), key


def key_text(key: ec.EllipticCurvePrivateKey, password: str = "", *, old: bool = False) -> str:
    """Return a key as PEM, encrypted when there is a password."""
    form = PrivateFormat.TraditionalOpenSSL if old else PrivateFormat.PKCS8
    how = BestAvailableEncryption(password.encode()) if password else NoEncryption()
    return key.private_bytes(Encoding.PEM, form, how).decode()


CERTIFICATE, KEY = pair()
PLAIN, LOCKED, OLD = key_text(KEY), key_text(KEY, "sesame"), key_text(KEY, "sesame", old=True)
CLIENT = {"certType": "client", "publicCert": CERTIFICATE}
ROOT = {"certType": "rootca", "publicCert": CERTIFICATE}


def add(bench: Any, body: dict[str, Any], identifier: str = "login") -> Any:
    """Upload a certificate."""
    return bench.call("POST", f"/certstore/certs/{identifier}", body)


def space(bench: Any) -> str:
    """Return the room that is left, as the board tells it."""
    answer: str = bench.call("GET", "/certstore/space").json["AvailableSpace"]
    return answer


def test_a_certificate_comes_and_goes(bench: Any) -> None:
    """Listed, described, counted; afterwards the store is empty again."""
    assert space(bench) == str(STORE)
    assert add(bench, {**CLIENT, "privateKey": LOCKED, "password": "sesame"}).json == {}
    assert bench.call("GET", "/certstore/certs").json == {"identifiers": ["login"]}
    assert bench.call("GET", "/certstore/certs/login").json == {
        "id": "login",
        "notBefore": "2026-04-12T08:31:54",
        "notAfter": "2027-04-12T08:31:54",
        "subjectName": "/O=Plant/CN=line-3",
        "issuerName": "/O=Plant",
    }
    assert space(bench) == str(STORE - len(CERTIFICATE) - len(LOCKED))
    assert bench.call("DELETE", "/certstore/certs/login").json == {}
    assert space(bench) == str(STORE)
    assert bench.call("DELETE", "/certstore/certs/login").error == (404, 38797319)
    assert bench.call("GET", "/certstore/certs/login").error == (404, 38797319)
    assert bench.facts() == ["certificate_added", "certificate_removed"]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({**CLIENT, "privateKey": PLAIN}, 200),
        ({**CLIENT, "privateKey": OLD, "password": "sesame"}, 200),
        (ROOT, 200),
        ({**ROOT, "certType": "RootCA"}, 200),
        ({**ROOT, "later": 1}, 200),
        ({"publicCert": CERTIFICATE}, 38797324),
        ({**CLIENT, "certType": "server"}, 38797324),
        ({**CLIENT, "certType": 1}, 38797324),
        ({"certType": "rootca"}, 38797325),
        ({**ROOT, "publicCert": "no pem"}, 38797325),
        ({**ROOT, "publicCert": PLAIN}, 38797325),
        ({**ROOT, "publicCert": CERTIFICATE[:200] + CERTIFICATE[220:]}, 38797325),
        ({**ROOT, "publicCert": "x" * 8193}, 38797326),
        ({**ROOT, "publicCert": 5}, 10485762),
        (CLIENT, 38797327),
        ({**CLIENT, "privateKey": "no pem"}, 38797327),
        ({**CLIENT, "privateKey": LOCKED}, 38797327),
        ({**CLIENT, "privateKey": OLD}, 38797327),
        ({**CLIENT, "privateKey": LOCKED, "password": "wrong"}, 38797327),
        ({**CLIENT, "privateKey": OLD, "password": "wrong"}, 38797327),
        ({**CLIENT, "privateKey": "x" * 8193}, 38797328),
        ({**ROOT, "privateKey": PLAIN}, 38797329),
        ({**CLIENT, "privateKey": PLAIN, "password": "x" * 257}, 38797330),
        ({**ROOT, "password": "x"}, 38797331),
        ({**CLIENT, "privateKey": key_text(pair("other")[1])}, 38797332),
        ({**CLIENT, "privateKey": PLAIN, "password": "x"}, 38797333),
    ],
)
def test_what_the_store_makes_of_an_upload(bench: Any, body: Any, expected: int) -> None:
    """Each mistake has its number, and leaves the store as it was."""
    reply = add(bench, body)
    if expected == 200:
        assert reply.status == 200
    else:
        assert reply.error == (400, expected)
        assert space(bench) == str(STORE)
        assert bench.facts() == []


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_identifiers_have_rules(bench: Any, method: str) -> None:
    """1 to 16 letters, digits, dots, underscores and hyphens."""
    body: Any = ROOT if method == "POST" else b""
    for bad, number in (("no good", 38797314), ("x" * 17, 38797316), ("ä", 38797314)):
        assert bench.call(method, f"/certstore/certs/{bad}", body).error == (400, number)
    good = bench.call(method, "/certstore/certs/Aa0._-", body)
    assert good.status == (200 if method == "POST" else 404)


def test_a_full_store_takes_nothing_more(new_bench: Callable[..., Any]) -> None:
    """The room is counted in bytes, whatever else a certificate takes included."""
    size = len(CERTIFICATE)
    bench = new_bench(certificate_store_bytes=2 * size + 10, certificate_overhead_bytes=5)
    assert add(bench, ROOT, "one").status == 200
    assert add(bench, ROOT, "two").status == 200
    assert space(bench) == "0"
    assert add(bench, ROOT, "three").error == (500, 38797323)
    assert add(bench, ROOT, "two").status == 200
    assert bench.call("GET", "/certstore/certs").json == {"identifiers": ["one", "two"]}


def test_replacing_is_a_switch(new_bench: Callable[..., Any]) -> None:
    """Unless the spec says so the certificate that is there stays."""
    old = StoredCertificate("login", subject_name="/CN=old")
    for replaced, subject in ((True, "/O=Plant/CN=line-3"), (False, "/CN=old")):
        bench = new_bench(certificates=(old,), certificate_replaced=replaced)
        assert add(bench, ROOT).status == 200
        assert bench.call("GET", "/certstore/certs/login").json["subjectName"] == subject


def test_the_spelling_of_types_is_a_switch(new_bench: Callable[..., Any]) -> None:
    """Strict boards know small letters alone."""
    strict = new_bench(certificate_type_any_case=False)
    assert add(strict, {**ROOT, "certType": "RootCA"}).error == (400, 38797324)
    assert add(strict, ROOT).status == 200
