"""Accounts and signing in: what is kept, what is refused, and how often somebody may be wrong."""

import json
import os
import stat
from pathlib import Path

import anyio
import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.domain.errors import AuditUnavailable, ConfigurationMistakes, StationBusy
from orchestrator.domain.people import Role
from orchestrator.web import people as people_module
from orchestrator.web.accounts import AccountRefused, Accounts, Proof
from orchestrator.web.people import BY_BADGE, People, SignInRefused
from orchestrator.web.people_file import PeopleFile, Register
from orchestrator.web.secrecy import Hashing, weak_password, weak_pin
from tests.web.bench import PASSWORD, PIN, Bench, HandClock

BADGE = "B-4417"


class Folder:
    """A data folder with the people of one station."""

    def __init__(self, path: Path) -> None:
        self.clock = HandClock()
        self.file = PeopleFile(path)
        self.hashing = Hashing(self.file.pepper(), memory_kib=64, passes=1)
        self.accounts = Accounts(PeopleFile(path), self.clock, self.hashing)
        self.people = People(self.file, self.hashing, self.clock)

    async def refused(self, badge: str = BADGE, pin: str = "000001") -> SignInRefused:
        """Try a badge that must be refused."""
        with pytest.raises(SignInRefused) as caught:
            await self.people.by_badge(badge, pin)
        return caught.value


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    """An empty data folder."""
    return Folder(tmp_path / "data")


def add_operator(folder: Folder, badge: str = BADGE, name: str = "Ana") -> str:
    """Add an operator and return the id."""
    return folder.accounts.add(name, Role.OPERATOR, Proof(badge=badge, pin=PIN)).person_id


async def test_badge_and_pin_sign_in(folder: Folder) -> None:
    """Who has the badge and knows the PIN is who was added."""
    person = add_operator(folder)
    account = await folder.people.by_badge(BADGE, PIN)
    assert (account.person_id, account.role) == (person, Role.OPERATOR)
    assert (await folder.people.by_badge(BADGE, "", badge_alone=True)).person_id == person
    assert (await folder.refused()).reason == "wrong"
    assert (await folder.refused(pin="")).reason == "wrong"


async def test_name_or_badge_and_password_sign_in(folder: Folder) -> None:
    """Engineers sign in by name, in any case, and never by a PIN."""
    proof = Proof(password=PASSWORD)
    person = folder.accounts.add("Dr. Eve", Role.ENGINEER, proof).person_id
    assert (await folder.people.by_password(PASSWORD, name=" dr. EVE ")).person_id == person
    for attempt in ({"name": "Dr. Eve"}, {"name": ""}, {"badge": ""}, {"name": "nobody"}):
        with pytest.raises(SignInRefused):
            await folder.people.by_password("wrong" * 3, **attempt)
    operator = add_operator(folder)
    with pytest.raises(SignInRefused) as caught:
        await folder.people.by_password("", name="Ana")
    assert caught.value.person == operator


def test_nothing_that_signs_in_is_kept(folder: Folder) -> None:
    """Neither badge nor PIN nor password is in the file, and only its owner can read it."""
    add_operator(folder)
    folder.accounts.add("Eve", Role.QUALITY, Proof(password=PASSWORD))
    _, token = folder.accounts.add_token("printer", ["look"], 30)
    for name in ("people.json", "people.pepper"):
        path = folder.file.path.with_name(name)
        text = path.read_text(encoding="utf-8")
        assert not [secret for secret in (BADGE, PIN, PASSWORD, token) if secret in text]
        if os.name == "posix":
            assert stat.S_IMODE(path.stat().st_mode) == 0o600
    kept = json.loads(folder.file.path.read_text(encoding="utf-8"))
    assert {each["name"] for each in kept["people"]} == {"Ana", "Eve"}
    assert "$argon2id$" in kept["people"][0]["pin"]
    real = Hashing(folder.file.pepper())
    assert "m=65536,t=3" in real.make("P-1", PIN)


