"""Category Certificate, with certificates made for the test and removed by it."""

from datetime import UTC, datetime, timedelta

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

from orchestrator.domain.errors import ErrorClass
from orchestrator.systems.azure_sphere_device.errors import DeviceRefusal
from tests.systems.azure_sphere_device.contract.target import Target

NAME = "contract-test"
PASSWORD = "correct horse"
NOT_FOUND, NO_MATCH, NOT_ENCRYPTED, NO_CERTIFICATE = 38797319, 38797332, 38797333, 38797325

Key = ec.EllipticCurvePrivateKey


def make_key() -> Key:
    """Return a new key."""
    return ec.generate_private_key(ec.SECP256R1())


def key_text(key: Key, password: str | None = None) -> str:
    """Return a key as PEM, encrypted when a password is given."""
    lock = BestAvailableEncryption(password.encode()) if password else NoEncryption()
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, lock).decode()


def certificate_text(key: Key) -> str:
    """Return a certificate of `key` as PEM, valid for a day."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, NAME)])
    now = datetime.now(UTC).replace(microsecond=0)
    built = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    return built.public_bytes(Encoding.PEM).decode()


@pytest.mark.operations(
    "addCertificate",
    "listCertificates",
    "getCertificate",
    "getCertificateSpace",
    "removeCertificate",
)
async def test_root_certificate_comes_and_goes(target: Target) -> None:
    """It takes room, is listed and described, and gives the room back."""
    text = certificate_text(make_key())
    async with target.device() as device:
        space = (await device.get_certificate_space()).available_bytes
        await device.add_certificate(NAME, certificate_type="rootca", public_certificate=text)
        try:
            details = await device.get_certificate(NAME)
            assert NAME in (await device.list_certificates()).identifiers
            assert (await device.get_certificate_space()).available_bytes < space
        finally:
            await device.remove_certificate(NAME)
        assert NAME not in (await device.list_certificates()).identifiers
        assert (await device.get_certificate_space()).available_bytes == space
    assert details.id == NAME
    assert NAME in details.subjectName
    assert details.valid_until - details.valid_from == timedelta(days=1, hours=1)


@pytest.mark.parametrize("password", [PASSWORD, None])
@pytest.mark.operations("addCertificate", "removeCertificate")
async def test_client_certificate_comes_with_its_key(target: Target, password: str | None) -> None:
    """A key may be encrypted or plain; only the encrypted one has a password."""
    key = make_key()
    async with target.device() as device:
        await device.add_certificate(
            NAME,
            certificate_type="client",
            public_certificate=certificate_text(key),
            private_key=key_text(key, password),
            password=password,
        )
        await device.remove_certificate(NAME)


@pytest.mark.operations("addCertificate")
async def test_wrong_uploads_are_refused_with_their_number(target: Target) -> None:
    """A text that is no certificate, a foreign key and a needless password each have a number."""
    key = make_key()
    text, client = certificate_text(key), "client"
    wrong = {
        NO_CERTIFICATE: ("rootca", "no certificate", None, None),
        NO_MATCH: (client, text, key_text(make_key()), None),
        NOT_ENCRYPTED: (client, text, key_text(key), PASSWORD),
    }
    async with target.device() as device:
        for number, (kind, public, private, password) in wrong.items():
            with pytest.raises(DeviceRefusal) as caught:
                await device.add_certificate(
                    NAME,
                    certificate_type="client" if kind == client else "rootca",
                    public_certificate=public,
                    private_key=private,
                    password=password,
                )
            assert caught.value.number == number
            assert caught.value.kind is ErrorClass.INPUT
        assert NAME not in (await device.list_certificates()).identifiers


@pytest.mark.operations("getCertificate", "removeCertificate")
async def test_unknown_certificate_is_refused(target: Target) -> None:
    """Reading and removing what the store does not hold are refused alike."""
    async with target.device() as device:
        for ask in (device.get_certificate, device.remove_certificate):
            with pytest.raises(DeviceRefusal) as caught:
                await ask("never-added")
            assert (caught.value.number, caught.value.status) == (NOT_FOUND, 404)
