"""Category Certificate: the store of client and root certificates."""

import dataclasses
from typing import Any

from orchestrator.systems.azure_sphere_device import models
from orchestrator.systems.azure_sphere_device.simulator import refusals
from orchestrator.systems.azure_sphere_device.simulator.board import SimulatedBoard
from orchestrator.systems.azure_sphere_device.simulator.certificates import (
    check_identifier,
    read_certificate,
)
from orchestrator.systems.azure_sphere_device.simulator.refusals import Refused
from orchestrator.systems.azure_sphere_device.simulator.starting import (
    CertificateKind,
    StoredCertificate,
)
from orchestrator.systems.azure_sphere_device.simulator.wire import Answer, Request

_KINDS: dict[str, CertificateKind] = {"client": "client", "rootca": "rootca"}


async def list_certificates(board: SimulatedBoard, _request: Request) -> Answer:
    """Answer the identifiers."""
    return Answer(models.CertificateIdentifiers(identifiers=board.certificates.identifiers))


async def get_certificate(board: SimulatedBoard, request: Request) -> Answer:
    """Answer validity, subject and issuer; the texts themselves never come back."""
    found = board.certificates.find(check_identifier(request.parameters["identifier"]))
    if found is None:
        raise Refused(refusals.CERTIFICATE_NOT_FOUND)
    return Answer(
        models.CertificateDetails(
            id=found.identifier,
            notBefore=found.not_before,
            notAfter=found.not_after,
            subjectName=found.subject_name,
            issuerName=found.issuer_name,
        )
    )


async def get_certificate_space(board: SimulatedBoard, _request: Request) -> Answer:
    """Answer the room that is left, as text."""
    space = str(board.certificates.available_bytes)
    return Answer(models.CertificateSpace(AvailableSpace=space))


async def add_certificate(board: SimulatedBoard, request: Request) -> Answer:
    """Check an upload as boards do and keep it; the key is judged and forgotten."""
    identifier = check_identifier(request.parameters["identifier"])
    body = await request.table()
    kind = _kind(board, body.get("certType"))
    public = _text(body, "publicCert")
    if public is None:
        raise Refused(refusals.PUBLIC_INVALID)
    entry = read_certificate(
        identifier, kind, public, _text(body, "privateKey"), _text(body, "password")
    )
    board.certificates.add(_with_overhead(board, entry))
    board.report("certificate_added", identifier=identifier, kind=kind)
    return Answer()


async def remove_certificate(board: SimulatedBoard, request: Request) -> Answer:
    """Take a certificate out; one that is not there is not found (37.7)."""
    removed = board.certificates.remove(check_identifier(request.parameters["identifier"]))
    board.report("certificate_removed", identifier=removed.identifier)
    return Answer()


def _kind(board: SimulatedBoard, value: object) -> CertificateKind:
    text = value if isinstance(value, str) else ""
    if board.spec.certificate_type_any_case:
        text = text.lower()
    if text not in _KINDS:
        raise Refused(refusals.CERTIFICATE_TYPE_INVALID)
    return _KINDS[text]


def _text(body: dict[str, Any], name: str) -> str | None:
    value = body.get(name)
    if value is not None and not isinstance(value, str):
        raise Refused(refusals.WRONG_JSON)
    return value


def _with_overhead(board: SimulatedBoard, entry: StoredCertificate) -> StoredCertificate:
    size = entry.size_bytes + board.spec.certificate_overhead_bytes
    return dataclasses.replace(entry, size_bytes=size)
