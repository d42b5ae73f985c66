"""Azure IoT Hub Portal: the web portal in which devices, gateways and concentrators are registered.

Vendor document: Azure IoT Hub Portal API v1.0 (31 operations). It declares no body for 21 of its
answers; what a public implementation of the time answers there is accepted, and so are its other
statuses. Recordings of a real portal held: none. Known differences are noted at the rows.
"""
