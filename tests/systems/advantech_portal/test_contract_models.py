"""Whatever answer or event the contract allows, the models take: values made from its schemas."""

import base64
import json
from collections.abc import Iterator
from datetime import UTC
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from orchestrator.systems.advantech_portal.endpoints import EVENTS, HOST_ENDPOINTS
from orchestrator.transport.decode import read_model
from tests.systems.advantech_portal.hosts import Documented
from tests.systems.advantech_portal.test_openapi import misfits

CONTRACT = Documented.contract
PATHS: dict[str, Any] = CONTRACT.document["paths"]
LARGEST = 2**53
TEXT = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=12)
FORMATS: dict[str, st.SearchStrategy[Any]] = {
    "date-time": st.datetimes(timezones=st.just(UTC)).map(lambda moment: moment.isoformat()),
    "uuid": st.uuids().map(str),
    "ipv4": st.ip_addresses(v=4).map(str),
}


def values(schema: dict[str, Any]) -> st.SearchStrategy[Any]:
    """Return what makes values of a schema."""
    schema = CONTRACT._resolve(schema)
    if "const" in schema:
        return st.just(schema["const"])
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    if "oneOf" in schema:
        return st.one_of([values(one) for one in schema["oneOf"]])
    kinds = schema.get("type")
    if isinstance(kinds, list):
        return st.one_of([values({**schema, "type": kind}) for kind in kinds])
    return _of_type(kinds, schema)


def _of_type(kind: str | None, schema: dict[str, Any]) -> st.SearchStrategy[Any]:
    integers = st.integers(schema.get("minimum", -LARGEST), schema.get("maximum", LARGEST))
    simple = {
        None: st.none() | st.booleans() | TEXT,
        "null": st.none(),
        "boolean": st.booleans(),
        "integer": integers,
        "number": integers | st.floats(allow_nan=False, allow_infinity=False),
    }
    if kind == "array":
        least, most = schema.get("minItems", 0), schema.get("maxItems", 3)
        return st.lists(values(schema["items"]), min_size=least, max_size=most)
    if kind == "object":
        return _objects(schema)
    return _texts(schema) if kind == "string" else simple[kind]


def _texts(schema: dict[str, Any]) -> st.SearchStrategy[str]:
    if "pattern" in schema:
        return st.from_regex(schema["pattern"], fullmatch=True).filter(lambda text: len(text) < 15)
    if schema.get("contentEncoding") == "base64":
        return st.binary(max_size=9).map(lambda content: base64.b64encode(content).decode())
    return FORMATS.get(schema.get("format", ""), TEXT)


def _objects(schema: dict[str, Any]) -> st.SearchStrategy[dict[str, Any]]:
    members = schema.get("properties", {})
    needed = set(schema.get("required", ()))
    fixed = st.fixed_dictionaries(
        {name: values(one) for name, one in members.items() if name in needed},
        optional={name: values(one) for name, one in members.items() if name not in needed},
    )
    more = schema.get("additionalProperties", True)
    if isinstance(more, dict):
        others = st.dictionaries(TEXT, values(more), max_size=3)
        return st.builds(lambda known, other: {**other, **known}, fixed, others)
    return fixed


def bodies() -> Iterator[tuple[str, type[BaseModel], dict[str, Any]]]:
    """Yield every answer and event that is JSON: its name, its model, its schema."""
    for row in HOST_ENDPOINTS:
        node = PATHS[row.path][row.method.lower()]
        if row.door == "SSE":
            models = {event.name: event.model for event in EVENTS}
            for event in node["x-sse"]["events"]:
                model = models.get(event["event"], row.answer)
                assert isinstance(model, type)
                yield f"{row.name}/{event['event']}", model, event["schema"]
        elif isinstance(row.answer, type):
            for status in row.success:
                content = node["responses"][str(status)]["content"]["application/json"]
                yield row.name, row.answer, content["schema"]


BODIES = list(bodies())


@pytest.mark.parametrize(
    ("model", "schema"), [body[1:] for body in BODIES], ids=[body[0] for body in BODIES]
)
def test_every_agreed_value_is_taken(model: type[BaseModel], schema: dict[str, Any]) -> None:
    """It becomes a model, and what the model writes is an agreed value again."""

    @settings(
        max_examples=25,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(values(schema))
    def taken(value: object) -> None:
        assert misfits(schema, value) == []

        made = read_model(model, json.dumps(value).encode())
        written = made.model_dump(mode="json", by_alias=True, exclude_none=True)
        assert misfits(schema, written) == []

    taken()
