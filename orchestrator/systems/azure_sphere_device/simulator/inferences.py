"""What no source settles about real boards, each as a switch with the default it has here.

A board follows its spec, whose members have these names; the rack file sets them. The reference
page is made from this table. Refusals have switches of their own, see `refusals.py`: all that are
not proven may be given another status or number.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Inference:
    """One open question: the switch, what it decides, and what the default rests on."""

    name: str
    default: object
    decides: str
    source: str


# One switch reads as one row.
# fmt: off
INFERENCES: tuple[Inference, ...] = (
    Inference("direct_device_complete", True,
        "whether a Blank board may go to DeviceComplete at once",
        "no source forbids it; the vendor describes two steps"),
    Inference("state_change_locked", True,
        "whether a DeviceComplete board refuses the change of the state itself",
        "the interface description's authorizer of the call"),
    Inference("rf_test_states", ("Blank",),
        "the manufacturing states in which every board shows the RF test capability (12)",
        "a comment of the vendor's ready check names Blank; that Module1Complete ends it is from "
        "memory"),
    Inference("reopening_capabilities", (11, 13),
        "which capabilities reopen the calls that DeviceComplete closes",
        "the vendor's page on servicing names both; which calls is not told"),
    Inference("closed_to_servicing", (),
        "calls that stay closed on a DeviceComplete board with capability 13 alone",
        "not told; field servicing is said to be the narrower of the two"),
    Inference("app_control_needs_capability", False,
        "whether start, stop and delete of applications need capability 11",
        "the client library says so; a line has to delete test applications without it"),
    Inference("os_delete_refused", True,
        "whether deleting a part of the OS is refused; else it succeeds and changes nothing",
        "nobody has tried"),
    Inference("bad_image_stays_staged", True,
        "whether an image that cannot be installed stays in the staging area",
        "staging is sticky; what a failed install leaves is not told"),
    Inference("component_limit_bytes", 1 << 20,
        "the largest package of one component; 0: none",
        "about 1 MiB for applications, from memory"),
    Inference("image_type_limits", (),
        "the largest package of an image type, written as `{ 21 = 65536 }`",
        "error 7.42 exists, its limits are not told"),
    Inference("application_flash_bytes", 1 << 20,
        "the room for all applications together",
        "about 1 MiB, from memory"),
    Inference("mutable_storage_limit_kb", 64,
        "the most that a manifest may ask for as MutableStorage",
        "64 KB, from memory"),
    Inference("certificate_store_bytes", 24514,
        "the room of an empty certificate store",
        "the vendor's sample"),
    Inference("certificate_overhead_bytes", 0,
        "what a certificate takes beside the bytes of its texts",
        "not told"),
    Inference("certificate_replaced", True,
        "whether adding under an identifier that is taken replaces the certificate",
        "no error number for it exists"),
    Inference("certificate_type_any_case", True,
        "whether `Client` and `RootCA` are taken as well",
        "the interface description spells them so, client and error text do not"),
    Inference("unique_networks", False,
        "whether the same SSID with the same security is refused",
        "error 13.2 exists, nobody was seen to get it"),
    Inference("unique_config_names", False,
        "whether a second network of the same configName is refused",
        "error 13.23 exists, a test adds two without it"),
    Inference("wifi_network_limit", 37,
        "how many networks a board keeps",
        "from memory; error 13.22 exists"),
    Inference("wifi_down_refuses_all", True,
        "whether adding, reading one and changing networks are refused with wlan0 down",
        "scan, list, delete and diagnostics are; the others were not tried"),
    Inference("wifi_connect_seconds", 3.0,
        "how long the board takes to try its networks",
        "not told"),
    Inference("wifi_initialising_seconds", 0.0,
        "how long Wi-Fi calls answer 13.17 after a start",
        "the number is worded so; how long is not told"),
    Inference("interface_change_seconds", 0.5,
        "how long a change of interfaceUp takes",
        "tests wait up to 5 s for it"),
    Inference("patchable_interfaces", ("wlan0", "eth0"),
        "which interfaces may be changed",
        "tests change wlan0, the document speaks of Ethernet"),
    Inference("boot_seconds", 1.0,
        "how long a board is unreachable when it starts; real ones need more",
        "tests wait up to 5 s after a restart"),
    Inference("restart_delay_seconds", 0.1,
        "how long a board still answers after it promised to restart",
        "the answer comes first; the rest is not told"),
    Inference("listed_while_restarting", True,
        "whether the service keeps listing a board that restarts",
        "not told"),
    Inference("update_seconds", 0.0,
        "how long an over-the-air update runs; 0: there is none",
        "error 7.39 exists; when updates begin is not told"),
    Inference("update_after_seconds", 0.0,
        "how long after the start of the rack that update begins",
        "not told"),
    Inference("certificate_name", "*.devices.sphere.azure.local",
        "the name in the board's certificate, with the star as it stands",
        "the vendor's client asks for exactly this; its pinned certificate has no name"),
    Inference("api_version", "",
        "the API version; empty: 4.2.0 for 21.08, 4.3.0 for 22.02, 4.4.0 for 22.07, 4.5.0 for "
        "22.09, 4.6.0 from 22.11",
        "catalogues and version history, read side by side"),
)
# fmt: on
