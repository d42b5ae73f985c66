"""Category Certificate: the store of client and root certificates for enterprise Wi-Fi."""

from datetime import UTC, datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, StringConstraints

from orchestrator.transport.endpoint import WireModel
from orchestrator.transport.secret import SecretModel, SentSecret

CertificateType = Literal["client", "rootca"]


def _without_offset(text: str) -> str:
    # The pattern has made sure of the form; what remains is whether such a day exists.
    datetime.fromisoformat(text)
    return text


CertificateTime = Annotated[
    str,
    StringConstraints(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d$"),
    AfterValidator(_without_offset),
]
"""`2022-04-12T08:31:54`: no offset on the wire, so no RFC 3339 time."""


class CertificateUpload(SecretModel):
    """`POST /certstore/certs/{identifier}`: PEM texts; key and password for `client` only.

    The interface description spells the types `Client` and `RootCA`; the vendor's client and the
    board's own error text have them small.
    """

    certType: CertificateType
    publicCert: str
    privateKey: SentSecret | None = None
    password: SentSecret | None = None


class CertificateIdentifiers(WireModel):
    """`GET /certstore/certs`."""

    identifiers: list[str]


class CertificateDetails(WireModel):
    """`GET /certstore/certs/{identifier}`."""

    id: str
    notBefore: CertificateTime
    notAfter: CertificateTime
    subjectName: str
    issuerName: str

    @property
    def valid_from(self) -> datetime:
        """`notBefore` as a moment; certificates count in UTC, though the wire does not say so."""
        return datetime.fromisoformat(self.notBefore).replace(tzinfo=UTC)

    @property
    def valid_until(self) -> datetime:
        """`notAfter` as a moment, in UTC as well."""
        return datetime.fromisoformat(self.notAfter).replace(tzinfo=UTC)


class CertificateSpace(WireModel):
    """`GET /certstore/space`: the number comes as text. An empty store has 24514 bytes."""

    AvailableSpace: Annotated[str, StringConstraints(pattern=r"^\d{1,12}$")]

    @property
    def available_bytes(self) -> int:
        """The free room as a number that compares."""
        return int(self.AvailableSpace)
