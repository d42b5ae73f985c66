"""The document's own examples fit the models, and come back as they were."""

from typing import Any

import pytest
import yaml
from pydantic import BaseModel

from orchestrator.systems.iot_hub_portal import models
from tests.systems.iot_hub_portal.test_openapi import CONTRACT_FILE

SCHEMAS: dict[str, Any] = yaml.safe_load(CONTRACT_FILE.read_text(encoding="utf-8"))["components"][
    "schemas"
]
RENAMED = {"C2Dresult": "MethodResult"}


def model(name: str) -> type[BaseModel]:
    """Return the model of a schema."""
    found: type[BaseModel] = getattr(models, RENAMED.get(name, name))
    return found


@pytest.mark.parametrize("name", SCHEMAS)
def test_the_documented_example_fits(name: str) -> None:
    """Every member of it is known, and goes back on the wire under its own name."""
    (example,) = SCHEMAS[name]["examples"]
    made = model(name).model_validate(example, strict=True)
    assert not made.model_extra
    assert set(made.model_dump(mode="json", by_alias=True)) == set(SCHEMAS[name]["properties"])
    assert made.model_dump(mode="json", by_alias=True, exclude_none=True) == example


@pytest.mark.parametrize("name", SCHEMAS)
def test_what_must_be_there_must_be_there(name: str) -> None:
    """Without a required member there is no model; members of tomorrow are kept."""
    (example,) = SCHEMAS[name]["examples"]
    required = SCHEMAS[name].get("required", [])
    for member in required:
        with pytest.raises(ValueError, match=member):
            model(name).model_validate({k: v for k, v in example.items() if k != member})
    made = model(name).model_validate({**example, "tomorrow": 1})
    assert made.model_extra == {"tomorrow": 1}


@pytest.mark.parametrize("name", ["DeviceDetails", "DeviceListItem", "Gateway"])
def test_a_secret_is_not_shown_by_accident(name: str) -> None:
    """Keys are stars everywhere but in the request itself."""
    member = "symmetricKey" if name == "Gateway" else "appKey"
    (example,) = SCHEMAS[name]["examples"]
    made = model(name).model_validate({**example, member: "canary"})
    assert "canary" not in f"{made} {made!r}"
    assert "canary" in made.model_dump_json()
