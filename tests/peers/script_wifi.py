"""Cases of the published client: Wi-Fi networks, scan, interface, failed connections."""

OPEN, QUIET, OLD = 2, 4, 5
UNAVAILABLE = {"wanted": "DeviceError", "text": "This resource is unavailable on this device"}
INVALID = {"wanted": "DeviceError", "text": "An invalid request was made to the device"}
INTERNAL = {"wanted": "DeviceError", "text": "An internal device error occurred"}
LISTING, GETTING = "wifi.get_all_wifi_networks", "wifi.get_configured_wifi_network"
ADDING, CHANGING = "wifi.add_wifi_network", "wifi.change_wifi_network_config"
REMOVING, STATE = "wifi.remove_configured_wifi_network", "wifi.change_wifi_interface_state"


def run(s):
    """Go through this part's cases."""
    adding(s)
    changing(s)
    wrong(s)
    interface(s)
    switched_off(s)
    removing(s)


def has(**members):
    """Return a check for these members of an answer."""
    return lambda a: {name: a.get(name) for name in members} == members


def adding(s):
    """Ids count from 0; the first reply does not know yet whether the network is connected."""
    s.same(OPEN, LISTING, wanted={"values": []})
    s.gives(
        *(OPEN, ADDING, "factory", "open"),
        config_state="enabled",
        wanted="network 0, connection unknown",
        check=has(id=0, ssid="factory", securityState="open", connectionState="unknown"),
    )
    s.gives(
        *(OPEN, ADDING, "guarded", "psk"),
        config_state="disabled",
        psk="12345678",
        config_name="second",
        check=lambda a: (
            has(id=1, configName="second", configState="disabled")(a) and "psk" not in a
        ),
        wanted="network 1 without its key",
    )
    s.gives(
        *(OPEN, ADDING, "company", "eaptls"),
        config_state="enabled",
        client_cert_store_identifier="client-1",
        client_identity="board",
        target_scan=True,
        check=has(id=2, securityState="eaptls", clientCertStoreIdentifier="client-1"),
        wanted="network 2",
    )
    s.gives(
        *(OPEN, LISTING),
        check=lambda a: [n["id"] for n in a["values"]] == [0, 1, 2],
        wanted="all three",
    )
    s.gives(OPEN, GETTING, 0, check=has(id=0, ssid="factory"), wanted="network 0")
    s.raises(OPEN, GETTING, 77, **UNAVAILABLE)
    s.raises(OPEN, GETTING, -1, wanted="ValidationError", text="null or empty")


def changing(s):
    """The length of the key is looked at before the id."""
    s.gives(
        *(OPEN, CHANGING, 1, "enabled", "87654321"),
        check=has(id=1, configState="enabled", connectionState="disconnected"),
        wanted="the whole network",
    )
    s.raises(OPEN, CHANGING, 77, "enabled", "short", **INVALID)
    s.raises(OPEN, CHANGING, 77, "enabled", "87654321", **UNAVAILABLE)
    validation = {"wanted": "ValidationError"}
    s.raises(OPEN, CHANGING, 1, "on", "87654321", text="config state is invalid", **validation)
    s.raises(OPEN, CHANGING, 1, "enabled", "", text="psk is null or empty", **validation)


def wrong(s):
    """What the client stops itself, and what the board refuses."""
    on = {"config_state": "enabled"}
    wrong = {"wanted": "ValidationError"}
    s.raises(OPEN, ADDING, " ", "open", text="invalid SSID", **on, **wrong)
    s.raises(OPEN, ADDING, "a", "open", text="invalid config state", **wrong)
    s.raises(OPEN, ADDING, "a", "wep", text="invalid network type", **on, **wrong)
    s.raises(OPEN, ADDING, "a", "psk", text="psk is null", **on, **wrong)
    s.raises(OPEN, ADDING, "a", "eaptls", text="client cert store", **on, **wrong)
    s.raises(OPEN, ADDING, "a", "psk", psk="short", **on, **INVALID)
    s.raises(OPEN, ADDING, "x" * 33, "open", **on, **INVALID)


def interface(s):
    """State, scan, reload and power saving of the radio."""
    s.gives(
        *(OPEN, "wifi.get_wifi_interface_state"),
        check=lambda a: "wpa_state" in a and a["mode"] == "station",
        wanted="a station with its state",
    )
    s.gives(
        *(OPEN, "wifi.get_wifi_scan"),
        check=lambda a: all(isinstance(n["signal_level"], int) for n in a["values"]),
        wanted="networks with their signal",
    )
    s.same(OPEN, STATE, True, wanted={})
    s.same(OPEN, STATE, True, True, wanted={})
    s.same(OPEN, "wifi.set_wifi_interface_reload_configuration", True, wanted={})
    s.same(OPEN, "wifi.set_wifi_interface_power_savings", True, wanted={})
    s.gives(
        *(OPEN, "wifi.get_wifi_interface_state"),
        check=has(powerSavingsState="enabled"),
        wanted="power saving on",
    )
    s.same(OPEN, "wifi.set_wifi_interface_power_savings", False, wanted={})
    s.same(OLD, "device.get_device_rest_api_version", wanted={"REST-API-Version": "4.4.0"})
    s.same(OLD, STATE, True, False, wanted={})
    too_old = {"wanted": "DeviceError", "text": "Required DeviceAPI version: 4.6.0"}
    s.raises(OLD, STATE, True, True, **too_old)
    s.raises(OLD, "wifi.set_wifi_interface_power_savings", True, **too_old)
    s.same(OPEN, "device.get_device_rest_api_version", wanted={"REST-API-Version": "4.6.0"})
    failing, failed = (
        "network.get_all_failed_network_connections",
        "network.get_failed_network_connection",
    )
    s.wait_until(lambda: s.call(OPEN, failing)["values"])
    s.gives(
        *(OPEN, failing),
        check=lambda a: all(failure["error"] for failure in a["values"]) and a["values"],
        wanted="failed connections with their reasons",
    )
    s.gives(OPEN, failed, "0", check=has(networkId=0, ssid="factory"), wanted="that of network 0")
    s.raises(OPEN, failed, "77", **UNAVAILABLE)


def switched_off(s):
    """With the interface down nobody knows the networks: that is an error, not an empty list."""
    for function, *arguments in (
        (LISTING,),
        ("wifi.get_wifi_scan",),
        (REMOVING, 0),
        ("network.get_all_failed_network_connections",),
    ):
        s.raises(QUIET, function, *arguments, **INTERNAL)


def removing(s):
    """Gone is gone."""
    for network in (0, 1, 2):
        s.same(OPEN, REMOVING, network, wanted={})
    s.raises(OPEN, REMOVING, 0, **UNAVAILABLE)
    s.raises(OPEN, REMOVING, -1, wanted="ValidationError", text="null or empty")
    s.same(OPEN, LISTING, wanted={"values": []})
