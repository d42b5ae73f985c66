"""The image packages of a recipe, as the steps need them: ids, name and what they ask for.

The facts come from the recipe check, which reads each package once; a plan that was loaded without
it makes this module read them from the bytes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from orchestrator.domain.errors import StationMisuse
from orchestrator.recipe.plan import Artifact
from orchestrator.systems.azure_sphere_device.image_package import inspect_image


@dataclass(frozen=True, slots=True)
class ImageFacts:
    """One image package. Ids are in lower case; `application_runtime` is the ABI it needs."""

    artifact: Artifact
    component_id: str
    image_id: str
    name: str
    application_runtime: int


def image_facts(artifact: Artifact) -> ImageFacts:
    """Return what `artifact` says of itself. Raises InputMistakes for junk."""
    facts: Mapping[str, str] = artifact.facts
    if "component_id" not in facts or "image_id" not in facts:
        facts = inspect_image(artifact.content)
    return ImageFacts(
        artifact=artifact,
        component_id=facts["component_id"].lower(),
        image_id=facts["image_id"].lower(),
        name=facts.get("image_name") or artifact.name,
        application_runtime=int(facts.get("application_runtime") or 0),
    )


def all_facts(artifacts: Sequence[Artifact] | None) -> list[ImageFacts]:
    """Return the facts of all `artifacts`; raises StationMisuse when two share a component."""
    facts = [image_facts(artifact) for artifact in artifacts or ()]
    by_component: dict[str, ImageFacts] = {}
    for each in facts:
        other = by_component.setdefault(each.component_id, each)
        if other is not each:
            raise StationMisuse(
                f"The images {other.artifact.name} and {each.artifact.name} are the same"
                f" component {each.component_id}; only one of them can be installed",
                remedy="Correct the recipe",
                code="SAME_COMPONENT",
            )
    return facts


def expected_images(
    artifacts: Sequence[Artifact] | None, image_ids: Sequence[str] | None
) -> dict[str, str]:
    """Return image id -> name for people, of packages and of ids that are listed alone."""
    named = {each.image_id: each.name for each in all_facts(artifacts)}
    listed = {uid.lower(): uid.lower() for uid in image_ids or ()}
    return listed | named
