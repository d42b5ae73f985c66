"""The public API v2 as a table, in the order of the vendor's document.

`lock` is the document's authentication: every call needs a token. A claim cannot be taken back, so
it is no row that may be repeated, although the service takes a second claim of an own device: who
owns the device is asked first. Creating twice makes two.

`settle_seconds` is not settled by any source: asynchronous calls answer 202 and act later. It is
how long this room expects an accepted request to stay invisible.
"""

from orchestrator.systems.azure_sphere_cloud import models
from orchestrator.transport.endpoint import Endpoint

TOKEN = "oauth2 or bearerAuth"  # noqa: S105  # the document's words for it
_V2 = "v2"

_TENANT = "/v2/tenants/{tenantId}"
_PRODUCTS = f"{_TENANT}/products"
_PRODUCT = f"{_PRODUCTS}/{{productId}}"
_GROUPS = f"{_TENANT}/devicegroups"
_GROUP = f"{_GROUPS}/{{deviceGroupId}}"
_DEVICES = f"{_TENANT}/devices"
_DEVICE = f"{_DEVICES}/{{deviceId}}"
_IMAGES = f"{_TENANT}/images"
_IMAGE = f"{_IMAGES}/{{imageId}}"

# All repetitions and pauses of one call together: the service puts off rather than fails.
_SECONDS = 60.0
_UPLOAD_SECONDS = 600.0
_SETTLE_SECONDS = 20.0
_PAGE_CAP_BYTES = 16 << 20
_BULK_SECONDS = 120.0

