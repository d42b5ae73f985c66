"""Which OS the board runs, by its word and by its images."""

import json

import pytest

from orchestrator.domain.errors import Mismatch, NotSupported, StationMisuse
from orchestrator.steps.os_catalogue import read_catalogue
from orchestrator.systems.azure_sphere_device.models import Images
from orchestrator.systems.azure_sphere_device.simulator import os_catalogue


@pytest.fixture
def catalogue(artifact):
    """The list of all simulated OS versions."""
    return artifact("os_list", json.dumps(os_catalogue()).encode())


def a_list(artifact, *versions: tuple[str, list[tuple[str, str]]]):
    """Make a catalogue of versions, each with pairs of component and image id."""
    content = {
        "versions": [
            {"name": name, "images": [{"cid": cid, "iid": iid} for cid, iid in pairs]}
            for name, pairs in versions
        ]
    }
    return artifact("os_list", json.dumps(content).encode())


def guid(number: int) -> str:
    """Make a GUID that is easy to recognize."""
    return f"abcdef00-0000-4000-8000-{number:012x}"


def images(*components: tuple[str, list[str]]) -> Images:
    """Make an image list of components with their image ids."""
    return Images.model_validate(
        {
            "is_ota_update_in_progress": False,
            "has_staged_updates": False,
            "restart_required": False,
            "components": [
                {
                    "uid": uid,
                    "image_type": 9,
                    "is_update_staged": False,
                    "does_image_type_require_restart": True,
                    "images": [
                        {"uid": each, "length_in_bytes": 1, "uncompressed_length_in_bytes": 1}
                        for each in held
                    ],
                }
                for uid, held in components
            ],
        }
    )


async def test_an_allowed_os_passes(bench) -> None:
    """The version the board reports is measured and one of the allowed ones."""
    measured = await bench(os_version="22.11").run("sphere.expect_os", allowed=["22.09", "22.11"])
    assert measured == {"os_version": "22.11"}


async def test_another_os_fails_the_board(bench) -> None:
    """The sentence names what was found, what is allowed and what to do."""
    it = bench(os_version="24.03")
    with pytest.raises(Mismatch) as caught:
        await it.run("sphere.expect_os", allowed=["22.09", "22.11"])
    assert caught.value.what == "The board runs OS 24.03; it must run 22.09 or 22.11"
    assert "Recover the board" in caught.value.remedy
    assert it.ctx.measured == {"os_version": "24.03"}


async def test_no_allowed_os_is_the_recipes_fault(bench) -> None:
    """An empty list fails no board; it is the station that cannot judge."""
    with pytest.raises(StationMisuse):
        await bench().run("sphere.expect_os", allowed=[])


async def test_an_old_interface_without_catalogue_cannot_be_judged(bench) -> None:
    """A board that cannot say its OS is an ERROR, not a FAIL, and the remedy names the way out."""
    with pytest.raises(NotSupported, match="cannot say which OS") as caught:
        await bench(os_version="22.07").run("sphere.expect_os", allowed=["22.07"])
    assert "catalogue" in caught.value.remedy


@pytest.mark.parametrize("known_api", [True, False])
async def test_an_old_interface_is_known_by_its_images(bench, catalogue, known_api: bool) -> None:
    """The catalogue decides, whether or not the client knew the interface version before."""
    it = bench(os_version="22.07")
    if known_api:
        await it.device.get_device_status()
    measured = await it.run("sphere.expect_os", allowed=["22.07"], catalogue=catalogue)
    assert measured == {"os_version": "22.07", "os_version_by_images": "22.07"}


async def test_an_old_board_with_images_of_no_version_fails(bench, artifact) -> None:
    """A board whose images are in no version of the list is not good."""
    it = bench(os_version="22.07")
    other = a_list(artifact, ("22.07", [(guid(1), guid(2))]))
    with pytest.raises(Mismatch, match="belong to no version"):
        await it.run("sphere.expect_os", allowed=["22.07"], catalogue=other)
    assert it.ctx.measured["os_version_by_images"] == "unknown"


