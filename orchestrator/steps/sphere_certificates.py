"""The certificates on an Azure Sphere board: in, judged, and out.

They serve enterprise Wi-Fi. The private key goes in and never comes out again, so what can be
judged are identifiers, names and validity.
"""

from datetime import timedelta
from decimal import Decimal
from typing import Literal

from orchestrator.domain.clock import Clock
from orchestrator.domain.errors import Mismatch, StationMisuse
from orchestrator.engine.step import Measures, Secret, StepContext, step
from orchestrator.recipe.plan import Artifact
from orchestrator.steps.findings import Finding, refuse, words
from orchestrator.steps.secret_marks import fingerprint, revealed
from orchestrator.systems.azure_sphere_device.client import SphereDevice
from orchestrator.systems.azure_sphere_device.models import CertificateDetails

_SPACE = Measures("certificate_space", "Free room in the certificate store", uom="B")
_DAY = timedelta(days=1)


async def _space(board: SphereDevice) -> int:
    return (await board.get_certificate_space()).available_bytes


def _public_text(certificate: Artifact | None, certificate_secret: Secret | None) -> str:
    """Return the PEM text of the certificate, which comes from exactly one of the two."""
    if (certificate is None) == (certificate_secret is None):
        raise StationMisuse(
            "The step needs the certificate once: as an artifact or as a secret",
            remedy="Give certificate or certificate_secret in the recipe",
            code="NO_CERTIFICATE",
        )
    if certificate is None:
        return revealed(certificate_secret) or ""
    try:
        return certificate.content.decode("ascii")
    except UnicodeDecodeError as error:
        raise StationMisuse(
            f"The file {certificate.file} of the artifact {certificate.name} is no PEM text",
            remedy="Give the certificate as PEM, which begins with BEGIN CERTIFICATE",
            code="NO_PEM",
        ) from error


@step(
    "sphere.add_certificate",
    summary="Puts a certificate into the board's store and proves that it is there.",
    measures=(
        Measures("replaced", "Whether the store held another one by this name", kind="boolean"),
        Measures("subject", "Subject name the board reports", kind="text"),
        Measures("valid_until", "End of its validity, in UTC", kind="text"),
        Measures("private_key_fingerprint", "First digits of the key's SHA-256", kind="text"),
        Measures("password_fingerprint", "First digits of the password's SHA-256", kind="text"),
        _SPACE,
    ),
)
async def add_certificate(
    ctx: StepContext,
    board: SphereDevice,
    *,
    identifier: str,
    type: Literal["client", "rootca"],  # noqa: A002  the recipe's word, as the vendor has it
    certificate: Artifact | None = None,
    certificate_secret: Secret | None = None,
    private_key: Secret | None = None,
    password: Secret | None = None,
) -> None:
    """Store a certificate; one that has the same identifier makes room for it first.

    A store without room for it is FAIL. A certificate, key or password that the board does not
    accept is an ERROR, since every other board would refuse it as well.

    Args:
        identifier: Name in the store, 1 to 16 letters, digits, dots, hyphens and underscores.
        type: What it is for; `client` needs a private key, `rootca` takes none.
        certificate: The certificate as a PEM file.
        certificate_secret: The certificate as PEM in a secret, instead of the file.
        private_key: The private key, as PEM.
        password: What the private key is encrypted with.
    """
    text = _public_text(certificate, certificate_secret)
    ctx.measure("private_key_fingerprint", fingerprint(private_key))
    ctx.measure("password_fingerprint", fingerprint(password))
    replaced = identifier in (await board.list_certificates()).identifiers
    ctx.measure("replaced", replaced)
    if replaced:
        await board.remove_certificate(identifier)
    await board.add_certificate(
        identifier,
        certificate_type=type,
        public_certificate=text,
        private_key=revealed(private_key),
        password=revealed(password),
    )
    ctx.measure("certificate_space", await _space(board))
    if identifier not in (await board.list_certificates()).identifiers:
        raise Mismatch(
            f"The board accepted the certificate {identifier} and does not hold it",
            remedy="Set the board aside for the engineer",
            code="CERTIFICATE_NOT_TAKEN",
        )
    stored = await board.get_certificate(identifier)
    ctx.measure("subject", stored.subjectName)
    ctx.measure("valid_until", stored.notAfter)


