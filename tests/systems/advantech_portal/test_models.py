"""The document's own examples fit the models, and come back as they were."""

from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import BaseModel, RootModel, SecretStr, ValidationError

from orchestrator.systems.advantech_portal import models
from orchestrator.systems.advantech_portal.endpoints import EVENTS, HOST_ENDPOINTS
from orchestrator.transport.endpoint import Endpoint
from tests.systems.advantech_portal.hosts import Documented

PATHS: dict[str, Any] = Documented.contract.document["paths"]


def shown(content: dict[str, Any]) -> Iterator[object]:
    """Yield the JSON examples of a body."""
    for kind, body in content.items():
        if kind == "application/json":
            if "example" in body:
                yield body["example"]
            yield from (one["value"] for one in body.get("examples", {}).values())


def examples() -> Iterator[tuple[str, type[BaseModel], object]]:
    """Yield every example of requests, answers and events with the model of its row."""
    for row in HOST_ENDPOINTS:
        node = PATHS[row.path][row.method.lower()]
        if row.door == "SSE":
            by_name = {event.name: event.model for event in EVENTS}
            for event in node["x-sse"]["events"]:
                if "example" in event:
                    model = by_name.get(event["event"], row.answer)
                    assert isinstance(model, type)
                    yield f"{row.name}/{event['event']}", model, event["example"]
            continue
        if isinstance(row.request, type):
            for example in shown(node["requestBody"]["content"]):
                yield f"{row.name}/request", row.request, example
        if isinstance(row.answer, type):
            for status in row.success:
                for example in shown(node["responses"][str(status)].get("content", {})):
                    yield f"{row.name}/answer", row.answer, example


EXAMPLES = list(examples())


@pytest.mark.parametrize(
    ("model", "example"),
    [(model, example) for _, model, example in EXAMPLES],
    ids=[name for name, _, _ in EXAMPLES],
)
def test_the_documented_example_fits(model: type[BaseModel], example: object) -> None:
    """Every member is known, and goes back on the wire under its own name."""
    made = model.model_validate(example)
    assert not list(unknown(made))
    assert made.model_dump(mode="json", by_alias=True, exclude_none=True) == without_null(example)


def without_null(value: object) -> object:
    """Return a JSON value without the members that are null."""
    if isinstance(value, dict):
        return {name: without_null(one) for name, one in value.items() if one is not None}
    return [without_null(one) for one in value] if isinstance(value, list) else value


def unknown(made: object) -> Iterator[str]:
    """Yield the members of a model, and of those inside it, that it does not declare."""
    if isinstance(made, RootModel):
        yield from unknown(made.root)
    elif isinstance(made, BaseModel):
        yield from made.model_extra or {}
        for name in type(made).model_fields:
            yield from unknown(getattr(made, name))
    elif isinstance(made, list):
        for one in made:
            yield from unknown(one)


def test_every_row_has_an_example() -> None:
    """Nothing is proven by the document that it does not show."""
    shown_rows = {name.partition("/")[0] for name, _, _ in EXAMPLES}
    without = {row.name for row in HOST_ENDPOINTS if isinstance(row.answer, type)} - shown_rows
    assert without == {"stream_events"}


@pytest.mark.parametrize(
    "row", [row for row in HOST_ENDPOINTS if isinstance(row.request, type)], ids=lambda r: r.name
)
def test_what_must_be_there_must_be_there(row: Endpoint) -> None:
    """Without a required member there is no request; members of tomorrow are kept."""
    model = row.request
    assert isinstance(model, type)
    node = PATHS[row.path][row.method.lower()]
    example = next(shown(node["requestBody"]["content"]))
    assert isinstance(example, dict)
    if issubclass(model, RootModel):
        with pytest.raises(ValidationError):
            model.model_validate({} if row.name == "send_data" else {"other": 1})
        return
    for name, field in model.model_fields.items():
        if field.is_required():
            with pytest.raises(ValidationError, match=name):
                model.model_validate({k: v for k, v in example.items() if k != name})
    assert model.model_validate({**example, "tomorrow": 1}).model_extra == {"tomorrow": 1}


def secret_members() -> Iterator[tuple[type[BaseModel], str]]:
    """Yield every member of a model that is a secret."""
    for name in models.__all__:
        model = getattr(models, name)
        if isinstance(model, type) and issubclass(model, BaseModel):
            for member, field in model.model_fields.items():
                if "SecretStr" in str(field.annotation):
                    yield model, member


def test_secrets_are_typed_as_such() -> None:
    """Passwords, tokens and keys are stars everywhere but in the request itself."""
    found = {f"{model.__name__}.{member}" for model, member in secret_members()}
    assert found == {
        "BootstrapConfig.tenantToken",
        "ConnCfg.connectionString",
        "ConnCfg.deviceTokenCredential",
        "ConnCfg.iothubKey",
        "ConnCfg.mqttKey",
        "ConnCfg.password",
        "ConnCfgMqtt.connectionString",
        "ConnCfgMqtt.password",
        "ConnCfgToken.deviceTokenCredential",
        "Credentials.password",
        "Deviceon.iotKey",
        "EtpLockSet.password",
        "LoginResult.token",
        "PasswordChange.new",
        "PasswordChange.old",
        "PemResult.data",
        "RemoteDesktop.password",
    }
    made = models.Credentials(username="line", password=SecretStr("canary"))
    assert "canary" not in f"{made} {made!r}"
    assert "canary" in made.model_dump_json()


def test_readings_are_numbers_in_either_form() -> None:
    """The collective answer writes texts, all others numbers."""
    as_text = models.HwReading(name="CPU", value="50.1", unit="Celsius")
    assert as_text.number == 50.1
    assert models.HwReading(name="CPU", value=50.1, unit="Celsius").number == 50.1
    for wrong in ("NaN", "hot", "1e999", "", "50.1 C"):
        with pytest.raises(ValidationError):
            models.HwReading(name="CPU", value=wrong, unit="Celsius")


def test_smart_attributes_know_their_limit() -> None:
    """A threshold of 0 is none; the worst value counts; raw data are one number."""
    given = {"id": 9, "name": "POH", "statusFlags": 18, "rawData": [118, 38, 0, 0, 0, 0]}
    attribute = models.SmartAttribute(**given, value=100, worst=100, threshold=0)
    assert attribute.raw == 9846
    assert not attribute.is_past_threshold
    assert models.SmartAttribute(**given, value=100, worst=50, threshold=50).is_past_threshold
    assert not models.SmartAttribute(**given, value=51, worst=51, threshold=50).is_past_threshold


def test_profile_tells_functions_and_versions() -> None:
    """A function is there when its number is above 0."""
    node = PATHS["/edgehub/api/profile"]["get"]["responses"]["200"]["content"]
    profile = models.Profile.model_validate(next(shown(node)))
    assert profile.has("hwmon")
    assert profile.has("processes")
    assert not profile.has("perif:led")
    assert not profile.has("perif:wdt:type")
    assert not profile.has("unheard")
    assert profile.versions["rest-server"] == "v1.0.1"
    assert profile.model_name == "UNO-2484G-673xAE"
    assert models.Profile({"model:name": 1}).model_name is None


def test_moments_need_an_offset() -> None:
    """The end of a token is a moment, not a time of day somewhere."""
    made = models.LoginResult(code=200, expire="2023-05-11T14:08:33+08:00", token=SecretStr("t"))
    assert made.expires_at.isoformat() == "2023-05-11T14:08:33+08:00"
    for wrong in ("2023-05-11T14:08:33", "soon"):
        with pytest.raises(ValidationError):
            models.LoginResult(code=200, expire=wrong, token=SecretStr("t"))
