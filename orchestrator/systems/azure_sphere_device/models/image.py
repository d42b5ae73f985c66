"""Category Image: the components on the board and the images they consist of."""

from orchestrator.transport.endpoint import WireModel


class ImageDetails(WireModel):
    """One image of a component. Application components have exactly one."""

    uid: str
    length_in_bytes: int
    uncompressed_length_in_bytes: int
    replica_type: int | None = None


class ComponentDetails(WireModel):
    """One component on the board; `image_type` 10 is an application."""

    uid: str
    image_type: int
    is_update_staged: bool
    does_image_type_require_restart: bool
    images: list[ImageDetails]
    name: str | None = None


class Images(WireModel):
    """`GET /images`: all components, staged leftovers and whether an OTA update runs."""

    is_ota_update_in_progress: bool
    has_staged_updates: bool
    restart_required: bool
    components: list[ComponentDetails]
