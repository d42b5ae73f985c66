"""The pretend cloud's server: routes from the table, sign-in, throttle, faults, answers."""

from collections.abc import Awaitable, Callable, Mapping, Sequence

from orchestrator.systems.azure_sphere_cloud.endpoints import ENDPOINTS
from orchestrator.systems.azure_sphere_cloud.simulator import refusals
from orchestrator.systems.azure_sphere_cloud.simulator.handlers import HANDLERS
from orchestrator.systems.azure_sphere_cloud.simulator.handlers.asked import Asked
from orchestrator.systems.azure_sphere_cloud.simulator.refusals import RefusalRow, Refused
from orchestrator.systems.azure_sphere_cloud.simulator.state import Cloud
from orchestrator.transport.endpoint import Endpoint
from orchestrator.transport.serving import (
    Fault,
    FaultPlan,
    PretendService,
    Received,
    Reply,
    Throttle,
)


class CloudServer(PretendService):
    """The ASGI application in front of one cloud: the public API, or what a subclass serves."""

    table: Sequence[Endpoint] = ENDPOINTS
    handlers: Mapping[str, Callable[[Asked], Awaitable[Reply]]] = HANDLERS
    asked: type[Asked] = Asked
    garbage = b'{"Items": \xff\xfe'
    limit_bytes = 64 << 20

    def error_body(self, row: RefusalRow, detail: str) -> object:
        """Return the body of a refusal: the usual array."""
        one = {"ErrorCode": row.name, "Title": row.title, "Status": row.status}
        return [{**one, "Detail": detail} if detail else one]

    def __init__(self, cloud: Cloud, faults: FaultPlan[Fault] | None = None) -> None:
        plan = faults or FaultPlan(cloud.spec.faults, f"cloud/{cloud.spec.seed}")
        super().__init__(self.table, cloud.world, plan)
        self.cloud = cloud
        self._throttle = Throttle(cloud.world, cloud.spec.requests_per_second)

    async def handle(self, row: Endpoint, request: Received) -> Reply:
        """Answer as the cloud does, whose operations go on before and after."""
        try:
            self._admit(request)
            if self.cloud.spec.answer_seconds:
                await self.cloud.world.sleep(self.cloud.spec.answer_seconds)
            self.cloud.advance()
            reply = await self.handlers[row.name](self.asked(self.cloud, request))
            self.cloud.advance()
        except Refused as refusal:
            reply = self._no(refusal)
        return reply

    def _admit(self, request: Received) -> None:
        """Refuse strangers, and those who ask too often. Raises Refused."""
        if not self.cloud.admits(request.bearer):
            raise Refused(refusals.UNAUTHORIZED)
        if not self._throttle.admits():
            raise Refused(refusals.THROTTLED, retry_after=self.cloud.spec.retry_after)

    def no_path(self) -> Reply:
        """Return the answer to a path that no row has."""
        return self._no(Refused(refusals.NO_PATH))

    def no_method(self, allowed: str) -> Reply:
        """Return the answer to a method that the path has not."""
        return self._no(Refused(refusals.WRONG_METHOD), {"allow": allowed})

    def too_large(self) -> Reply:
        """Return the answer to a body beyond the limit."""
        return self._no(Refused(refusals.TOO_LARGE))

    def struck(self, fault: Fault) -> Reply:
        """Return the answer of the faults `refuse` and `throttle`."""
        row = refusals.THROTTLED
        if fault.kind == "refuse":
            row = RefusalRow("Fault", fault.status, "The rehearsal wants it so.")
        return self._no(Refused(row, retry_after=fault.retry_after))

    def _no(self, refusal: Refused, headers: Mapping[str, str] | None = None) -> Reply:
        more = {} if refusal.retry_after is None else {"retry-after": refusal.retry_after}
        body = self.error_body(refusal.row, refusal.detail)
        return Reply(body, refusal.row.status, headers={**(headers or {}), **more})
