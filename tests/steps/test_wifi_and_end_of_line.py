"""The recipes that test Wi-Fi and that clean and lock a board, on boards good and bad."""

import hashlib
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from orchestrator.domain.outcome import Outcome
from orchestrator.domain.records import AttachmentRow, StepRow
from orchestrator.engine.parameters import Secret
from orchestrator.recipe.check import load_plan
from orchestrator.recipe.plan import Plan
from orchestrator.steps.generate import catalogue
from orchestrator.steps.secret_marks import fingerprint
from orchestrator.systems.azure_sphere_device.endpoints import DEVICE_ENDPOINTS
from orchestrator.systems.azure_sphere_device.image_package import inspect_image
from orchestrator.systems.azure_sphere_device.simulator import (
    Fault,
    LeftoverImage,
    ProxySetting,
    RadioNetwork,
    SavedNetwork,
    StoredCertificate,
)
from tests.steps.recipe_support import Notebook, impatient, run
from tests.steps.test_sphere_certificates import make

KEY = "canary-psk-91d0"
WIFI_KEY = Secret("wifi_key", KEY)
AP = RadioNetwork("guardian-test", psk=KEY, signal_level=-55)
TESTED = LeftoverImage(
    "factory-test",
    "deadbeef-0000-4000-8000-000000000001",
    "deadbeef-0000-4000-8000-000000000002",
)


@pytest.fixture(scope="module")
def load(recipes: Path):
    """Load a shipped recipe as the station does."""

    def load(name: str) -> Plan:
        return impatient(load_plan(recipes / name, catalogue(), inspect_image))

    return load


async def test_a_good_board_joins_and_forgets(bench, load) -> None:
    """A good board is measured, joins, and remembers nothing afterwards."""
    it, notebook = bench(radio=(AP,)), Notebook()
    result = await run(load("wifi-functional.yaml"), it, notebook, {"wifi_key": WIFI_KEY})
    assert result.outcome is Outcome.PASS, result.message
    assert notebook.measured("signal_level") == "-55"
    assert notebook.measured("psk_fingerprint") == fingerprint(WIFI_KEY)
    assert notebook.measured("ip_address") == "192.168.1.42"
    assert (it.did("wifi_network_added"), it.did("wifi_network_removed")) == (1, 1)
    assert it.board.wifi.networks == []
    names = [row.name for row in notebook.rows if isinstance(row, AttachmentRow)]
    assert names == ["wifi-scan.json", "device-log.bin"]
    assert it.board.state == "Blank"


async def test_a_board_with_wifi_off_and_an_old_key_passes(bench, load) -> None:
    """Wi-Fi is switched on first, and the old setting is replaced; other networks stay."""
    old = SavedNetwork("guardian-test", psk="an-older-key")
    it = bench(radio=(AP,), wifi_up=False, wifi_networks=(old, "Other"))
    result = await run(load("wifi-functional.yaml"), it, Notebook(), {"wifi_key": WIFI_KEY})
    assert result.outcome is Outcome.PASS, result.message
    assert [network.ssid for network in it.board.wifi.networks] == ["Other"]


