"""The successor as a table: catalogs, products, device groups, devices, images, certificates.

Every call is `/subscriptions/.../catalogs/{catalogName}/...` with `api-version=2024-04-01`. A PUT
names what it makes, so sending it again makes nothing twice; a claim is sent once all the same.
How far an accepted request is stands behind an address that an answer names; that row's path is
the answer's.
"""

from orchestrator.systems.azure_sphere_cloud.arm import models
from orchestrator.transport.endpoint import Empty, Endpoint

API_VERSION = "2024-04-01"
TOKEN = "bearer token of Azure Resource Manager"  # noqa: S105  # words, no token

_CATALOGS = (
    "/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}"
    "/providers/Microsoft.AzureSphere/catalogs"
)
_CATALOG = f"{_CATALOGS}/{{catalogName}}"
_PRODUCTS = f"{_CATALOG}/products"
_PRODUCT = f"{_PRODUCTS}/{{productName}}"
_GROUPS = f"{_PRODUCT}/deviceGroups"
_GROUP = f"{_GROUPS}/{{deviceGroupName}}"
_DEVICES = f"{_GROUP}/devices"
_DEVICE = f"{_DEVICES}/{{deviceName}}"
_IMAGES = f"{_CATALOG}/images"
_DEPLOYMENTS = f"{_GROUP}/deployments"
_CERTIFICATES = f"{_CATALOG}/certificates"
_CERTIFICATE = f"{_CERTIFICATES}/{{serialNumber}}"

_SECONDS = 60.0
_UPLOAD_SECONDS = 600.0
_SETTLE = 20.0
_PAGE_CAP_BYTES = 16 << 20

