"""Secrets in bodies: shown as stars everywhere but in the JSON of the request that carries them."""

from typing import Annotated

from pydantic import ConfigDict, PlainSerializer, SecretStr

from orchestrator.transport.endpoint import WireModel

SentSecret = Annotated[
    SecretStr,
    PlainSerializer(lambda secret: secret.get_secret_value(), when_used="json-unless-none"),
]
"""Shown as stars everywhere but in the JSON of the request that carries it."""


class SecretModel(WireModel):
    """Base of bodies that carry a secret: a mistake in one never shows what was given."""

    model_config = ConfigDict(hide_input_in_errors=True)
