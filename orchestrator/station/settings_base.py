"""What the sections of `station.toml` are made of: their base, short texts, secret references."""

from pathlib import Path
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

SHORT_NAME = r"^[A-Za-z0-9][A-Za-z0-9 ._-]*$"
PORT_LENGTH = 64

ShortName = Annotated[str, Field(min_length=1, max_length=64, pattern=SHORT_NAME)]
Text = Annotated[str, Field(max_length=128)]
Port = Annotated[str, Field(min_length=1, max_length=PORT_LENGTH)]


class Section(BaseModel):
    """Base of all sections: unknown keys are mistakes, numbers are finite, values never change."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class SecretReference(Section):
    """Where a secret is read from when the station starts. Exactly one of the two keys."""

    file: Path | None = Field(
        default=None, description="File that holds the secret, without its last line end."
    )
    env: str | None = Field(
        default=None, min_length=1, description="Environment variable that holds the secret."
    )

    @model_validator(mode="after")
    def _exactly_one(self) -> Self:
        if (self.file is None) == (self.env is None):
            raise ValueError("give exactly one of the keys `file` and `env`")
        return self
