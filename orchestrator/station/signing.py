"""The station's key and its chain: made at the first start, compared at every start, renewed.

A start goes on only with the key that the chain names and with a database that is not behind the
newest checkpoint that left it. What a key and a chain are is the audit's affair; the caller holds
the station lock.
"""

from dataclasses import dataclass
from pathlib import Path

from orchestrator.audit.attest import Attestor
from orchestrator.audit.chain_state import ChainState, chain_state, knows_key
from orchestrator.audit.checkpoint import parse_note
from orchestrator.audit.database import open_audit, reading
from orchestrator.audit.files import replace_file
from orchestrator.audit.keys import (
    KEY_FILE,
    NEXT_FILE,
    StationKey,
    StationSigner,
    create_key,
    key_row,
    load_key,
    load_key_file,
    settle_staged_key,
    stage_key,
)
from orchestrator.audit.witness import what_differs
from orchestrator.domain.clock import Clock, timestamp
from orchestrator.domain.errors import AuditUnavailable, InputMistakes, Unreachable
from orchestrator.domain.ids import TimeOrderedIds
from orchestrator.domain.records import EpochRow, KeyRow
from orchestrator.station.checkpoints import places_of
from orchestrator.station.settings import Settings

_ANEW = "begin a new epoch: orchestrator station new-epoch --config FILE --reason TEXT --by NAME"


@dataclass(frozen=True, slots=True)
class Ensured:
    """The signer of a station. `made` is true when its key was made just now."""

    signer: StationSigner
    made: bool


@dataclass(frozen=True, slots=True)
class Place:
    """Whose chain it is, and where key, database and newest checkpoint lie."""

    station_id: str
    data_dir: Path
    database_url: str
    checkpoint_file: Path


def place_of(settings: Settings) -> Place:
    """Return whose chain the settings name, and where."""
    return Place(
        station_id=settings.station.name,
        data_dir=settings.station.data_dir,
        database_url=settings.database_url,
        checkpoint_file=places_of(settings).file,
    )


def ensure_signer(data_dir: Path, station_id: str, database_url: str) -> Ensured:
    """Return the signer of the station's chain; make its key when nothing was signed yet.

    Raises AuditUnavailable when the chain is signed with a key that is not there, or is another
    station's, ConfigurationMistakes when the key cannot be used, OSError when it cannot be made.
    """
    state = _state(database_url)
    if state is not None and state.key_id is not None:
        settle_staged_key(data_dir, state.key_id)
        _demand_station(state, station_id, database_url)
    key = load_key(data_dir)
    if key is not None:
        return Ensured(StationSigner(key, station_id), made=False)
    if state is not None and state.key_id is not None:
        raise _missing(state.key_id, data_dir)
    return Ensured(StationSigner(create_key(data_dir), station_id), made=True)


def check_signing(place: Place, clock: Clock) -> None:
    """Return when a start would find its database and its key; changes nothing.

    Raises AuditUnavailable and ConfigurationMistakes with the sentences of the start itself.
    """
    check_against_checkpoint(place.database_url, place.checkpoint_file)
    state = _state(place.database_url)
    key = load_key(place.data_dir)
    if state is None or state.key_id is None:
        return
    _demand_station(state, place.station_id, place.database_url)
    staged = load_key_file(place.data_dir / NEXT_FILE)
    if staged is not None and staged.key_id == state.key_id:
        # A rotation was cut off; the next start finishes it.
        return
    if key is None:
        raise _missing(state.key_id, place.data_dir)
    signer = StationSigner(key, place.station_id)
    Attestor(signer, clock).demand_own(state, place.database_url.rpartition("@")[2])


def check_against_checkpoint(database_url: str, checkpoint_file: Path) -> None:
    """Return when the database goes on from the newest checkpoint that left it, or none did.

    Raises AuditUnavailable for one that was restored, cloned or exchanged: nothing may be added
    to it before a person has begun a new epoch.
    """
    try:
        text = checkpoint_file.read_text(encoding="utf-8")
    except FileNotFoundError:
        return
    try:
        with reading(database_url, check_schema=False) as connection:
            differs = what_differs(connection, parse_note(text))
    except Unreachable:
        differs = "the database is gone"
    except (InputMistakes, UnicodeDecodeError) as mistake:
        differs = f"the checkpoint cannot be read: {mistake}"
    if differs:
        raise AuditUnavailable(
            f"the audit database is not the one that was written last: {differs}",
            where={"checkpoint": str(checkpoint_file)},
            remedy=f"Put the right database back; after a restore, {_ANEW}",
            code="restored",
        )