# One operation reads as one row: the formatter would give each member a line of its own.
# fmt: off
LIST_TENANTS = Endpoint(
    "list_tenants", "listTenants", "Tenants", "GET", "/v2/tenants", models.Tenants,
    since=_V2, lock=TOKEN, idempotent=True, timeout_seconds=_SECONDS,
)
GET_TENANT = Endpoint(
    "get_tenant", "getTenant", "Tenants", "GET", _TENANT, models.Tenant,
    since=_V2, lock=TOKEN, idempotent=True, timeout_seconds=_SECONDS,
)
LIST_PRODUCTS = Endpoint(
    "list_products", "listProducts", "Products", "GET", _PRODUCTS, models.ProductCollection,
    since=_V2, lock=TOKEN, idempotent=True, timeout_seconds=_SECONDS,
    answer_cap_bytes=_PAGE_CAP_BYTES,
)
CREATE_PRODUCT = Endpoint(
    "create_product", "createProduct", "Products", "POST", _PRODUCTS, models.Operation,
    models.ProductCreate, since=_V2, lock=TOKEN, success=(200, 202), timeout_seconds=_SECONDS,
    settle_seconds=_SETTLE_SECONDS,
)
GET_PRODUCT = Endpoint(
    "get_product", "getProduct", "Products", "GET", _PRODUCT, models.Product,
    since=_V2, lock=TOKEN, idempotent=True, timeout_seconds=_SECONDS,
)
LIST_PRODUCT_DEVICE_GROUPS = Endpoint(  # deviceGroups here, devicegroups elsewhere, as documented
    "list_product_device_groups", "listProductDeviceGroups", "Products", "GET",
    f"{_PRODUCT}/deviceGroups", models.DeviceGroupCollection,
    since=_V2, lock=TOKEN, idempotent=True, timeout_seconds=_SECONDS,
    answer_cap_bytes=_PAGE_CAP_BYTES,
)
CREATE_DEFAULT_DEVICE_GROUPS = Endpoint(
    "create_default_device_groups", "createDefaultDeviceGroups", "Device groups", "POST",
    f"{_PRODUCT}/devicegroups", models.DeviceGroupCollection,
    since=_V2, lock=TOKEN, timeout_seconds=_SECONDS, settle_seconds=_SETTLE_SECONDS,
)
LIST_DEVICE_GROUPS = Endpoint(
    "list_device_groups", "listDeviceGroups", "Device groups", "GET", _GROUPS,
    models.DeviceGroupCollection, since=_V2, lock=TOKEN, idempotent=True,
    timeout_seconds=_SECONDS, answer_cap_bytes=_PAGE_CAP_BYTES,
)
CREATE_DEVICE_GROUP = Endpoint(
    "create_device_group", "createDeviceGroup", "Device groups", "POST", _GROUPS,
    models.DeviceGroup, models.DeviceGroupCreate, since=_V2, lock=TOKEN,
    timeout_seconds=_SECONDS, settle_seconds=_SETTLE_SECONDS,
)
GET_DEVICE_GROUP = Endpoint(
    "get_device_group", "getDeviceGroup", "Device groups", "GET", _GROUP, models.DeviceGroup,
    since=_V2, lock=TOKEN, idempotent=True, timeout_seconds=_SECONDS,
)
PATCH_DEVICE_GROUP = Endpoint(
    "patch_device_group", "patchDeviceGroup", "Device groups", "PATCH", _GROUP,
    models.DeviceGroup, models.DeviceGroupPatch, since=_V2, lock=TOKEN, idempotent=True,
    timeout_seconds=_SECONDS, settle_seconds=_SETTLE_SECONDS,
)
LIST_DEVICES = Endpoint(
    "list_devices", "listDevices", "Devices", "GET", _DEVICES, models.DeviceCollection,
    since=_V2, lock=TOKEN, idempotent=True, timeout_seconds=_SECONDS,
    answer_cap_bytes=_PAGE_CAP_BYTES,
)
BULK_CLAIM_DEVICES = Endpoint(
    "bulk_claim_devices", "bulkClaimDevices", "Devices", "PUT", _DEVICES, models.Operation,
    models.DeviceIds, since=_V2, lock=TOKEN, success=(200, 202), timeout_seconds=_BULK_SECONDS,
    settle_seconds=_SETTLE_SECONDS,
)
COUNT_DEVICES = Endpoint(
    "count_devices", "countDevices", "Devices", "GET", f"{_DEVICES}/count", models.Count,
    since=_V2, lock=TOKEN, idempotent=True, timeout_seconds=_SECONDS,
)
GET_DEVICE = Endpoint(
    "get_device", "getDevice", "Devices", "GET", _DEVICE, models.Device,
    since=_V2, lock=TOKEN, idempotent=True, timeout_seconds=_SECONDS,
)
CLAIM_DEVICE = Endpoint(
    "claim_device", "claimDevice", "Devices", "PUT", f"{_DEVICE}/claim", models.Operation,
    since=_V2, lock=TOKEN, success=(200, 202), timeout_seconds=_SECONDS,
    settle_seconds=_SETTLE_SECONDS,
)
MOVE_DEVICE = Endpoint(  # into the group where it is already: the same answer, nothing changes
    "move_device", "moveDevice", "Devices", "PUT", f"{_DEVICE}/devicegroup", models.Operation,
    models.DeviceGroupId, since=_V2, lock=TOKEN, idempotent=True, success=(200, 202),
    timeout_seconds=_SECONDS, settle_seconds=_SETTLE_SECONDS,
)
LIST_DEVICES_IN_GROUP = Endpoint(
    "list_devices_in_group", "listDevicesInGroup", "Devices", "GET", f"{_GROUP}/devices",
    models.DeviceCollection, since=_V2, lock=TOKEN, idempotent=True, timeout_seconds=_SECONDS,
    answer_cap_bytes=_PAGE_CAP_BYTES,
)
COUNT_DEVICES_IN_GROUP = Endpoint(
    "count_devices_in_group", "countDevicesInGroup", "Devices", "GET",
    f"{_TENANT}/deviceGroups/{{deviceGroupId}}/devices/count", models.Count,
    since=_V2, lock=TOKEN, idempotent=True, timeout_seconds=_SECONDS,
)
LIST_DEVICES_IN_PRODUCT = Endpoint(
    "list_devices_in_product", "listDevicesInProduct", "Devices", "GET", f"{_PRODUCT}/devices",
    models.DeviceCollection, since=_V2, lock=TOKEN, idempotent=True, timeout_seconds=_SECONDS,
    answer_cap_bytes=_PAGE_CAP_BYTES,
)
LIST_DEPLOYMENTS = Endpoint(
    "list_deployments", "listDeployments", "Deployments", "GET", f"{_GROUP}/deployments",
    models.DeploymentCollection, since=_V2, lock=TOKEN, idempotent=True,
    timeout_seconds=_SECONDS, answer_cap_bytes=_PAGE_CAP_BYTES,
)
CREATE_DEPLOYMENT = Endpoint(
    "create_deployment", "createDeployment", "Deployments", "POST", f"{_GROUP}/deployments",
    models.Operation, models.ImageIds, since=_V2, lock=TOKEN, success=(200, 202),
    timeout_seconds=_SECONDS, settle_seconds=_SETTLE_SECONDS,
)
GET_DEVICE_IMAGES = Endpoint(
    "get_device_images", "getDeviceImages", "Deployments", "GET", f"{_DEVICE}/images",
    models.ImageMetadataCollection, since=_V2, lock=TOKEN, idempotent=True,
    timeout_seconds=_SECONDS,
)
GET_DEPLOYMENT_OPERATION = Endpoint(
    "get_deployment_operation", "getDeploymentOperation", "Deployments", "GET",
    f"{_TENANT}/operationTypes/deploytodevicegroup/operations/{{operationId}}", models.Operation,
    since=_V2, lock=TOKEN, idempotent=True, timeout_seconds=_SECONDS,
)
LIST_IMAGES = Endpoint(
    "list_images", "listImages", "Images", "GET", _IMAGES, models.ImageMetadataCollection,
    since=_V2, lock=TOKEN, idempotent=True, timeout_seconds=_SECONDS,
    answer_cap_bytes=_PAGE_CAP_BYTES,
)
UPLOAD_IMAGE = Endpoint(  # 200 although asynchronous; how it is marked as temporary is not settled
    "upload_image", "uploadImage", "Images", "POST", _IMAGES, models.Operation, "bytes",
    since=_V2, lock=TOKEN, success=(200, 202), timeout_seconds=_UPLOAD_SECONDS,
    settle_seconds=_SETTLE_SECONDS,
)
GET_IMAGE_URL = Endpoint(  # the address carries the permission to fetch it
    "get_image_url", "getImageUrl", "Images", "GET", _IMAGE, models.ImageDownloadInfo,
    since=_V2, lock=TOKEN, idempotent=True, timeout_seconds=_SECONDS, confidential=True,
)
GET_IMAGE_METADATA = Endpoint(
    "get_image_metadata", "getImageMetadata", "Images", "GET", f"{_IMAGE}/metadata",
    models.ImageMetadata, since=_V2, lock=TOKEN, idempotent=True, timeout_seconds=_SECONDS,
)
GET_IMAGE_STATUS = Endpoint(
    "get_image_status", "getImageStatus", "Images", "GET", f"{_IMAGE}/status",
    models.ImageStatus, since=_V2, lock=TOKEN, idempotent=True, timeout_seconds=_SECONDS,
)
GET_IMAGE_UPLOAD_OPERATION = Endpoint(
    "get_image_upload_operation", "getImageUploadOperation", "Images", "GET",
    f"{_TENANT}/operationTypes/imageUpload/operations/{{operationId}}", models.Operation,
    since=_V2, lock=TOKEN, idempotent=True, timeout_seconds=_SECONDS,
)
CREATE_DEVICE_CAPABILITY = Endpoint(  # makes a file and changes nothing: may be asked again
    "create_device_capability", "createDeviceCapability", "Device capability", "POST",
    f"{_TENANT}/deviceCapabilityImage", models.DeviceCapabilityResponse,
    models.DeviceCapabilityRequest, since=_V2, lock=TOKEN, idempotent=True,
    timeout_seconds=_SECONDS, confidential=True,
)
GET_OPERATION = Endpoint(
    "get_operation", "getOperation", "Async operations", "GET",
    f"{_TENANT}/operations/{{operationId}}", models.Operation,
    since=_V2, lock=TOKEN, idempotent=True, timeout_seconds=_SECONDS,
)
# fmt: on

