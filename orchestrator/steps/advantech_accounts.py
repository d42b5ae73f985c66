"""The password of an edge computer's admin account, changed from the one it came with."""

from pydantic import SecretStr

from orchestrator.domain.errors import Mismatch, StationMisuse
from orchestrator.engine.step import Measures, Secret, StepContext, step
from orchestrator.steps.secret_marks import fingerprint
from orchestrator.systems.advantech_portal.auth import DEFAULT_ADMIN_PASSWORD, admin
from orchestrator.systems.advantech_portal.client import AdvantechHost
from orchestrator.systems.advantech_portal.endpoints import CHANGE_ADMIN_PASSWORD
from orchestrator.systems.advantech_portal.errors import AccountLocked, SignInRefused


async def _lets_in(host: AdvantechHost, password: Secret) -> bool:
    try:
        await host.login(admin(SecretStr(password.reveal())))
    except AccountLocked:
        raise
    except SignInRefused:
        return False
    return True


def _check(old: Secret, new: Secret) -> None:
    """Raise StationMisuse for a new password that everybody knows, or that is the old one."""
    known = DEFAULT_ADMIN_PASSWORD.get_secret_value()
    if new.reveal() in {old.reveal(), known}:
        raise StationMisuse(
            "The new password of the admin account is the one that computers come with",
            remedy="Give another new password in the settings",
            code="SAME_PASSWORD",
        )


async def has_password(ctx: StepContext, host: AdvantechHost, *, old: Secret, new: Secret) -> bool:
    """Say whether the admin account has the new password, by logging in with it.

    That is one wrong attempt on a host that still has the old one; a locked account raises.
    """
    _check(old, new)
    return await _lets_in(host, new)


@step(
    "advantech.set_admin_password",
    summary="Gives the admin account of the host another password and logs in with it.",
    measures=(
        Measures("old_password", "Fingerprint of the old password", kind="text"),
        Measures("new_password", "Fingerprint of the new password", kind="text"),
    ),
    irreversible=True,
    probe=has_password,
    settle_seconds=CHANGE_ADMIN_PASSWORD.settle_seconds,
)
async def set_admin_password(
    ctx: StepContext, host: AdvantechHost, *, old: Secret, new: Secret
) -> None:
    """Change the password once and prove it by logging in with the new one.

    A host that has the new one already passes. It counts as irreversible, since a blind second
    change fails and brings the account nearer to being locked. A password that the host refuses is
    an ERROR: another host would refuse it, too.

    Args:
        old: The password that hosts come with.
        new: The password that this one is to have.
    """
    _check(old, new)
    ctx.measure("old_password", fingerprint(old))
    ctx.measure("new_password", fingerprint(new))
    before = host.account
    own = before is not None and before.is_admin
    host.use(admin(SecretStr(old.reveal())))
    changed = False
    try:
        await host.change_admin_password(SecretStr(old.reveal()), SecretStr(new.reveal()))
        changed = True
    finally:
        host.use(admin(SecretStr(new.reveal())) if own and changed else before)
    ctx.answered()
    if not await _lets_in(host, new):
        raise Mismatch(
            "The host accepted the new admin password and does not let it in",
            remedy="Set the host aside for the engineer",
            code="PASSWORD_NOT_TAKEN",
        )