async def rotate_key(place: Place, *, actor: str, reason: str, clock: Clock) -> tuple[str, str]:
    """Put a new key in the place of the old one, endorsed by it; return the ids of both.

    Raises AuditUnavailable and ConfigurationMistakes; then the old key is still in force.
    """
    check_against_checkpoint(place.database_url, place.checkpoint_file)
    signer = ensure_signer(place.data_dir, place.station_id, place.database_url).signer
    async with open_audit(place.database_url, signer=signer, clock=clock):
        # The chain has an epoch from here on, and this key is the one in force.
        old = _demand_key(place)
    new = StationKey.generate()
    stage_key(place.data_dir, new)
    moment = timestamp(clock.now())
    row = key_row(new, actor=actor, reason=reason, began_at=moment, endorsed_by=old)
    async with open_audit(place.database_url, clock=clock) as audit:
        await audit.record(row)
    settle_staged_key(place.data_dir, new.key_id)
    await _sign(place, new, clock)
    return old.key_id, new.key_id


async def new_epoch(place: Place, *, actor: str, reason: str, clock: Clock) -> EpochRow:
    """Let the station go on with a restored or a new database, or without its old key.

    Makes a key when there is none, and a database when the one of the checkpoint is gone. Returns
    the row of the epoch. Raises AuditUnavailable and ConfigurationMistakes.
    """
    state = _state(place.database_url)
    signed = state is not None and state.epoch_id is not None
    if not signed and not place.checkpoint_file.exists():
        raise AuditUnavailable(
            "nothing was signed in this database yet: its first epoch begins by itself",
            where={"database": place.database_url.rpartition("@")[2]},
            remedy="Start the station: orchestrator station run",
            code="epoch",
        )
    if state is not None:
        _demand_station(state, place.station_id, place.database_url)
    key = load_key(place.data_dir) or create_key(place.data_dir)
    moment = timestamp(clock.now())
    epoch = EpochRow(
        TimeOrderedIds(clock).new(), place.station_id, key.key_id,
        0 if state is None else state.head.entry, actor, reason, moment,
    )  # fmt: skip
    rows: list[KeyRow | EpochRow] = [epoch]
    if state is None or key.key_id != state.key_id:
        _demand_new(place, key, state)
        rows.insert(0, key_row(key, actor=actor, reason=reason, began_at=moment))
    async with open_audit(place.database_url, clock=clock) as audit:
        await audit.record(*rows)
    await _sign(place, key, clock)
    return epoch


async def _sign(place: Place, key: StationKey, clock: Clock) -> None:
    """Sign the end of the chain, and keep the checkpoint where the next start looks for it."""
    notes: list[str] = []
    signer = StationSigner(key, place.station_id)
    async with open_audit(
        place.database_url, signer=signer, clock=clock, on_checkpoint=notes.append
    ):
        # Closing signs what no checkpoint covers yet.
        pass
    if notes:
        place.checkpoint_file.parent.mkdir(parents=True, exist_ok=True)
        replace_file(place.checkpoint_file, notes[-1].encode())


def _state(database_url: str) -> ChainState | None:
    """Return where the chain stands; None when there is no database with tables yet."""
    try:
        with reading(database_url) as connection:
            return chain_state(connection)
    except Unreachable:
        return None
    except AuditUnavailable as error:
        # An empty server, or a file of an older schema, has no chain; opening it says the rest.
        if error.code == "schema":
            return None
        raise


def _missing(key_id: str, data_dir: Path) -> AuditUnavailable:
    return AuditUnavailable(
        f"the signing key {key_id} of this audit is missing",
        where={"file": str(data_dir / KEY_FILE)},
        remedy=f"Put the key back; if it is lost, {_ANEW}",
        code="key",
    )


def _demand_station(state: ChainState, station_id: str, database_url: str) -> None:
    if state.station_id in (None, station_id):
        return
    raise AuditUnavailable(
        f"this audit is that of station {state.station_id}, the settings name {station_id}",
        where={"database": database_url.rpartition("@")[2]},
        remedy="Give each station a data directory or a database of its own",
        code="station",
    )


def _demand_new(place: Place, key: StationKey, state: ChainState | None) -> None:
    if state is None:
        return
    with reading(place.database_url) as connection:
        if not knows_key(connection, key.key_id):
            return
    raise AuditUnavailable(
        f"the signing key {key.key_id} was already replaced in this audit, by {state.key_id}",
        where={"file": str(place.data_dir / KEY_FILE)},
        remedy=f"Put the key {state.key_id} back; if it is lost, move this file away and try "
        "again: a new key is made",
        code="key",
    )


def _demand_key(place: Place) -> StationKey:
    key = load_key(place.data_dir)
    if key is None:
        raise AuditUnavailable(
            "the signing key is missing",
            where={"file": str(place.data_dir / KEY_FILE)},
            remedy="Put the key back and try again",
            code="key",
        )
    return key
