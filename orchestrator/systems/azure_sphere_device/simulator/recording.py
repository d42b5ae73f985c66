"""Turns a recording of a real board into the state that a simulated one starts with.

Answers that are missing, refused or left out leave the board as it would be without a recording.
Keys and passwords are in no recording: every Wi-Fi network that was in sight lets every key in.
"""

import base64
import binascii
import re
import uuid
from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from orchestrator.domain.errors import InputMistakes
from orchestrator.systems.azure_sphere_device import models
from orchestrator.systems.azure_sphere_device.simulator.starting import (
    LeftoverImage,
    ProxySetting,
    RadioNetwork,
    Recorded,
    SavedNetwork,
    SecurityName,
    StoredCertificate,
)
from orchestrator.transport.recording import RecordedAnswer, Recording

SYSTEM = "azure_sphere_device"
_SIDELOADED = frozenset({10, 19, 21})
_APPLICATION = 10
# Component of what was staged while the board did not tell what.
_UNNAMED = uuid.UUID("8d0f2c4e-3f0b-4b58-9c39-6a1d5a1f7e02")
_EMPTY_STORE_BYTES = 24514
_VERSION = re.compile(r"\d{1,4}(\.\d{1,4}){1,2}")
_RF_TEST = 12
_SUCCESS = frozenset({200, 201})
_REPORT_HEADER_BYTES = 5
_BLANK = "Blank"
_SECURITIES: dict[str, SecurityName] = {"open": "open", "psk": "psk", "eaptls": "eaptls"}

Model = TypeVar("Model", bound=BaseModel)


def spec_members(recording: Recording) -> dict[str, Any]:
    """Return the members of a spec that the recording settles. Raises InputMistakes."""
    if recording.system != SYSTEM:
        raise _unusable(f"it is one of {recording.system}, not of {SYSTEM}")
    answers = _Answers(recording)
    members = {
        **_identity(answers, recording.headers),
        **_flash(answers),
        **_certificates(answers),
        **_wifi(answers),
        **_rest(answers),
    }
    names = set(Recorded.__dataclass_fields__)
    inner = {name: value for name, value in members.items() if name in names}
    outer = {name: value for name, value in members.items() if name not in names}
    return {**outer, "recorded": Recorded(**inner)}


class _Answers:
    """The recorded bodies of calls that succeeded, given out as models."""

    def __init__(self, recording: Recording) -> None:
        self._answers = recording.answers

    def one(self, name: str, model: type[Model]) -> Model | None:
        """Return the body of a read, None when there is none."""
        kept = self._answers.get(name)
        if not isinstance(kept, RecordedAnswer) or not _succeeded(kept):
            return None
        return _read(name, model, kept.body)

    def each(self, name: str, model: type[Model]) -> list[tuple[str, Model]]:
        """Return what was asked for and the body for each call of a read of single things."""
        kept = self._answers.get(name)
        listed = kept if isinstance(kept, list) else ()
        return [
            (next(iter((answer.path or {}).values()), ""), _read(name, model, answer.body))
            for answer in listed
            if _succeeded(answer)
        ]

    def blob(self, name: str) -> tuple[bytes | None, int | None]:
        """Return recorded bytes, and how many there were when they were left out."""
        kept = self._answers.get(name)
        if not isinstance(kept, RecordedAnswer) or not _succeeded(kept):
            return None, None
        if kept.base64 is not None:
            try:
                return base64.b64decode(kept.base64, validate=True), None
            except binascii.Error:
                raise _unusable(f"the bytes of {name} are no base64") from None
        return None, kept.digest.size_bytes if kept.digest else None


def _succeeded(answer: RecordedAnswer) -> bool:
    return answer.status in _SUCCESS


def _read(name: str, model: type[Model], body: Any) -> Model:
    try:
        return model.model_validate(body)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        what = f"the answer of {name} does not fit at {place or 'its top'}: {first['msg']}"
        raise _unusable(what) from None


