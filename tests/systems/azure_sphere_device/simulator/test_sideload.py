"""Staging, installing and deleting, with packages that are really signed."""

import struct
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from orchestrator.simulation.sample_images import signer_of
from orchestrator.systems.azure_sphere_device.simulator import LeftoverImage
from orchestrator.systems.azure_sphere_device.simulator.spec import os_component_id

APP = "11111111-0000-4000-8000-000000000001"
OTHER = "11111111-0000-4000-8000-000000000002"
NEW_IMAGE = "22222222-0000-4000-8000-000000000002"
OCTETS = "application/octet-stream"


def test_an_application_runs_right_after_install(bench: Any, sample_image: Any) -> None:
    """Staged is not present yet; installed is running; the list has the sizes of the package."""
    content = sample_image(size_bytes=1001)
    assert bench.stage(content).json == {}
    assert bench.images()["has_staged_updates"] is True
    assert bench.call("GET", f"/app/status/{APP}").json == {"state": "notPresent"}
    assert bench.install().json == {}
    assert bench.call("GET", f"/app/status/{APP}").json == {"state": "running"}
    part = next(p for p in bench.images()["components"] if p["uid"] == APP)
    assert part["images"][0]["length_in_bytes"] == len(content)
    assert part["images"][0]["uncompressed_length_in_bytes"] == 1004
    assert bench.facts() == ["staged", "installed"]


def test_manual_install_leaves_the_application_stopped(bench: Any, sample_image: Any) -> None:
    """The control mode decides; no body at all means Auto."""
    bench.stage(sample_image())
    assert bench.install("Manual").status == 200
    assert bench.call("GET", f"/app/status/{APP}").json == {"state": "stopped"}
    bench.stage(sample_image(component=OTHER))
    assert bench.call("POST", "/update/install").json == {}
    assert bench.call("GET", f"/app/status/{OTHER}").json == {"state": "running"}


def test_installing_nothing_is_a_success_and_a_wrong_mode_is_not(bench: Any) -> None:
    """An empty staging area is fine; the mode is checked."""
    assert bench.install().json == {}
    assert bench.install("Later").error == (400, 10485762)


def test_staging_is_sticky(bench: Any, sample_image: Any) -> None:
    """What an earlier session staged is installed by the next install, restart or not."""
    bench.stage(sample_image())
    bench.call("POST", "/restart")
    bench.clock.seconds += 5
    bench.stage(sample_image(component=OTHER))
    bench.install()
    assert set(bench.applications()) == {APP, OTHER}


def test_a_board_may_arrive_with_staged_images(new_bench: Callable[..., Any]) -> None:
    """The list says that something waits, and any install brings it."""
    bench = new_bench(staged=(LeftoverImage("forgotten", OTHER, NEW_IMAGE),))
    assert bench.images()["has_staged_updates"] is True
    bench.sideload()
    assert set(bench.applications()) == {APP, OTHER}


def test_the_same_image_again_is_skipped(bench: Any, sample_image: Any) -> None:
    """Nothing is staged and nothing happens; another image replaces the old one."""
    bench.sideload()
    assert bench.stage(sample_image()).json == {}
    assert bench.images()["has_staged_updates"] is False
    bench.sideload(image=NEW_IMAGE)
    assert bench.applications() == {APP: NEW_IMAGE}


def test_deleting_takes_the_staged_image_too(bench: Any, sample_image: Any) -> None:
    """Afterwards neither the list nor the next install knows it."""
    bench.sideload()
    bench.stage(sample_image(image=NEW_IMAGE))
    assert bench.call("DELETE", f"/app/image/{APP}").json == {}
    bench.install()
    assert bench.applications() == {}
    assert bench.facts()[-1] == "deleted"


def test_parts_of_the_os_cannot_be_deleted(bench: Any) -> None:
    """The board refuses with 7.37."""
    reply = bench.call("DELETE", f"/app/image/{os_component_id('gatewayd')}")
    assert reply.error == (403, 7340069)


def test_a_board_configuration_restarts_the_board(bench: Any, sample_image: Any) -> None:
    """Only one may be there; installing and deleting it take effect by a restart."""
    first = sample_image(image_type=21)
    second = sample_image(component=OTHER, image_type=21)
    assert bench.stage(first).status == 200
    assert bench.stage(second).error == (400, 7340075)
    assert bench.install().json == {"restartingSystem": True}
    bench.clock.seconds += 5
    bench.stage(second)
    bench.install()
    bench.clock.seconds += 5
    assert set(bench.board.storage.installed) == {OTHER}
    assert bench.call("DELETE", f"/app/image/{OTHER}").json == {"restartingSystem": True}
    assert bench.facts().count("restart") == 3


