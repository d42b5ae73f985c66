"""The portal's API as a table, in the order of the checklist.

The document names success 200 alone and no sign-in; a portal of the time also answers 204, and may
stand behind a bearer token. `lock` is therefore `open` for all rows. Creations are never repeated
blindly: the answer to a second one would be "already exists".
"""

from orchestrator.systems.iot_hub_portal import models
from orchestrator.transport.endpoint import Endpoint

OPEN = "open"

_DONE = (200, 201, 204)
_SETTLE_SECONDS = 10.0  # no source says how long; a portal's own calls to its hub end in that time

# One operation reads as one row: the formatter would give each member a line of its own.
# fmt: off
ADD_MODEL_COMMAND = Endpoint(
    "add_model_command", "addModelCommand", "Commands", "POST",
    "/api/Commands/{modelId}", None, models.DeviceModelCommand,
    lock=OPEN, success=_DONE, settle_seconds=_SETTLE_SECONDS,
)
DELETE_MODEL_COMMAND = Endpoint(
    "delete_model_command", "deleteModelCommand", "Commands", "DELETE",
    "/api/Commands/{modelId}/{commandId}", None, lock=OPEN, success=_DONE,
)
LIST_CONCENTRATORS = Endpoint(
    "list_concentrators", "listConcentrators", "Concentrators", "GET",
    "/api/Concentrators", models.Concentrators, lock=OPEN, idempotent=True,
)
UPDATE_CONCENTRATOR = Endpoint(
    "update_concentrator", "updateConcentrator", "Concentrators", "PUT",
    "/api/Concentrators", None, models.Concentrator, lock=OPEN, idempotent=True, success=_DONE,
)
CREATE_CONCENTRATOR = Endpoint(
    "create_concentrator", "createConcentrator", "Concentrators", "POST",
    "/api/Concentrators", None, models.Concentrator,
    lock=OPEN, success=_DONE, settle_seconds=_SETTLE_SECONDS,
)
GET_CONCENTRATOR = Endpoint(
    "get_concentrator", "getConcentrator", "Concentrators", "GET",
    "/api/Concentrators/{deviceId}", models.Concentrator, lock=OPEN, idempotent=True,
)
DELETE_CONCENTRATOR = Endpoint(
    "delete_concentrator", "deleteConcentrator", "Concentrators", "DELETE",
    "/api/Concentrators/{deviceId}", None, lock=OPEN, success=_DONE,
)
LIST_CONFIGS = Endpoint(
    "list_configs", "listConfigs", "Configs", "GET",
    "/api/Configs", models.Configs, lock=OPEN, idempotent=True,
)
GET_CONFIG = Endpoint(
    "get_config", "getConfig", "Configs", "GET",
    "/api/Configs/{configurationID}", models.ConfigListItem, lock=OPEN, idempotent=True,
)
LIST_DEVICE_MODELS = Endpoint(
    "list_device_models", "listDeviceModels", "DeviceModels", "GET",
    "/api/DeviceModels", models.DeviceModels, lock=OPEN, idempotent=True,
)
UPDATE_DEVICE_MODEL = Endpoint(
    "update_device_model", "updateDeviceModel", "DeviceModels", "PUT",
    "/api/DeviceModels", None, models.DeviceModel, lock=OPEN, idempotent=True, success=_DONE,
)
CREATE_DEVICE_MODEL = Endpoint(
    "create_device_model", "createDeviceModel", "DeviceModels", "POST",
    "/api/DeviceModels", None, models.DeviceModel,
    lock=OPEN, success=_DONE, settle_seconds=_SETTLE_SECONDS,
)
GET_DEVICE_MODEL = Endpoint(
    "get_device_model", "getDeviceModel", "DeviceModels", "GET",
    "/api/DeviceModels/{modelID}", models.DeviceModel, lock=OPEN, idempotent=True,
)
GET_DEVICE_MODEL_AVATAR = Endpoint(
    "get_device_model_avatar", "getDeviceModelAvatar", "DeviceModels", "GET",
    "/api/DeviceModels/{modelID}/avatar", None, lock=OPEN, idempotent=True, success=_DONE,
)
SET_DEVICE_MODEL_AVATAR = Endpoint(
    "set_device_model_avatar", "setDeviceModelAvatar", "DeviceModels", "POST",
    "/api/DeviceModels/{modelID}/avatar", None, "multipart",
    lock=OPEN, idempotent=True, success=_DONE,
)
DELETE_DEVICE_MODEL_AVATAR = Endpoint(
    "delete_device_model_avatar", "deleteDeviceModelAvatar", "DeviceModels", "DELETE",
    "/api/DeviceModels/{modelID}/avatar", None, lock=OPEN, idempotent=True, success=_DONE,
)
DELETE_DEVICE_MODEL = Endpoint(
    "delete_device_model", "deleteDeviceModel", "DeviceModels", "DELETE",
    "/api/DeviceModels/{deviceModelID}", None, lock=OPEN, success=_DONE,
)
LIST_DEVICES = Endpoint(
    "list_devices", "listDevices", "Devices", "GET",
    "/api/Devices", models.Devices, lock=OPEN, idempotent=True, confidential=True,
)
UPDATE_DEVICE = Endpoint(
    "update_device", "updateDevice", "Devices", "PUT",
    "/api/Devices", None, models.DeviceDetails,
    lock=OPEN, idempotent=True, success=_DONE, confidential=True,
)
CREATE_DEVICE = Endpoint(
    "create_device", "createDevice", "Devices", "POST",
    "/api/Devices", None, models.DeviceDetails,
    lock=OPEN, success=_DONE, settle_seconds=_SETTLE_SECONDS, confidential=True,
)
GET_DEVICE = Endpoint(
    "get_device", "getDevice", "Devices", "GET",
    "/api/Devices/{deviceID}", models.DeviceDetails, lock=OPEN, idempotent=True, confidential=True,
)
DELETE_DEVICE = Endpoint(
    "delete_device", "deleteDevice", "Devices", "DELETE",
    "/api/Devices/{deviceID}", None, lock=OPEN, success=_DONE,
)
EXECUTE_DEVICE_COMMAND = Endpoint(
    "execute_device_command", "executeDeviceCommand", "Devices", "POST",
    "/api/Devices/{deviceId}/{commandId}", None, lock=OPEN, success=_DONE,
)
LIST_GATEWAYS = Endpoint(
    "list_gateways", "listGateways", "Gateways", "GET",
    "/api/Gateways", models.Gateways, lock=OPEN, idempotent=True,
)
CREATE_GATEWAY = Endpoint(
    "create_gateway", "createGateway", "Gateways", "POST",
    "/api/Gateways", None, models.Gateway,
    lock=OPEN, success=_DONE, settle_seconds=_SETTLE_SECONDS, confidential=True,
)
GET_GATEWAY = Endpoint(
    "get_gateway", "getGateway", "Gateways", "GET",
    "/api/Gateways/{deviceId}", models.Gateway, lock=OPEN, idempotent=True, confidential=True,
)
DELETE_GATEWAY = Endpoint(
    "delete_gateway", "deleteGateway", "Gateways", "DELETE",
    "/api/Gateways/{deviceId}", None, lock=OPEN, success=_DONE,
)
GET_GATEWAY_CONNECTION_STRING = Endpoint(
    "get_gateway_connection_string", "getGatewayConnectionString", "Gateways", "GET",
    "/api/Gateways/{deviceId}/{deviceType}/ConnectionString", None,
    lock=OPEN, idempotent=True, success=_DONE, confidential=True,
)
UPDATE_GATEWAY = Endpoint(
    "update_gateway", "updateGateway", "Gateways", "PUT",
    "/api/Gateways/{gateway}", None, models.Gateway,
    lock=OPEN, idempotent=True, success=_DONE, confidential=True,
)
EXECUTE_GATEWAY_MODULE_METHOD = Endpoint(
    "execute_gateway_module_method", "executeGatewayModuleMethod", "Gateways", "POST",
    "/api/Gateways/{deviceId}/{moduleId}/{methodName}", models.MethodResult, models.GatewayModule,
    lock=OPEN,
)
GET_OIDC_SETTINGS = Endpoint(
    "get_oidc_settings", "getOidcSettings", "OIDCSettings", "GET",
    "/OIDCSettings", models.OidcSettings, lock=OPEN, idempotent=True,
)
# fmt: on
PORTAL_ENDPOINTS: tuple[Endpoint, ...] = (
    ADD_MODEL_COMMAND,
    DELETE_MODEL_COMMAND,
    LIST_CONCENTRATORS,
    UPDATE_CONCENTRATOR,
    CREATE_CONCENTRATOR,
    GET_CONCENTRATOR,
    DELETE_CONCENTRATOR,
    LIST_CONFIGS,
    GET_CONFIG,
    LIST_DEVICE_MODELS,
    UPDATE_DEVICE_MODEL,
    CREATE_DEVICE_MODEL,
    GET_DEVICE_MODEL,
    GET_DEVICE_MODEL_AVATAR,
    SET_DEVICE_MODEL_AVATAR,
    DELETE_DEVICE_MODEL_AVATAR,
    DELETE_DEVICE_MODEL,
    LIST_DEVICES,
    UPDATE_DEVICE,
    CREATE_DEVICE,
    GET_DEVICE,
    DELETE_DEVICE,
    EXECUTE_DEVICE_COMMAND,
    LIST_GATEWAYS,
    CREATE_GATEWAY,
    GET_GATEWAY,
    DELETE_GATEWAY,
    GET_GATEWAY_CONNECTION_STRING,
    UPDATE_GATEWAY,
    EXECUTE_GATEWAY_MODULE_METHOD,
    GET_OIDC_SETTINGS,
)
"""Every operation of the document."""
