"""Cases of the published client: the device itself, its state, its locks, the attached devices."""

OPEN, LOCKED, OLD, PLAIN, FOREIGN, FINAL, BUSY, NOBODY = 2, 3, 5, 6, 7, 8, 9, 99
UNKNOWN = "2f074b0f-d99d-4692-82d9-ef93a7d6463c"
LOCK = {"wanted": "UnknownDeviceError", "text": "10485778"}
GONE = {"wanted": "DeviceError", "text": "connection timed out"}


def run(s):
    """Go through this part's cases."""
    reads(s)
    versions(s)
    attached(s)
    links(s)
    manufacturing(s)
    locks(s)
    restart(s)


def reads(s):
    """What every board answers."""
    s.same(OPEN, "device.get_device_rest_api_version", wanted={"REST-API-Version": "4.6.0"})
    s.gives(
        *(OPEN, "device.get_device_status"),
        check=lambda a: isinstance(a["uptime"], int) and list(a) == ["uptime"],
        wanted="{uptime: whole seconds}",
    )
    s.same(OPEN, "device.get_device_os_version", wanted={"osversion": "22.11"})
    s.gives(
        *(OPEN, "device.get_device_security_state"),
        check=lambda a: a["securityState"] == "SECURE" and a["deviceIdentifier"] == s.FACTS["id"],
        wanted="SECURE and this board's identifier",
    )
    s.same(OPEN, "capabilities.get_device_capabilities", wanted={"device_capabilities": [11, 12]})
    s.same(PLAIN, "capabilities.get_device_capabilities", wanted={"device_capabilities": [12]})
    s.same(LOCKED, "capabilities.get_device_capabilities", wanted={"device_capabilities": []})
    s.gives(
        *(OPEN, "device.get_diagnostic_log"),
        check=lambda a: isinstance(a, bytes) and a,
        wanted="bytes",
    )
    s.gives(
        *(OPEN, "device.get_error_report_data"),
        check=lambda a: isinstance(a, bytes) and length(a) > 0,
        wanted="bytes with a length above 0",
    )
    s.same(OPEN, "device.clear_error_report_data", wanted={})
    s.gives(
        *(OPEN, "device.get_error_report_data"),
        check=lambda a: length(a) == 0,
        wanted="bytes with the length 0",
    )


def length(report):
    """Return the length that an error report names in bytes 3 and 4, as the vendor's tests do."""
    return int.from_bytes(report[3:5], "big")


def versions(s):
    """The client asks before it sends, unless another board's version misleads it."""
    s.same(OLD, "device.get_device_rest_api_version", wanted={"REST-API-Version": "4.4.0"})
    too_old = {"wanted": "DeviceError", "text": "Required DeviceAPI version: 4.5.0"}
    s.raises(OLD, "device.get_device_os_version", **too_old)
    s.same(OPEN, "device.get_device_rest_api_version", wanted={"REST-API-Version": "4.6.0"})
    unknown = {"wanted": "DeviceError", "text": "This resource is unavailable on this device"}
    s.raises(OLD, "device.get_device_os_version", **unknown)
    s.same(OPEN, "device.get_device_rest_api_version", wanted={"REST-API-Version": "4.6.0"})


def attached(s):
    """The service on the station's own PC, and the address that the client keeps for itself."""
    s.gives(
        *(OPEN, "devices.get_attached_devices"),
        check=lambda a: a == s.FACTS["attached"],
        wanted="all boards with address and USB path",
    )
    s.same(OPEN, "devices.get_active_device_ip_address", wanted="192.168.35.2")
    s.same(OPEN, "devices.set_active_device_ip_address", "192.168.35.254", wanted=None)
    for address in ("192.168.35.1", "192.168.35.255", "10.0.0.1", ""):
        s.raises(
            *(OPEN, "devices.set_active_device_ip_address", address),
            wanted="ValidationError",
            text="range is 192.168.35.2-192.168.35.254",
        )


def links(s):
    """Boards that cannot be reached, cannot prove themselves, or are busy."""
    s.raises(NOBODY, "device.get_device_status", **GONE)
    s.raises(FOREIGN, "device.get_device_status", **GONE)
    busy = {"wanted": "UnknownDeviceError|DeviceError", "text": ""}
    s.raises(BUSY, "device.get_device_status", **busy)
    s.gives(
        *(BUSY, "device.get_device_status"),
        check=lambda a: a["uptime"] >= 0,
        wanted="the answer once the board has time",
    )


