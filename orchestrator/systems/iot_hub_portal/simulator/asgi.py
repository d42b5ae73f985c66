"""The pretend portal's server: routes from the table, sign-in, throttle, faults, answers."""

from orchestrator.systems.iot_hub_portal.endpoints import GET_OIDC_SETTINGS, PORTAL_ENDPOINTS
from orchestrator.systems.iot_hub_portal.simulator.handlers import HANDLERS
from orchestrator.systems.iot_hub_portal.simulator.refusals import Refused
from orchestrator.systems.iot_hub_portal.simulator.state import Portal
from orchestrator.transport.endpoint import Endpoint
from orchestrator.transport.serving import (
    Fault,
    FaultPlan,
    PretendService,
    Received,
    Reply,
    Throttle,
)


class PortalServer(PretendService):
    """The ASGI application in front of one portal."""

    garbage = b'{"deviceID": \xff\xfe'
    limit_bytes = 2 << 20

    def __init__(self, portal: Portal, faults: FaultPlan[Fault] | None = None) -> None:
        plan = faults or FaultPlan(source=f"portal/{portal.spec.seed}")
        super().__init__(PORTAL_ENDPOINTS, portal.world, plan)
        self.portal = portal
        self._throttle = Throttle(portal.world, portal.spec.requests_per_second)

    async def handle(self, row: Endpoint, request: Received) -> Reply:
        """Answer as the portal does."""
        try:
            self._admit(row, request)
            await self.portal.world.sleep(self.portal.spec.answer_seconds)
            return await HANDLERS[row.name](self.portal, request)
        except Refused as refusal:
            return _no(refusal)

    def _admit(self, row: Endpoint, request: Received) -> None:
        """Refuse strangers, and those who ask too often. Raises Refused."""
        spec, now = self.portal.spec, self.portal.world.clock.monotonic()
        if spec.tokens and row is not GET_OIDC_SETTINGS:
            valid_until = spec.tokens.get(request.bearer or "")
            if valid_until is None or now >= valid_until:
                raise Refused(401)
        if not self._throttle.admits():
            raise Refused(429, retry_after=1)

    def no_path(self) -> Reply:
        """Return the answer to a path that no row has."""
        return Reply(status=404)

    def no_method(self, allowed: str) -> Reply:
        """Return the answer to a method that the path has not."""
        return Reply(status=405, headers={"allow": allowed})

    def too_large(self) -> Reply:
        """Return the answer to a body beyond the limit."""
        return Reply(status=413)

    def struck(self, fault: Fault) -> Reply:
        """Return the answer of the faults `refuse` and `throttle`."""
        if fault.kind == "refuse":
            return Reply(status=fault.status)
        headers = {} if fault.retry_after is None else {"retry-after": fault.retry_after}
        return Reply(status=429, headers=headers)


def _no(refusal: Refused) -> Reply:
    headers = {} if refusal.retry_after is None else {"retry-after": str(refusal.retry_after)}
    if refusal.errors:
        problem = {
            "title": "One or more validation errors occurred.",
            "status": refusal.status,
            "errors": {name: [what] for name, what in refusal.errors.items()},
        }
        return Reply(
            problem, refusal.status, content_type="application/problem+json", headers=headers
        )
    return Reply(refusal.words or None, refusal.status, headers=headers)