def _set_findings(found: set[str], wanted: set[str]) -> list[Finding]:
    """Judge the exact set of identifiers."""
    findings = []
    if extra := sorted(found - wanted):
        findings.append(
            Finding(
                f"The board holds a certificate that does not belong to it: {', '.join(extra)}",
                "Delete it with the end-of-line recipe, then run the board again",
                "CERTIFICATE_EXTRA",
            )
        )
    if missing := sorted(wanted - found):
        findings.append(
            Finding(
                f"The board lacks the certificate {', '.join(missing)}",
                "Load the certificates again",
                "CERTIFICATE_MISSING",
            )
        )
    return findings


def _days_left(details: CertificateDetails, clock: Clock) -> Decimal:
    left = (details.valid_until - clock.now()) / _DAY
    return Decimal(left).quantize(Decimal("0.1"))


def _certificate_findings(
    details: CertificateDetails, clock: Clock, subject: str | None, valid_days: int
) -> list[Finding]:
    """Judge one certificate: its subject, and that it is valid now and for `valid_days` more."""
    name, findings, remedy = details.id, [], "Load a certificate that is valid for this lot"
    if subject is not None and subject not in details.subjectName:
        findings.append(
            Finding(
                f"The certificate {name} belongs to {details.subjectName};"
                f" its subject must contain {subject}",
                "Load the certificate of this unit",
                "CERTIFICATE_SUBJECT",
            )
        )
    now = clock.now()
    if details.valid_from > now:
        findings.append(
            Finding(
                f"The certificate {name} is not valid before {details.notBefore}",
                remedy,
                "CERTIFICATE_TOO_EARLY",
            )
        )
    if details.valid_until < now + valid_days * _DAY:
        findings.append(
            Finding(
                f"The certificate {name} is valid until {details.notAfter};"
                f" it must be valid for {valid_days} days more",
                remedy,
                "CERTIFICATE_EXPIRES",
            )
        )
    return findings


@step(
    "sphere.expect_certificates",
    summary="Checks that the board holds exactly the expected certificates.",
    measures=(
        Measures("certificates", "How many certificates the board holds"),
        Measures("days_left", "Days until the first of them expires", uom="d"),
        _SPACE,
    ),
)
async def expect_certificates(
    ctx: StepContext,
    board: SphereDevice,
    *,
    identifiers: list[str] | None = None,
    subject: str | None = None,
    valid_days: int = 0,
) -> None:
    """Compare the identifiers in the store; extra and missing ones both fail.

    Without `identifiers` the board must hold no certificate at all. All that is wrong is reported
    together. `days_left` is measured when there is a certificate. The time is the station's.

    Args:
        identifiers: Identifiers that must be in the store, spelled exactly so.
        subject: What the subject name of each of them must contain.
        valid_days: How many days each of them must still be valid.
    """
    found = (await board.list_certificates()).identifiers
    ctx.measure("certificates", len(found))
    ctx.measure("certificate_space", await _space(board))
    wanted = set(identifiers or ())
    findings = _set_findings(set(found), wanted)
    details = [await board.get_certificate(each) for each in found if each in wanted]
    if details:
        ctx.measure("days_left", min(_days_left(each, ctx.clock) for each in details))
    for each in details:
        findings += _certificate_findings(each, ctx.clock, subject, valid_days)
    refuse(findings)


@step(
    "sphere.remove_certificates",
    summary="Deletes certificates from the board and proves that they are gone.",
    measures=(Measures("removed_certificates", "How many certificates were deleted"), _SPACE),
)
async def remove_certificates(
    ctx: StepContext,
    board: SphereDevice,
    *,
    identifiers: list[str] | None = None,
    keep: list[str] | None = None,
) -> None:
    """Delete the listed certificates, or else every one that `keep` does not name.

    Without any parameter all certificates are deleted. Delete the Wi-Fi networks that use them
    first.

    Args:
        identifiers: Certificates to delete; one that the board lacks is already gone.
        keep: Certificates that may stay; every other one is deleted.
    """
    present = (await board.list_certificates()).identifiers
    doomed = {each for each in present if each in (identifiers or ())}
    if identifiers is None or keep is not None:
        doomed |= {each for each in present if each not in (keep or ())}
    for done, each in enumerate(sorted(doomed)):
        ctx.progress(done, len(doomed))
        await board.remove_certificate(each)
    ctx.measure("removed_certificates", len(doomed))
    ctx.measure("certificate_space", await _space(board))
    if left := doomed.intersection((await board.list_certificates()).identifiers):
        raise Mismatch(
            f"The board still holds the certificate {words(sorted(left))} after it was deleted",
            remedy="Recover the board, then run it again",
            code="CERTIFICATE_STAYS",
        )
