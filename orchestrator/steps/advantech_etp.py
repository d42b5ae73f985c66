"""The ETP memory of an edge computer: manufacturing data, written and locked for its life.

The lock has a password, and who has it could open the area again. For a line it cannot be undone:
a computer whose data nobody can trust any more is scrap.
"""

from pydantic import SecretStr

from orchestrator.domain.errors import Mismatch
from orchestrator.engine.step import Measures, Secret, StepContext, step
from orchestrator.steps.findings import Finding, refuse
from orchestrator.steps.secret_marks import fingerprint
from orchestrator.systems.advantech_portal.client import AdvantechHost
from orchestrator.systems.advantech_portal.endpoints import SET_ETP_LOCK
from orchestrator.systems.advantech_portal.models import EtpUserData
from orchestrator.transport.text import printable

_FOR_THE_ENGINEER = "Set the host aside for the engineer"
_EMPTY = "\x00 "


def _spaces(found: EtpUserData) -> tuple[str, str]:
    """Return both spaces; memory that was never written reads as zeros."""
    return found.data.userSpace1.rstrip(_EMPTY), found.data.userSpace2.rstrip(_EMPTY)


def _data_findings(found: EtpUserData, user_space_1: str, user_space_2: str) -> list[Finding]:
    wanted = (user_space_1.rstrip(_EMPTY), user_space_2.rstrip(_EMPTY))
    return [
        Finding(
            f'User space {number} holds "{printable(has, 60)}";'
            f' it must hold "{printable(must, 60)}"',
            _FOR_THE_ENGINEER,
            "ETP_DATA",
        )
        for number, has, must in zip((1, 2), _spaces(found), wanted, strict=True)
        if has != must
    ]


def _measure(ctx: StepContext, found: EtpUserData) -> None:
    first, second = _spaces(found)
    ctx.measure("user_space_1", printable(first))
    ctx.measure("user_space_2", printable(second))
    ctx.measure("locked", found.locked)


_MEASURES = (
    Measures("user_space_1", "What user space 1 holds", kind="text"),
    Measures("user_space_2", "What user space 2 holds", kind="text"),
    Measures("locked", "Whether the area is locked", kind="boolean"),
)


@step(
    "advantech.write_etp",
    summary="Writes manufacturing data into the host's ETP memory and reads them back.",
    measures=(*_MEASURES, Measures("written", "Whether anything was written", kind="boolean")),
)
async def write_etp(
    ctx: StepContext, host: AdvantechHost, *, user_space_1: str, user_space_2: str = ""
) -> None:
    """Write both spaces unless they hold these data already.

    A host that is locked with other data, and one that reads back something else, are FAIL.

    Args:
        user_space_1: What user space 1 is to hold, at most 128 bytes.
        user_space_2: What user space 2 is to hold, at most 128 bytes.
    """
    before = await host.get_etp_user_data(fresh=True)
    wrong = _data_findings(before, user_space_1, user_space_2)
    ctx.measure("written", bool(wrong))
    if wrong and before.locked:
        _measure(ctx, before)
        raise Mismatch(
            f"The ETP memory is locked with other data: {wrong[0].what}",
            remedy=_FOR_THE_ENGINEER,
            code="ETP_LOCKED",
        )
    if wrong:
        await host.set_etp_user_data(user_space_1, user_space_2)
    found = await host.get_etp_user_data(fresh=True) if wrong else before
    _measure(ctx, found)
    refuse(_data_findings(found, user_space_1, user_space_2))


@step(
    "advantech.expect_etp",
    summary="Checks what the host's ETP memory holds and whether it is locked.",
    measures=_MEASURES,
)
async def expect_etp(
    ctx: StepContext,
    host: AdvantechHost,
    *,
    user_space_1: str | None = None,
    user_space_2: str | None = None,
    locked: bool = True,
) -> None:
    """Fail a host whose memory holds other data, or is open where it must be locked.

    Args:
        user_space_1: What user space 1 must hold; without it anything may pass.
        user_space_2: What user space 2 must hold; without it anything may pass.
        locked: Whether the area must be locked.
    """
    found = await host.get_etp_user_data()
    _measure(ctx, found)
    first, second = _spaces(found)
    findings = _data_findings(
        found,
        first if user_space_1 is None else user_space_1,
        second if user_space_2 is None else user_space_2,
    )
    if found.locked != locked:
        words = f"The ETP memory is {'locked' if found.locked else 'open'}"
        findings.append(Finding(words, _FOR_THE_ENGINEER, "ETP_LOCK"))
    refuse(findings)


async def is_locked(
    ctx: StepContext,
    host: AdvantechHost,
    *,
    password: Secret,
    user_space_1: str,
    user_space_2: str = "",
) -> bool:
    """Say whether the area is locked with these data: the one question after a lost answer.

    Locked with other data is a Mismatch: nobody may open it again.
    """
    found = await host.get_etp_user_data(fresh=True)
    if found.locked:
        refuse(_data_findings(found, user_space_1, user_space_2))
    return found.locked


def locks_the_area(*, password: Secret, user_space_1: str, user_space_2: str = "") -> bool:
    """Say that the data cannot be written again once the area is locked."""
    return True


@step(
    "advantech.lock_etp",
    summary="Locks the host's ETP memory with the data that it must hold, for good.",
    measures=(Measures("password", "Fingerprint of the password", kind="text"),),
    irreversible=True,
    probe=is_locked,
    settle_seconds=SET_ETP_LOCK.settle_seconds,
    locks=locks_the_area,
)
async def lock_etp(
    ctx: StepContext,
    host: AdvantechHost,
    *,
    password: Secret,
    user_space_1: str,
    user_space_2: str = "",
) -> None:
    """Lock the area once and read it back. Other data than these are never locked: FAIL.

    A host that is locked with these data already passes.

    Args:
        password: Password of the lock, 1 to 8 bytes.
        user_space_1: What user space 1 must hold.
        user_space_2: What user space 2 must hold.
    """
    ctx.measure("password", fingerprint(password))
    found = await host.get_etp_user_data(fresh=True)
    refuse(_data_findings(found, user_space_1, user_space_2))
    if found.locked:
        ctx.already_so()
        return
    await host.set_etp_lock(True, SecretStr(password.reveal()))
    ctx.answered()
    found = await host.get_etp_user_data(fresh=True)
    findings = _data_findings(found, user_space_1, user_space_2)
    if not found.locked:
        words = "The host accepted the lock and says that its memory is open"
        findings.append(Finding(words, _FOR_THE_ENGINEER, "ETP_LOCK"))
    refuse(findings)