# One operation reads as one row: the formatter would give each member a line of its own.
# fmt: off
GET_CATALOG = Endpoint(
    "get_catalog", "Catalogs_Get", "Catalogs", "GET", _CATALOG, models.Catalog,
    since=API_VERSION, lock=TOKEN, idempotent=True, timeout_seconds=_SECONDS,
)
COUNT_DEVICES = Endpoint(
    "count_devices", "Catalogs_CountDevices", "Catalogs", "POST", f"{_CATALOG}/countDevices",
    models.Count, since=API_VERSION, lock=TOKEN, idempotent=True, timeout_seconds=_SECONDS,
)
LIST_DEVICES = Endpoint(  # a POST that only reads
    "list_devices", "Catalogs_ListDevices", "Catalogs", "POST", f"{_CATALOG}/listDevices",
    models.Devices, since=API_VERSION, lock=TOKEN, idempotent=True, timeout_seconds=_SECONDS,
    answer_cap_bytes=_PAGE_CAP_BYTES,
)
UPLOAD_IMAGE = Endpoint(
    "upload_image", "Catalogs_UploadImage", "Catalogs", "POST", f"{_CATALOG}/uploadImage",
    Empty, models.ImageBody, since=API_VERSION, lock=TOKEN, success=(200, 202),
    timeout_seconds=_UPLOAD_SECONDS, settle_seconds=_SETTLE, confidential=True,
)
LIST_PRODUCTS = Endpoint(
    "list_products", "Products_ListByCatalog", "Products", "GET", _PRODUCTS, models.Products,
    since=API_VERSION, lock=TOKEN, idempotent=True, timeout_seconds=_SECONDS,
    answer_cap_bytes=_PAGE_CAP_BYTES,
)
GET_PRODUCT = Endpoint(
    "get_product", "Products_Get", "Products", "GET", _PRODUCT, models.Product,
    since=API_VERSION, lock=TOKEN, idempotent=True, timeout_seconds=_SECONDS,
)
PUT_PRODUCT = Endpoint(
    "put_product", "Products_CreateOrUpdate", "Products", "PUT", _PRODUCT, models.Product,
    models.ProductBody, since=API_VERSION, lock=TOKEN, idempotent=True, success=(200, 201),
    timeout_seconds=_SECONDS, settle_seconds=_SETTLE,
)
GENERATE_DEFAULT_DEVICE_GROUPS = Endpoint(
    "generate_default_device_groups", "Products_GenerateDefaultDeviceGroups", "Products", "POST",
    f"{_PRODUCT}/generateDefaultDeviceGroups", models.Groups,
    since=API_VERSION, lock=TOKEN, timeout_seconds=_SECONDS, settle_seconds=_SETTLE,
)
LIST_DEVICE_GROUPS = Endpoint(
    "list_device_groups", "DeviceGroups_ListByProduct", "Device groups", "GET", _GROUPS,
    models.Groups, since=API_VERSION, lock=TOKEN, idempotent=True, timeout_seconds=_SECONDS,
    answer_cap_bytes=_PAGE_CAP_BYTES,
)
GET_DEVICE_GROUP = Endpoint(
    "get_device_group", "DeviceGroups_Get", "Device groups", "GET", _GROUP, models.Group,
    since=API_VERSION, lock=TOKEN, idempotent=True, timeout_seconds=_SECONDS,
)
PUT_DEVICE_GROUP = Endpoint(
    "put_device_group", "DeviceGroups_CreateOrUpdate", "Device groups", "PUT", _GROUP,
    models.Group, models.GroupBody, since=API_VERSION, lock=TOKEN, idempotent=True,
    success=(200, 201), timeout_seconds=_SECONDS, settle_seconds=_SETTLE,
)
CLAIM_DEVICES = Endpoint(
    "claim_devices", "DeviceGroups_ClaimDevices", "Device groups", "POST",
    f"{_GROUP}/claimDevices", Empty, models.ClaimBody, since=API_VERSION, lock=TOKEN,
    success=(200, 202), timeout_seconds=120.0, settle_seconds=_SETTLE,
)
GET_DEVICE = Endpoint(
    "get_device", "Devices_Get", "Devices", "GET", _DEVICE, models.Device,
    since=API_VERSION, lock=TOKEN, idempotent=True, timeout_seconds=_SECONDS,
)
UPDATE_DEVICE = Endpoint(  # into the group where it is already: nothing changes
    "update_device", "Devices_Update", "Devices", "PATCH", _DEVICE, Empty,
    models.DeviceUpdate, since=API_VERSION, lock=TOKEN, idempotent=True, success=(200, 202),
    timeout_seconds=_SECONDS, settle_seconds=_SETTLE,
)
GENERATE_CAPABILITY_IMAGE = Endpoint(
    "generate_capability_image", "Devices_GenerateCapabilityImage", "Devices", "POST",
    f"{_DEVICE}/generateCapabilityImage", models.CapabilityImage, models.CapabilityBody,
    since=API_VERSION, lock=TOKEN, idempotent=True, success=(200, 202),
    timeout_seconds=_SECONDS, confidential=True,
)
GET_DEPLOYMENT = Endpoint(
    "get_deployment", "Deployments_Get", "Deployments", "GET",
    f"{_DEPLOYMENTS}/{{deploymentName}}", models.Deployment,
    since=API_VERSION, lock=TOKEN, idempotent=True, timeout_seconds=_SECONDS,
)
PUT_DEPLOYMENT = Endpoint(  # ".default" makes a new one with every request
    "put_deployment", "Deployments_CreateOrUpdate", "Deployments", "PUT",
    f"{_DEPLOYMENTS}/{{deploymentName}}", models.Deployment, models.DeploymentBody,
    since=API_VERSION, lock=TOKEN, success=(200, 201), timeout_seconds=_SECONDS,
    settle_seconds=_SETTLE,
)
LIST_IMAGES = Endpoint(
    "list_images", "Images_ListByCatalog", "Images", "GET", _IMAGES, models.Images,
    since=API_VERSION, lock=TOKEN, idempotent=True, timeout_seconds=_SECONDS,
    answer_cap_bytes=_PAGE_CAP_BYTES,
)
LIST_CERTIFICATES = Endpoint(
    "list_certificates", "Certificates_ListByCatalog", "Certificates", "GET", _CERTIFICATES,
    models.Certificates, since=API_VERSION, lock=TOKEN, idempotent=True, timeout_seconds=_SECONDS,
)
GET_CERTIFICATE = Endpoint(
    "get_certificate", "Certificates_Get", "Certificates", "GET", _CERTIFICATE,
    models.Certificate, since=API_VERSION, lock=TOKEN, idempotent=True, timeout_seconds=_SECONDS,
)
RETRIEVE_CERTIFICATE_CHAIN = Endpoint(
    "retrieve_certificate_chain", "Certificates_RetrieveCertChain", "Certificates", "POST",
    f"{_CERTIFICATE}/retrieveCertChain", models.CertificateChain,
    since=API_VERSION, lock=TOKEN, idempotent=True, timeout_seconds=_SECONDS,
)
RETRIEVE_PROOF_OF_POSSESSION_NONCE = Endpoint(
    "retrieve_proof_of_possession_nonce", "Certificates_RetrieveProofOfPossessionNonce",
    "Certificates", "POST", f"{_CERTIFICATE}/retrieveProofOfPossessionNonce",
    models.CertificateProperties, models.NonceBody,
    since=API_VERSION, lock=TOKEN, idempotent=True, timeout_seconds=_SECONDS,
)
GET_STATUS = Endpoint(  # Azure Resource Manager's own; the path comes with the answer
    "get_status", "", "Async operations", "GET",
    "/subscriptions/{subscriptionId}/providers/Microsoft.AzureSphere/locations/{location}"
    "/operationStatuses/{operationId}", models.Status,
    since=API_VERSION, lock=TOKEN, idempotent=True, success=(200, 202), timeout_seconds=_SECONDS,
)
# fmt: on

ARM_ENDPOINTS: tuple[Endpoint, ...] = (
    GET_CATALOG,
    COUNT_DEVICES,
    LIST_DEVICES,
    UPLOAD_IMAGE,
    LIST_PRODUCTS,
    GET_PRODUCT,
    PUT_PRODUCT,
    GENERATE_DEFAULT_DEVICE_GROUPS,
    LIST_DEVICE_GROUPS,
    GET_DEVICE_GROUP,
    PUT_DEVICE_GROUP,
    CLAIM_DEVICES,
    GET_DEVICE,
    UPDATE_DEVICE,
    GENERATE_CAPABILITY_IMAGE,
    GET_DEPLOYMENT,
    PUT_DEPLOYMENT,
    LIST_IMAGES,
    LIST_CERTIFICATES,
    GET_CERTIFICATE,
    RETRIEVE_CERTIFICATE_CHAIN,
    RETRIEVE_PROOF_OF_POSSESSION_NONCE,
    GET_STATUS,
)
"""What a line needs of the definition, and where an accepted request is followed."""
