"""Certificates: in, judged, out. Keys and passwords are seen by the board alone."""

import hashlib
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from orchestrator.domain.errors import Mismatch, StationMisuse
from orchestrator.engine.parameters import Secret
from orchestrator.systems.azure_sphere_device.errors import BoardFault, DeviceRefusal
from orchestrator.systems.azure_sphere_device.simulator import Fault, StoredCertificate

PASSWORD = "canary-password-5f1c"
NOW = datetime(2026, 1, 1, tzinfo=UTC)
ROOT, CLIENT = StoredCertificate("root", "rootca"), StoredCertificate("client")


def make(name: str, password: str | None = PASSWORD) -> tuple[bytes, str]:
    """Return a self-signed certificate and its key, both as PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(7)
        .not_valid_before(NOW - timedelta(days=1))
        .not_valid_after(NOW + timedelta(days=30))
        .sign(key, hashes.SHA256())
    )
    encryption = (
        serialization.BestAvailableEncryption(password.encode())
        if password
        else serialization.NoEncryption()
    )
    form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8)
    private = key.private_bytes(*form, encryption).decode()
    return certificate.public_bytes(serialization.Encoding.PEM), private


@pytest.fixture(scope="module")
def pair() -> tuple[bytes, str]:
    """A certificate and its encrypted key."""
    return make("board-1")


async def add(it, artifact, pair, **arguments):
    """Add the client certificate of `pair`."""
    given = {
        "certificate": artifact("cert", pair[0]),
        "private_key": Secret("key", pair[1]),
        "password": Secret("password", PASSWORD),
        **arguments,
    }
    return await it.run("sphere.add_certificate", identifier="client", type="client", **given)


async def test_a_certificate_goes_in_and_is_proven(bench, artifact, pair) -> None:
    """What the board tells of it is measured; of key and password, the fingerprint alone."""
    it = bench()
    measured = await add(it, artifact, pair)
    assert measured["subject"] == "/CN=board-1"
    assert measured["valid_until"] == "2026-01-31T00:00:00"
    assert measured["replaced"] is False
    assert measured["certificate_space"] == 24514 - len(pair[0]) - len(pair[1])
    assert len(measured["private_key_fingerprint"]) == 12
    assert measured["password_fingerprint"] == hashlib.sha256(PASSWORD.encode()).hexdigest()[:12]
    assert pair[1] not in str(measured)


async def test_adding_again_replaces(bench, artifact, pair) -> None:
    """So the step may be repeated; a full store has its room back before."""
    it = bench(certificates=(CLIENT,), certificate_replaced=False)
    assert (await add(it, artifact, pair))["replaced"] is True
    assert it.did("certificate_removed") == 1


async def test_a_root_certificate_may_come_from_a_secret(bench, pair) -> None:
    """It has neither key nor password, and no fingerprints."""
    secret = Secret("root", pair[0].decode())
    measured = await bench().run(
        "sphere.add_certificate", identifier="root", type="rootca", certificate_secret=secret
    )
    assert measured["private_key_fingerprint"] == measured["password_fingerprint"] == ""


async def test_a_full_store_fails_the_board(bench, artifact, pair) -> None:
    """Another board may have room: the refusal 37.11 is FAIL."""
    with pytest.raises(BoardFault):
        await add(bench(certificate_store_bytes=100), artifact, pair)


@pytest.mark.parametrize(
    "wrong",
    [
        {"password": Secret("password", "canary-wrong-password")},
        {"password": None},
        {"private_key": Secret("key", make("another")[1])},
        {"private_key": Secret("key", "canary-no-key")},
    ],
    ids=["wrong password", "no password", "another key", "no key"],
)
async def test_what_the_board_refuses_is_an_error_without_secrets(
    bench, artifact, pair, wrong, caplog
) -> None:
    """Every board would refuse it; neither text nor log shows what was sent."""
    caplog.set_level(0)
    with pytest.raises(DeviceRefusal) as caught:
        await add(bench(), artifact, pair, **wrong)
    shown = f"{caught.value} {caught.value!r} {caught.value.__cause__!r} {caplog.text}"
    assert "canary" not in shown
    assert "PRIVATE KEY" not in shown


@pytest.mark.parametrize("given", [{}, {"certificate": 1, "certificate_secret": 2}])
async def test_the_certificate_comes_from_one_place(bench, given) -> None:
    """None and two are the recipe's fault."""
    with pytest.raises(StationMisuse, match="once: as an artifact or as a secret"):
        await bench().run("sphere.add_certificate", identifier="c", type="rootca", **given)


