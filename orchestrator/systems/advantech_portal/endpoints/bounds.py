"""What the rows of all categories share: who may call, and the bounds that are not the usual."""

OPEN = "open"
BASIC = "name and password"
TOKEN = "token of either account"  # noqa: S105 - names a right, holds no token
ADMIN = "token of the admin account"
PERMISSION = "token, and admin permission"

SLOW_SECONDS = 30.0
"""The operating system of the host does the work, and takes its time."""
SETTLE_SECONDS = 10.0
"""No source says how long a host still applies a request; its own deadlines end in that time."""
LONG_LIST_BYTES = 8 << 20
"""Some thousand processes, services or devices with long command lines."""
PICTURE_BYTES = 64 << 20
"""A display of 8K as PNG, in base64."""
