"""What the audit hears of changed accounts."""

from pathlib import Path

from orchestrator.domain.errors import AuditUnavailable
from orchestrator.domain.people import Role
from orchestrator.web.account_changes import changes, standing
from orchestrator.web.accounts import Accounts, Proof
from orchestrator.web.people_file import Account, PeopleFile, Register, Token
from orchestrator.web.secrecy import Hashing
from tests.web.bench import PASSWORD, Bench


async def test_changes_of_accounts_are_on_record(bench: Bench, tmp_path: Path) -> None:
    """Whoever changes the accounts, the audit has what became of which id, and no name."""
    hashing = Hashing(PeopleFile(tmp_path).pepper(), memory_kib=64, passes=1)
    accounts = Accounts(PeopleFile(tmp_path), bench.clock, hashing)
    person = accounts.add("Mallory", Role.QUALITY, Proof(password=PASSWORD)).person_id
    token, secret = accounts.add_token("printer", ["look"], 1)
    async with bench.browser() as browser:
        await browser.get("/api/v1/station")
        accounts.remove(person)
        accounts.remove(token.token_id)
        bench.control.lost = AuditUnavailable("the disk is full")
        await browser.get("/api/v1/station")
        bench.control.lost = None
        await browser.get("/api/v1/station")
        await browser.get("/api/v1/station")
    assert bench.notes == [
        ("accounts_changed", {"added_quality": [person], "added_token": [token.token_id]}),
        ("accounts_changed", {"removed": [person, token.token_id]}),
    ]
    assert secret not in str(bench.notes)


def test_every_change_has_a_word() -> None:
    """Roles, secrets, locks and scopes are told apart; a last use is no change."""
    person = Account(person_id="P-AAAAAAAA", name="Ana", role=Role.OPERATOR)
    token = Token(
        token_id="T-AAAAAAAA", name="x", scopes=("look",), digest="d", made_at="", expires_at="1"
    )
    before = Register(people=(person,), tokens=(token,))
    for update, word in (
        ({"locked": True}, "locked"),
        ({"disabled": True}, "removed"),
        ({"role": Role.ADMIN}, "made_admin"),
        ({"pin": "x"}, "new_secret"),
    ):
        after = Register(people=(person.model_copy(update=update),), tokens=(token,))
        assert changes(before, after) == {word: ["P-AAAAAAAA"]}
        back = {"locked": "unlocked", "removed": "restored", "made_admin": "made_operator"}
        assert changes(after, before) == {back.get(word, word): ["P-AAAAAAAA"]}
    for update, word in (
        ({"revoked": True}, "removed"),
        ({"scopes": ("look", "work")}, "made_more"),
        ({"digest": "e"}, "new_secret"),
    ):
        after = Register(people=(person,), tokens=(token.model_copy(update=update),))
        assert changes(before, after) == {word: ["T-AAAAAAAA"]}
    used = token.model_copy(update={"last_used_at": "2026"})
    assert changes(before, Register(people=(person,), tokens=(used,))) == {}
    assert changes(before, Register()) == {"gone": ["P-AAAAAAAA", "T-AAAAAAAA"]}
    assert standing(before) == {"people": {"operator": 1}, "tokens": ["T-AAAAAAAA"]}
