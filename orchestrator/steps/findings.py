"""What is wrong with a board, as values: pure judgements over what was read.

Each function compares an answer with an expectation and returns the findings, none when all is
well. Asking the board is the steps' business; turning findings into one FAIL is `refuse`'s.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from orchestrator.domain.errors import Mismatch
from orchestrator.systems.azure_sphere_device.models import ComponentDetails, Images, WifiNetworks

APPLICATION = 10
"""Image type of applications; every other type belongs to the OS or the board's wiring."""

RF_TEST_SERVER = "508eddf2-b8c3-4a99-93d9-a045d9a060eb"
"""Component of the RF test server. It must not leave the factory on a board."""

RF_TEST_CAPABILITY = 12
CAPABILITY_NAMES: Mapping[int, str] = {
    11: "appDevelopment",
    RF_TEST_CAPABILITY: "RF test mode",
    13: "fieldServicing",
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong with the unit: what, what to do about it, and a short code."""

    what: str
    remedy: str
    code: str


def refuse(findings: Sequence[Finding]) -> None:
    """Raise one Mismatch that names every finding; return when there is none."""
    if not findings:
        return
    remedies = list(dict.fromkeys(finding.remedy for finding in findings))
    codes = dict.fromkeys(finding.code for finding in findings)
    raise Mismatch(
        "; ".join(finding.what for finding in findings),
        remedy=". ".join(remedies),
        code=" ".join(codes),
    )


def words(items: Iterable[str]) -> str:
    """Join names for people: `none`, `a`, `a or b`, `a, b or c`."""
    listed = list(items)
    if len(listed) < 2:
        return listed[0] if listed else "none"
    return f"{', '.join(listed[:-1])} or {listed[-1]}"


def applications(images: Images) -> dict[str, ComponentDetails]:
    """Return the installed applications by image id, in lower case.

    A component that is staged and not yet installed may be listed without an image: it is not
    installed, so it does not count.
    """
    return {
        image.uid.lower(): component
        for component in images.components
        if component.image_type == APPLICATION
        for image in component.images
    }


def label(component: ComponentDetails) -> str:
    """Name a component for people: its name where it has one, and its id."""
    uid = component.uid.lower()
    return f"{component.name} ({uid})" if component.name else uid


def os_findings(version: str, allowed: Collection[str]) -> list[Finding]:
    """Judge the OS `version` of the board, which must be one of `allowed`."""
    if version in allowed:
        return []
    return [
        Finding(
            f"The board runs OS {version}; it must run {words(allowed)}",
            "Recover the board with an allowed OS, then run it again",
            "OS_NOT_ALLOWED",
        )
    ]


def image_findings(images: Images, expected: Mapping[str, str]) -> list[Finding]:
    """Judge the exact set of applications. `expected` maps image ids to names for people.

    Extra and missing images both count, whatever the letter case of their ids.
    """
    present = applications(images)
    wanted = {uid.lower(): name for uid, name in expected.items()}
    extra = [label(present[uid]) for uid in present if uid not in wanted]
    missing = [name for uid, name in wanted.items() if uid not in present]
    findings = []
    if extra:
        findings.append(
            Finding(
                f"The board holds an application that does not belong to it: {', '.join(extra)}",
                "Delete it with the rework recipe, then run the board again",
                "IMAGE_EXTRA",
            )
        )
    if missing:
        findings.append(
            Finding(
                f"The board lacks the application {', '.join(missing)}",
                "Load the images again",
                "IMAGE_MISSING",
            )
        )
    return findings


def staged_findings(images: Images) -> list[Finding]:
    """Judge that nothing is staged: the next installation on this board would install it."""
    if not images.has_staged_updates:
        return []
    names = ", ".join(label(each) for each in images.components if each.is_update_staged)
    return [
        Finding(
            "The board has images staged that were never installed" + (names and f": {names}"),
            "Clear them with the rework recipe, then run the board again",
            "STAGED_LEFT",
        )
    ]


def rf_test_findings(images: Images) -> list[Finding]:
    """Judge that the RF test server is not on the board, whatever type it claims."""
    if all(component.uid.lower() != RF_TEST_SERVER for component in images.components):
        return []
    return [
        Finding(
            "The board still holds the RF test server",
            "Delete it with the rework recipe, then run the board again",
            "RF_TEST_LEFT",
        )
    ]


def capability_words(capabilities: Iterable[int]) -> str:
    """Name capabilities for people: `none`, `11 (appDevelopment), 40`."""
    named = (
        f"{number} ({CAPABILITY_NAMES[number]})" if number in CAPABILITY_NAMES else str(number)
        for number in sorted(set(capabilities))
    )
    return ", ".join(named) or "none"


def capability_findings(found: Iterable[int], exact: Iterable[int]) -> list[Finding]:
    """Judge the exact set of capabilities. Any number counts, 0 too: empty means none."""
    if set(found) == set(exact):
        return []
    return [
        Finding(
            f"The board has the capabilities {capability_words(found)};"
            f" it must have {capability_words(exact)}",
            "Remove the capability file from the board, then run it again",
            "CAPABILITIES_DIFFER",
        )
    ]


def wifi_findings(networks: WifiNetworks) -> list[Finding]:
    """Judge that no Wi-Fi network is configured."""
    if not networks.values:
        return []
    names = (network.ssid or network.configName or str(network.id) for network in networks.values)
    return [
        Finding(
            f"The board remembers a Wi-Fi network: {', '.join(names)}",
            "Forget the network on the board, then run it again",
            "WIFI_LEFT",
        )
    ]


def security_findings(found: str, expected: str) -> list[Finding]:
    """Judge the security state; only SECURE boards are made for the field."""
    if found == expected:
        return []
    return [
        Finding(
            f"The board's security state is {found}; it must be {expected}",
            "Set the board aside; its chip is not made for the field",
            "SECURITY_STATE",
        )
    ]


def state_findings(found: str, allowed: Collection[str]) -> list[Finding]:
    """Judge the manufacturing state, which must be one of `allowed`."""
    if found in allowed:
        return []
    remedy = (
        "Set the board aside; it is locked already"
        if found == "DeviceComplete"
        else "Run the recipe that fits the board's state"
    )
    return [Finding(f"The board is {found}; it must be {words(allowed)}", remedy, "STATE_DIFFERS")]
