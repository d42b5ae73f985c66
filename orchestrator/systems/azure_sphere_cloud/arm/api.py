"""The successor's calls for one catalog: one method per row of its table, in its order.

A request that is only accepted names an address where its end can be seen. That address is
followed on this service alone: another host or another kind of path is an unusable answer.
"""

import dataclasses
import re
import ssl
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from anyio.abc import AsyncResource
from pydantic import BaseModel

from orchestrator.domain.errors import OrchestratorError, UnusableAnswer
from orchestrator.systems.azure_sphere_cloud.arm import endpoints, models
from orchestrator.systems.azure_sphere_cloud.client import CONNECTIONS, PATIENT, checks
from orchestrator.systems.azure_sphere_cloud.errors import refusal_from
from orchestrator.transport.client import Answer, Authorize, HttpClient, Transport
from orchestrator.transport.decode import read_model
from orchestrator.transport.endpoint import Endpoint
from orchestrator.transport.exchange import Exchanged
from orchestrator.transport.rate import RateLimit
from orchestrator.transport.retry import RetryPolicy
from orchestrator.transport.text import printable
from orchestrator.transport.tls import public_context

ARM_URL = "https://management.azure.com"
NO_PRODUCT, NO_GROUP = ".default", ".unassigned"
"""The names that stand for no product and no group."""

CURRENT = ".default"
"""The deployment that is in force, and the name under which a new one is made."""

_SEGMENT = re.compile(r"[A-Za-z0-9._()-]{1,90}")
_STATUS_PATH = re.compile(r"/subscriptions/[A-Za-z0-9._~%/()-]{1,2000}")
_CAPABILITIES = {11: "ApplicationDevelopment", 13: "FieldServicing"}


@dataclass(frozen=True, slots=True)
class CatalogId:
    """Which catalog: subscription, resource group and name."""

    subscription: str
    resource_group: str
    name: str

    def __post_init__(self) -> None:
        checks.guid(self.subscription, "subscription")
        for value in (self.resource_group, self.name):
            if not _SEGMENT.fullmatch(value) or value in {".", ".."}:
                raise checks.misuse(
                    f'"{printable(value, 60)}" is no name of a resource group or catalog',
                    "Correct the catalog in the settings",
                )

    @property
    def path(self) -> str:
        """The resource's id."""
        return (
            f"/subscriptions/{self.subscription}/resourceGroups/{self.resource_group}"
            f"/providers/Microsoft.AzureSphere/catalogs/{self.name}"
        )


@dataclass(frozen=True, slots=True)
class Pending:
    """An accepted request: where its state is, and where its result will be."""

    path: str
    query: Mapping[str, str]
    result: "Pending | None" = None

    @property
    def operation_id(self) -> str:
        """The last part of the path."""
        return self.path.rstrip("/").rpartition("/")[2]


def _words(answer: Answer) -> tuple[str, str]:
    try:
        body = read_model(models.ArmError, answer.body)
    except UnusableAnswer:
        return "", "" if answer.endpoint.confidential or not answer.body else answer.shown
    assert isinstance(body, models.ArmError)
    return printable(body.error.code or "", 60), printable(body.error.message or "", 300)


def _refuse(answer: Answer) -> OrchestratorError:
    return refusal_from(answer, _words)


