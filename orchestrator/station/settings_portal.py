"""What is set for every portal of a computer alike: how it proves itself, and who signs in."""

import re
from pathlib import Path
from typing import Literal, Self

from pydantic import Field, model_validator

from orchestrator.station.settings_base import SecretReference, Section

_FINGERPRINT = re.compile(r"[0-9a-fA-F]{64}")


class ComputerPortalSection(Section):
    """How the station gets into portals, and how they prove themselves; there is no way without."""

    account: Literal["system", "admin"] = Field(
        default="system",
        description="Whose name it is: `system` an account of the operating system, with "
        "administrator rights where recipes restart computers; `admin` the portal's own "
        "administrator, who may be let into nothing as long as the password is the default.",
    )
    username: str = Field(
        default="admin", min_length=1, max_length=128, description="Name to log in with."
    )
    password: SecretReference = Field(description="Where the password of that account is.")
    ca_file: Path | None = Field(
        default=None,
        description="Certificate (PEM) that the portal must prove itself with; relative to the "
        "settings file.",
    )
    fingerprints: list[str] = Field(
        default=[],
        max_length=1024,
        description="SHA-256 fingerprints (64 hexadecimal digits, colons allowed) of self-signed "
        "certificates that are trusted instead.",
    )

    @model_validator(mode="after")
    def _can_be_trusted(self) -> Self:
        if (self.ca_file is None) == (not self.fingerprints):
            raise ValueError(
                "give `ca_file` or `fingerprints`, one of both; computers are always verified"
            )
        for one in self.fingerprints:
            if not _FINGERPRINT.fullmatch(one.replace(":", "")):
                raise ValueError(f"`fingerprints`: {one[:80]} is no SHA-256 fingerprint")
        return self
