"""The log, the error report, quotas from manifests, and memory statistics."""

from collections.abc import Callable
from typing import Any

import pytest

from orchestrator.simulation.sample_images import make_image, manifest
from orchestrator.systems.azure_sphere_device.simulator import LeftoverImage
from orchestrator.systems.azure_sphere_device.simulator.manifest import (
    find_manifest,
    mutable_storage_kb,
)

APP = "11111111-0000-4000-8000-000000000001"
IMAGE = "22222222-0000-4000-8000-000000000001"
QUOTA = f"/app/quota/{APP}"
MEMORY = "/stats/memory/groups/applications"


def with_storage(size_kb: int) -> bytes:
    """Make an application whose manifest asks for mutable storage."""
    return make_image("store", APP, IMAGE, 2000, manifest=manifest("store", APP, size_kb))


def test_the_log_is_bytes(new_bench: Callable[..., Any]) -> None:
    """Always the same ones for the same board."""
    bench = new_bench(log_bytes=100)
    reply = bench.call("GET", "/log")
    assert reply.headers["content-type"] == "application/octet-stream"
    assert len(reply.body) == 100
    assert new_bench(log_bytes=100).call("GET", "/log").body == reply.body
    assert new_bench(log_bytes=100, seed=1).call("GET", "/log").body != reply.body


def test_the_error_report_tells_its_length(new_bench: Callable[..., Any]) -> None:
    """In bytes 3 and 4, high byte first; 0 after a clear, which is always a success."""
    bench = new_bench(telemetry_bytes=700)
    report = bench.call("GET", "/telemetry").body
    assert report[3] << 8 | report[4] == 700 == len(report) - 5
    for _ in range(2):
        assert bench.call("DELETE", "/telemetry").json == {}
        cleared = bench.call("GET", "/telemetry").body
        assert cleared[3] << 8 | cleared[4] == 0 == len(cleared) - 5
    assert bench.facts() == ["error_report_cleared"]


def test_quotas_come_from_the_manifest(bench: Any) -> None:
    """None without one, and not found without the application."""
    assert bench.call("GET", QUOTA).error == (404, 14680076)
    assert bench.call("GET", "/app/quota/no-guid").error == (400, 14680079)
    bench.sideload()
    assert bench.call("GET", QUOTA).json == {"UsageKB": 0, "LimitKB": 0}
    bench.call("DELETE", f"/app/image/{APP}")
    bench.stage(with_storage(8))
    assert bench.call("GET", QUOTA).error == (404, 14680076)
    bench.install()
    assert bench.call("GET", QUOTA).json == {"UsageKB": 0, "LimitKB": 8}


def test_too_much_storage_cannot_be_installed(new_bench: Callable[..., Any]) -> None:
    """The limit is a switch, and so is what becomes of the staged image."""
    for stays in (True, False):
        bench = new_bench(mutable_storage_limit_kb=32, bad_image_stays_staged=stays)
        assert bench.stage(with_storage(33)).status == 200
        assert bench.install().error == (500, 2097186)
        assert bench.images()["has_staged_updates"] is stays
        assert bench.applications() == {}


def test_usage_is_what_the_board_started_with(new_bench: Callable[..., Any]) -> None:
    """Never beyond the limit."""
    left = LeftoverImage("left", APP, IMAGE, mutable_storage_kb=8, used_kb=9)
    assert new_bench(images=(left,)).call("GET", QUOTA).json == {"UsageKB": 8, "LimitKB": 8}


@pytest.mark.parametrize(
    ("data", "size"),
    [
        (b"", 0),
        (b'\0\1{"Capabilities": {"MutableStorage": {"SizeKB": 8}}, "SchemaVersion": 1}\0', 8),
        (b'{"a": 1}{"EntryPoint": "/b", "Capabilities": {"MutableStorage": {"SizeKB": 16}}}', 16),
        (b'{"EntryPoint": "/b", "Capabilities": {"MutableStorage": {"SizeKB": "16"}}}', 0),
        (b'{"EntryPoint": "/b", "Capabilities": {"MutableStorage": []}}', 0),
        (b'{"EntryPoint": "/b", "Capabilities": []}', 0),
        (b'{"EntryPoint": "/b", "Capabilities": {"MutableStorage": {"SizeKB": 16}', 0),
        (b'{"SchemaVersion": ' + b"[" * 60000, 0),
        (b"{" * 9000 + b'"SchemaVersion": 1', 0),
        (b'"Capabilities": {"MutableStorage": {"SizeKB": 16}}', 0),
    ],
)
def test_manifests_are_found_in_whatever_an_image_holds(data: bytes, size: int) -> None:
    """What cannot be read asks for nothing."""
    assert mutable_storage_kb(find_manifest(data)) == size


def test_memory_grows_with_the_applications_that_run(new_bench: Callable[..., Any]) -> None:
    """The peak stays when one stops; a restart forgets it."""
    bench = new_bench(capabilities=(11,))
    empty = bench.call("GET", MEMORY).json
    assert empty["memoryStats"] == {
        "currentMemoryUsageInBytes": 147456,
        "userModeMemoryUsageInBytes": 98304,
        "peakUserModeMemoryUsageInBytes": 98304,
    }
    assert empty["apps"] == []
    bench.sideload()
    running = bench.call("GET", MEMORY).json
    assert [app["componentId"] for app in running["apps"]] == [APP]
    assert running["apps"][0]["processes"][0]["heapUsageByCaller"][0]["usageInBytes"] > 0
    bench.call("PATCH", f"/app/status/{APP}", {"trigger": "stop"})
    stopped = bench.call("GET", MEMORY).json["memoryStats"]
    peak = running["memoryStats"]["userModeMemoryUsageInBytes"]
    assert stopped["peakUserModeMemoryUsageInBytes"] == peak > stopped["userModeMemoryUsageInBytes"]
    bench.call("POST", "/restart")
    bench.clock.seconds += 1
    assert len(bench.call("GET", MEMORY).json["apps"]) == 1
