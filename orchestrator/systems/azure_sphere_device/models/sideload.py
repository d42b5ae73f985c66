"""Category Sideload: what goes with an installation; images themselves travel as raw bytes."""

from typing import Literal

from orchestrator.transport.endpoint import WireModel


class InstallRequest(WireModel):
    """`POST /update/install`: with Manual the applications stay stopped."""

    appControlMode: Literal["Auto", "Manual"] = "Auto"