async def test_word_and_images_that_agree_pass(bench, catalogue) -> None:
    """A newer board is asked both ways, and both answers are kept."""
    measured = await bench().run("sphere.expect_os", allowed=["22.11"], catalogue=catalogue)
    assert measured == {"os_version": "22.11", "os_version_by_images": "22.11"}


async def test_word_and_images_that_contradict_fail(bench, artifact) -> None:
    """A board that says one version and holds the images of another is not good."""
    versions = os_catalogue(("22.11",))["versions"]
    versions[0]["name"] = "22.09"
    forged = artifact("os_list", json.dumps({"versions": versions}).encode())
    with pytest.raises(Mismatch, match=r"says OS 22\.11; its OS images are those of 22\.09"):
        await bench().run("sphere.expect_os", allowed=["22.11"], catalogue=forged)


async def test_a_refusal_of_another_kind_is_not_taken_for_an_old_interface(bench) -> None:
    """Only the number of an unknown address means that the board cannot say its OS."""
    from orchestrator.systems.azure_sphere_device.errors import DeviceRefusal
    from orchestrator.systems.azure_sphere_device.simulator import Fault

    it = bench(faults=(Fault("busy", calls=("get_os_version",)),))
    with pytest.raises(DeviceRefusal):
        await it.run("sphere.expect_os", allowed=["22.11"])


@pytest.mark.parametrize(
    "content",
    [
        b"<html>sign in</html>",
        b"[]",
        b'{"versions": []}',
        b'{"versions": [{"name": "22.11", "images": []}]}',
        b'{"versions": [{"name": "22.11", "images": [{"cid": "x", "iid": "y"}]}]}',
    ],
)
async def test_a_broken_catalogue_is_the_stations_fault(bench, artifact, content: bytes) -> None:
    """A page of a proxy, an empty list or a version without images never judges a board."""
    with pytest.raises(StationMisuse, match="catalogue os_list cannot be read"):
        await bench().run(
            "sphere.expect_os", allowed=["22.11"], catalogue=artifact("os_list", content)
        )


def test_component_ids_alone_do_not_make_a_version(artifact) -> None:
    """Component ids stay the same in every release, so the image ids must be there as well."""
    catalogue = read_catalogue(a_list(artifact, ("22.11", [(guid(1), guid(2))])))
    assert catalogue.identify(images((guid(1), [guid(3)]))) is None


def test_the_most_specific_version_wins_in_any_order(artifact) -> None:
    """When the images of one version contain those of another, the larger one runs."""
    small, large = [(guid(1), guid(2))], [(guid(1), guid(2)), (guid(3), guid(4))]
    board = images((guid(1), [guid(2)]), (guid(3), [guid(4)]))
    for order in ([("a", small), ("b", large)], [("b", large), ("a", small)]):
        assert read_catalogue(a_list(artifact, *order)).identify(board) == "b"


def test_every_image_of_a_component_counts_in_any_letter_case(artifact) -> None:
    """A component may hold several images, one or none, and ids come in both cases."""
    catalogue = read_catalogue(a_list(artifact, ("22.11", [(guid(1).upper(), guid(3))])))
    board = images((guid(1), [guid(2), guid(3).upper()]), (guid(9), []))
    assert catalogue.identify(board) == "22.11"


async def test_two_names_for_the_same_images_are_one_os(bench, artifact) -> None:
    """Versions that consist of the same images cannot be told apart: either may be allowed."""
    versions = os_catalogue(("22.07",))["versions"]
    twin = {**versions[0], "name": "22.07u1"}
    both = artifact("os_list", json.dumps({"versions": [*versions, twin]}).encode())
    it = bench(os_version="22.07")
    measured = await it.run("sphere.expect_os", allowed=["22.07u1"], catalogue=both)
    assert measured["os_version"] == "22.07 or 22.07u1"
    with pytest.raises(Mismatch):
        await it.run("sphere.expect_os", allowed=["22.09"], catalogue=both)