def test_temporary_images_leave_at_boot(bench: Any) -> None:
    """An image with the flag RemoveAtBoot is gone after a restart, the others stay."""
    bench.sideload(temporary=True)
    bench.sideload(component=OTHER)
    bench.call("POST", "/restart")
    bench.clock.seconds += 5
    assert set(bench.applications()) == {OTHER}


def test_sdk_signed_images_need_the_capability(
    new_bench: Callable[..., Any], sample_image: Any
) -> None:
    """Refused with 403 and 7.15 on a normal board, taken on one with capability 11."""
    content = sample_image(sign="sdk")
    assert new_bench().stage(content).error == (403, 7340047)
    assert new_bench(capabilities=(11,)).stage(content).json == {}


def test_an_unknown_key_is_not_trusted(bench: Any, sample_image: Any) -> None:
    """A package signed by a key outside the keystore, or changed after signing, is refused."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "stranger")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now)
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    assert bench.stage(sample_image(sign=signer_of(key, certificate))).error == (400, 7340047)
    changed = bytearray(sample_image())
    changed[100] ^= 1
    assert bench.stage(bytes(changed)).error == (400, 7340047)


def _forged(section_count: int) -> bytes:
    metadata = b"4X4M" + struct.pack("<I", section_count) + b"\0" * 8
    return b"x" * 100 + metadata + struct.pack("<I", len(metadata) + 4) + b"s" * 64


@pytest.mark.parametrize(
    "content",
    [b"", b"junk", b"\0" * 1000, b"A" * 5000, _forged(1), _forged(64), _forged(0xFFFFFFFF)],
    ids=["empty", "short", "zeros", "letters", "no-sections", "many", "endless"],
)
def test_junk_is_no_image(bench: Any, content: bytes) -> None:
    """Whatever is no package is refused at once with 7.18."""
    assert bench.stage(content).error == (400, 7340050)


def test_a_truncated_package_is_no_image(bench: Any, sample_image: Any) -> None:
    """A file that lost its end is refused."""
    assert bench.stage(sample_image()[:-10]).error == (400, 7340050)


def test_rules_of_a_package_are_checked_at_stage(
    new_bench: Callable[..., Any], sample_image: Any
) -> None:
    """Size, flash, type and component id have their own numbers."""
    small = new_bench(component_limit_bytes=2000, application_flash_bytes=3000)
    assert small.stage(sample_image(size_bytes=4000)).error == (400, 7340051)
    assert small.stage(sample_image(size_bytes=1500)).status == 200
    assert small.stage(sample_image(component=OTHER, size_bytes=1500)).error == (500, 14680082)
    assert small.stage(sample_image(image_type=9)).error == (400, 16777218)
    nobody = sample_image(component="00000000-0000-0000-0000-000000000000")
    assert small.stage(nobody).error == (400, 7340079)


def test_an_image_for_a_newer_os_fails_at_install(
    new_bench: Callable[..., Any], sample_image: Any
) -> None:
    """The board stages it and refuses to install it, with a number Microsoft's client lacks."""
    bench = new_bench(os_version="22.09")
    assert bench.stage(sample_image(application_runtime=16)).status == 200
    assert bench.install().error == (500, 3145750)
    assert bench.applications() == {}


def test_a_wrong_content_type_is_refused(bench: Any, sample_image: Any) -> None:
    """Staging takes raw bytes, installing takes JSON."""
    assert bench.call("PUT", "/update/stage", sample_image(), "text/plain").status == 415
    assert bench.call("POST", "/update/install", b"{}", OCTETS).status == 415


def test_a_body_without_end_is_cut_off(bench: Any) -> None:
    """Beyond eight mebibytes the server gives up reading."""
    assert bench.stage(b"x" * ((8 << 20) + 1)).error == (413, 10485777)


def test_an_update_over_the_air_keeps_the_flash_busy(
    new_bench: Callable[..., Any], sample_image: Any
) -> None:
    """Staging and installing are refused until it has ended."""
    bench = new_bench(update_seconds=30)
    assert bench.images()["is_ota_update_in_progress"] is True
    assert bench.stage(sample_image()).error == (409, 7340071)
    assert bench.install().error == (409, 7340071)
    bench.clock.seconds += 30
    assert bench.images()["is_ota_update_in_progress"] is False
    assert bench.sideload().status == 200


