"""Who an edge computer is and what it has: login, model, serial number, BIOS, functions.

A network port says only where a computer stands; one that was exchanged shows here.
"""

import re
from collections.abc import Sequence

from orchestrator.domain.errors import StationMisuse
from orchestrator.domain.unit import DeviceIdentity
from orchestrator.engine.step import Measures, StepContext, step
from orchestrator.steps.attachments import attach_json
from orchestrator.steps.findings import Finding, refuse
from orchestrator.systems.advantech_portal.client import AdvantechHost
from orchestrator.systems.advantech_portal.identity import SYSTEM, read_serial
from orchestrator.systems.advantech_portal.models import Profile

_SET_ASIDE = "Check that it is the host that the recipe is for, then set it aside"
_NO_IDENTITY = Finding(
    "The host has no serial number: neither its BIOS nor its ETP memory says one",
    "Set the host aside; its maker must write the serial number first",
    "NO_IDENTITY",
)
_VERSION = re.compile(r"v?(\d+(?:\.\d+)*)")


async def bind(ctx: StepContext, host: AdvantechHost) -> str:
    """Read the serial number over a fresh connection and bind the run to it; return it.

    Raises UnitChanged when the run belongs to another host, Mismatch when this one has no serial
    number of its own, since two such hosts could not be told apart.
    """
    serial = await read_serial(host, fresh=True)
    if serial is None:
        refuse([_NO_IDENTITY])
    ctx.identify(DeviceIdentity(SYSTEM, str(serial), as_written=str(serial)))
    return str(serial)


@step(
    "advantech.login",
    summary="Logs in to the host anew, reads who it is and binds the run to it.",
    measures=(
        Measures("serial_number", "Serial number the host reports", kind="text"),
        Measures("api_version", "Version of the host's interface"),
    ),
)
async def login(ctx: StepContext, host: AdvantechHost) -> None:
    """Log in with the account of the station's settings and read the serial number.

    Another host than the one the run began with ends the run as ERROR; a host without a serial
    number is FAIL. A wrong password or a locked account is an ERROR: it says nothing about the
    host.
    """
    await host.login()
    ctx.measure("serial_number", await bind(ctx, host))
    ctx.measure("api_version", (await host.auth_api_version()).version)


def _one_of(what: str, found: str, allowed: Sequence[str] | None, code: str) -> list[Finding]:
    if allowed is None or found in allowed:
        return []
    words = f"The host's {what} is {found or 'not known'}; it must be {' or '.join(allowed)}"
    return [Finding(words, _SET_ASIDE, code)]


@step(
    "advantech.expect_host",
    summary="Checks model, serial number, BIOS, image and operating system of the host.",
    measures=(
        Measures("model", "Model the host reports", kind="text"),
        Measures("serial_number", "Serial number the host reports", kind="text"),
        Measures("bios_version", "BIOS version the host reports", kind="text"),
        Measures("ec_version", "Version of the embedded controller", kind="text"),
        Measures("image_version", "Version of the image, empty if unsaid", kind="text"),
        Measures("os", "Operating system: windows or linux", kind="text"),
        Measures("boot_count", "How often the host has started, 0 if unsaid"),
    ),
)
async def expect_host(
    ctx: StepContext,
    host: AdvantechHost,
    *,
    models: list[str] | None = None,
    serial_number: str | None = None,
    bios_versions: list[str] | None = None,
    image_versions: list[str] | None = None,
    os: str | None = None,
) -> None:
    """Fail a host that is another one than expected; all that differs is reported together.

    What is not given is measured and not judged; limits of the recipe can judge it by pattern.

    Args:
        models: Models that may pass, as the BIOS names them.
        serial_number: The serial number on the label of the unit.
        bios_versions: BIOS versions that may pass.
        image_versions: Image versions that may pass.
        os: The operating system, windows or linux.
    """
    info = await host.get_host_info()
    serial = await read_serial(host) or ""
    ctx.measure("model", info.deviceName or "")
    ctx.measure("serial_number", serial)
    ctx.measure("bios_version", info.biosVersion or "")
    ctx.measure("ec_version", info.ecVersion or "")
    ctx.measure("image_version", info.imageVersion or "")
    ctx.measure("os", info.os)
    ctx.measure("boot_count", info.bootCount or 0)
    attach_json(ctx, "host.json", info.model_dump(mode="json", exclude_none=True))
    refuse(
        [
            *_one_of("model", info.deviceName or "", models, "MODEL"),
            *_one_of("serial number", serial, _list(serial_number), "SERIAL_NUMBER"),
            *_one_of("BIOS version", info.biosVersion or "", bios_versions, "BIOS"),
            *_one_of("image", info.imageVersion or "", image_versions, "IMAGE"),
            *_one_of("operating system", info.os, _list(os), "OS"),
        ]
    )


def _list(text: str | None) -> list[str] | None:
    return None if text is None else [text]


def _numbers(version: str) -> tuple[int, ...] | None:
    found = _VERSION.fullmatch(version.strip())
    return tuple(map(int, found.group(1).split("."))) if found else None


def _split(text: str) -> tuple[str, str]:
    name, _, rest = text.strip().rpartition(" ")
    return (name.strip(), rest) if name else (rest, "")


def _function_findings(profile: Profile, functions: Sequence[str]) -> list[Finding]:
    findings = []
    for text in functions:
        name, wanted = _split(text)
        found = profile.root.get(name)
        count = found if isinstance(found, int) else 0
        if (count < int(wanted)) if wanted.isdigit() else not profile.has(text.strip()):
            has = "has no" if found is None or not found else f"has {found} for"
            needs = f"; it needs {wanted}" if wanted else ""
            findings.append(Finding(f"The host {has} {name}{needs}", _SET_ASIDE, "NO_FUNCTION"))
    return findings


def _version_findings(profile: Profile, components: Sequence[str]) -> list[Finding]:
    findings = []
    for text in components:
        name, wanted = _split(text)
        least = _numbers(wanted)
        if least is None:
            raise StationMisuse(
                f'"{text[:80]}" names no component with its least version',
                remedy="Write NAME VERSION in the recipe, for instance rest-server 1.0.1",
                code="NO_VERSION",
            )
        found = profile.versions.get(name, "")
        if (_numbers(found) or ()) < least:
            words = f"The host's {name} is {found or 'not there'}; it must be {wanted} or newer"
            findings.append(Finding(words, "Update the host's software", "OLD_COMPONENT"))
    return findings


@step(
    "advantech.expect_profile",
    summary="Checks that the host has the functions and the versions that the line needs.",
    measures=(
        Measures("functions", "Number of functions the host has"),
        Measures("model", "Model the profile names, empty if unsaid", kind="text"),
    ),
)
async def expect_profile(
    ctx: StepContext,
    host: AdvantechHost,
    *,
    functions: list[str] | None = None,
    components: list[str] | None = None,
) -> None:
    """Fail a host whose own profile lacks something; the whole profile is kept as a file.

    Args:
        functions: Names as the profile has them, for instance perif:wdt, or with the least count
            behind it, perif:gpio:count 8.
        components: Components with their least versions, for instance rest-server 1.0.1.
    """
    profile = await host.get_profile()
    attach_json(ctx, "profile.json", profile.root)
    ctx.measure("functions", sum(profile.has(name) for name in profile.root))
    ctx.measure("model", profile.model_name or "")
    refuse(
        [
            *_function_findings(profile, functions or ()),
            *_version_findings(profile, components or ()),
        ]
    )
