"""The ETP of a host: what the vendor wrote into it, and a user area that can be locked.

It keeps everything over restarts, for the whole life of the computer.
"""

from orchestrator.systems.advantech_portal.simulator.part import Report
from orchestrator.systems.advantech_portal.simulator.refusals import (
    ETP_LOCKED,
    ETP_NOT_SUPPORTED,
    ETP_PASSWORD_LENGTH,
    ETP_WRONG_PASSWORD,
    SPACE_TOO_LONG,
    Refused,
)
from orchestrator.systems.advantech_portal.simulator.spec import HostSpec

SPACE_BYTES, PASSWORD_BYTES = 128, 8


class Etp:
    """Device data, both spaces and the lock."""

    def __init__(self, spec: HostSpec, report: Report) -> None:
        self._spec = spec
        self._report = report
        self.there = spec.has("etp")
        self.spaces = (spec.user_space_1, spec.user_space_2)
        self._password = spec.etp_password.encode()

    @property
    def locked(self) -> bool:
        """True while nobody can write."""
        return bool(self._password)

    def need(self) -> None:
        """Raise Refused when the host has no ETP."""
        if not self.there:
            raise Refused(ETP_NOT_SUPPORTED)

    def device_data(self) -> dict[str, str]:
        """Return what the vendor wrote."""
        return {
            "modelName": self._spec.model,
            "serialNumber": self._spec.serial,
            "boardVersion": "A101-1",
            "uuid": self._spec.guid("etp"),
            "version": "1",
        }

    def user_data(self) -> dict[str, str]:
        """Return both spaces."""
        return {"userSpace1": self.spaces[0], "userSpace2": self.spaces[1]}

    def write(self, first: str, second: str) -> None:
        """Write both spaces. Raises Refused when one is too long or the area is locked."""
        for number, space in enumerate((first, second), start=1):
            if len(space.encode("utf-8", "surrogatepass")) > SPACE_BYTES:
                words = f"The maximum length of UserSpace{number} is {SPACE_BYTES}"
                raise Refused(SPACE_TOO_LONG, words)
        if self.locked:
            raise Refused(ETP_LOCKED)
        self.spaces = (first, second)
        self._report("etp_written", user_space_1=first, user_space_2=second)

    def lock(self, password: str) -> None:
        """Lock the area. Raises Refused, for a locked one unless the password is the same."""
        given = _checked(password)
        if self.locked:
            if self._spec.etp_lock_needs_open:
                raise Refused(ETP_LOCKED)
            if given != self._password:
                raise Refused(ETP_WRONG_PASSWORD)
            self._report("etp_locked_again")
            return
        self._password = given
        first, second = self.spaces
        self._report("etp_locked", user_space_1=first, user_space_2=second)

    def unlock(self, password: str) -> None:
        """Open the area again. Raises Refused for another password than that of the lock."""
        given = _checked(password)
        if not self.locked:
            return
        if given != self._password:
            raise Refused(ETP_WRONG_PASSWORD)
        if not self._spec.etp_unlocks:
            raise Refused(ETP_LOCKED, "the lock is for good")
        self._password = b""
        self._report("etp_unlocked")


def _checked(password: str) -> bytes:
    given = password.encode("utf-8", "surrogatepass")
    if not 1 <= len(given) <= PASSWORD_BYTES:
        raise Refused(ETP_PASSWORD_LENGTH)
    return given
