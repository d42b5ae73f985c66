"""Which OS a board runs, by the images it holds.

For boards whose API is too old to say their OS version, and as a cross-check for the others. The
catalogue is the vendor's list of versions, kept as an artifact of the recipe so that a station
works offline and the audit knows which list was used:

    {"versions": [{"name": "22.11", "images": [{"cid": GUID, "iid": GUID}, ...]}, ...]}

Component ids stay the same from release to release, so a version matches only when every pair of
component id AND image id is on the board, in any letter case. When the pairs of several versions
are all there, the version with the most pairs is the one that runs.
"""

from dataclasses import dataclass
from functools import lru_cache

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from orchestrator.domain.errors import StationMisuse
from orchestrator.recipe.plan import Artifact
from orchestrator.systems.azure_sphere_device.models import Guid, Images

Pairs = frozenset[tuple[str, str]]


class _Image(BaseModel):
    model_config = ConfigDict(frozen=True)
    cid: Guid
    iid: Guid


class _Version(BaseModel):
    model_config = ConfigDict(frozen=True)
    name: str = Field(min_length=1)
    images: tuple[_Image, ...] = Field(min_length=1)


class _File(BaseModel):
    model_config = ConfigDict(frozen=True)
    versions: tuple[_Version, ...] = Field(min_length=1)


@dataclass(frozen=True, slots=True)
class OsCatalogue:
    """The versions of a catalogue, each with the pairs (component id, image id) it consists of."""

    versions: tuple[tuple[str, Pairs], ...]

    def identify(self, images: Images) -> str | None:
        """Return the version whose images the board holds, None when it is none of them.

        Versions that consist of the same images are named together: `22.09 or 22.09-update1`.
        """
        held = board_pairs(images)
        matches = [(len(pairs), name) for name, pairs in self.versions if pairs <= held]
        most = max((count for count, _ in matches), default=0)
        return " or ".join(name for count, name in matches if count == most) or None


def board_pairs(images: Images) -> Pairs:
    """Return every pair of component id and image id that the board holds, in lower case."""
    return frozenset(
        (component.uid.lower(), image.uid.lower())
        for component in images.components
        for image in component.images
    )


@lru_cache(maxsize=8)
def _parse(content: bytes) -> OsCatalogue:
    parsed = _File.model_validate_json(content)
    return OsCatalogue(
        tuple(
            (
                version.name,
                frozenset((image.cid.lower(), image.iid.lower()) for image in version.images),
            )
            for version in parsed.versions
        )
    )


def read_catalogue(artifact: Artifact) -> OsCatalogue:
    """Return the catalogue in `artifact`. Raises StationMisuse when it is none."""
    try:
        return _parse(artifact.content)
    except ValidationError as mistake:
        first = mistake.errors()[0]
        place = ".".join(str(part) for part in first["loc"]) or "the file"
        raise StationMisuse(
            f"The OS catalogue {artifact.name} cannot be read: {place}: {first['msg']}",
            remedy="Put the vendor's list of OS versions into the recipe's folder again",
            code="OS_CATALOGUE",
        ) from mistake
