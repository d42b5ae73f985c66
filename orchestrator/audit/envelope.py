"""Signed statements in a file: a DSSE envelope around an in-toto statement, and its examination.

Everything is proven with the public key alone. The file has one form, byte for byte, so that no
edit of it goes unnoticed, not even one that would change nothing. What a statement says is made
by `certificate.py`.
"""

import base64
import binascii
import json
from typing import Any

from orchestrator.audit.checkpoint import is_signature, parse_note
from orchestrator.audit.keys import StationKey, key_id
from orchestrator.domain.errors import InputMistakes

PAYLOAD_TYPE = "application/vnd.in-toto+json"
STATEMENT_TYPE = "https://in-toto.io/Statement/v1"
PREDICATE_TYPE = "https://in-toto.io/attestation/test-result/v0.1"


def seal(statement: dict[str, Any], key: StationKey) -> str:
    """Return the text of the signed envelope around `statement`, which holds no float."""
    payload = json.dumps(
        statement, sort_keys=True, ensure_ascii=False, allow_nan=False, separators=(",", ":")
    ).encode()
    return _render(payload, key.key_id, key.sign(_signed_bytes(payload)))


def unseal(text: str, public_key: bytes) -> dict[str, Any]:
    """Return the statement in an envelope when the key (32 bytes) has signed it as it is.

    Raises InputMistakes that says what is wrong.
    """
    try:
        envelope = json.loads(text)
        (signature,) = envelope["signatures"]
        payload = base64.b64decode(envelope["payload"], validate=True)
        signed = base64.b64decode(signature["sig"], validate=True)
        named = str(signature["keyid"])
    except (ValueError, TypeError, KeyError, RecursionError, binascii.Error):
        raise _refused("it is no signed envelope with one signature") from None
    if named != key_id(public_key):
        raise _refused(f"it names key {named[:32]}, the given key is {key_id(public_key)}")
    if not is_signature(public_key, signed, _signed_bytes(payload)):
        raise _refused("the signature does not fit: it was changed, or another key signed it")
    if text != _render(payload, named, signed):
        raise _refused("the envelope was changed around what is signed")
    return _statement(payload)


def _statement(payload: bytes) -> dict[str, Any]:
    try:
        statement: dict[str, Any] = json.loads(payload)
        if (statement["_type"], statement["predicateType"]) != (STATEMENT_TYPE, PREDICATE_TYPE):
            raise _refused("it is signed, but no certificate of a unit")
        chain = statement["predicate"]["chain"]
        note = parse_note(chain["checkpoint"]).checkpoint
        entry = int(chain["entry"])
    except (ValueError, TypeError, KeyError):
        raise _refused("it is signed, but no certificate of a unit") from None
    if note.size < entry:
        raise _refused("its checkpoint does not cover its run")
    return statement


def _signed_bytes(payload: bytes) -> bytes:
    """Return what is signed: DSSE's pre-authentication encoding."""
    kind = PAYLOAD_TYPE.encode()
    return b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload)


def _render(payload: bytes, named: str, signature: bytes) -> str:
    envelope = {
        "payload": base64.b64encode(payload).decode(),
        "payloadType": PAYLOAD_TYPE,
        "signatures": [{"keyid": named, "sig": base64.b64encode(signature).decode()}],
    }
    return json.dumps(envelope, indent=2) + "\n"


def _refused(why: str) -> InputMistakes:
    return InputMistakes(
        f"the certificate proves nothing: {why}",
        remedy="Ask the manufacturer for the file as it was issued, and for the key it names",
    )