def _unusable(why: str) -> InputMistakes:
    return InputMistakes(
        f"The recording cannot be used: {why}",
        remedy="Write one with `orchestrator systems record`",
        code="recording.file",
    )


def _identity(answers: _Answers, headers: Mapping[str, str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if security := answers.one("get_security_state", models.SecurityState):
        found["security_state"] = security.securityState
        found["device_id"] = security.deviceIdentifier
    if version := answers.one("get_os_version", models.OsVersion):
        found["os_version"] = version.osversion
    if state := answers.one("get_manufacturing_state", models.ManufacturingState):
        found["manufacturing_state"] = state.manufacturingState
    if capabilities := answers.one("get_device_capabilities", models.DeviceCapabilities):
        listed = capabilities.device_capabilities
        blank = found.get("manufacturing_state") == _BLANK
        default = {_RF_TEST} if blank else set()
        if blank and _RF_TEST not in listed:
            found["rf_test_states"] = ()
        found["capabilities"] = tuple(number for number in listed if number not in default)
    if status := answers.one("get_device_status", models.DeviceStatus):
        found["uptime_seconds"] = float(status.uptime)
    named = {key.lower(): value for key, value in headers.items()}
    if _VERSION.fullmatch(named.get("rest-api-version", "")):
        found["api_version"] = named["rest-api-version"]
    return found


def _flash(answers: _Answers) -> dict[str, Any]:
    listed = answers.one("get_images", models.Images)
    if listed is None:
        return {}
    quotas = dict(answers.each("get_app_quota", models.AppQuota))
    states = dict(answers.each("get_app_status", models.AppStatus))
    own = [part for part in listed.components if part.image_type in _SIDELOADED]
    trusted_os = [part for part in listed.components if part not in own]
    images = tuple(_leftover(part, quotas, states) for part in own if part.images)
    return {
        "images": images,
        "staged": _staged(listed, own, images),
        "update_seconds": 3600.0 if listed.is_ota_update_in_progress else 0.0,
    } | ({"os_parts": tuple(trusted_os)} if trusted_os else {})


def _staged(
    listed: models.Images, own: list[models.ComponentDetails], images: tuple[LeftoverImage, ...]
) -> tuple[LeftoverImage, ...]:
    """Return what was staged; when the board did not tell what, an application made up."""
    installed = {image.component_id: image for image in images}
    found = tuple(
        installed.get(part.uid) or _made_up(part.uid, part.name or "", part.image_type)
        for part in own
        if part.is_update_staged
    )
    if found or not listed.has_staged_updates:
        return found
    return (_made_up(str(_UNNAMED), "staged", _APPLICATION),)


def _made_up(component_id: str, name: str, image_type: int) -> LeftoverImage:
    image_id = str(uuid.uuid5(_UNNAMED, component_id))
    return LeftoverImage(name, component_id, image_id, image_type=image_type)


def _leftover(
    part: models.ComponentDetails,
    quotas: Mapping[str, models.AppQuota],
    states: Mapping[str, models.AppStatus],
) -> LeftoverImage:
    quota, status, image = quotas.get(part.uid), states.get(part.uid), part.images[0]
    return LeftoverImage(
        name=part.name or "",
        component_id=part.uid,
        image_id=image.uid,
        size_bytes=image.length_in_bytes,
        image_type=part.image_type,
        mutable_storage_kb=quota.LimitKB if quota else 0,
        used_kb=quota.UsageKB if quota else 0,
        stopped=status is not None and status.state == "stopped",
        data_bytes=image.uncompressed_length_in_bytes,
        replica_type=image.replica_type if image.replica_type is not None else 1,
    )


def _certificates(answers: _Answers) -> dict[str, Any]:
    listed = answers.one("list_certificates", models.CertificateIdentifiers)
    space = answers.one("get_certificate_space", models.CertificateSpace)
    details = [entry for _, entry in answers.each("get_certificate", models.CertificateDetails)]
    known = {entry.id: entry for entry in details}
    names = listed.identifiers if listed else list(known)
    free = space.available_bytes if space else _EMPTY_STORE_BYTES
    used = max(0, _EMPTY_STORE_BYTES - free)
    sizes = [used // len(names) + (turn < used % len(names)) for turn in range(len(names))]
    stored = tuple(
        _stored(name, known.get(name), size) for name, size in zip(names, sizes, strict=True)
    )
    room = free + sum(sizes)
    return {"certificates": stored, "certificate_store_bytes": room} if listed or space else {}


def _stored(name: str, entry: models.CertificateDetails | None, size: int) -> StoredCertificate:
    if entry is None:
        return StoredCertificate(name, size_bytes=size)
    return StoredCertificate(
        identifier=name,
        subject_name=entry.subjectName,
        issuer_name=entry.issuerName,
        not_before=entry.notBefore,
        not_after=entry.notAfter,
        size_bytes=size,
    )


def _wifi(answers: _Answers) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if networks := answers.one("list_wifi_networks", models.WifiNetworks):
        found["wifi_networks"] = tuple(_saved(network) for network in networks.values)
    if scan := answers.one("get_wifi_scan", models.WifiScan):
        found["radio"] = tuple(_radio(seen) for seen in scan.values)
    if state := answers.one("get_wifi_interface_state", models.WifiInterface):
        found["power_savings"] = state.powerSavingsState == "enabled"
        found["wifi_interface"] = state
    if failures := answers.one("list_connection_failures", models.ConnectionFailures):
        found["failures"] = tuple(failures.values)
    return found


def _saved(network: models.WifiNetwork) -> SavedNetwork:
    return SavedNetwork(
        ssid=network.ssid or "",
        security=_SECURITIES.get(network.securityState, "psk"),
        config_name=network.configName or "",
        enabled=network.configState == "enabled",
        targeted_scan=network.targetedScan,
        client_identity=network.clientIdentity or "",
        client_certificate=network.clientCertStoreIdentifier or "",
        root_certificate=network.rootCaCertStoreIdentifier or "",
        connected=network.connectionState == "connected",
        id=network.id,
    )


def _radio(seen: models.WifiInSight) -> RadioNetwork:
    return RadioNetwork(
        ssid="" if seen.is_hidden else seen.ssid,
        bssid=seen.bssid,
        freq=seen.freq,
        signal_level=seen.signal_level,
        security=_SECURITIES.get(seen.securityState, "psk"),
        hidden=seen.is_hidden,
    )


def _rest(answers: _Answers) -> dict[str, Any]:
    """Return the proxy, and in one value what only a recording can say."""
    found: dict[str, Any] = {}
    proxy = answers.one("get_network_proxy", models.NetworkProxy)
    if proxy is not None and proxy.address is not None:
        found["proxy"] = ProxySetting(
            address=proxy.address,
            port=proxy.port or 0,
            enabled=bool(proxy.enabled),
            no_proxy_addresses=tuple(proxy.noProxyAddresses or ()),
            authentication=proxy.authenticationType or "anonymous",
            username=proxy.username or "",
        )
    if interfaces := answers.one("list_network_interfaces", models.NetworkInterfaces):
        found["interfaces"] = tuple(interfaces.interfaces)
    if firewall := answers.one("get_firewall_rulesets", models.FirewallRulesets):
        found["firewall"] = tuple(firewall.rulesets)
    found["abi_versions"] = answers.one("get_abi_versions", models.AbiVersions)
    found["network_status"] = answers.one("get_network_status", models.NetworkStatus)
    found["memory"] = answers.one("get_memory_statistics", models.MemoryStatistics)
    found["log"], log_bytes = answers.blob("get_diagnostic_log")
    found["telemetry"], report_bytes = answers.blob("get_error_report_data")
    if log_bytes is not None:
        found["log_bytes"] = log_bytes
    if report_bytes is not None:
        found["telemetry_bytes"] = max(0, report_bytes - _REPORT_HEADER_BYTES)
    return found