def manufacturing(s):
    """Forward for good, twice the same is fine, never back."""
    reading, setting = (
        f"manufacturing.{verb}_device_manufacturing_state" for verb in ("get", "set")
    )
    s.same(FINAL, reading, wanted={"manufacturingState": "Blank"})
    s.raises(FINAL, setting, "Done", wanted="ValidationError", text="supplied is invalid")
    refused = {"wanted": "DeviceError|UnknownDeviceError", "text": ""}
    s.raises(FINAL, setting, "Blank", **refused)
    s.raises(FINAL, setting, "Unknown", **refused)
    s.same(FINAL, setting, "Module1Complete", wanted={})
    s.same(FINAL, setting, "Module1Complete", wanted={})
    s.same(FINAL, reading, wanted={"manufacturingState": "Module1Complete"})
    s.raises(FINAL, setting, "Blank", **refused)
    s.same(FINAL, setting, "DeviceComplete", wanted={})
    s.same(FINAL, reading, wanted={"manufacturingState": "DeviceComplete"})
    s.raises(FINAL, setting, "DeviceComplete", **LOCK)
    s.raises(FINAL, setting, "Module1Complete", **LOCK)
    s.same(LOCKED, reading, wanted={"manufacturingState": "DeviceComplete"})


def locks(s):
    """A finished board answers the open reads and nothing else."""
    for function in (
        *("device.get_device_rest_api_version", "device.get_device_status"),
        *("device.get_device_os_version", "device.get_device_security_state"),
        *("capabilities.get_device_capabilities", "network.get_network_status"),
        "manufacturing.get_device_manufacturing_state",
    ):
        s.gives(LOCKED, function, check=bool, wanted="an answer although the board is finished")
    for function, *arguments in (
        ("app.get_app_quota", UNKNOWN),
        ("app.get_app_status", UNKNOWN),
        ("app.set_app_status", UNKNOWN, "stop"),
        ("app.get_memory_statistics",),
        ("certificate.add_certificate", "late", str(s.FOLDER / "ca.pem"), "rootca"),
        ("certificate.get_all_certificates",),
        ("certificate.get_certificate", "late"),
        ("certificate.get_certificate_space",),
        ("certificate.remove_certificate", "late"),
        ("device.clear_error_report_data",),
        ("device.get_diagnostic_log",),
        ("device.get_error_report_data",),
        ("device.restart_device",),
        ("image.get_images",),
        ("network.configure_proxy", True, "example.com", 80, [], "anonymous"),
        ("network.delete_network_proxy",),
        ("network.get_all_failed_network_connections",),
        ("network.get_all_network_interfaces",),
        ("network.get_failed_network_connection", "0"),
        ("network.get_network_firewall_ruleset",),
        ("network.get_network_interface", "wlan0"),
        ("network.get_network_proxy",),
        ("network.set_network_interfaces", "wlan0", False),
        ("sideload.delete_image", UNKNOWN),
        ("sideload.install_images",),
        ("sideload.stage_image", str(s.FOLDER / "good.imagepackage")),
        ("wifi.add_wifi_network", "factory", "open", None, "enabled"),
        ("wifi.change_wifi_network_config", 0, "enabled", "12345678"),
        ("wifi.change_wifi_interface_state", True),
        ("wifi.set_wifi_interface_power_savings", True),
        ("wifi.set_wifi_interface_reload_configuration", True),
        ("wifi.get_all_wifi_networks",),
        ("wifi.get_configured_wifi_network", 0),
        ("wifi.get_wifi_interface_state",),
        ("wifi.get_wifi_scan",),
        ("wifi.remove_configured_wifi_network", 0),
    ):
        s.raises(LOCKED, function, *arguments, **LOCK)


def restart(s):
    """The answer comes first; then the board goes, and comes back with a smaller uptime."""
    before = s.call(PLAIN, "device.get_device_status")["uptime"]
    s.same(PLAIN, "device.restart_device", wanted={"restartingSystem": True})
    back = s.wait_until(lambda: s.call(PLAIN, "device.get_device_status")["uptime"] < before)
    s.note(PLAIN, "device.get_device_status", (), "a smaller uptime", f"back: {back}", back)
