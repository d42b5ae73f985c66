"""Finds the line of every key of a TOML text, since the standard reader does not tell any.

The text has been read before, so it is known to be well-formed; what is looked for here is where
its keys and the members of its lists begin.
"""

import re

Path = tuple[str | int, ...]

_SPACE = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_BARE = re.compile(r"[A-Za-z0-9_-]+")
_STRING = re.compile(
    r'"""(?:[^"\\]|\\.|"(?!""))*"{3,5}'
    r"|'''(?:[^']|'(?!''))*'{3,5}"
    r'|"(?:[^"\\\n]|\\.)*"'
    r"|'[^'\n]*'",
    re.DOTALL,
)
_SCALAR = re.compile(r"[^,\]}#\n]*")


def line_of(lines: dict[Path, int], path: Path) -> int:
    """Return the line of `path`, or of what holds it; 1 when nothing does."""
    while path and path not in lines:
        path = path[:-1]
    return lines.get(path, 1)


def find_lines(text: str) -> dict[Path, int]:
    """Return the line (from 1) of each table, key and member of a list by its path.

    Tables of `[[name]]` and members of lists are counted from 0.
    """
    return _Scanner(text).scan()


class _Scanner:
    """One pass over the text."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._counts: dict[Path, int] = {}
        self._lines: dict[Path, int] = {}

    def scan(self) -> dict[Path, int]:
        """Walk through the whole text."""
        table: Path = ()
        self._skip()
        while self._at < len(self._text):
            if self._next() == "[":
                table = self._header()
            else:
                self._pair(table)
            self._skip()
        return self._lines

    def _header(self) -> Path:
        """Read `[a.b]` or `[[a.b]]` and return the path of its table."""
        start = self._at
        many = self._text.startswith("[[", self._at)
        self._at += 2 if many else 1
        *outer, last = self._key()
        self._skip()
        self._at += 2 if many else 1
        path: Path = ()
        for name in outer:
            path = self._inner((*path, name))
        path = (*path, last)
        if many:
            self._counts[path] = self._counts.get(path, -1) + 1
            self._note(path, start)
        path = self._inner(path)
        self._note(path, start)
        return path

    def _inner(self, path: Path) -> Path:
        """Return the path of the last table of a `[[...]]`, else the path itself."""
        return (*path, self._counts[path]) if path in self._counts else path

    def _pair(self, table: Path) -> None:
        start = self._at
        path = (*table, *self._key())
        self._note(path, start)
        self._skip()
        self._at += 1  # the sign of equality
        self._skip()
        self._value(path)

    def _value(self, path: Path) -> None:
        if self._next() == "[":
            self._members(path)
        elif self._next() == "{":
            self._at += 1
            self._skip()
            while self._next() != "}":
                self._pair(path)
                self._comma()
            self._at += 1
        else:
            self._take(_STRING if self._next() in "\"'" else _SCALAR)

    def _members(self, path: Path) -> None:
        self._at += 1
        self._skip()
        number = 0
        while self._next() != "]":
            self._note((*path, number), self._at)
            self._value((*path, number))
            number += 1
            self._comma()
        self._at += 1

    def _comma(self) -> None:
        self._skip()
        if self._next() == ",":
            self._at += 1
            self._skip()

    def _key(self) -> list[str]:
        names = []
        while True:
            self._skip()
            quoted = self._next() in "\"'"
            found = self._take(_STRING if quoted else _BARE)
            names.append(found[1:-1] if quoted else found)
            self._skip()
            if self._next() != ".":
                return names
            self._at += 1

    def _next(self) -> str:
        return self._text[self._at : self._at + 1]

    def _skip(self) -> None:
        self._take(_SPACE)

    def _take(self, pattern: re.Pattern[str]) -> str:
        found = pattern.match(self._text, self._at)
        text = found.group() if found else ""
        self._at += len(text)
        return text

    def _note(self, path: Path, at: int) -> None:
        self._lines.setdefault(path, self._text.count("\n", 0, at) + 1)