def test_installing_and_sending_take_the_boards_time(
    new_bench: Callable[..., Any], sample_image: Any
) -> None:
    """The link's speed counts for both directions, and the install has a duration."""
    bench = new_bench(link_bytes_per_second=1000, install_seconds=3, answer_seconds=0.5)
    content, before = sample_image(), bench.clock.seconds
    bench.stage(content)
    assert bench.clock.seconds - before == pytest.approx(0.5 + (len(content) + 2) / 1000)
    before = bench.clock.seconds
    bench.install()
    assert bench.clock.seconds - before == pytest.approx(3.5 + (25 + 2) / 1000, abs=0.01)


def test_image_types_have_limits_of_their_own(
    new_bench: Callable[..., Any], sample_image: Any
) -> None:
    """Another number than that of the component; 0 lifts the latter."""
    limits = {"component_limit_bytes": 0, "image_type_limits": ((21, 1000),)}
    bench = new_bench(**limits, application_flash_bytes=1 << 22)
    large = sample_image(size_bytes=5000, image_type=21)
    assert bench.stage(large).error == (400, 7340074)
    assert bench.stage(sample_image(size_bytes=2 << 20)).status == 200


def test_a_restart_is_required_until_it_happened(bench: Any, sample_image: Any) -> None:
    """A board configuration takes effect by the restart that follows."""
    bench.stage(sample_image(image_type=21))
    assert bench.images()["restart_required"] is False
    assert bench.install().json == {"restartingSystem": True}
    bench.clock.seconds += 1
    assert bench.images()["restart_required"] is False
    component = next(p for p in bench.images()["components"] if p["uid"] == APP)
    assert component["does_image_type_require_restart"] is True


def test_two_board_configurations_cannot_be_staged(bench: Any, sample_image: Any) -> None:
    """The second component is refused, another image of the first is not."""
    assert bench.stage(sample_image(image_type=21)).status == 200
    assert bench.stage(sample_image(image_type=21, component=OTHER)).error == (400, 7340075)
    assert bench.stage(sample_image(image_type=21, image=NEW_IMAGE)).status == 200


def test_temporary_leftovers_disappear_at_a_restart(new_bench: Callable[..., Any]) -> None:
    """And a stopped application runs afterwards."""
    bench = new_bench(
        images=(
            LeftoverImage("temporary", APP, NEW_IMAGE, temporary=True),
            LeftoverImage("stopped", OTHER, NEW_IMAGE, stopped=True),
        )
    )
    assert set(bench.applications()) == {APP, OTHER}
    assert bench.call("GET", f"/app/status/{OTHER}").json == {"state": "stopped"}
    bench.call("POST", "/restart")
    bench.clock.seconds += 1
    assert set(bench.applications()) == {OTHER}
    assert bench.call("GET", f"/app/status/{OTHER}").json == {"state": "running"}


def test_deleting_an_os_part_is_a_switch(new_bench: Callable[..., Any]) -> None:
    """Refused, or a success that changes nothing."""
    path = f"/app/image/{os_component_id('networkd')}"
    assert new_bench().call("DELETE", path).error == (403, 7340069)
    lenient = new_bench(os_delete_refused=False)
    before = lenient.images()
    assert lenient.call("DELETE", path).json == {}
    assert lenient.images() == before


def test_an_update_begins_and_ends(new_bench: Callable[..., Any], sample_image: Any) -> None:
    """Meanwhile nobody else may change images."""
    bench = new_bench(update_after_seconds=10, update_seconds=60)
    assert bench.stage(sample_image()).status == 200
    bench.clock.seconds += 10
    assert bench.images()["is_ota_update_in_progress"] is True
    assert bench.install().error == (409, 7340071)
    bench.clock.seconds += 60
    assert bench.images()["is_ota_update_in_progress"] is False
    assert bench.install().status == 200


def test_the_restart_flag_of_a_deletion_came_with_4_4(new_bench: Callable[..., Any]) -> None:
    """Older boards restart without a word."""
    left = LeftoverImage("config", APP, NEW_IMAGE, image_type=21)
    for version, told in (("4.3.0", {}), ("4.4.0", {"restartingSystem": True})):
        bench = new_bench(images=(left,), api_version=version)
        assert bench.call("DELETE", f"/app/image/{APP}").json == told
        assert not bench.board.link_up