BAD_AIR = {
    "weak": ({"radio": (replace(AP, signal_level=-71),)}, Outcome.FAIL, "signal_level"),
    "not seen": ({"radio": (replace(AP, ssid="other"),)}, Outcome.FAIL, "does not see"),
    "wrong key": ({"radio": (replace(AP, psk="not-this-one"),)}, Outcome.ERROR, "WrongKey"),
    "locked": ({"manufacturing_state": "DeviceComplete"}, Outcome.FAIL, "DeviceComplete"),
    "refuses": (
        {"radio": (AP,), "faults": (Fault("refuse", calls=("add_wifi_network",), error=13631507),)},
        Outcome.ERROR, "13.19",
    ),
    "link lost": (
        {"radio": (AP,), "faults": (Fault("drop", calls=("get_wifi_interface_state",)),)},
        Outcome.ERROR, "connection",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD_AIR)
async def test_bad_wifi_is_named_and_no_network_stays(bench, load, name: str) -> None:
    """FAIL or ERROR as the fault deserves; the teardown forgets the network in any case."""
    spec, outcome, words = BAD_AIR[name]
    it, notebook = bench(**spec), Notebook()
    it.clock.step = 0.1
    result = await run(load("wifi-functional.yaml"), it, notebook, {"wifi_key": WIFI_KEY})
    assert (result.outcome, words in result.message) == (outcome, True), result.message
    assert it.board.wifi.networks == []
    assert KEY not in str(notebook.rows) + str(result)
    if it.board.state == "Blank":
        assert notebook.ends()["forget"] == ["PASS"]


async def test_a_network_added_under_a_lost_answer_is_added_once(bench, load) -> None:
    """The step is repeated, finds what the first attempt did, and replaces it."""
    it = bench(radio=(AP,), faults=(Fault("lost_answer", calls=("add_wifi_network",), times=1),))
    notebook = Notebook()
    result = await run(load("wifi-functional.yaml"), it, notebook, {"wifi_key": WIFI_KEY})
    assert result.outcome is Outcome.PASS, result.message
    assert notebook.ends()["add"] == ["ERROR", "PASS"]
    assert it.did("wifi_network_added") == it.did("wifi_network_removed") == 2


DIRTY = {
    "images": (TESTED,),
    "wifi_networks": ("FactoryNet", SavedNetwork("Lab", "eaptls", client_certificate="lab")),
    "certificates": (StoredCertificate("lab"), StoredCertificate("root", "rootca")),
    "proxy": ProxySetting("proxy.example", authentication="basic", username="u", password=KEY),
    "telemetry_bytes": 512,
    "wifi_up": False,
}


async def loaded(bench, recipes: Path, **spec):
    """Make a bench whose board holds the two applications of the recipe."""
    it = bench(**spec)
    for name in ("guardian-app", "guardian-ui"):
        content = (recipes / "images" / f"{name}.imagepackage").read_bytes()
        it.board.storage.stage(it.board.read_package(content))
    it.board.storage.install(start=True)
    return it


async def test_a_used_board_is_cleaned_and_locked(bench, load, recipes: Path) -> None:
    """Everything that served the test is gone before the board is locked, and it is proven."""
    it, notebook = await loaded(bench, recipes, **DIRTY), Notebook()
    plan = load("end-of-line.yaml")
    result = await run(plan, it, notebook)
    assert result.outcome is Outcome.PASS, result.message
    assert it.board.state == "DeviceComplete"
    assert notebook.measured("checks_passed") == "5"
    assert TESTED.component_id not in it.board.storage.installed
    assert len(it.board.storage.installed) == 2
    assert it.board.wifi.networks == it.board.certificates.identifiers == []
    assert it.board.network.proxy is None
    assert it.board.blobs.report_bytes == 0
    order = [each.what for each in it.happened]
    assert order.index("error_report_cleared") < order.index("manufacturing_state")
    assert order.count("certificate_removed") == order.count("wifi_network_removed") == 2
    assert notebook.ends() == {step.id: ["PASS"] for step in plan.steps()}
    assert KEY not in str(notebook.rows)


STAYING = {
    "certificate": ("certificates", "remove", "still holds the certificate lab or root"),
    "network": ("wifi", "remove", "still remembers the Wi-Fi network FactoryNet, Lab"),
    "proxy": ("network", "delete_proxy", "has the proxy proxy.example:8080"),
    "error report": ("blobs", "clear_report", "still holds 512 bytes of reports"),
}


def ignored(*_given: object) -> object:
    """Do nothing and return what every handler can report."""
    return SimpleNamespace(identifier="lab", id=0, ssid="Lab")


@pytest.mark.parametrize("name", STAYING)
async def test_a_board_that_is_not_clean_is_not_locked(bench, load, recipes, name) -> None:
    """Whatever stays, the first irreversible step is not begun."""
    part, method, words = STAYING[name]
    it, notebook = await loaded(bench, recipes, **DIRTY), Notebook()
    setattr(getattr(it.board, part), method, ignored)
    result = await run(load("end-of-line.yaml"), it, notebook)
    assert (result.outcome, words in result.message) == (Outcome.FAIL, True), result.message
    assert it.board.state == "Blank"
    assert it.board.requests["set_manufacturing_state"] == 0
    assert "module1" not in notebook.ends()


async def test_a_board_without_its_applications_is_not_locked(bench, load) -> None:
    """The recipe cleans and does not load."""
    it = bench(**DIRTY)
    result = await run(load("end-of-line.yaml"), it, Notebook())
    assert (result.outcome, it.board.state) == (Outcome.FAIL, "Blank")
    assert "lacks the application" in result.message


async def test_staged_leftovers_keep_the_board_open(bench, load, recipes) -> None:
    """What the next installation would bring must not be in the field."""
    it, notebook = await loaded(bench, recipes, **DIRTY), Notebook()
    ours = next(iter(it.board.storage.installed.values())).package
    it.board.storage.stage(replace(ours, component_id="abcdef00-0000-4000-8000-000000000001"))
    result = await run(load("end-of-line.yaml"), it, notebook)
    assert result.outcome is Outcome.FAIL
    assert "images staged that were never installed" in result.message
    assert it.board.requests["set_manufacturing_state"] == 0
    assert notebook.ends()["images"] == ["FAIL"]


BAD = {
    "wrong OS": ({"os_version": "22.09"}, Outcome.FAIL, "runs OS 22.09"),
    "capability": ({"capabilities": (11,)}, Outcome.FAIL, "11 (appDevelopment)"),
    "test silicon": ({"security_state": "TEST"}, Outcome.FAIL, "security state is TEST"),
    "locked already": ({"manufacturing_state": "DeviceComplete"}, Outcome.FAIL, "DeviceComplete"),
    "always busy": ({"faults": (Fault("busy"),)}, Outcome.ERROR, "busy"),
    "store unreadable": (
        {"faults": (Fault("garbage", calls=("list_certificates",)),)}, Outcome.ERROR, "JSON",
    ),
    "drops": (
        {"faults": (Fault("drop", calls=("delete_network_proxy",)),)}, Outcome.ERROR, "connection",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
async def test_a_bad_board_reaches_no_irreversible_step(bench, load, recipes, name) -> None:
    """Each ends FAIL or ERROR as its fault deserves, and its state has not moved."""
    spec, outcome, words = BAD[name]
    it = await loaded(bench, recipes, **DIRTY | spec)
    result = await run(load("end-of-line.yaml"), it, Notebook())
    assert (result.outcome, words in result.message) == (outcome, True), result.message
    assert it.did("manufacturing_state") == 0


CALLS = sorted({endpoint.name for endpoint in DEVICE_ENDPOINTS})
WEATHER = st.builds(
    Fault,
    kind=st.sampled_from(["busy", "drop", "lost_answer", "reboot", "garbage", "refuse"]),
    calls=st.sampled_from(CALLS).map(lambda name: (name,)),
    skip=st.integers(0, 3),
    times=st.integers(1, 4),
    at=st.sampled_from([0.0, 0.5, 1.0]),
)


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(weather=st.lists(WEATHER, min_size=1, max_size=3))
async def test_in_any_weather_pass_means_clean_and_locked(bench, load, recipes, weather) -> None:
    """Nothing that served the test is on a board of which PASS was said."""
    it, notebook = await loaded(bench, recipes, **DIRTY, boot_seconds=0.05), Notebook()
    for fault in weather:
        it.board.faults.add(fault)
    it.clock.step = 0.1
    result = await run(load("end-of-line.yaml"), it, notebook)
    if result.outcome is Outcome.PASS:
        assert it.board.state == "DeviceComplete"
    if it.did("manufacturing_state"):
        assert it.board.wifi.networks == it.board.certificates.identifiers == []
        assert it.board.network.proxy is None
        assert it.board.blobs.report_bytes == 0
        assert TESTED.component_id not in it.board.storage.installed
    assert it.did("manufacturing_state") <= 2
    assert KEY not in str(notebook.rows)


CANARIES = """\
recipe: 1
name: canaries
version: "1.0"
secrets: [psk, key, password, proxy_password]
artifacts:
  certificate: {file: certificate.pem, type: file, sha256: SHA256}
main:
  - uses: sphere.add_certificate
    with:
      identifier: client
      type: client
      certificate: certificate
      private_key: key
      password: password
    on_fail: continue
  - uses: sphere.add_wifi_network
    with: {ssid: guardian-test, psk: psk}
    on_fail: continue
  - uses: sphere.expect_wifi_connected
    with: {ssid: guardian-test, within: 9s}
    on_fail: continue
  - uses: sphere.set_proxy
    with: {address: proxy.example, username: line, password: proxy_password}
    on_fail: continue
"""


def command_line() -> str:
    """Return what the process list shows of this process."""
    return Path("/proc/self/cmdline").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "fault",
    [
        None,
        *(
            Fault(kind, calls=("add_certificate", "add_wifi_network", "configure_proxy"))
            for kind in ("refuse", "busy", "garbage", "drop", "lost_answer", "reboot")
        ),
    ],
    ids=lambda fault: fault.kind if fault else "none",
)
async def test_planted_secrets_are_found_nowhere(bench, tmp_path, caplog, fault) -> None:
    """Not in the audit, the log, an error text or the process list, whatever goes wrong."""
    caplog.set_level(0)
    password, proxy_password = "canary-password-2e", "canary-proxy-60"
    public, private = make("canaries", password)
    secrets = {
        name: Secret(name, value)
        for name, value in {
            "psk": KEY, "key": private, "password": password, "proxy_password": proxy_password,
        }.items()
    }  # fmt: skip
    (tmp_path / "certificate.pem").write_bytes(public)
    text = CANARIES.replace("SHA256", hashlib.sha256(public).hexdigest())
    (tmp_path / "canaries.yaml").write_text(text)
    plan = impatient(load_plan(tmp_path / "canaries.yaml", catalogue(), inspect_image))
    it, notebook = (
        bench(radio=(AP,), faults=(fault,) if fault else (), boot_seconds=0.05),
        Notebook(),
    )
    it.clock.step = 0.1
    result = await run(plan, it, notebook, secrets)
    assert (result.outcome is Outcome.PASS) == (fault is None), result.message
    places = {
        "audit": f"{notebook.rows} {plan.resolved}",
        "files": str([row.content for row in notebook.rows if isinstance(row, AttachmentRow)]),
        "result": repr(result),
        "log": caplog.text + "".join(map(repr, (record.__dict__ for record in caplog.records))),
        "process": command_line(),
        "world": str(it.happened),
        "objects": f"{secrets} {it.device!r} {it.board.wifi.networks}",
    }
    marks = [KEY, password, proxy_password, *private.splitlines()[1:-1], "PRIVATE KEY"]
    found = {place for place, text in places.items() for mark in marks if mark in text}
    assert found == set()
    parameters = " ".join(row.parameters for row in notebook.rows if isinstance(row, StepRow))
    for name, secret in secrets.items():
        assert f'"secret:{name}"' in parameters
        assert fingerprint(secret) in places["audit"]


def test_a_fingerprint_tells_secrets_apart() -> None:
    """Twelve digits, the same for the same secret, none without one."""
    assert fingerprint(Secret("a", "x")) == fingerprint(Secret("b", "x")) == "2d711642b726"
    assert fingerprint(None) == ""