class SphereArmApi(AsyncResource):
    """One catalog of the successor. Use it as an async context, or close it with `aclose`."""

    def __init__(
        self,
        catalog: CatalogId,
        *,
        authorize: Authorize | None,
        base_url: str = ARM_URL,
        context: ssl.SSLContext | None = None,
        transport: Transport | None = None,
        retry: RetryPolicy | None = None,
        limit: RateLimit | None = None,
        connections: int = CONNECTIONS,
        exchanged: Exchanged | None = None,
    ) -> None:
        self._catalog = catalog
        self._base_url = base_url.rstrip("/")
        if context is None and transport is None and base_url.startswith("https:"):
            context = public_context()
        self._http = HttpClient(
            base_url,
            peer=f"Azure Sphere catalog {catalog.name}",
            context=context,
            transport=transport,
            refuse=_refuse,
            retry=retry or PATIENT,
            authorize=authorize,
            limit=limit,
            connections=connections,
            exchanged=exchanged,
        )

    async def aclose(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    @property
    def catalog(self) -> CatalogId:
        """The catalog that all calls of this object name."""
        return self._catalog

    async def get_catalog(self) -> models.Catalog:
        """Return the catalog. Raises WrongTenant when the account does not see it."""
        answer: models.Catalog = await self._call(endpoints.GET_CATALOG)
        return answer

    async def count_devices(self) -> int:
        """Return the number of the catalog's devices."""
        answer: models.Count = await self._call(endpoints.COUNT_DEVICES)
        return answer.value

    async def list_devices(self, after: str | None = None) -> models.Devices:
        """Return a page of the catalog's devices; `after` is the `nextLink` of the one before."""
        answer: models.Devices = await self._page(endpoints.LIST_DEVICES, after)
        return answer

    async def upload_image(self, image_base64: str) -> Pending | None:
        """Upload an image package. Sent once."""
        body = models.ImageBody(properties=models.ImageProperties(image=image_base64))
        return (await self._begin(endpoints.UPLOAD_IMAGE, {}, body))[1]

    async def list_products(self, after: str | None = None) -> models.Products:
        """Return a page of products."""
        answer: models.Products = await self._page(endpoints.LIST_PRODUCTS, after)
        return answer

    async def get_product(self, product: str) -> models.Product:
        """Return a product. Raises UnknownProduct."""
        answer: models.Product = await self._call(endpoints.GET_PRODUCT, _product(product))
        return answer

    async def put_product(
        self, product: str, description: str | None = None
    ) -> tuple[models.Product, Pending | None]:
        """Make a product of that name, or leave the one that is there."""
        checks.name(product, "product")
        body = models.ProductBody(properties=models.ProductProperties(description=description))
        return await self._begin(endpoints.PUT_PRODUCT, _product(product), body)

    async def generate_default_device_groups(self, product: str) -> models.Groups:
        """Make the stock device groups of a product, and return them."""
        answer: models.Groups = await self._call(
            endpoints.GENERATE_DEFAULT_DEVICE_GROUPS, _product(product)
        )
        return answer

    async def list_device_groups(self, product: str, after: str | None = None) -> models.Groups:
        """Return a page of a product's device groups."""
        answer: models.Groups = await self._page(
            endpoints.LIST_DEVICE_GROUPS, after, _product(product)
        )
        return answer

    async def get_device_group(self, product: str, group: str) -> models.Group:
        """Return a device group. Raises UnknownGroup."""
        answer: models.Group = await self._call(endpoints.GET_DEVICE_GROUP, _group(product, group))
        return answer

    async def put_device_group(
        self, product: str, group: str, description: str | None = None
    ) -> tuple[models.Group, Pending | None]:
        """Make a device group of that name, or leave the one that is there."""
        checks.name(group, "device group")
        body = models.GroupBody(properties=models.GroupProperties(description=description))
        return await self._begin(endpoints.PUT_DEVICE_GROUP, _group(product, group), body)

    async def claim_devices(
        self, device_ids: Sequence[str], product: str = NO_PRODUCT, group: str = NO_GROUP
    ) -> Pending | None:
        """Claim devices for good, into the catalog alone unless a group is named. Sent once."""
        body = models.ClaimBody(deviceIdentifiers=checks.devices(device_ids))
        return (await self._begin(endpoints.CLAIM_DEVICES, _group(product, group), body))[1]

    async def get_device(
        self, device_id: str, product: str = NO_PRODUCT, group: str = NO_GROUP
    ) -> models.Device:
        """Return a device of a group. Raises UnknownDevice."""
        answer: models.Device = await self._call(
            endpoints.GET_DEVICE, _device(product, group, device_id)
        )
        return answer

    async def update_device(
        self, device_id: str, product: str, group: str, new_group_id: str
    ) -> Pending | None:
        """Put a device that is in a group (or none) into another one, named by its whole id."""
        body = models.DeviceUpdate(
            properties=models.DeviceGroupReference(deviceGroupId=new_group_id)
        )
        path = _device(product, group, device_id)
        return (await self._begin(endpoints.UPDATE_DEVICE, path, body))[1]

    async def generate_capability_image(
        self, device_id: str, product: str, group: str, capabilities: Sequence[int]
    ) -> tuple[models.CapabilityImage, Pending | None]:
        """Ask for a signed capability file."""
        names = [_CAPABILITIES[number] for number in checks.capabilities(capabilities)]
        return await self._begin(
            endpoints.GENERATE_CAPABILITY_IMAGE,
            _device(product, group, device_id),
            models.CapabilityBody(capabilities=names),
        )

    async def get_deployment(
        self, product: str, group: str, name: str = CURRENT
    ) -> models.Deployment:
        """Return a group's deployment, the current one by default."""
        path = {**_group(product, group), "deploymentName": name}
        answer: models.Deployment = await self._call(endpoints.GET_DEPLOYMENT, path)
        return answer

    async def put_deployment(
        self, product: str, group: str, image_ids: Sequence[str]
    ) -> Pending | None:
        """Give a group these images. Sent once. How an image is named here is not settled."""
        path = {**_group(product, group), "deploymentName": CURRENT}
        images = [
            models.Image(
                id=f"{self._catalog.path}/images/{checks.guid(each, 'image')}",
                properties=models.ImageProperties(imageId=checks.guid(each, "image")),
            )
            for each in image_ids
        ]
        body = models.DeploymentBody(properties=models.DeploymentProperties(deployedImages=images))
        return (await self._begin(endpoints.PUT_DEPLOYMENT, path, body))[1]

    async def list_images(self, after: str | None = None) -> models.Images:
        """Return a page of the catalog's images."""
        answer: models.Images = await self._page(endpoints.LIST_IMAGES, after)
        return answer

    async def list_certificates(self, after: str | None = None) -> models.Certificates:
        """Return a page of the catalog's certificates."""
        answer: models.Certificates = await self._page(endpoints.LIST_CERTIFICATES, after)
        return answer

    async def get_certificate(self, serial_number: str = CURRENT) -> models.Certificate:
        """Return a certificate, the active one by default."""
        answer: models.Certificate = await self._call(
            endpoints.GET_CERTIFICATE, {"serialNumber": serial_number}
        )
        return answer

    async def retrieve_certificate_chain(
        self, serial_number: str = CURRENT
    ) -> models.CertificateChain:
        """Return a certificate with those that signed it."""
        answer: models.CertificateChain = await self._call(
            endpoints.RETRIEVE_CERTIFICATE_CHAIN, {"serialNumber": serial_number}
        )
        return answer

    async def retrieve_proof_of_possession_nonce(
        self, nonce: str, serial_number: str = CURRENT
    ) -> models.CertificateProperties:
        """Return a certificate that proves to hold the catalog's key."""
        answer: models.CertificateProperties = await self._call(
            endpoints.RETRIEVE_PROOF_OF_POSSESSION_NONCE,
            {"serialNumber": serial_number},
            body=models.NonceBody(proofOfPossessionNonce=nonce),
        )
        return answer

    async def get_status(self, pending: Pending) -> models.Status:
        """Return how far an accepted request is."""
        row = dataclasses.replace(endpoints.GET_STATUS, path=pending.path)
        answer: models.Status = await self._http.call(row, query=pending.query)
        return answer

    async def read_result(self, pending: Pending) -> models.CapabilityImage:
        """Return what a request for a capability file came to, where its answer said it would."""
        where = pending.result or pending
        row = dataclasses.replace(
            endpoints.GET_STATUS, path=where.path, answer=models.CapabilityImage, confidential=True
        )
        answer: models.CapabilityImage = await self._http.call(row, query=where.query)
        return answer

    async def _call(
        self, endpoint: Endpoint, path: Mapping[str, str] | None = None, **options: Any
    ) -> Any:
        catalog = {
            "subscriptionId": self._catalog.subscription,
            "resourceGroupName": self._catalog.resource_group,
            "catalogName": self._catalog.name,
        }
        query = {"api-version": endpoints.API_VERSION, **options.pop("query", {})}
        return await self._http.call(
            endpoint, path={**catalog, **(path or {})}, query=query, **options
        )

    async def _begin(
        self, endpoint: Endpoint, path: Mapping[str, str], body: BaseModel
    ) -> tuple[Any, Pending | None]:
        heard: dict[str, str] = {}
        answer = await self._call(endpoint, path, body=body, heard=heard.update)
        location = self._place(heard.get("location"))
        status = self._place(heard.get("azure-asyncoperation"))
        if status is not None:
            return answer, dataclasses.replace(status, result=location)
        return answer, location

    async def _page(
        self, endpoint: Endpoint, after: str | None, path: Mapping[str, str] | None = None
    ) -> Any:
        """Ask for a page; the next one's address counts with its query only, on the same path."""
        place = self._place(after)
        return await self._call(endpoint, path, query=dict(place.query) if place else {})

    def _place(self, address: str | None) -> Pending | None:
        """Return where an answer points to. Raises UnusableAnswer for another service."""
        if not address:
            return None
        try:
            parts, own = urlsplit(address), urlsplit(self._base_url)
        except ValueError:
            parts = own = urlsplit("")
        same = (parts.scheme, parts.netloc.lower()) == (own.scheme, own.netloc.lower())
        if not same or not _STATUS_PATH.fullmatch(parts.path) or ".." in parts.path:
            raise UnusableAnswer(
                f"The cloud points to {printable(address, 80)}, which is not followed",
                remedy="Report it with this message",
                code="operation.address",
            )
        return Pending(parts.path, dict(parse_qsl(parts.query)))


def _product(product: str) -> dict[str, str]:
    return {"productName": product}


def _group(product: str, group: str) -> dict[str, str]:
    return {"productName": product, "deviceGroupName": group}


def _device(product: str, group: str, device_id: str) -> dict[str, str]:
    return {**_group(product, group), "deviceName": checks.device(device_id)}
