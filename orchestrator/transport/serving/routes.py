"""Finds the row of a request in a table of endpoints, and the parameters of its path.

Paths that differ only in a parameter's name are one route; each row names its own parameter.
Fixed segments go before parameters.
"""

import re
from collections.abc import Sequence
from typing import NamedTuple
from urllib.parse import unquote

from orchestrator.transport.endpoint import Endpoint

_PARAMETER = re.compile(r"\{(\w+)\}")


class WrongMethod(Exception):
    """The path is known, and not for this method. `allowed` are those that are."""

    def __init__(self, allowed: Sequence[str]) -> None:
        super().__init__(", ".join(allowed))
        self.allowed = tuple(allowed)


class Route(NamedTuple):
    """What a request asks for."""

    row: Endpoint
    parameters: dict[str, str]


class Routes:
    """The routes of one table. `fold_case` compares fixed segments without regard to case."""

    def __init__(self, table: Sequence[Endpoint], *, fold_case: bool = False) -> None:
        flags = re.IGNORECASE if fold_case else 0
        self._rows = [
            (re.compile(_pattern(row.path), flags), row)
            for row in sorted(table, key=lambda row: _PARAMETER.sub("\uffff", row.path))
        ]

    def find(self, method: str, path: str) -> Route | None:
        """Return the row and its parameters; None for a path that no row has.

        `path` is as it was sent, still quoted. Raises WrongMethod.
        """
        allowed: list[str] = []
        for pattern, row in self._rows:
            found = pattern.fullmatch(path)
            if found is None:
                continue
            if row.method == method:
                return Route(row, {k: unquote(v) for k, v in found.groupdict().items()})
            allowed.append(row.method)
        if allowed:
            raise WrongMethod(sorted(set(allowed)))
        return None


def _pattern(path: str) -> str:
    parts = _PARAMETER.split(path)
    return "".join(
        re.escape(part) if k % 2 == 0 else f"(?P<{part}>[^/]+)" for k, part in enumerate(parts)
    )
