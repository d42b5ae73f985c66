"""What can be set on a station, as one model per section of `station.toml`.

The text of each key's meaning lives here and nowhere else: the reference page is made from it.
Reading a file, environment overrides and the wording of mistakes are `settings_file`'s. Nothing
here touches the files that the settings name.
"""

import re
from pathlib import Path
from typing import Literal, Self

from pydantic import Field, ValidationInfo, field_validator, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from orchestrator.recipe.check.patterns import pattern_fault
from orchestrator.recipe.plan import LIST_OPERATION, Scalar
from orchestrator.station.codes import mistakes_of, pattern_of
from orchestrator.station.settings_base import (
    Port,
    SecretReference,
    Section,
    ShortName,
    Text,
)
from orchestrator.station.settings_fixture import FixtureSection
from orchestrator.station.settings_floor import ScannerSection, ShiftSection, TileSection
from orchestrator.station.settings_host import HostSection
from orchestrator.station.settings_services import CloudSection, PortalSection
from orchestrator.station.settings_web import WebSection

ENV_PREFIX = "ORCHESTRATOR_"
ENV_DELIMITER = "__"


class StationSection(Section):
    """Who this station is and where it keeps its evidence."""

    name: ShortName = Field(description="Name of the station, unique in the plant.")
    operation: Text = Field(
        default="",
        description="The operation this station performs; recipes for another one are not used.",
    )
    data_dir: Path = Field(
        default=Path("data"),
        description="Folder of the audit database and the lock; relative to the settings file.",
    )
    database_url: str = Field(
        default="",
        description="Where the audit goes instead of `audit.db` in the data folder, for instance "
        "`postgresql+psycopg://user@host/audit`.",
    )
    host: HostSection | None = Field(
        default=None, description="The computer that the station runs on, if it is watched."
    )


class SlotsSection(Section):
    """Which ports of the fixture are slots."""

    auto: bool = Field(
        default=True,
        description="Every port on which a board appears becomes a slot named like the port; "
        "false: only the ports of the `[[slot]]` entries.",
    )
    maximum: int = Field(
        default=256, ge=1, le=1024, description="Most slots that this station serves at once."
    )
    start: Literal["auto", "manual"] = Field(
        default="auto",
        description="`auto`: a board is run as soon as it is there; `manual`: when somebody "
        "presses start.",
    )


class SlotEntry(Section):
    """One named slot. Give one `[[slot]]` entry per slot."""

    name: ShortName = Field(description="Name of the slot, as written on the fixture.")
    port: Port = Field(description="Port of the fixture that belongs to the slot.")


class SerialNumberSection(Section):
    """How a unit gets its serial number."""

    rule: Literal["none", "device_id", "csv", "scan"] = Field(
        default="none",
        description="`none`: units are known by their silicon alone; `device_id`: the last "
        "characters of the device id; `csv`: a file with the columns device_id,serial_number; "
        "`scan`: a person scans the label of each board.",
    )
    last: int = Field(
        default=12, ge=4, le=128, description="Rule `device_id`: how many characters are taken."
    )
    file: Path | None = Field(
        default=None, description="Rule `csv`: the file, relative to the settings file."
    )
    pattern: str = Field(
        default="",
        max_length=200,
        description="Rule `scan`: regular expression that a whole serial number matches.",
    )
    looks_like: Text = Field(
        default="", description="Rule `scan`: an example for people, for instance `AZ-123456`."
    )
    again: Literal["allow", "refuse"] = Field(
        default="allow",
        description="Rule `scan`: whether a board that has passed here may be run once more.",
    )

    @model_validator(mode="after")
    def _rule_has_what_it_needs(self) -> Self:
        if self.rule == "csv" and self.file is None:
            raise ValueError('the rule "csv" needs the key `file`')
        if self.rule != "scan":
            return self
        if not self.pattern:
            raise ValueError('the rule "scan" needs the key `pattern`')
        fault = pattern_fault(self.pattern)
        if fault is not None:
            raise ValueError(f"`pattern` cannot be used: {fault}")
        if self.looks_like and re.fullmatch(self.pattern, self.looks_like) is None:
            raise ValueError("`looks_like` does not match `pattern`")
        return self


class UnitSection(Section):
    """What the units on this station are."""

    part_number: Text = Field(default="", description="Part number of the units; empty: unknown.")
    revision: Text = Field(default="", description="Revision of the units; empty: unknown.")
    serial_number: SerialNumberSection = SerialNumberSection()


class RecipesSection(Section):
    """Which recipes this station may run; part number and operation decide between them."""

    files: list[Path] = Field(
        min_length=1,
        description="Recipe files, relative to the settings file. Exactly one must fit the units.",
    )


class StartSection(Section):
    """How the station starts on what the last one left."""

    ask_seconds: float = Field(
        default=30.0,
        ge=0,
        le=600,
        description="How long boards that were being worked on may be asked what became of their "
        "last request, all at once, before their runs are closed; 0: they are asked when they "
        "get their next run.",
    )


class StopSection(Section):
    """How the station stops."""

    grace_seconds: float = Field(
        default=20.0,
        ge=0,
        le=600,
        description="How long running steps may take to end after the station was asked to stop.",
    )


