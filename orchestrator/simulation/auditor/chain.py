"""The chain, computed anew from the description of its form alone (docs/reference/chain.md)."""

from hashlib import sha256
from typing import Any

from orchestrator.simulation.auditor.evidence import Evidence

_NOT_CHAINED = {("attachment", "content")}
_OF_THE_CHAIN = ("entry", "entry_hash")


def canonical(table: str, columns: list[str], row: dict[str, Any]) -> bytes:
    """Return the canonical bytes of a row: entry, table, which are NULL, columns; NUL between."""
    values = [row[name] for name in columns]
    absent = "".join("1" if value is None else "0" for value in values)
    return "\0".join([str(row["entry"]), table, absent, *map(_text, values)]).encode()


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "1" if value else "0"
    return str(value)


def recompute(evidence: Evidence) -> tuple[dict[int, str], list[str]]:
    """Return the hash of every entry in hexadecimal, and what is wrong with the chain."""
    found: list[tuple[int, str, dict[str, Any]]] = []
    for table, rows in evidence.tables.items():
        if "entry_hash" in evidence.columns[table]:
            found += [(int(row["entry"]), table, row) for row in rows]
    found.sort(key=lambda each: each[0])
    chained = {
        table: [
            name
            for name in names
            if name not in _OF_THE_CHAIN and (table, name) not in _NOT_CHAINED
        ]
        for table, names in evidence.columns.items()
    }
    heads: dict[int, str] = {}
    wrong: list[str] = []
    previous, expected = bytes(32), 1
    if evidence.rows("segment") and found:
        expected = found[0][0]
    for entry, table, row in found:
        if entry != expected:
            wrong.append(f"entry {expected} is missing or {entry} is there twice")
        made = sha256(previous + canonical(table, chained[table], row)).digest()
        kept = bytes(row["entry_hash"])
        if made != kept:
            wrong.append(f"entry {entry} in table {table} does not fit the chain")
        previous, expected = kept, entry + 1
        heads[entry] = kept.hex()
    return heads, wrong[:20]
