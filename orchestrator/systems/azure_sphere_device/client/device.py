"""Category Device: identity, OS, uptime, logs and restart."""

from orchestrator.domain.errors import UnusableAnswer
from orchestrator.systems.azure_sphere_device import endpoints, models
from orchestrator.systems.azure_sphere_device.client.calls import BoardCalls
from orchestrator.transport.endpoint import Empty

_LENGTH = slice(3, 5)


def error_report_length(content: bytes) -> int:
    """Return how many bytes of error reports `get_error_report_data` holds; 0 after a clear.

    Bytes 3 and 4, the higher one first; as the vendor's tests read them, no document says so.
    Raises UnusableAnswer for content that is too short to say.
    """
    if len(content) < _LENGTH.stop:
        raise UnusableAnswer(
            f"The error report has {len(content)} bytes, too few to state its length",
            remedy="Read it again; if it stays, report this message",
            code="answer.error_report",
        )
    return int.from_bytes(content[_LENGTH], "big")


class DeviceCalls(BoardCalls):
    """The calls of category Device."""

    async def clear_error_report_data(self) -> Empty:
        """Delete the board's error reports for good."""
        answer: Empty = await self._call(endpoints.CLEAR_ERROR_REPORT_DATA)
        return answer

    async def get_device_rest_api_version(self) -> str:
        """Ask the board for its interface version, for instance `4.6.0`.

        Raises UnusableAnswer when no reply of the board has named one.
        """
        await self._call(endpoints.GET_DEVICE_STATUS)
        if self._api_version is None:
            raise UnusableAnswer(
                "The board does not name its interface version",
                remedy="Check that a board of this kind is attached, and report this message",
                where={"peer": self._peer, "endpoint": endpoints.GET_DEVICE_STATUS.label},
                code="answer.api_version",
            )
        return self._api_version

    async def get_os_version(self) -> models.OsVersion:
        """Return the OS release, for instance `22.09`; boards know it since API 4.5.0."""
        answer: models.OsVersion = await self._call(endpoints.GET_OS_VERSION)
        return answer

    async def get_security_state(self, fresh: bool = False) -> models.SecurityState:
        """Return the identity in silicon; `fresh` asks over a connection of its own."""
        answer: models.SecurityState = await self._call(endpoints.GET_SECURITY_STATE, fresh=fresh)
        return answer

    async def get_device_status(self) -> models.DeviceStatus:
        """Return the seconds since boot. Smaller than before is the proof of a restart."""
        answer: models.DeviceStatus = await self._call(endpoints.GET_DEVICE_STATUS)
        return answer

    async def get_diagnostic_log(self) -> bytes:
        """Return the board's log as it is, in the vendor's encoded form."""
        content: bytes = await self._call(endpoints.GET_DIAGNOSTIC_LOG)
        return content

    async def get_error_report_data(self) -> bytes:
        """Return the board's error reports as they are; see `error_report_length`."""
        content: bytes = await self._call(endpoints.GET_ERROR_REPORT_DATA)
        return content

    async def restart_device(self) -> models.RestartAnswer:
        """Restart the board. It answers first and goes down afterwards."""
        answer: models.RestartAnswer = await self._call(endpoints.RESTART_DEVICE)
        return answer

    async def get_abi_versions(self) -> models.AbiVersions:
        """Return the runtime versions that an image's needs are compared with."""
        answer: models.AbiVersions = await self._call(endpoints.GET_ABI_VERSIONS)
        return answer
