r"""Whether a pattern of a limit compiles and ends in good time on any text.

Python's engine goes back and tries again; `(a+)+` on thirty letters takes longer than a shift. What
is refused is a repeat of something that is itself of varying length, unless each round begins with
a character that the inner repeats cannot take (`[0-9]+(\.[0-9]+)*` is fine), and more than three
repeats that can also take what follows them. What is left takes at most the third power of the
text's length; the judge refuses long texts.
"""

import re
from dataclasses import dataclass, field

MOST_CHARACTERS = 200
_MOST_OPEN_REPEATS = 3
_MOST_SIDE_BY_SIDE = 3
_MOST_GREEDY = 3
_TAKES_NOTHING = ("^", "$", r"\A", r"\Z", r"\b", r"\B")
_SAMPLES = (*map(chr, range(128)), "é", "ß", "\u0660", "€", "中")
_QUANTIFIER = re.compile(r"[*+?][?+]?|\{[0-9]*(?:,[0-9]*)?\}[?+]?")
_CLASS = re.compile(r"\[\^?\]?(?:\\.|[^\]\\])*\]", re.DOTALL)
_GROUP = re.compile(r"\((?:\?(?::|P<[A-Za-z_][A-Za-z0-9_]*>))?")


@dataclass(slots=True)
class _Group:
    first: str | None = None
    begun: bool = False
    repeated: list[str] = field(default_factory=list)
    unsafe: bool = False
    side_by_side: int = 0
    greedy: int = 0
    takes: bool = False
    before: list[str] = field(default_factory=list)

    def add(self, atom: str, *, varying: bool, inner: "_Group | None") -> None:
        nested = inner is not None
        if not self.begun:
            self.first = None if varying or nested else _literal(atom)
            self.begun = True
        if varying and not nested:
            self.repeated.append(atom)
        self.unsafe = self.unsafe or (varying and nested)
        self.side_by_side = self.side_by_side + 1 if varying else 0
        begins = atom if inner is None else re.escape(inner.first) if inner.first else r"[\s\S]"
        # What may be empty or longer leaves the characters behind it within reach of those before.
        self.greedy += sum(_share(repeat, begins) for repeat in self.before)
        if varying:
            self.before += [atom] if inner is None else inner.repeated
        elif atom not in _TAKES_NOTHING and (inner is None or inner.takes):
            self.before = []
            self.takes = True
        if inner is not None:
            self.greedy += inner.greedy

    def explodes(self) -> bool:
        """Say whether repeating this group can be done in many ways on one text."""
        if self.unsafe or self.greedy:
            return True
        if not self.repeated:
            return False
        first = self.first
        return first is None or any(re.match(atom, first, re.DOTALL) for atom in self.repeated)


def pattern_fault(pattern: str) -> str | None:
    """Return why `pattern` is refused, None when it is sound."""
    if len(pattern) > MOST_CHARACTERS:
        return f"longer than {MOST_CHARACTERS} characters"
    try:
        re.compile(pattern)
    except (re.error, OverflowError, RecursionError) as error:
        return str(error)
    return _strange(pattern) or _slow(pattern)


def _strange(pattern: str) -> str | None:
    """Return what `pattern` has that its slowness cannot be told of."""
    at = 0
    while at < len(pattern):
        match = _GROUP.match(pattern, at)
        if match is not None and pattern.startswith("(?", at) and match.end() == at + 1:
            return "only groups `( )`, `(?: )` and `(?P<name> )` are allowed"
        atom, at = _atom(pattern, at)
        if re.fullmatch(r"\\[1-9]", atom):
            return "references to groups are not allowed"
    return None


def _literal(atom: str) -> str | None:
    if len(atom) == 1:
        return None if atom in ".^$" else atom
    return atom[1] if len(atom) == 2 and not atom[1].isalnum() else None


def _slow(pattern: str) -> str | None:
    groups = [_Group()]
    open_repeats = 0
    at = 0
    while at < len(pattern):
        char = pattern[at]
        if char == "(":
            match = _GROUP.match(pattern, at)
            assert match is not None
            groups.append(_Group())
            at = match.end()
            continue
        if char == "|":
            groups[-1].unsafe = True
            groups[-1].before = []
            at += 1
            continue
        inner = groups.pop() if char == ")" else None
        atom, at = _atom(pattern, at)
        quantifier = _QUANTIFIER.match(pattern, at)
        at = quantifier.end() if quantifier else at
        repeats = quantifier is not None and _often(quantifier.group())
        if inner and repeats and inner.explodes():
            return "a repeat inside a repeat may take for ever"
        if repeats and atom in {".", r"\S", r"\w"}:
            open_repeats += 1
        groups[-1].add(atom, varying=_varies(quantifier, inner), inner=inner)
        if groups[-1].side_by_side > _MOST_SIDE_BY_SIDE:
            return f"more than {_MOST_SIDE_BY_SIDE} repeats side by side may take for ever"
    if groups[0].greedy > _MOST_GREEDY:
        return f"more than {_MOST_GREEDY} repeats can take what follows them: may take for ever"
    if open_repeats > _MOST_OPEN_REPEATS:
        return f"more than {_MOST_OPEN_REPEATS} repeats of any character may take for ever"
    return None


def _share(one: str, other: str) -> bool:
    """Say whether some character fits both atoms."""
    both = re.compile(f"(?={one}){other}", re.DOTALL)
    return any(both.match(sample) for sample in _SAMPLES)


def _atom(pattern: str, at: int) -> tuple[str, int]:
    if pattern[at] == "\\":
        return pattern[at : at + 2], at + 2
    match = _CLASS.match(pattern, at) if pattern[at] == "[" else None
    return (match.group(), match.end()) if match else (pattern[at], at + 1)


def _often(quantifier: str) -> bool:
    return quantifier[0] in "*+" or (quantifier[0] == "{" and not re.match(r"\{1\}", quantifier))


def _varies(quantifier: re.Match[str] | None, inner: _Group | None) -> bool:
    if inner is not None and (inner.unsafe or inner.repeated):
        return True
    return quantifier is not None and not re.fullmatch(r"\{0*[1-9][0-9]*\}", quantifier.group())
