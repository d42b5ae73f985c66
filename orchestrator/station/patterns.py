"""Whether two regular expressions match a code in common, and which: so that codes stay apart.

Both are made into automata over the characters that matter and walked side by side. What cannot
be walked so (look-around, back-references, huge repetitions) is refused: a pattern for codes needs
none of it.
"""

import re
import re._constants as sre  # type: ignore[import-not-found]  # the parser of `re` has no stubs
import re._parser as sre_parser  # type: ignore[import-not-found]  # as above
import string
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

MOST_STATES = 4000
MOST_PAIRS = 200_000

Wanted = Callable[[str], bool]
"""Says whether a character may come here."""


class NotComparable(ValueError):
    """The pattern uses something that no code needs."""


@dataclass(slots=True)
class _Automaton:
    """States are numbers; `free` are steps without a character, `steps` those with one."""

    free: list[list[int]] = field(default_factory=list)
    steps: list[list[tuple[Wanted, int]]] = field(default_factory=list)
    characters: set[str] = field(default_factory=set)

    def state(self) -> int:
        """Return a new state. Raises NotComparable when there are too many."""
        if len(self.free) >= MOST_STATES:
            raise NotComparable("it repeats too much")
        self.free.append([])
        self.steps.append([])
        return len(self.free) - 1


def _category(name: object) -> Wanted:
    tests: dict[object, Wanted] = {
        sre.CATEGORY_DIGIT: str.isdecimal,
        sre.CATEGORY_SPACE: str.isspace,
        sre.CATEGORY_WORD: lambda one: one.isalnum() or one == "_",
    }
    if name in tests:
        return tests[name]
    opposite: dict[object, object] = {
        sre.CATEGORY_NOT_DIGIT: sre.CATEGORY_DIGIT,
        sre.CATEGORY_NOT_SPACE: sre.CATEGORY_SPACE,
        sre.CATEGORY_NOT_WORD: sre.CATEGORY_WORD,
    }
    if name not in opposite:
        raise NotComparable("it uses an unknown class of characters")
    inner = tests[opposite[name]]
    return lambda one: not inner(one)


class _Builder:
    """Turns a parsed pattern into an automaton, piece by piece."""

    def __init__(self) -> None:
        self.made = _Automaton()

    def sequence(self, items: Any, begin: int) -> int:
        """Add the pieces one after the other; return the state behind the last."""
        for kind, value in items:
            begin = self._piece(kind, value, begin)
        return begin

    def _piece(self, kind: object, value: Any, begin: int) -> int:
        if kind is sre.SUBPATTERN:
            return self.sequence(value[3], begin)
        if kind is sre.BRANCH:
            return self._either([self.sequence(each, begin) for each in value[1]])
        if kind in (sre.MAX_REPEAT, sre.MIN_REPEAT):
            return self._repeated(value, begin)
        if kind is sre.AT and value in (sre.AT_BEGINNING, sre.AT_BEGINNING_STRING, sre.AT_END,
                                        sre.AT_END_STRING):  # fmt: skip
            # A whole code is matched: its begin and its end are where these say.
            return begin
        return self._step(self._wanted(kind, value), begin)

    def _wanted(self, kind: object, value: Any) -> Wanted:
        if kind in (sre.LITERAL, sre.NOT_LITERAL):
            one = chr(value)
            self.made.characters.add(one)
            return one.__eq__ if kind is sre.LITERAL else one.__ne__
        if kind is sre.ANY:
            return lambda one: one != "\n"
        if kind is sre.IN:
            return self._set(value)
        raise NotComparable("it looks around or back")

    def _set(self, members: Any) -> Wanted:
        negated = members[0][0] is sre.NEGATE
        tests: list[Wanted] = []
        for kind, value in members[1:] if negated else members:
            if kind is sre.LITERAL:
                tests.append(chr(value).__eq__)
                self.made.characters.add(chr(value))
            elif kind is sre.RANGE:
                low, high = map(chr, value)
                tests.append(lambda one, low=low, high=high: low <= one <= high)  # type: ignore[misc]  # mypy sees no types of defaults
                self.made.characters |= {low, high}
            else:
                tests.append(_category(value))
        return lambda one: any(test(one) for test in tests) is not negated

    def _step(self, wanted: Wanted, begin: int) -> int:
        end = self.made.state()
        self.made.steps[begin].append((wanted, end))
        return end

    def _either(self, ends: list[int]) -> int:
        end = self.made.state()
        for each in ends:
            self.made.free[each].append(end)
        return end

    def _repeated(self, value: Any, begin: int) -> int:
        least, most, items = value
        ends = [begin]
        for _ in range(least):
            ends = [self.sequence(items, ends[-1])]
        if most is sre.MAXREPEAT:
            # A state of its own, so that what stands before cannot be walked back into.
            start = self.made.state()
            self.made.free[ends[-1]].append(start)
            self.made.free[self.sequence(items, start)].append(start)
            return start
        for _ in range(most - least):
            ends.append(self.sequence(items, ends[-1]))
        return self._either(ends)


def _automaton(pattern: str) -> tuple[_Automaton, int]:
    parsed = sre_parser.parse(pattern)
    if parsed.state.flags & (re.IGNORECASE | re.DOTALL | re.MULTILINE | re.VERBOSE | re.ASCII):
        raise NotComparable("it sets flags")
    builder = _Builder()
    begin = builder.made.state()
    return builder.made, builder.sequence(parsed, begin)


def _closed(automaton: _Automaton, states: Iterator[int]) -> frozenset[int]:
    found = set(states)
    left = list(found)
    while left:
        for after in automaton.free[left.pop()]:
            if after not in found:
                found.add(after)
                left.append(after)
    return frozenset(found)


def _after(automaton: _Automaton, states: frozenset[int], one: str) -> frozenset[int]:
    return _closed(
        automaton,
        iter([end for state in states for test, end in automaton.steps[state] if test(one)]),
    )


@lru_cache(maxsize=64)
def shared(first: str, second: str) -> str | None:
    """Return a code that both patterns match as a whole, as short as there is; None without one.

    Raises NotComparable, and re.error for what is no regular expression.
    """
    (left, left_end), (right, right_end) = _automaton(first), _automaton(second)
    alphabet = sorted(
        {*string.digits, *string.ascii_letters, *string.punctuation, " ", "\u00e9", "\u4e2d"}
        | left.characters
        | right.characters
    )
    begin = (_closed(left, iter([0])), _closed(right, iter([0])))
    queue, seen = deque([(begin, "")]), {begin}
    while queue:
        (here, there), word = queue.popleft()
        if left_end in here and right_end in there and word:
            return word
        if len(seen) > MOST_PAIRS:
            raise NotComparable("it has too many forms")
        for one in alphabet:
            pair = (_after(left, here, one), _after(right, there, one))
            if pair[0] and pair[1] and pair not in seen:
                seen.add(pair)
                queue.append((pair, word + one))
    return None
