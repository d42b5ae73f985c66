"""What has become of accounts and tokens, for the audit: by their ids, whoever changed the file."""

from collections.abc import Mapping

from orchestrator.web.people_file import Account, Register, Token

MOST_LISTED = 50


def standing(register: Register) -> dict[str, object]:
    """Return who may do something now, by role, and which tokens there are."""
    roles: dict[str, int] = {}
    for account in register.people:
        if not account.disabled:
            roles[account.role.value] = roles.get(account.role.value, 0) + 1
    tokens = [token.token_id for token in register.tokens if not token.revoked]
    return {"people": roles, "tokens": tokens[:MOST_LISTED]}


def changes(before: Register, after: Register) -> dict[str, object]:
    """Return what is different: words with the ids that they are about; empty for nothing."""
    people = {each.person_id: each for each in before.people}
    tokens = {each.token_id: each for each in before.tokens}
    found: dict[str, list[str]] = {}
    for account in after.people:
        for word in _of_person(people.pop(account.person_id, None), account):
            found.setdefault(word, []).append(account.person_id)
    for token in after.tokens:
        for word in _of_token(tokens.pop(token.token_id, None), token):
            found.setdefault(word, []).append(token.token_id)
    gone = [*people, *tokens]
    if gone:
        found["gone"] = gone
    return {word: ids[:MOST_LISTED] for word, ids in found.items()}


def _of_person(before: Account | None, after: Account) -> list[str]:
    if before is None:
        return [f"added_{after.role.value}"]
    words: Mapping[str, bool] = {
        "removed": after.disabled and not before.disabled,
        "restored": before.disabled and not after.disabled,
        "locked": after.locked and not before.locked,
        "unlocked": before.locked and not after.locked,
        f"made_{after.role.value}": after.role is not before.role,
        "new_secret": (after.badge, after.pin, after.password)
        != (before.badge, before.pin, before.password),
    }
    return [word for word, is_so in words.items() if is_so]


def _of_token(before: Token | None, after: Token) -> list[str]:
    if before is None:
        return ["added_token"]
    words: Mapping[str, bool] = {
        "removed": after.revoked and not before.revoked,
        "restored": before.revoked and not after.revoked,
        "made_more": set(after.scopes) != set(before.scopes)
        or after.expires_at != before.expires_at,
        "new_secret": after.digest != before.digest,
    }
    return [word for word, is_so in words.items() if is_so]
