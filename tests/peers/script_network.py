"""Cases of the published client: interfaces, proxy, firewall, network status."""

OPEN, OLD = 2, 5
UNAVAILABLE = {"wanted": "DeviceError", "text": "This resource is unavailable on this device"}
NO_PROXY = ({}, b"")
REFUSED = "DeviceError|UnknownDeviceError"


def run(s):
    """Go through this part's cases."""
    interfaces(s)
    proxy(s)
    s.gives(
        *(OPEN, "network.get_network_status"),
        check=lambda a: set(a) == {"deviceAuthenticationIsReady", "networkTimeSync", "proxy"},
        wanted="authentication, time sync and proxy",
    )
    s.gives(
        *(OPEN, "network.get_network_firewall_ruleset"),
        check=lambda a: a["rulesets"] and all("hook" in r for r in a["rulesets"]),
        wanted="rulesets by hook",
    )


def interfaces(s):
    """All, one, none of that name; switching takes a moment."""
    s.gives(
        *(OPEN, "network.get_all_network_interfaces"),
        check=lambda a: {"wlan0", "azspheresvc"} <= {i["interfaceName"] for i in a["interfaces"]},
        wanted="wlan0 and the service link among them",
    )
    s.gives(
        *(OPEN, "network.get_network_interface", "azspheresvc"),
        check=lambda a: (
            (a["ipAddresses"], a["interfaceUp"]) == (["192.168.35.2"], True)
            and not {"hardwareAddress", "ipAssignment"} & set(a)
        ),
        wanted="up, with the service address, without hardware address",
    )
    s.raises(OPEN, "network.get_network_interface", "eth9", **UNAVAILABLE)
    s.raises(
        *(OPEN, "network.get_network_interface", ""),
        wanted="ValidationError",
        text="null or empty",
    )
    setting = "network.set_network_interfaces"
    for up in (False, True):
        s.same(OPEN, setting, "wlan0", up, wanted={})
        reached = s.wait_until(
            lambda up=up: (
                s.call(OPEN, "network.get_network_interface", "wlan0")["interfaceUp"] is up
            )
        )
        s.note(OPEN, setting, ("wlan0", up), "changed within 15 s", str(reached), reached)
    s.raises(OPEN, setting, "eth9", True, **UNAVAILABLE)
    s.raises(OPEN, setting, "azspheresvc", False, wanted="DeviceError", text="")
    s.raises(OPEN, setting, "", True, wanted="ValidationError", text="null or empty")


def proxy(s):
    """None, anonymous, with a password that only the answer to the setting shows, none again."""
    reading, setting, removing = (
        "network.get_network_proxy",
        "network.configure_proxy",
        "network.delete_network_proxy",
    )
    s.gives(OPEN, reading, check=lambda a: a in NO_PROXY, wanted="no proxy")
    plain = {
        "address": "192.168.98.3",
        "enabled": True,
        "port": 123,
        "authenticationType": "anonymous",
        "noProxyAddresses": [],
    }
    s.same(OPEN, setting, True, "192.168.98.3", 123, [], "anonymous", wanted=plain)
    s.same(OPEN, reading, wanted=plain)
    basic = {
        "enabled": True,
        "address": "example.com",
        "port": 8081,
        "noProxyAddresses": ["10.0.0.1"],
        "authenticationType": "basic",
        "username": "user",
        "password": "example",
    }
    arguments = (True, "example.com", 8081, ["10.0.0.1"], "basic", "user", "example")
    s.same(OPEN, setting, *arguments, wanted=basic)
    without = {name: value for name, value in basic.items() if name != "password"}
    s.same(OPEN, reading, wanted=without)
    s.same(OPEN, removing, wanted={})
    s.gives(OPEN, reading, check=lambda a: a in NO_PROXY, wanted="no proxy")
    s.same(OPEN, removing, wanted={})
    wrong = {"wanted": "ValidationError"}
    s.raises(OPEN, setting, True, "", 80, [], "anonymous", text="null or empty", **wrong)
    s.raises(OPEN, setting, True, "a", 80, [], "digest", text="invalid auth", **wrong)
    s.raises(OPEN, setting, True, "a", 80, [], "basic", text="incorrect", **wrong)
    s.raises(OPEN, setting, True, "a", 80, [], "basic", "user", text="incorrect", **wrong)
    s.raises(OPEN, setting, True, "a", 80, [], "anonymous", "u", "p", text="incorrect", **wrong)
    s.raises(OPEN, setting, True, "a", 70000, [], "anonymous", wanted=REFUSED, text="")