async def test_another_pepper_opens_nothing(folder: Folder, tmp_path: Path) -> None:
    """A copy of the accounts without the pepper beside them signs nobody in."""
    add_operator(folder)
    other = Folder(tmp_path / "other")
    other.file.path.write_bytes(folder.file.path.read_bytes())
    other.file.path.chmod(0o600)
    assert (await other.refused(pin=PIN)).reason == "wrong"


async def test_five_wrong_pause_and_ten_lock(folder: Folder) -> None:
    """After five wrong PINs nothing is looked at for half a minute, after ten a person helps."""
    person = add_operator(folder)
    for _ in range(5):
        assert (await folder.refused()).reason == "wrong"
    paused = await folder.refused(pin=PIN)
    assert (paused.reason, round(paused.seconds)) == ("paused", 30)
    for _ in range(5):
        folder.clock.seconds += 31
        assert (await folder.refused()).reason == "wrong"
    folder.clock.seconds += 3600
    assert (await folder.refused(pin=PIN)).reason == "locked"
    assert folder.accounts.rows()[0]["state"] == "locked"
    again = Folder(folder.file.path.parent)
    assert (await again.refused(pin=PIN)).reason == "locked"
    assert folder.accounts.unlock(person)
    assert (await folder.people.by_badge(BADGE, PIN)).person_id == person


async def test_a_right_pin_begins_anew(folder: Folder) -> None:
    """Four wrong PINs and a right one leave nothing behind."""
    add_operator(folder)
    for _ in range(3):
        for _ in range(4):
            assert (await folder.refused()).reason == "wrong"
        await folder.people.by_badge(BADGE, PIN)


