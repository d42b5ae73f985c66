"""Sample packages are real ones, and the shipped ones are what their page says."""

import hashlib
import re
from pathlib import Path

from azuresphere_imagemetadata.image import Image
from azuresphere_imagemetadata.signing.app_development import AppDevelopmentSigner

from orchestrator.simulation.sample_images import make_image, production_signer
from orchestrator.systems.azure_sphere_device.simulator.packages import (
    read_package,
    sample_keystore,
)

IMAGES = Path(__file__).resolve().parents[2] / "recipes" / "images"
COMPONENT, IMAGE = "11111111-0000-4000-8000-000000000001", "22222222-0000-4000-8000-000000000001"


def test_the_vendors_library_reads_a_sample() -> None:
    """Name, ids, type and signature are what was asked for."""
    image = Image(make_image("blink", COMPONENT, IMAGE, 5000))
    assert image.metadata.identity.component_uid == COMPONENT
    assert image.metadata.identity.image_uid == IMAGE
    assert image.metadata.identity.image_type == 10
    assert image.metadata.debug.image_name == "blink"
    assert len(image.data) == 5000
    assert image.has_valid_signature([production_signer()])
    assert not image.has_valid_signature([AppDevelopmentSigner()])


def test_the_sdk_key_signs_when_asked() -> None:
    """The vendor's default check accepts it."""
    assert Image(make_image("blink", COMPONENT, IMAGE, 64, sign="sdk")).has_valid_signature()


def test_the_payload_is_the_same_every_time() -> None:
    """Two packages of the same ids differ in their signature alone."""
    first, second = (make_image("x", COMPONENT, IMAGE, 1000) for _ in range(2))
    assert first[:-64] == second[:-64]
    assert first != second


def test_the_shipped_images_are_what_their_page_says() -> None:
    """Ids, sizes and hashes; signed by the sample key; not temporary."""
    page = (IMAGES / "README.md").read_text(encoding="utf-8")
    rows = re.findall(
        r"\| `([\w-]+)\.imagepackage` \| `(.+?)` \| `(.+?)` \| (\d+) \| `(\w+)` \|", page
    )
    assert {row[0] for row in rows} == {path.stem for path in IMAGES.glob("*.imagepackage")}
    for name, component, image, size, digest in rows:
        content = (IMAGES / f"{name}.imagepackage").read_bytes()
        assert hashlib.sha256(content).hexdigest() == digest
        package = read_package(content, sample_keystore())
        assert (package.name, package.component_id, package.image_id) == (name, component, image)
        assert package.size_bytes == int(size)
        assert package.signature == "production"
        assert package.application_runtime == 12
        assert not package.remove_at_boot