class AuditSection(Section):
    """How the audit is watched and signed, and where its checkpoints go to leave the machine."""

    check_seconds: float = Field(
        default=2.0,
        ge=0.1,
        le=5,
        description="Time between two looks whether the audit is still there, while nothing is "
        "written.",
    )
    retry_seconds: float = Field(
        default=3.0,
        ge=0.1,
        le=60,
        description="Time between two attempts to open an audit that was lost.",
    )
    free_warning_mib: int = Field(
        default=1024,
        ge=0,
        description="Below so many MiB of free space on the disk of the audit the station warns.",
    )
    free_stop_mib: int = Field(
        default=128,
        ge=0,
        description="Below so many MiB no run begins until there is room again.",
    )
    checkpoint_seconds: float = Field(
        default=60.0,
        ge=1,
        le=3600,
        description="The first row that is written so long after a checkpoint gets the next one; "
        "the end of a run, what became of an irreversible step and the stop of the station do not "
        "wait.",
    )
    checkpoint_file: Path | None = Field(
        default=None,
        description="File of the newest checkpoint instead of `checkpoint.txt` in the data "
        "folder, best on another machine; relative to the settings file.",
    )
    checkpoint_command: list[str] = Field(
        default=[],
        max_length=32,
        description="Program and arguments that get the newest checkpoint on their standard "
        'input, for instance `["lp", "-d", "receipts"]`.',
    )
    checkpoint_webhook: str = Field(
        default="",
        pattern=r"^(https?://[^/\s]+(/\S*)?)?$",
        description="Address to which the newest checkpoint is posted.",
    )
    checkpoint_webhook_ca: Path | None = Field(
        default=None,
        description="Certificate (PEM) that an https webhook must prove itself with; relative to "
        "the settings file.",
    )

    @model_validator(mode="after")
    def _https_needs_a_certificate(self) -> Self:
        if self.checkpoint_webhook.startswith("https:") and self.checkpoint_webhook_ca is None:
            raise ValueError("an https webhook needs the key `checkpoint_webhook_ca`")
        return self


class LogSection(Section):
    """The diagnostic log on stderr. It is not the audit."""

    level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="Least important lines that are written."
    )
    format: Literal["auto", "text", "json"] = Field(
        default="auto",
        description="`auto`: text on a terminal, one JSON object per line anywhere else.",
    )


class EvidenceSettings(BaseSettings):
    """What both kinds of settings share: where the evidence goes, the file, the environment."""

    station: StationSection
    audit: AuditSection = AuditSection()
    cloud: CloudSection | None = Field(
        default=None, description="The cloud that units are claimed into, if any."
    )
    portal: PortalSection | None = Field(
        default=None, description="The IoT portal that units are registered in, if any."
    )
    log: LogSection = LogSection()

    @property
    def database_url(self) -> str:
        """Where the audit goes: as set, or SQLite in the data folder."""
        given = self.station.database_url
        return given or f"sqlite:///{(self.station.data_dir / 'audit.db').as_posix()}"

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Let the environment override the file, and nothing else speak."""
        del settings_cls, dotenv_settings, file_secret_settings
        return env_settings, init_settings


class Settings(EvidenceSettings):
    """Everything that can be set on a station."""

    model_config = SettingsConfigDict(
        extra="forbid",
        frozen=True,
        allow_inf_nan=False,
        env_prefix=ENV_PREFIX,
        env_nested_delimiter=ENV_DELIMITER,
    )

    slots: SlotsSection = SlotsSection()
    slot: list[SlotEntry] = Field(default=[], max_length=1024)
    unit: UnitSection = UnitSection()
    recipes: RecipesSection
    inputs: dict[str, Scalar] = Field(
        default={}, description="Values for the inputs that the recipes declare, by name."
    )
    secrets: dict[str, SecretReference] = Field(
        default={},
        description="Where the secrets of the recipes are read from, by name. Never the secret.",
    )
    fixture: FixtureSection
    start: StartSection = StartSection()
    stop: StopSection = StopSection()
    scanner: ScannerSection = ScannerSection()
    shift: ShiftSection = ShiftSection()
    tile: TileSection = TileSection()
    web: WebSection | None = Field(
        default=None, description="The panel and the station API, if they are served."
    )

    @field_validator("web")
    @classmethod
    def _slots_have_their_places(
        cls, web: WebSection | None, info: ValidationInfo
    ) -> WebSection | None:
        if web is not None:
            named = info.data.get("slot")
            web.screen.check(None if named is None else len(named))
        return web

    @model_validator(mode="after")
    def _operation_is_a_line(self) -> Self:
        if self.station.operation == LIST_OPERATION:
            raise ValueError(f"`station.operation` must not be {LIST_OPERATION}: no units at hand")
        return self

    @model_validator(mode="after")
    def _codes_are_told_apart(self) -> Self:
        rule = self.unit.serial_number
        patterns = pattern_of(self.scanner, rule.pattern if rule.rule == "scan" else "")
        mistakes = mistakes_of(patterns)
        if mistakes:
            raise ValueError("; ".join(mistakes))
        return self

    @model_validator(mode="after")
    def _slots_are_told_apart(self) -> Self:
        if not self.slots.auto and not self.slot:
            raise ValueError("`slots.auto` is false and no [[slot]] entry names a slot")
        for what, values in (
            ("name", [entry.name for entry in self.slot]),
            ("port", [entry.port for entry in self.slot]),
        ):
            twice = sorted({value for value in values if values.count(value) > 1})
            if twice:
                raise ValueError(f"two [[slot]] entries have the {what} {', '.join(twice)}")
        return self


class ListSettings(EvidenceSettings):
    """What lists of ids need of a station's settings; the rest of the file is left alone."""

    model_config = SettingsConfigDict(
        extra="ignore",
        frozen=True,
        allow_inf_nan=False,
        env_prefix=ENV_PREFIX,
        env_nested_delimiter=ENV_DELIMITER,
    )
