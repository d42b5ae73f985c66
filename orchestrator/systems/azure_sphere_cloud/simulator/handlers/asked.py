"""A request as the handlers see it: the tenant it names, its ids, its page, its body."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from typing import Any, TypeVar
from uuid import UUID

from pydantic import BaseModel, ValidationError

from orchestrator.systems.azure_sphere_cloud.simulator import refusals
from orchestrator.systems.azure_sphere_cloud.simulator.refusals import Refused
from orchestrator.systems.azure_sphere_cloud.simulator.state import Cloud, Device, Group, Tenant
from orchestrator.transport.serving import Received, Reply

Model = TypeVar("Model", bound=BaseModel)
_HEX = frozenset("0123456789abcdefABCDEF")


class Asked:
    """One request to one cloud."""

    def __init__(self, cloud: Cloud, received: Received) -> None:
        self.cloud = cloud
        self.received = received

    def guid(self, parameter: str) -> str:
        """Return a GUID of the path in lower case. Raises Refused."""
        text = self.received.parameters[parameter]
        try:
            if len(text) != 36:
                raise ValueError(text)
            return str(UUID(text))
        except ValueError:
            raise Refused(refusals.BAD_REQUEST, f"{parameter} is no GUID.") from None

    def device_id(self) -> str:
        """Return the device id of the path. Raises Refused."""
        text = self.received.parameters["deviceId"]
        if len(text) != 128 or not _HEX.issuperset(text):
            raise Refused(refusals.BAD_REQUEST, "The device ID is malformed.")
        return text.lower()

    @property
    def tenant(self) -> Tenant:
        """The tenant of the path. Raises Refused."""
        tenant = self.cloud.tenant(self.guid("tenantId"))
        if not self.cloud.rights:
            raise Refused(refusals.FORBIDDEN)
        return tenant

    @property
    def device(self) -> Device:
        """The device of the path. Raises Refused."""
        return self.cloud.device(self.tenant, self.device_id())

    @property
    def group(self) -> Group:
        """The device group of the path. Raises Refused."""
        tenant, group_id = self.tenant, self.guid("deviceGroupId")
        if group_id not in tenant.groups:
            raise Refused(refusals.NO_GROUP)
        return tenant.groups[group_id]

    @property
    def product_id(self) -> str:
        """The product of the path. Raises Refused."""
        tenant, product_id = self.tenant, self.guid("productId")
        if product_id not in tenant.products:
            raise Refused(refusals.NO_PRODUCT)
        return product_id

    async def body(self, model: type[Model]) -> Model:
        """Return the body as `model`. Raises Refused."""
        if self.received.content_type != "application/json":
            raise Refused(refusals.WRONG_TYPE)
        try:
            return model.model_validate(await self.received.json())
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            place = ".".join(str(step) for step in first["loc"])
            raise Refused(refusals.BAD_REQUEST, f"{place}: {first['msg']}") from None
        except (ValueError, UnicodeDecodeError):
            raise Refused(refusals.BAD_REQUEST, "The body is no JSON.") from None

    def page(self, items: Sequence[Any]) -> Reply:
        """Return the page of `items` that was asked for, with the token of the next one."""
        spec = self.cloud.spec
        text = self.received.query.get("maxPageSize", str(spec.page_size))
        if not (text.isascii() and text.isdecimal() and 1 <= int(text[:12]) < 2**31):
            raise Refused(refusals.BAD_REQUEST, "maxPageSize is out of range.")
        size = min(int(text), spec.inferences.largest_page)
        start = self._start(self.received.headers.get("sphere-continuation", ""))
        token = _token(start + size) if start + size < len(items) else None
        return Reply({"Items": list(items[start : start + size]), "ContinuationToken": token})

    def _start(self, token: str) -> int:
        if not token:
            return 0
        try:
            start = json.loads(urlsafe_b64decode(token.encode("ascii")))["from"]
            if not isinstance(start, int) or _token(start) != token:
                raise ValueError(token)
        except (ValueError, KeyError, TypeError, UnicodeEncodeError):
            raise Refused(refusals.BAD_TOKEN) from None
        return start


def _token(start: int) -> str:
    return urlsafe_b64encode(json.dumps({"from": start}).encode()).decode()
