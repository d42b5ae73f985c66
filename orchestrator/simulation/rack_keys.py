"""The language of the rack file: every key, what it takes and what it means.

Reading, checking and the reference page all go by these tables. A key has the name of the member
of the spec that it sets.
"""

from typing import Any

from orchestrator.simulation.rack_values import (
    AnyKey,
    Key,
    MapKey,
    TableKey,
    error,
    error_number,
    flag,
    fraction,
    is_whole,
    list_of,
    one_of,
    seconds,
    text,
    whole,
)
from orchestrator.systems.azure_sphere_device.endpoints import DEVICE_ENDPOINTS
from orchestrator.systems.azure_sphere_device.simulator import (
    Fault,
    LeftoverImage,
    ProxySetting,
    RadioNetwork,
    SavedNetwork,
    StoredCertificate,
)
from orchestrator.systems.azure_sphere_device.simulator.inferences import INFERENCES
from orchestrator.systems.azure_sphere_device.simulator.refusals import ROWS, RefusalRow

MOST_BOARDS = 1000
_GUID = r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
_CALLS = {row.name: row.name for row in DEVICE_ENDPOINTS}
_CALLS |= {row.label: row.name for row in DEVICE_ENDPOINTS}
_OPEN = {inference.name: inference.decides for inference in INFERENCES}


def _calls(meaning: str) -> Key:
    """Take names of calls, or calls as method and path: one text or a list."""

    def named(value: Any) -> list[Any]:
        return value if isinstance(value, list) else [value]

    return Key(
        'calls such as "stage_image" or "PUT /update/stage"',
        lambda value: all(isinstance(one, str) and one in _CALLS for one in named(value)),
        meaning,
        tuple(_CALLS),
        lambda value: tuple(_CALLS[one] for one in named(value)),
        shown="",
    )


def _turns(value: Any) -> bool:
    return all(is_whole(one, 1, None) for one in (value if isinstance(value, list) else [value]))


def _guid(meaning: str) -> Key:
    return text(meaning, _GUID, "a GUID")


def _short(meaning: str, most: int) -> Key:
    return text(meaning, f".{{1,{most}}}", f"a text of 1 to {most} characters")


def _version(meaning: str, shown: str = "") -> Key:
    return text(meaning, r"\d+\.\d+(\.\d+)?", "a version such as 22.11 or 4.6.0", shown=shown)


