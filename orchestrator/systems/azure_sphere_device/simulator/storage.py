"""The board's flash: installed components, the staging area and the rules between them.

Staging is sticky: what was staged stays until the next install, whoever staged it. OS parts are
listed like applications but cannot be deleted or replaced here.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from orchestrator.systems.azure_sphere_device import models
from orchestrator.systems.azure_sphere_device.simulator import refusals
from orchestrator.systems.azure_sphere_device.simulator.packages import Package
from orchestrator.systems.azure_sphere_device.simulator.refusals import Refused
from orchestrator.systems.azure_sphere_device.simulator.spec import (
    OS_PARTS,
    BoardSpec,
    os_component_id,
    os_image_id,
)
from orchestrator.systems.azure_sphere_device.simulator.starting import LeftoverImage

APPLICATION, TRUSTED_KEYSTORE, BOARD_CONFIG = 10, 19, 21
_NIL = "00000000-0000-0000-0000-000000000000"
_OS_PART_BYTES = 65536
# What may be sideloaded here; OS parts come by recovery or over the air.
_SIDELOADED = frozenset({APPLICATION, TRUSTED_KEYSTORE, BOARD_CONFIG})
_ONE_COMPONENT = frozenset({TRUSTED_KEYSTORE, BOARD_CONFIG})

AppState = Literal["running", "stopped", "debugging"]


@dataclass(slots=True)
class Component:
    """One installed component with its only image; `state` counts for applications."""

    package: Package
    state: AppState = "running"
    used_kb: int = 0


class Storage:
    """Everything on the flash of one board."""

    def __init__(self, spec: BoardSpec) -> None:
        self._spec = spec
        recorded = spec.recorded.os_parts if spec.recorded else ()
        own = tuple(_os_component(spec.os_version, *part) for part in OS_PARTS)
        self._os = recorded or own
        self.installed: dict[str, Component] = {}
        self.staged: dict[str, Package] = {}
        self.restart_required = False
        for image in spec.images:
            package = _leftover(image)
            state: AppState = "stopped" if image.stopped else "running"
            self.installed[package.component_id] = Component(package, state, image.used_kb)
        for image in spec.staged:
            package = _leftover(image)
            self.staged[package.component_id] = package

    def is_os_part(self, component_id: str) -> bool:
        """Tell whether the id belongs to the operating system."""
        return any(part.uid == component_id for part in self._os)

    def application(self, component_id: str) -> Component | None:
        """Return the installed application of that id."""
        component = self.installed.get(component_id)
        if component is None or component.package.image_type != APPLICATION:
            return None
        return component

    def has_image(self, package: Package) -> bool:
        """Tell whether exactly this image is installed already."""
        component = self.installed.get(package.component_id)
        return component is not None and component.package.image_id == package.image_id

    def stage(self, package: Package) -> None:
        """Put a trusted package into the staging area. Raises Refused when it does not belong."""
        if package.component_id == _NIL:
            raise Refused(refusals.EMPTY_COMPONENT_ID)
        if package.image_type not in _SIDELOADED:
            raise Refused(refusals.UNSUPPORTED_TYPE)
        self._check_size(package)
        if package.image_type in _ONE_COMPONENT and any(
            other.image_type == package.image_type and other.component_id != package.component_id
            for other in self.staged.values()
        ):
            raise Refused(refusals.ONE_COMPONENT_ONLY)
        after = {cid: component.package for cid, component in self.installed.items()}
        after |= {**self.staged, package.component_id: package}
        if _bytes_used(after.values()) > self._spec.application_flash_bytes:
            raise Refused(refusals.NO_FREE_SPACE)
        self.staged[package.component_id] = package

    def install(self, *, start: bool) -> list[Package]:
        """Move everything staged into place and return it. Raises Refused, installing nothing.

        A board with one unusable image in the staging area keeps it there unless its spec says
        otherwise: only the next stage of that component or a recovery gets rid of it.
        """
        packages = list(self.staged.values())
        try:
            for package in packages:
                self._check_needs(package)
        except Refused:
            if not self._spec.bad_image_stays_staged:
                self.staged.clear()
            raise
        self.staged.clear()
        for package in packages:
            if package.image_type in _ONE_COMPONENT:
                self._drop_type(package.image_type)
            state: AppState = "running" if start else "stopped"
            self.installed[package.component_id] = Component(package, state)
            self.restart_required |= package.image_type != APPLICATION
        return packages

    def delete(self, component_id: str) -> Package | None:
        """Take a component off the flash, staged image included; None when it was not there."""
        self.staged.pop(component_id, None)
        component = self.installed.pop(component_id, None)
        return component.package if component else None

    def boot(self) -> None:
        """Do what a start of the board does: temporary images go, applications run."""
        self.restart_required = False
        for component_id, component in list(self.installed.items()):
            if component.package.remove_at_boot:
                del self.installed[component_id]
            component.state = "running"

    def listing(self) -> list[models.ComponentDetails]:
        """Return the components as `/images` lists them: what is installed, staged or not."""
        own = (
            _details(component.package, staged=component_id in self.staged)
            for component_id, component in self.installed.items()
        )
        return [*self._os, *own]

    @property
    def running(self) -> list[Component]:
        """The applications that run, be it in the debugger."""
        return [
            component
            for component in self.installed.values()
            if component.package.image_type == APPLICATION and component.state != "stopped"
        ]

    def _check_size(self, package: Package) -> None:
        limit = self._spec.component_limit_bytes
        if limit and package.size_bytes > limit:
            raise Refused(refusals.IMAGE_TOO_LARGE)
        type_limit = dict(self._spec.image_type_limits).get(package.image_type)
        if type_limit is not None and package.size_bytes > type_limit:
            raise Refused(refusals.TYPE_TOO_LARGE)

    def _check_needs(self, package: Package) -> None:
        if package.application_runtime > self._spec.abi_versions.ApplicationRuntime:
            raise Refused(refusals.RUNTIME_TOO_OLD)
        if package.mutable_storage_kb > self._spec.mutable_storage_limit_kb:
            raise Refused(refusals.STORAGE_REQUEST_TOO_LARGE)

    def _drop_type(self, image_type: int) -> None:
        for component_id, component in list(self.installed.items()):
            if component.package.image_type == image_type:
                del self.installed[component_id]


def _bytes_used(packages: Iterable[Package]) -> int:
    return sum(package.size_bytes for package in packages if package.image_type == APPLICATION)


def _details(package: Package, *, staged: bool) -> models.ComponentDetails:
    image = models.ImageDetails(
        uid=package.image_id,
        length_in_bytes=package.size_bytes,
        uncompressed_length_in_bytes=package.data_bytes,
        replica_type=package.replica_type,
    )
    return models.ComponentDetails(
        uid=package.component_id,
        image_type=package.image_type,
        is_update_staged=staged,
        does_image_type_require_restart=package.image_type != APPLICATION,
        name=package.name,
        images=[image],
    )


def _os_component(version: str, name: str, image_type: int) -> models.ComponentDetails:
    package = Package(
        component_id=os_component_id(name),
        image_id=os_image_id(version, name),
        image_type=image_type,
        name=name,
        size_bytes=_OS_PART_BYTES,
        data_bytes=_OS_PART_BYTES,
        application_runtime=0,
        remove_at_boot=False,
        signature="production",
    )
    details = _details(package, staged=False)
    return details.model_copy(update={"does_image_type_require_restart": True})


def _leftover(image: LeftoverImage) -> Package:
    return Package(
        component_id=image.component_id.lower(),
        image_id=image.image_id.lower(),
        image_type=image.image_type,
        name=image.name,
        size_bytes=image.size_bytes,
        data_bytes=image.data_bytes or image.size_bytes,
        application_runtime=0,
        remove_at_boot=image.temporary,
        signature="production",
        mutable_storage_kb=image.mutable_storage_kb,
        replica_type=image.replica_type,
    )