async def test_a_file_that_is_no_text_is_the_recipes_fault(bench, artifact) -> None:
    """DER instead of PEM is told before anything is sent."""
    with pytest.raises(StationMisuse, match="is no PEM text"):
        await bench().run(
            "sphere.add_certificate",
            identifier="c",
            type="rootca",
            certificate=artifact("der", b"\x30\x82\xff"),
        )


async def test_a_board_that_says_yes_and_keeps_nothing_fails(bench, artifact, pair) -> None:
    """Success is proven by the list."""
    it = bench()
    it.board.certificates.add = lambda _entry: None
    with pytest.raises(Mismatch, match="does not hold it"):
        await add(it, artifact, pair)


async def test_the_exact_set_passes(bench) -> None:
    """Number, room and the days that are left are measured."""
    it = bench(certificates=(ROOT, CLIENT))
    measured = await it.run(
        "sphere.expect_certificates", identifiers=["client", "root"], subject="left", valid_days=30
    )
    assert measured["certificates"] == 2
    assert measured["certificate_space"] == 24514 - 2048
    assert 3600 < measured["days_left"] < 3660
    assert await bench().run("sphere.expect_certificates") == {
        "certificates": 0,
        "certificate_space": 24514,
    }


async def test_all_that_is_wrong_with_certificates_is_told_together(bench) -> None:
    """Extra, missing, a strange subject and a short validity, in one message."""
    short = StoredCertificate("short", not_after="2026-01-05T00:00:00")
    early = StoredCertificate("early", not_before="2026-02-01T00:00:00")
    it = bench(certificates=(ROOT, short, early))
    with pytest.raises(Mismatch) as caught:
        await it.run(
            "sphere.expect_certificates",
            identifiers=["short", "early", "gone"],
            subject="board-1",
            valid_days=30,
        )
    assert caught.value.code.split() == [
        "CERTIFICATE_EXTRA",
        "CERTIFICATE_MISSING",
        "CERTIFICATE_SUBJECT",
        "CERTIFICATE_EXPIRES",
        "CERTIFICATE_TOO_EARLY",
    ]
    assert "does not belong to it: root" in caught.value.what


@pytest.mark.parametrize(
    ("given", "left"),
    [
        ({}, []),
        ({"keep": ["root"]}, ["root"]),
        ({"identifiers": ["client", "never"]}, ["root"]),
        ({"identifiers": ["client"], "keep": ["root"]}, ["root"]),
    ],
)
async def test_certificates_go_out(bench, given, left) -> None:
    """All, all but the kept ones, or the listed ones; one that is not there is already gone."""
    it = bench(certificates=(ROOT, CLIENT))
    measured = await it.run("sphere.remove_certificates", **given)
    assert it.board.certificates.identifiers == left
    assert measured["removed_certificates"] == 2 - len(left)


async def test_a_certificate_that_stays_fails(bench) -> None:
    """The list is read again."""
    it = bench(certificates=(ROOT,))
    it.board.certificates.remove = lambda _identifier: ROOT
    with pytest.raises(Mismatch, match="still holds the certificate root"):
        await it.run("sphere.remove_certificates")


async def test_a_busy_board_is_no_empty_store(bench) -> None:
    """What the board does not tell is an ERROR."""
    with pytest.raises(DeviceRefusal):
        await bench(faults=(Fault("busy"),)).run("sphere.expect_certificates")
