"""What several categories share: ids as the API writes them, secrets, and the one error body."""

from typing import Annotated

from pydantic import ConfigDict, Field, PlainSerializer, SecretStr, StringConstraints

from orchestrator.transport.endpoint import WireModel

Guid = Annotated[
    str, StringConstraints(pattern=r"^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$")
]
DeviceId = Annotated[str, StringConstraints(pattern=r"^[0-9a-fA-F]{128}$")]

SentSecret = Annotated[
    SecretStr,
    PlainSerializer(lambda secret: secret.get_secret_value(), when_used="json-unless-none"),
]
"""Shown as stars everywhere but in the JSON of the request that carries it."""


class SecretModel(WireModel):
    """Base of requests that carry a secret: a mistake in one never shows what was given."""

    model_config = ConfigDict(hide_input_in_errors=True)


class ErrorAnswer(WireModel):
    """The body of every refusal: one int32, category in the upper bits (`error >> 20`)."""

    error: Annotated[int, Field(ge=-(2**31), lt=2**31)]
