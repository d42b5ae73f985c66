"""The document's own examples fit the models, and so does what tomorrow may add."""

import json
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from orchestrator.domain.errors import UnusableAnswer
from orchestrator.systems.azure_sphere_cloud import models
from orchestrator.systems.azure_sphere_cloud.endpoints import ENDPOINTS, GET_IMAGE_STATUS
from orchestrator.transport.decode import read_model
from orchestrator.transport.endpoint import Endpoint
from tests.systems.azure_sphere_cloud.clouds import contract

RESPONSES = ("200", "202")


def node(row: Endpoint) -> dict[str, Any]:
    """Return the contract's node of a row."""
    found: dict[str, Any] = contract().document["paths"][row.path][row.method.lower()]
    return found


@pytest.mark.parametrize("row", ENDPOINTS, ids=lambda row: row.name)
def test_examples_of_answers_fit(row: Endpoint) -> None:
    """Read and written again, an example is the same."""
    responses = node(row)["responses"]
    success = next(responses[code] for code in RESPONSES if code in responses)
    example = success["content"]["application/json"]["example"]
    assert isinstance(row.answer, type)
    model = read_model(row.answer, json.dumps(example).encode())
    assert json.loads(model.model_dump_json()) == example


@pytest.mark.parametrize(
    "row", [row for row in ENDPOINTS if isinstance(row.request, type)], ids=lambda row: row.name
)
def test_examples_of_requests_fit(row: Endpoint) -> None:
    """What the document would send is what the models write."""
    example = node(row)["requestBody"]["content"]["application/json"]["example"]
    assert isinstance(row.request, type)
    assert issubclass(row.request, BaseModel)
    made = row.request.model_validate(example)
    assert json.loads(made.model_dump_json(exclude_none=True)) == example


def test_image_status_is_taken_in_both_forms() -> None:
    """A text by declaration, an object by example."""
    assert isinstance(GET_IMAGE_STATUS.answer, type)
    for body in (b'"Succeeded"', b'{"Status": "Succeeded"}'):
        status = read_model(GET_IMAGE_STATUS.answer, body)
        assert isinstance(status, models.ImageStatus)
        assert status.status == "Succeeded"
    with pytest.raises(UnusableAnswer):
        read_model(GET_IMAGE_STATUS.answer, b"[]")


def test_unknown_members_are_kept_and_unknown_numbers_too() -> None:
    """A newer service does not break an older program."""
    body = b'{"Id": "%s", "ComponentId": "%s", "Type": 99, "New": {"a": 1}}'
    uid = b"4d5e6f71-8a9b-4c0d-9e1f-2a3b4c5d6e04"
    image = models.ImageMetadata.model_validate_json(body % (uid, uid))
    assert image.Type == 99
    assert image.model_extra == {"New": {"a": 1}}


@pytest.mark.parametrize("state", [5, -1, "2", True, None])
def test_state_of_an_operation_is_one_of_five(state: object) -> None:
    """Nothing is taken for an end that is none."""
    with pytest.raises(ValidationError):
        models.Operation.model_validate(
            {"OperationId": "4d5e6f71-8a9b-4c0d-9e1f-2a3b4c5d6e04", "State": state}
        )


def test_names_of_the_numbers_are_the_documents() -> None:
    """Operation and image types by name."""
    schemas = contract().document["components"]["schemas"]
    kinds = schemas["Operation"]["properties"]["OperationType"]["x-enum-names"]
    assert {str(number): name for number, name in models.OPERATION_TYPES.items()} == kinds
    images = schemas["ImageMetadata"]["properties"]["Type"]["x-enum-names"]
    assert {str(number): name for number, name in models.IMAGE_TYPES.items()} == images
