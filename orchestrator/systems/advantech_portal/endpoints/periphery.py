"""What is built into the computer: LED to Brightness."""

from orchestrator.systems.advantech_portal import models
from orchestrator.systems.advantech_portal.endpoints.bounds import (
    TOKEN,
)
from orchestrator.transport.endpoint import Endpoint

# One operation reads as one row: the formatter would give each member a line of its own.
# fmt: off
LIST_LEDS = Endpoint(
    "list_leds", "listLeds", "LED", "GET",
    "/platform/api/perif/led", models.LedLevels,
    lock=TOKEN, idempotent=True,
)
GET_LED = Endpoint(
    "get_led", "getLed", "LED", "GET",
    "/platform/api/perif/led/{id}", models.LedLevel,
    lock=TOKEN, idempotent=True,
)
SET_LED = Endpoint(
    "set_led", "setLed", "LED", "PUT",
    "/platform/api/perif/led/{id}", None, models.LedStatus,
    lock=TOKEN, idempotent=True,
)
GET_WATCHDOG = Endpoint(
    "get_watchdog", "getWatchdog", "Watchdog", "GET",
    "/platform/api/perif/wdt", models.Watchdog,
    lock=TOKEN, idempotent=True,
)
SET_WATCHDOG = Endpoint(
    "set_watchdog", "setWatchdog", "Watchdog", "PUT",
    "/platform/api/perif/wdt", models.WatchdogState, models.WatchdogSet,
    lock=TOKEN, idempotent=True,
)
SET_WATCHDOG_TIMEOUT = Endpoint(
    "set_watchdog_timeout", "setWatchdogTimeout", "Watchdog", "PUT",
    "/platform/api/perif/wdt/timeout", models.WatchdogTimeout, models.WatchdogTimeout,
    lock=TOKEN, idempotent=True,
)
LIST_DISKS = Endpoint(
    "list_disks", "listDisks", "Disk", "GET",
    "/platform/api/perif/disk", models.Disks,
    lock=TOKEN, idempotent=True,
)
STREAM_DISKS = Endpoint(
    "stream_disks", "streamDisks", "Disk", "GET",
    "/platform/api/perif/disk", models.Disks,
    lock=TOKEN, door="SSE",
)
LIST_PARTITIONS = Endpoint(
    "list_partitions", "listPartitions", "Disk", "GET",
    "/platform/api/perif/disk/partition", models.Partitions,
    lock=TOKEN, idempotent=True,
)
GET_REDUNDANT_POWER = Endpoint(
    "get_redundant_power", "getRedundantPower", "Redundant Power", "GET",
    "/platform/api/perif/redundant_power", models.PowerInputs,
    lock=TOKEN, idempotent=True,
)
STREAM_REDUNDANT_POWER = Endpoint(
    "stream_redundant_power", "streamRedundantPower", "Redundant Power", "GET",
    "/platform/api/perif/redundant_power", models.PowerInputs,
    lock=TOKEN, door="SSE",
)
GET_GPIO_COUNT = Endpoint(
    "get_gpio_count", "getGpioCount", "GPIO", "GET",
    "/platform/api/perif/gpio/count", models.GpioCount,
    since="rest-server 0.15.1", lock=TOKEN, idempotent=True,
)
LIST_GPIO_PINS = Endpoint(
    "list_gpio_pins", "listGpioPins", "GPIO", "GET",
    "/platform/api/perif/gpio/all", models.GpioPins,
    since="rest-server 0.15.1", lock=TOKEN, idempotent=True,
)
GET_GPIO_PIN = Endpoint(
    "get_gpio_pin", "getGpioPin", "GPIO", "GET",
    "/platform/api/perif/gpio/{id}", models.GpioPin,
    since="rest-server 0.15.1", lock=TOKEN, idempotent=True,
)
GET_GPIO_DIRECTION = Endpoint(
    "get_gpio_direction", "getGpioDirection", "GPIO", "GET",
    "/platform/api/perif/gpio/{id}/dir", models.GpioDir,
    since="rest-server 0.15.1", lock=TOKEN, idempotent=True,
)
SET_GPIO_DIRECTION = Endpoint(
    "set_gpio_direction", "setGpioDirection", "GPIO", "PUT",
    "/platform/api/perif/gpio/{id}/dir", None, models.GpioDir,
    since="rest-server 0.15.1", lock=TOKEN, idempotent=True,
)
GET_GPIO_LEVEL = Endpoint(
    "get_gpio_level", "getGpioLevel", "GPIO", "GET",
    "/platform/api/perif/gpio/{id}/level", models.GpioLev,
    since="rest-server 0.15.1", lock=TOKEN, idempotent=True,
)
SET_GPIO_LEVEL = Endpoint(
    "set_gpio_level", "setGpioLevel", "GPIO", "PUT",
    "/platform/api/perif/gpio/{id}/level", None, models.GpioLev,
    since="rest-server 0.15.1", lock=TOKEN, idempotent=True,
)
GET_BRIGHTNESS = Endpoint(
    "get_brightness", "getBrightness", "Brightness", "GET",
    "/platform/api/perif/brightness", models.Brightness,
    since="rest-server 0.16.1", lock=TOKEN, idempotent=True,
)
SET_BRIGHTNESS = Endpoint(
    "set_brightness", "setBrightness", "Brightness", "PUT",
    "/platform/api/perif/brightness", None, models.BrightnessSet,
    since="rest-server 0.16.1", lock=TOKEN, idempotent=True,
)
