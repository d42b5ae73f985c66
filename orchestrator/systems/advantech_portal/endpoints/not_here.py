"""With which statuses an operation says that the host has no such thing."""

from collections.abc import Mapping

from orchestrator.systems.advantech_portal.endpoints.computer import (
    GET_CURRENTS,
    GET_FAN_SPEEDS,
    GET_HW_MONITOR,
    GET_TEMPERATURES,
    GET_VOLTAGES,
    STREAM_HW_MONITOR,
)
from orchestrator.systems.advantech_portal.endpoints.edgehub import (
    GET_APPHUB_STATUS,
    GET_CONNECTION_CONFIG,
    GET_EDGEBUS_STATUS,
    GET_MAC_ADDRESS,
    SET_CONNECTION,
    SET_CONNECTION_CONFIG,
)
from orchestrator.systems.advantech_portal.endpoints.periphery import (
    GET_GPIO_DIRECTION,
    GET_GPIO_LEVEL,
    GET_GPIO_PIN,
    GET_LED,
    GET_REDUNDANT_POWER,
    GET_WATCHDOG,
    LIST_DISKS,
    LIST_GPIO_PINS,
    LIST_LEDS,
    LIST_PARTITIONS,
    SET_GPIO_DIRECTION,
    SET_GPIO_LEVEL,
    SET_LED,
    SET_WATCHDOG,
    SET_WATCHDOG_TIMEOUT,
    STREAM_DISKS,
    STREAM_REDUNDANT_POWER,
)
from orchestrator.systems.advantech_portal.endpoints.system import (
    GET_ETP_DEVICE_DATA,
    GET_ETP_LOCK,
    GET_ETP_USER_DATA,
    HAS_DISPLAY_SWITCH,
    LIST_PROCESSES,
    SET_ETP_LOCK,
    SET_ETP_USER_DATA,
    STREAM_PROCESSES,
)

_ABSENT = frozenset({404})
NOT_HERE: Mapping[str, frozenset[int]] = {
    **{
        row.name: _ABSENT
        for row in (
            GET_HW_MONITOR,
            STREAM_HW_MONITOR,
            GET_TEMPERATURES,
            GET_VOLTAGES,
            GET_CURRENTS,
            GET_FAN_SPEEDS,
            LIST_LEDS,
            GET_LED,
            SET_LED,
            GET_WATCHDOG,
            SET_WATCHDOG,
            SET_WATCHDOG_TIMEOUT,
            LIST_DISKS,
            STREAM_DISKS,
            LIST_PARTITIONS,
            GET_REDUNDANT_POWER,
            STREAM_REDUNDANT_POWER,
            LIST_GPIO_PINS,
            GET_GPIO_PIN,
            GET_GPIO_DIRECTION,
            SET_GPIO_DIRECTION,
            GET_GPIO_LEVEL,
            SET_GPIO_LEVEL,
            LIST_PROCESSES,
            STREAM_PROCESSES,
            HAS_DISPLAY_SWITCH,
            GET_ETP_USER_DATA,
            SET_ETP_USER_DATA,
            GET_ETP_LOCK,
            SET_ETP_LOCK,
            GET_MAC_ADDRESS,
            SET_CONNECTION,
            GET_CONNECTION_CONFIG,
            SET_CONNECTION_CONFIG,
            GET_APPHUB_STATUS,
            GET_EDGEBUS_STATUS,
        )
    },
    GET_ETP_DEVICE_DATA.name: frozenset({204}),
}
"""Statuses with which an operation says that the host has no such thing, or no data of it.

Error statuses of the streams are not documented; those of the call on the same path are taken.
"""
