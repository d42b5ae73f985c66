"""Image packages: real ones are read, everything else ends as one kind of mistake."""

import struct
import subprocess
import sys

import pytest
from azuresphere_imagemetadata.image import Image
from azuresphere_imagemetadata.metadata_sections import (
    DebugSection,
    IdentitySection,
    TempImageMetadataSection,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestrator.domain.errors import ErrorClass, InputMistakes
from orchestrator.simulation.sample_images import make_image
from orchestrator.systems.azure_sphere_device.image_package import (
    ImageMistakes,
    inspect_image,
    read_image_package,
)
from tests.patience import PATIENCE_SECONDS

COMPONENT = "2f074b0f-d99d-4692-82d9-ef93a7d6463c"
IMAGE = "6415a939-c098-48cf-8e5c-02b52a9f0ffb"
PACKAGE = make_image("blink", COMPONENT, IMAGE, 4096, sign="sdk")


def test_facts_of_a_package_as_texts() -> None:
    """A recipe check gets every fact it shows or compares."""
    assert inspect_image(PACKAGE) == {
        "component_id": COMPONENT,
        "image_id": IMAGE,
        "image_type": "Applications",
        "image_name": "blink",
        "signature": "sdk",
        "application_runtime": "12",
        "size_bytes": str(len(PACKAGE)),
        "temporary": "false",
    }


def test_production_key_is_told_from_the_sdk_key() -> None:
    """A package of another key is never taken for an SDK-signed one."""
    package = read_image_package(
        make_image("app", COMPONENT.upper(), IMAGE, 1001, application_runtime=16, temporary=True)
    )
    assert package.signature == "other"
    assert package.component_id == COMPONENT
    assert package.image_type == 10
    assert package.application_runtime == 16
    assert package.needs == {"ApplicationRuntime": 16}
    assert package.temporary
    assert not package.under_development


def bare(*sections: object, debug_name: bytes = b"", flags: int = 0) -> bytes:
    """Return a signed package with an identity and little else."""
    image = Image()
    image.data = b"A" * 64
    identity = IdentitySection()
    identity.image_type, identity.component_uid, identity.image_uid = 99, COMPONENT, IMAGE
    debug = DebugSection()
    debug.image_name_raw = debug_name.ljust(32, b"\0")
    temporary = TempImageMetadataSection()
    temporary.flags.flags = flags
    for section in (identity, debug, temporary, *sections):
        image.metadata.add_section(section)
    return bytes(image.serialize())


def test_both_marks_of_a_temporary_image_are_seen() -> None:
    """The library names only the first mark; both bits count."""
    package = read_image_package(bare(flags=3))
    assert package.remove_at_boot
    assert package.under_development
    assert package.temporary
    assert package.image_type_name == "Unknown"


def test_package_without_needs_names_none() -> None:
    """No runtime asked for is no runtime, not version 0."""
    assert read_image_package(bare()).application_runtime is None
    assert inspect_image(bare())["application_runtime"] == ""


def test_name_inside_a_package_is_made_printable() -> None:
    """A name cannot bring control characters to a screen."""
    assert read_image_package(bare(debug_name=b"a\x1b[2J")).image_name == r"a\x1b[2J"


def flipped(position: int) -> bytes:
    """Return the package with one bit changed."""
    changed = bytearray(PACKAGE)
    changed[position] ^= 1
    return bytes(changed)


def forged_count(count: int) -> bytes:
    """Return the package with another number of sections."""
    changed = bytearray(PACKAGE)
    place = changed.index(b"4X4M", 4096) + 4
    changed[place : place + 4] = struct.pack("<I", count)
    return bytes(changed)


JUNK = {
    "nothing": (b"", "too few"),
    "short": (b"x" * 50, "too few"),
    "zeros": (bytes(1000), "impossible"),
    "text": (b"hello world " * 100, "impossible|mark"),
    "cut": (PACKAGE[:-10], "impossible|mark|do not fit"),
    "flipped data": (flipped(100), "damaged"),
    "flipped signature": (flipped(-5), "damaged"),
    "no sections": (forged_count(0), "0 metadata sections"),
    "endless sections": (forged_count(2**32 - 1), "4294967295 metadata sections"),
    "too many sections": (forged_count(40), "do not fit"),
    "name not utf-8": (bare(debug_name=b"\xff\xfe"), "cannot be read"),
    "two names": (bare(DebugSection()), "cannot be read"),
}


@pytest.mark.parametrize(("content", "message"), JUNK.values(), ids=JUNK)
def test_junk_is_refused_with_its_reason(content: bytes, message: str) -> None:
    """Whatever is no package becomes one mistake of whoever wrote the recipe."""
    with pytest.raises(ImageMistakes, match=message) as caught:
        inspect_image(content)
    assert isinstance(caught.value, InputMistakes)
    assert caught.value.kind is ErrorClass.INPUT
    assert str(caught.value).isprintable()


def test_package_without_identity_or_signature_is_refused() -> None:
    """What a board could not place is no package."""
    nameless = Image()
    nameless.data = b"A" * 64
    for _ in range(2):
        nameless.metadata.add_section(DebugSection())
    with pytest.raises(ImageMistakes, match="no identity"):
        read_image_package(bytes(nameless.serialize()))
    unsigned = Image()
    unsigned.data = b"A" * 64
    identity = IdentitySection()
    identity.component_uid, identity.image_uid = COMPONENT, IMAGE
    unsigned.metadata.add_section(identity)
    unsigned.metadata.add_section(DebugSection())
    with pytest.raises(ImageMistakes, match="not signed"):
        read_image_package(unsigned.serialize(include_signature=False) + b"\x01" * 64)


@settings(max_examples=300, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(4090, len(PACKAGE) - 1), st.integers(0, 255)), min_size=1, max_size=8
    ),
    st.integers(0, len(PACKAGE)),
)
def test_any_damage_ends_as_facts_or_as_a_mistake(
    damage: list[tuple[int, int]], length: int
) -> None:
    """No forged length, count or id makes the reader crash, hang or fill the memory."""
    changed = bytearray(PACKAGE)
    for position, value in damage:
        changed[position] = value
    for content in (bytes(changed), bytes(changed[:length])):
        try:
            facts = inspect_image(content)
        except ImageMistakes:
            continue
        assert set(facts) == set(inspect_image(PACKAGE))


def test_import_stays_cheap() -> None:
    """Neither this module nor the client loads the library before a package is read."""
    code = (
        "import sys\n"
        "import orchestrator.systems.azure_sphere_device.image_package\n"
        "import orchestrator.systems.azure_sphere_device.client\n"
        "sys.exit('azuresphere_imagemetadata' in sys.modules or 'cryptography' in sys.modules)"
    )
    assert (
        subprocess.run(
            [sys.executable, "-c", code], check=False, timeout=PATIENCE_SECONDS
        ).returncode
        == 0
    )