ENDPOINTS: tuple[Endpoint, ...] = (
    LIST_TENANTS,
    GET_TENANT,
    LIST_PRODUCTS,
    CREATE_PRODUCT,
    GET_PRODUCT,
    LIST_PRODUCT_DEVICE_GROUPS,
    CREATE_DEFAULT_DEVICE_GROUPS,
    LIST_DEVICE_GROUPS,
    CREATE_DEVICE_GROUP,
    GET_DEVICE_GROUP,
    PATCH_DEVICE_GROUP,
    LIST_DEVICES,
    BULK_CLAIM_DEVICES,
    COUNT_DEVICES,
    GET_DEVICE,
    CLAIM_DEVICE,
    MOVE_DEVICE,
    LIST_DEVICES_IN_GROUP,
    COUNT_DEVICES_IN_GROUP,
    LIST_DEVICES_IN_PRODUCT,
    LIST_DEPLOYMENTS,
    CREATE_DEPLOYMENT,
    GET_DEVICE_IMAGES,
    GET_DEPLOYMENT_OPERATION,
    LIST_IMAGES,
    UPLOAD_IMAGE,
    GET_IMAGE_URL,
    GET_IMAGE_METADATA,
    GET_IMAGE_STATUS,
    GET_IMAGE_UPLOAD_OPERATION,
    CREATE_DEVICE_CAPABILITY,
    GET_OPERATION,
)
"""The 32 operations. How the details of a bulk claim are read is not settled, so it is no row."""