FAULT_KEYS: dict[str, Key] = {
    "kind": one_of(
        "what happens, see below",
        *("busy", "refuse", "drop", "lost_answer", "reboot", "hang", "garbage", "slow", "late"),
    ),
    "calls": _calls("the calls it strikes, by name or as method and path; all when left out"),
    "but": _calls("calls that it leaves alone"),
    "skip": whole("so many of these calls pass first"),
    "nth": Key(
        "a turn such as 3, or a list such as [1, 3]",
        _turns,
        "strikes at these turns alone; 1 is the first after those skipped",
        convert=lambda value: tuple(value) if isinstance(value, list) else (value,),
    ),
    "every": whole("strikes each so-many-th turn; 0: every one"),
    "probability": fraction("chance decides at each turn"),
    "seed": whole("other luck; it also changes with the seed of the rack and with the slot"),
    "times": whole("strikes so often at most; 0: no end"),
    "at": fraction("`drop` and `reboot`: how much of the request's body arrives before"),
    "seconds": seconds("how late `slow` answers, and `late` applies"),
    "status": whole("HTTP status of `busy` and `refuse`", 400, 599),
    "error": error("error number of `busy` and `refuse`"),
}
IMAGE_KEYS: dict[str, Key] = {
    "name": _short("name of the component", 31),
    "component_id": _guid("id of the component"),
    "image_id": _guid("id of its image"),
    "size_bytes": whole("size of the package"),
    "image_type": whole("10 application, 19 trusted keystore, 21 board configuration", 1, 65535),
    "mutable_storage_kb": whole("quota of the application"),
    "used_kb": whole("what it has used of it"),
    "stopped": flag("the application does not run when the rack starts"),
    "temporary": flag("disappears when the board starts again"),
    "data_bytes": whole("size of its content; 0: that of the package"),
    "replica_type": whole("as the list of images tells it", 0, 255),
}
CERTIFICATE_KEYS: dict[str, Key] = {
    "identifier": text("its name in the store", r"[A-Za-z0-9._-]{1,16}", "1 to 16 of A-Za-z0-9._-"),
    "kind": one_of("which half of a login it is", "client", "rootca"),
    "subject_name": _short("whose it is", 255),
    "issuer_name": _short("who signed it", 255),
    "not_before": text("valid from, UTC", r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", "2026-01-31T12:00:00"),
    "not_after": text("valid until, UTC", r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", "2026-01-31T12:00:00"),
    "size_bytes": whole("the room it takes"),
}
_SECURITY = one_of("how one gets in", "open", "psk", "eaptls")
NETWORK_KEYS: dict[str, Key] = {
    "ssid": _short("name of the network", 32),
    "security": _SECURITY,
    "psk": text("its key", r"|.{8,63}", "8 to 63 characters", secret=True),
    "config_name": _short("name of the configuration", 16),
    "enabled": flag("whether the board tries it"),
    "targeted_scan": flag("whether the board asks for it by name"),
    "client_identity": _short("who the board says it is, for eaptls", 254),
    "client_certificate": _short("identifier of its certificate, for eaptls", 16),
    "root_certificate": _short("identifier of the root certificate, for eaptls", 16),
    "connected": flag("connected when the rack starts"),
    "id": Key("a whole number", lambda v: is_whole(v, -1, 2**31 - 1), "number; -1: the next free"),
}
RADIO_KEYS: dict[str, Key] = {
    "ssid": text("name of the network", r".{0,32}", "a text of at most 32 characters"),
    "bssid": text("address of the station", r"([0-9a-fA-F]{2}:){5}[0-9a-fA-F]{2}", "a MAC address"),
    "freq": whole("MHz", 2400, 7125),
    "signal_level": Key("dBm from -120 to 0", lambda value: is_whole(value, -120, 0), "dBm"),
    "security": _SECURITY,
    "psk": text(
        "the right key; empty: every key is right", r"|.{8,63}", "8 to 63 characters", secret=True
    ),
    "hidden": flag("scans show one NUL for its name; only a targeted scan finds it"),
    "internet": flag("whether the board reaches the internet through it"),
}
PROXY_KEYS: dict[str, Key] = {
    "address": _short("name or address", 255),
    "port": whole("port", 0, 65535),
    "enabled": flag("whether it is used"),
    "no_proxy_addresses": list_of(
        "what is reached without it", _short("", 255), "a list of addresses"
    ),
    "authentication": one_of("how the board logs in", "anonymous", "basic"),
    "username": _short("for basic", 63),
    "password": text("for basic", r".{1,63}", "a text of 1 to 63 characters", secret=True),
}
REFUSAL_KEYS: dict[str, Key] = {
    "status": whole("HTTP status", 400, 599),
    "error": error("error number"),
}


def _refusals(tables: Any) -> tuple[RefusalRow, ...]:
    return tuple(
        RefusalRow(
            name,
            table.get("status", ROWS[name].status),
            error_number(table.get("error", ROWS[name].number)) or 0,
        )
        for name, table in tables.items()
    )


_REFUSAL_NAMES = tuple(name for name, row in ROWS.items() if not row.proven)
_IMAGE_TYPE = text("", r"[1-9]\d{0,4}", "the number of an image type")

_STATES = ("Blank", "Module1Complete", "DeviceComplete", "Unknown")
_STRINGS = Key("", lambda value: isinstance(value, str))
BOARD_KEYS: dict[str, AnyKey] = {
    "recording": _short("file with the recording of a board: where this one starts", 4096),
    "device_id": text(
        "its identity",
        r"[0-9a-fA-F]{128}",
        "128 hexadecimal characters",
        shown="from seed, slot and how often the board was swapped",
    ),
    "os_version": _version(
        "known: 21.08, 22.02, 22.07, 22.09, 22.11, 23.05, 24.03; decides API version, ABI and "
        "the ids of the OS images"
    ),
    "api_version": _version(
        "sent as `REST-API-Version`; newer calls answer 404 with 15.2", "that of the OS"
    ),
    "security_state": one_of("what the silicon says", "TEST", "BLANK", "SECURE", "EOL", "UNKNOWN"),
    "manufacturing_state": one_of("how far it is", *_STATES),
    "capabilities": list_of(
        "11 development, 13 field servicing; a Blank board shows 12, too, see `rf_test_states`",
        whole("", 1, 255),
        "a list of whole numbers, for instance [11]",
    ),
    "images": TableKey(
        "components on the flash",
        IMAGE_KEYS,
        LeftoverImage,
        required=("name", "component_id", "image_id"),
    ),
    "staged": TableKey(
        "what somebody staged and never installed; the next install installs it, too",
        IMAGE_KEYS,
        LeftoverImage,
        required=("name", "component_id", "image_id"),
    ),
    "certificates": TableKey(
        "what is in the certificate store",
        CERTIFICATE_KEYS,
        StoredCertificate,
        required=("identifier",),
    ),
    "wifi_networks": TableKey(
        "networks that were configured before; a bare text is the name of one",
        NETWORK_KEYS,
        SavedNetwork,
        required=("ssid",),
        from_text=_short("", 32),
    ),
    "radio": TableKey("the networks in the air", RADIO_KEYS, RadioNetwork, required=("ssid",)),
    "wifi_up": flag("false: wlan0 is down, Wi-Fi calls answer 500 with 13.18"),
    "ethernet": flag("whether there is an eth0"),
    "power_savings": flag("whether Wi-Fi saves power, since API 4.6.0"),
    "proxy": TableKey(
        "the proxy that is set", PROXY_KEYS, ProxySetting, required=("address",), many=False
    ),
    "log_bytes": whole("size of the diagnostic log", 0, 1 << 20),
    "telemetry_bytes": whole("size of the error report data", 0, 65535),
    "uptime_seconds": seconds("how long it has been running when the rack starts"),
    "boot_seconds": seconds(_OPEN["boot_seconds"]),
    "restart_delay_seconds": seconds(_OPEN["restart_delay_seconds"]),
    "answer_seconds": seconds("time it takes for every call"),
    "install_seconds": seconds("time an install takes in addition"),
    "wifi_connect_seconds": seconds(_OPEN["wifi_connect_seconds"]),
    "wifi_initialising_seconds": seconds(_OPEN["wifi_initialising_seconds"]),
    "interface_change_seconds": seconds(_OPEN["interface_change_seconds"]),
    "link_bytes_per_second": whole(
        "speed of the link for both directions, 0 for as fast as it goes; real ones carry 80,000"
    ),
    "component_limit_bytes": whole(_OPEN["component_limit_bytes"]),
    "image_type_limits": MapKey(
        _OPEN["image_type_limits"],
        _IMAGE_TYPE,
        whole(""),
        lambda table: tuple((int(name), size) for name, size in table.items()),
    ),
    "application_flash_bytes": whole(_OPEN["application_flash_bytes"]),
    "mutable_storage_limit_kb": whole(_OPEN["mutable_storage_limit_kb"]),
    "certificate_store_bytes": whole(_OPEN["certificate_store_bytes"]),
    "certificate_overhead_bytes": whole(_OPEN["certificate_overhead_bytes"]),
    "certificate_replaced": flag(_OPEN["certificate_replaced"]),
    "certificate_type_any_case": flag(_OPEN["certificate_type_any_case"]),
    "wifi_network_limit": whole(_OPEN["wifi_network_limit"]),
    "wifi_down_refuses_all": flag(_OPEN["wifi_down_refuses_all"]),
    "unique_networks": flag(_OPEN["unique_networks"]),
    "unique_config_names": flag(_OPEN["unique_config_names"]),
    "patchable_interfaces": list_of(
        _OPEN["patchable_interfaces"], _STRINGS, "a list of interface names"
    ),
    "update_seconds": seconds(_OPEN["update_seconds"]),
    "update_after_seconds": seconds(_OPEN["update_after_seconds"]),
    "unreachable": flag("listed by the service, refuses every connection"),
    "untrusted_certificate": flag("shows a certificate of another authority"),
    "certificate_name": text(
        _OPEN["certificate_name"], r"[*A-Za-z0-9._-]{1,253}", "a host name, a star allowed"
    ),
    "listed_while_restarting": flag(_OPEN["listed_while_restarting"]),
    "attach_after_seconds": seconds("plugged in so long after the start, 0: from the start"),
    "detach_after_seconds": seconds("pulled so long after the start, 0: never"),
    "direct_device_complete": flag(_OPEN["direct_device_complete"]),
    "state_change_locked": flag(_OPEN["state_change_locked"]),
    "rf_test_states": list_of(
        _OPEN["rf_test_states"], one_of("", *_STATES), "a list of manufacturing states"
    ),
    "reopening_capabilities": list_of(
        _OPEN["reopening_capabilities"],
        whole("", 1, 255),
        "a list of whole numbers, for instance [11]",
    ),
    "closed_to_servicing": _calls(_OPEN["closed_to_servicing"]),
    "app_control_needs_capability": flag(_OPEN["app_control_needs_capability"]),
    "os_delete_refused": flag(_OPEN["os_delete_refused"]),
    "bad_image_stays_staged": flag(_OPEN["bad_image_stays_staged"]),
    "faults": TableKey("how it misbehaves", FAULT_KEYS, Fault, required=("kind",)),
    "refusals": MapKey(
        "other statuses and numbers for refusals",
        Key("a refusal that may be replaced", lambda v: v in _REFUSAL_NAMES, "", _REFUSAL_NAMES),
        Key('a table such as { status = 400, error = "7.18" }', lambda v: isinstance(v, dict)),
        _refusals,
        REFUSAL_KEYS,
    ),
}
"""The keys of a board, which `[rack]` may hold as well, as defaults for all boards."""

RACK_ONLY: dict[str, AnyKey] = {
    "boards": whole(
        "how many boards; those that are not listed have the defaults. `--boards` wins",
        1,
        MOST_BOARDS,
        shown="the boards listed, at least 1",
    ),
    "seed": whole("changes the device ids and the luck of all boards. `--seed` wins", shown="0"),
}
BOARD_ONLY: dict[str, AnyKey] = {
    "slot": text(
        "USB path that the local service lists",
        r"\d{1,16}",
        "a USB path of 1 to 16 digits",
        shown="next free of 1111, 1112, 1113, 1114, 1121 ...",
    )
}
