"""The disks of an edge computer, judged by what they say of themselves (S.M.A.R.T.)."""

from collections.abc import Sequence
from decimal import Decimal

from orchestrator.domain.errors import StationFault
from orchestrator.engine.step import Measures, StepContext, step
from orchestrator.steps.advantech_bands import Band, band_findings, read_bands
from orchestrator.steps.attachments import attach_json
from orchestrator.steps.findings import Finding, refuse
from orchestrator.systems.advantech_portal.client import AdvantechHost
from orchestrator.systems.advantech_portal.models import Disk, SmartAttribute
from orchestrator.transport.text import printable

_POWER_ON_HOURS = 9
_TEMPERATURE = 194
_LOWEST_BYTE = 0xFF


def _raw(attribute: SmartAttribute) -> int:
    # Drives keep lowest and highest temperature in the upper bytes.
    return attribute.raw & _LOWEST_BYTE if attribute.id == _TEMPERATURE else attribute.raw


def _name(disk: Disk) -> str:
    return printable(disk.model or disk.name, 60)


def _threshold_findings(disk: Disk) -> list[Finding]:
    return [
        Finding(
            f"The disk {_name(disk)} has reached the threshold of {printable(each.name, 40)}"
            f" ({each.id}): value {each.value}, worst {each.worst}, threshold {each.threshold}",
            "Replace the disk, then run the host again",
            "DISK_WORN",
        )
        for each in disk.smartAttributes or ()
        if each.is_past_threshold
    ]


def _smart_findings(disk: Disk, bands: Sequence[Band]) -> list[Finding]:
    values = {}
    for each in disk.smartAttributes or ():
        value = (Decimal(_raw(each)), "")
        values[str(each.id)] = value
        values.setdefault(each.name, value)
    return band_findings(f"S.M.A.R.T. value of {_name(disk)},", values, bands)


def _chosen(disks: Sequence[Disk], name: str | None) -> list[Disk]:
    fixed = [disk for disk in disks if not disk.removable]
    if name is None:
        return fixed
    return [disk for disk in fixed if name in {disk.name, disk.model, disk.serialNumber}]


def _measure(ctx: StepContext, disks: Sequence[Disk]) -> None:
    smart = [each for disk in disks for each in disk.smartAttributes or ()]
    margins = [min(each.value, each.worst) - each.threshold for each in smart if each.threshold]
    ctx.measure("disks", len(disks))
    ctx.measure("size_bytes", sum(disk.sizeBytes for disk in disks))
    used = [part.usedPercent for disk in disks for part in disk.partitions]
    for name, values in (
        ("used_percent", used),
        ("power_on_hours", [_raw(each) for each in smart if each.id == _POWER_ON_HOURS]),
        ("temperature", [_raw(each) for each in smart if each.id == _TEMPERATURE]),
    ):
        if values:
            ctx.measure(name, max(values))
    if margins:
        ctx.measure("least_margin", min(margins))


@step(
    "advantech.expect_disk",
    summary="Checks the disks of the host by what they say of themselves.",
    measures=(
        Measures("disks", "Number of disks that were judged"),
        Measures("size_bytes", "Size of these disks together", uom="B"),
        Measures("used_percent", "Use of the fullest partition", uom="%"),
        Measures("least_margin", "Least distance of any S.M.A.R.T. value to its threshold"),
        Measures("power_on_hours", "Hours that the oldest disk has run", uom="h"),
        Measures("temperature", "Temperature of the hottest disk", uom="°C"),
    ),
)
async def expect_disk(
    ctx: StepContext,
    host: AdvantechHost,
    *,
    disk: str | None = None,
    smart: list[str] | None = None,
) -> None:
    """Fail a host whose disk has reached a threshold of its own or breaks a limit.

    All that the disks say is kept as a file. A disk that gives no S.M.A.R.T. values cannot be
    judged: that is an ERROR.

    Args:
        disk: Name, model or serial number of the disk; without it all that are not removable.
        smart: Limits of raw S.M.A.R.T. values as NUMBER LOW..HIGH, either end may be left out,
            for instance 5 ..0 or 9 ..500; a name may stand for the number.
    """
    bands = read_bands(smart or ())
    found = await host.list_disks()
    attach_json(ctx, "disks.json", [d.model_dump(mode="json", exclude_none=True) for d in found])
    disks = _chosen(found, disk)
    _measure(ctx, disks)
    if not disks:
        missing = f"no disk {disk}" if disk else "no disk"
        words = "Check that it is the model that the recipe is for, then set the host aside"
        refuse([Finding(f"The host has {missing}", words, "NO_DISK")])
    findings = [each for one in disks for each in _threshold_findings(one)]
    findings += [
        each for one in disks if one.smartAttributes for each in _smart_findings(one, bands)
    ]
    refuse(findings)
    mute = [one for one in disks if not one.smartAttributes]
    if mute:
        raise StationFault(
            f"The disk {_name(mute[0])} gives no S.M.A.R.T. values, so it cannot be judged",
            remedy="Name the disk that counts in the recipe, or take the step out for this model",
            code="NO_SMART",
        )
