"""Category App: quota, state and memory of applications."""

from typing import Literal

from orchestrator.systems.azure_sphere_device import endpoints, models
from orchestrator.systems.azure_sphere_device.client import checks
from orchestrator.systems.azure_sphere_device.client.calls import BoardCalls


class AppCalls(BoardCalls):
    """The calls of category App."""

    async def get_app_quota(self, component_id: str) -> models.AppQuota:
        """Return use and limit of an application's storage in KiB; unknown ones are refused."""
        answer: models.AppQuota = await self._call(
            endpoints.GET_APP_QUOTA, path=checks.component(component_id)
        )
        return answer

    async def get_app_status(self, component_id: str) -> models.AppStatus:
        """Return the state of an application; one that the board lacks is `notPresent`."""
        answer: models.AppStatus = await self._call(
            endpoints.GET_APP_STATUS, path=checks.component(component_id)
        )
        return answer

    async def get_memory_statistics(self) -> models.MemoryStatistics:
        """Return what the applications use; needs the application development capability."""
        answer: models.MemoryStatistics = await self._call(endpoints.GET_MEMORY_STATISTICS)
        return answer

    async def set_app_status(
        self, component_id: str, trigger: Literal["start", "startDebug", "stop"]
    ) -> models.AppTriggerAnswer:
        """Start or stop an application; needs the application development capability."""
        checks.one_of(trigger, ("start", "startDebug", "stop"), "trigger of an application")
        answer: models.AppTriggerAnswer = await self._call(
            endpoints.SET_APP_STATUS,
            path=checks.component(component_id),
            body=models.AppTrigger(trigger=trigger),
        )
        return answer