async def test_an_unknown_badge_behaves_like_a_known_one(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It costs the same check, gets the same words, pauses and locks alike."""
    add_operator(folder)
    checks: list[bool] = []
    fits = folder.hashing.fits

    def counted(person: str, secret: str, kept: str) -> bool:
        checks.append(bool(kept))
        return fits(person, secret, kept)

    monkeypatch.setattr(folder.hashing, "fits", counted)
    heard: dict[str, list[str]] = {}
    for badge in (BADGE, "B-0000"):
        heard[badge] = []
        for _ in range(11):
            folder.clock.seconds += 61
            refusal = await folder.refused(badge)
            heard[badge].append(f"{refusal} {refusal.reason}")
    assert heard[BADGE] == heard["B-0000"]
    assert checks == [True] * 10 + [False] * 10


async def test_many_badges_slow_the_whole_station(folder: Folder) -> None:
    """Who tries many badges once each waits, too; half a minute later others sign in again."""
    add_operator(folder)
    for number in range(30):
        assert (await folder.refused(f"B-{number:04}")).reason == "wrong"
    assert (await folder.refused(pin=PIN)).reason == "paused"
    folder.clock.seconds += 31
    await folder.people.by_badge(BADGE, PIN)


async def test_attempts_are_judged_one_at_a_time(folder: Folder) -> None:
    """Many at once get no more guesses than one after the other, and a crowd is sent away."""
    add_operator(folder)
    reasons: list[str] = []

    async def attempt() -> None:
        reasons.append((await folder.refused()).reason)

    async with anyio.create_task_group() as tasks:
        for _ in range(people_module._WAITING + 8):
            tasks.start_soon(attempt)
    assert reasons.count("wrong") == 5
    assert reasons.count("paused") == people_module._WAITING - 5
    assert reasons.count("crowd") == 8


async def test_removed_people_are_nobody(folder: Folder) -> None:
    """Who was removed signs in no more; the badge can be given to somebody else."""
    person = add_operator(folder)
    assert folder.accounts.remove(person)
    assert (await folder.refused(pin=PIN)).reason == "wrong"
    assert folder.people.account(person) is None
    other = add_operator(folder, name="Bo")
    assert (await folder.people.by_badge(BADGE, PIN)).person_id == other
    assert not folder.accounts.remove("P-ZZZZZZZZ")
    assert not folder.accounts.unlock("P-ZZZZZZZZ")


def test_weak_secrets_and_doubles_are_refused(folder: Folder) -> None:
    """A badge belongs to one person, names are told apart, and trivial secrets are not taken."""
    add_operator(folder)
    wrong = [
        ("Ana", Role.OPERATOR, Proof(badge="B-1111", pin=PIN)),
        ("Bo", Role.OPERATOR, Proof(badge=BADGE, pin=PIN)),
        ("Bo", Role.OPERATOR, Proof(badge="B-1111", pin="123456")),
        ("Bo", Role.OPERATOR, Proof(badge="B", pin=PIN)),
        ("Bo", Role.ENGINEER, Proof(password="short")),
        ("Bo", Role.SERVICE, Proof()),
        (" ", Role.OPERATOR, Proof(badge="B-1111", pin=PIN)),
        ("B\n", Role.OPERATOR, Proof(badge="B-1111", pin=PIN)),
    ]
    for name, role, proof in wrong:
        with pytest.raises(AccountRefused):
            folder.accounts.add(name, role, proof)
    assert len(folder.accounts.rows()) == 1


@pytest.mark.parametrize("pin", ["123456", "654321", "000000", "121212", "123123", "311299",
                                 "20011231", "31122001", "12345", "1234567890123", "12a456",
                                 "890123", "441700",
                                 "\u0661\u0662\u0663\u0664\u0665\u0667"])  # fmt: skip
def test_trivial_pins(pin: str) -> None:
    """Rows, repetitions, dates and the number of the badge are no PINs."""
    assert weak_pin(pin, "B-441700")


@given(st.from_regex(r"\A[0-9]{6,12}\Z"))
def test_most_pins_are_taken(pin: str) -> None:
    """The judgement never fails, and what it refuses it says in words."""
    why = weak_pin(pin)
    assert why == "" or why.startswith(("the PIN", "a PIN"))


def test_passwords() -> None:
    """Twelve characters of any kind are enough, unless everybody would guess them."""
    assert weak_password("Ana loves 12 c\u00e4ts", "Bo") == ""
    for password in ("a" * 20, "abababababab", "Ana is the best", "my password 12", "12 chars...",
                     "x" * 300):  # fmt: skip
        assert weak_password(password, "Ana"), password


def test_a_damaged_or_open_file_is_refused(folder: Folder) -> None:
    """Accounts that others can read, or that are damaged, stop the start and say what to do."""
    add_operator(folder)
    if os.name == "posix":
        folder.file.path.chmod(0o644)
        with pytest.raises(ConfigurationMistakes, match="chmod 600"):
            PeopleFile(folder.file.path.parent).read()
        folder.file.path.chmod(0o600)
    for content in (b"{", b'{"people": [{"person_id": "x"}]}', b'{"version": 2}', b"\xff"):
        folder.file.path.write_bytes(content)
        with pytest.raises(ConfigurationMistakes, match="damaged"):
            folder.file.read()
    folder.file.path.with_name("people.pepper").write_bytes(b"short")
    with pytest.raises(ConfigurationMistakes, match="pepper"):
        folder.file.pepper()


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="takes root")
def test_what_root_writes_belongs_to_the_station(tmp_path: Path) -> None:
    """Accounts that root adds can be read by the user that the data folder belongs to."""
    data = tmp_path / "data"
    data.mkdir()
    os.chown(data, 65534, 65534)
    add_operator(Folder(data))
    for path in data.iterdir():
        assert path.stat().st_uid == 65534, path.name


def test_two_programs_change_the_file_one_after_the_other(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody writes while somebody else does; a change of the other one is seen at once."""
    monkeypatch.setattr("orchestrator.web.people_file._LOCK_SECONDS", 0.01)
    other = PeopleFile(folder.file.path.parent)

    def within(register: Register) -> Register:
        with pytest.raises(StationBusy):
            other.change(lambda found: found)
        return register

    folder.file.change(within)
    assert other.read() == Register()
    add_operator(folder)
    assert len(other.read().people) == 1


def test_tokens_have_scopes_and_an_end(folder: Folder) -> None:
    """A token is shown once, is good for its days, and then no more; its last use is kept."""
    made, secret = folder.accounts.add_token("printer", ["look", "look", "hold"], 90)
    assert made.scopes == ("look", "hold")
    assert secret.startswith("orc_")
    assert folder.people.token(secret) is not None
    assert folder.file.read().tokens[0].last_used_at == "2026-11-21T06:00:00.000000Z"
    folder.clock.seconds += 90 * 86400 + 1
    assert folder.people.token(secret) is None
    assert folder.accounts.token_rows()[0]["state"] == "expired"
    for scopes, days in ((["look"], 91), (["look"], 0), ([], 1), (["people"], 1)):
        with pytest.raises(AccountRefused):
            folder.accounts.add_token("x", scopes, days)
    other, revoked = folder.accounts.add_token("other", ["look"], 1)
    assert folder.accounts.remove(other.token_id)
    assert folder.people.token(revoked) is None
    assert folder.people.token("orc_") is None


async def test_signing_in_is_an_event_without_names(bench: Bench) -> None:
    """Every sign-in, every refusal and every sign-out is kept with an opaque id."""
    async with bench.browser() as browser:
        wrong = await browser.post("/api/v1/session", json={"badge": "B-operator", "pin": "111112"})
        unknown = await browser.post("/api/v1/session", json={"name": "Mallory", "password": "x"})
        await browser.post("/api/v1/session", json=bench.proof(Role.OPERATOR))
        assert bench.control.operator == bench.people[Role.OPERATOR].person_id
        await browser.delete("/api/v1/session")
    assert bench.control.operator == ""
    assert (wrong.status_code, unknown.status_code) == (403, 403)
    assert wrong.json()["detail"] == unknown.json()["detail"]
    assert bench.kinds() == ["sign_in_refused", "sign_in_refused", "sign_in", "sign_out"]
    person = bench.people[Role.OPERATOR].person_id
    assert [detail["person"] for _, detail in bench.notes] == [
        person, "unidentified", person, person,
    ]  # fmt: skip
    text = json.dumps(bench.notes) + bench.log.getvalue()
    assert not [word for word in ('operator"}', "Mallory", "111112", PIN) if word in text]


async def test_without_evidence_nobody_signs_in_and_refusals_stand(bench: Bench) -> None:
    """While the audit is lost nobody is signed in, nobody gets more rights, and stopping works."""
    bench.control.lost = AuditUnavailable("the disk is full", remedy="Make room")
    async with bench.browser() as browser:
        proof = bench.proof(Role.OPERATOR)
        assert (await browser.post("/api/v1/session", json=proof)).status_code == 503
        wrong = await browser.post("/api/v1/session", json={**proof, "pin": "111112"})
        assert wrong.status_code == 403
        assert (await browser.post("/api/v1/slots/1/start", json={})).status_code == 401
        assert (await browser.post("/api/v1/slots/1/stop", json={})).status_code == 200
        assert not (await browser.get("/api/v1/session")).json()["signed_in"]
    assert "could not be recorded" in bench.log.getvalue()


async def test_a_flood_of_refusals_does_not_fill_the_audit(bench: Bench) -> None:
    """The first hundred are kept, then one a second; each of them is refused all the same."""
    for number in range(130):
        async with bench.browser(address=f"10.0.0.{number}") as browser:
            assert (await browser.get("/api/v1/people")).status_code == 401
    assert bench.kinds().count("refused") == 100
    assert bench.log.getvalue().count('"refused"') == 130


@pytest.mark.parametrize("role", sorted(BY_BADGE))
def test_who_has_a_badge(role: Role) -> None:
    """Only those who look or work sign in by a badge."""
    assert role in {Role.VIEWER, Role.OPERATOR}
