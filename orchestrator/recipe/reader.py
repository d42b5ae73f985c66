"""Bytes of a file to a tree of nodes with places. The only module that speaks YAML.

Of YAML it takes lists, tables and text; whatever lets one text mean another (anchors, merge keys,
tags, several documents, duplicate keys) is refused with a reason. It composes from PyYAML's pure
Python events without recursion of its own: size, depth and number of values have limits, because
the C loader dies of deep nesting and the Python one takes seconds for a large file.
"""

import re
import unicodedata
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from orchestrator.recipe.mistakes import Report
from orchestrator.recipe.nodes import Entry, Items, Node, Place, Table, Text, ticked

MOST_BYTES = 256 << 10
MOST_DEPTH = 40
MOST_VALUES = 10_000

_BREAKS = {ord(char): None for char in "\r\n\t"}
_LINES = re.compile("\r\n|\n|\r")
# Text that a screen does not show or shows elsewhere than it stands, and YAML's exotic line breaks.
_HIDDEN = (
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufdd0-\ufdef"
    "\ufeff\ufff9-\uffff\U000e0000-\U000e007f]"
)
_SYNTAX = (
    (
        "mapping values are not allowed",
        "a second `:` stands in this line",
        "put text that holds `: ` into quotes, and check the indentation",
    ),
    (
        "expected <block end>",
        "this line is indented differently from its neighbours",
        "give all keys of a table, and all `-` of a list, the same indentation",
    ),
    ("end of stream", "this begins and never ends", "close the quote or the bracket"),
    ("expected ',' or ']'", "`,` or `]` is missing", "close the list that began with `[`"),
    ("expected ',' or '}'", "`,` or `}` is missing", "close the table that began with `{`"),
    ("could not find expected ':'", "a key without `:`", "write `key: value`"),
    ("'\\t'", "a tab stands in the indentation", "indent with spaces, not with tabs"),
    (
        "that cannot start any token",
        "a text cannot begin with this character",
        "put the text into quotes",
    ),
)
"""What PyYAML says, what we say, and what to do."""

_YAML_TAG = "tag:yaml.org,2002:"
_WIDE_MARKS = ((b"\xff\xfe", "UTF-16"), (b"\xfe\xff", "UTF-16"))


class _GiveUp(Exception):
    """The text cannot be read further; the reason is in the report."""


def read_file(path: Path, shown: str, report: Report) -> Node | None:
    """Return the tree of the file at `path`, called `shown` in messages.

    None when it cannot be read at all; every mistake that was seen is in `report`.
    """
    start = Place(shown, 1, 1, 1, 1)
    report.sources.setdefault(shown, ())
    try:
        with path.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        report.error(
            "R001",
            start,
            f"the file cannot be read: {reason}",
            help="check the path and its rights; nothing was read",
        )
        return None
    return read_bytes(content, shown, report)


def read_bytes(content: bytes, shown: str, report: Report) -> Node | None:
    """Return the tree of `content`, None when it cannot be read; mistakes go to `report`."""
    report.sources.setdefault(shown, ())
    text = _decode(content, shown, report)
    if text is None:
        return None
    report.sources[shown] = tuple(_LINES.split(text))
    if not _plain(text, shown, report):
        return None
    try:
        return _Composer(shown, report).compose(text)
    except _GiveUp:
        return None


def _decode(content: bytes, shown: str, report: Report) -> str | None:
    start = Place(shown, 1, 1, 1, 1)
    if len(content) > MOST_BYTES:
        report.error(
            "R002",
            start,
            f"the file is larger than {MOST_BYTES >> 10} KiB",
            help="a recipe is text for people; put data into an artifact",
        )
        return None
    encoding = next((name for mark, name in _WIDE_MARKS if content.startswith(mark)), "another")
    if content.startswith(b"\xef\xbb\xbf"):
        report.error(
            "R004",
            start,
            "the file begins with a byte order mark",
            help="save it as UTF-8 without a byte order mark",
        )
        content = content[3:]
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        before = content[: error.start].decode("utf-8")
        lines = _LINES.split(before)
        report.sources[shown] = tuple(_LINES.split(content.decode("utf-8", "replace")))
        column = len(lines[-1]) + 1
        report.error(
            "R003",
            Place(shown, len(lines), column, len(lines), column + 1),
            "the file is not UTF-8 text",
            label=f"byte 0x{content[error.start]:02X} belongs to {encoding} encoding",
            help="save it as UTF-8 without a byte order mark",
        )
        return None


def _plain(text: str, shown: str, report: Report) -> bool:
    if text.translate(_BREAKS).isprintable():
        return True
    seen = 0
    for number, line in enumerate(_LINES.split(text), start=1):
        for match in re.finditer(_HIDDEN, line):
            column = match.start() + 1
            char = match.group()
            name = unicodedata.name(char, "control character").lower()
            report.error(
                "R005",
                Place(shown, number, column, number, column + 1),
                f"character U+{ord(char):04X} ({name}) is not allowed",
                label="not visible on a screen",
                help="delete it, or write it as an escape in double quotes",
            )
            seen += 1
            if seen >= 10:
                return False
    return seen == 0


@dataclass(slots=True)
class _Open:
    """A list or table whose end was not read yet."""

    place: Place
    table: bool
    nodes: list[Node] = field(default_factory=list)


class _Composer:
    """Turns the events of one file into nodes."""

    def __init__(self, shown: str, report: Report) -> None:
        self._shown = shown
        self._report = report
        self._values = 0
        self._documents = 0

    def compose(self, text: str) -> Node | None:
        """Return the root node, None for an empty file. Raises _GiveUp."""
        root: Node | None = None
        stack: list[_Open] = []
        try:
            for event in yaml.parse(text, Loader=yaml.SafeLoader):
                if isinstance(event, yaml.DocumentStartEvent):
                    self._document(event)
                node = self._take(event, stack)
                if node is None:
                    continue
                if stack:
                    stack[-1].nodes.append(node)
                else:
                    root = node
        except yaml.MarkedYAMLError as error:
            self._syntax(error)
            raise _GiveUp from error
        except (yaml.YAMLError, ValueError, OverflowError) as error:
            # PyYAML converts escapes and directives with plain int() and chr().
            self._refuse("R006", self._start(), f"this is not YAML: {error}")
        return root

    def _take(self, event: yaml.Event, stack: list[_Open]) -> Node | None:
        """Return the node that `event` completes, None when it completes none."""
        if isinstance(event, yaml.AliasEvent):
            self._report.error(
                "R009",
                self._place(event),
                f"alias `*{event.anchor}` is not allowed",
                label="refers to text elsewhere",
                help="write the value out; use `inputs` or an include for what repeats",
            )
            return Text(self._place(event), "", refused=True)
        if isinstance(event, yaml.ScalarEvent):
            self._open(event, stack)
            return Text(self._place(event), event.value, quoted=event.style is not None)
        if isinstance(event, yaml.CollectionStartEvent):
            self._open(event, stack)
            table = isinstance(event, yaml.MappingStartEvent)
            stack.append(_Open(self._place(event), table))
            return None
        if isinstance(event, yaml.CollectionEndEvent):
            return self._close(stack.pop(), event)
        return None

    def _open(
        self, event: yaml.ScalarEvent | yaml.CollectionStartEvent, stack: list[_Open]
    ) -> None:
        """Count a new value and refuse what YAML may hang on it."""
        self._values += 1
        place = self._place(event)
        if self._values > MOST_VALUES:
            self._refuse("R008", place, f"the file has more than {MOST_VALUES} values")
        if len(stack) >= MOST_DEPTH:
            self._refuse("R007", place, f"nested more than {MOST_DEPTH} levels deep")
        if event.anchor is not None:
            self._report.error(
                "R009",
                self._prefix(event, f"&{event.anchor}"),
                f"anchor `&{event.anchor}` is not allowed",
                label="marks text for use elsewhere",
                help="write the value out; use `inputs` or an include for what repeats",
            )
        if event.tag is not None:
            self._report.error(
                "R011",
                self._prefix(event, "!"),
                f"tag {ticked(event.tag.replace(_YAML_TAG, '!!'))} is not allowed",
                label="the step decides what kind of value this is",
                help="remove the tag",
            )

    def _close(self, opened: _Open, event: yaml.Event) -> Node:
        nodes = opened.nodes
        place = opened.place
        closing = self._place(event)
        if closing.column != closing.end_column:  # flow style ends with a bracket
            end = (closing.end_line, closing.end_column)
        elif nodes:
            end = (nodes[-1].place.end_line, nodes[-1].place.end_column)
        else:
            end = (place.end_line, place.end_column)
        place = Place(place.file, place.line, place.column, *end)
        if not opened.table:
            return Items(place, tuple(nodes))
        return Table(place, self._entries(nodes))

    def _entries(self, nodes: list[Node]) -> tuple[Entry, ...]:
        entries: dict[str, Entry] = {}
        for key, value in zip(nodes[::2], nodes[1::2], strict=True):
            if not isinstance(key, Text) or not key.value:
                self._report.error(
                    "R016", key.place, "a key must be a word", label="this cannot be a key"
                )
            elif key.value == "<<":
                self._report.error(
                    "R010",
                    key.place,
                    "merge key `<<` is not allowed",
                    label="copies keys from elsewhere",
                    help="write the keys out, or use an include",
                )
            elif key.value in entries:
                first = entries[key.value].key.place
                self._report.error(
                    "R013",
                    key.place,
                    f"key {ticked(key.value)} stands twice",
                    label=f"stands already in line {first.line}",
                    also=((first, "first here"),),
                    help="keep one of the two",
                )
            else:
                entries[key.value] = Entry(key, value)
        return tuple(entries.values())

    def _document(self, event: yaml.DocumentStartEvent) -> None:
        self._documents += 1
        if self._documents > 1:
            self._refuse(
                "R012",
                self._place(event),
                "a second document begins here",
                help="keep one recipe per file; remove the line `---`",
            )
        if event.tags or event.version:
            self._report.error(
                "R011",
                self._start(),
                "YAML directives are not allowed",
                help="remove the lines that begin with %",
            )

    def _syntax(self, error: yaml.MarkedYAMLError) -> None:
        problem = error.problem or ""
        unended = "end of stream" in problem or "could not find expected" in problem
        mark = (error.context_mark if unended else None) or error.problem_mark
        place = self._start()
        if mark is not None:
            lines = self._report.sources[self._shown]
            number = min(mark.line, len(lines) - 1)
            column = min(mark.column, len(lines[number])) + 1
            place = Place(self._shown, number + 1, column, number + 1, column + 1)
        message, hint = next(
            ((words, hint) for needle, words, hint in _SYNTAX if needle in problem), (problem, "")
        )
        self._report.error(
            "R006",
            place,
            f"this is not YAML: {message}",
            label="" if unended else "the text cannot be read from here on",
            help=hint,
        )

    def _refuse(self, code: str, place: Place, message: str, help: str = "") -> None:  # noqa: A002 - as Report.error
        self._report.error(code, place, message, help=help)
        raise _GiveUp

    def _start(self) -> Place:
        return Place(self._shown, 1, 1, 1, 1)

    def _place(self, event: yaml.Event) -> Place:
        start, end = event.start_mark, event.end_mark
        assert start is not None
        assert end is not None
        return Place(self._shown, start.line + 1, start.column + 1, end.line + 1, end.column + 1)

    def _prefix(self, event: yaml.NodeEvent, mark: str) -> Place:
        """Return the place of an anchor or tag, which stands in front of its value."""
        place = self._place(event)
        line = self._report.sources[self._shown][place.line - 1]
        column = line.find(mark, place.column - 1)
        column = column if column >= 0 else place.column - 1
        match = re.compile(r"\S+").match(line, column)
        end = match.end() if match else column + 1
        return Place(place.file, place.line, column + 1, place.line, end + 1)
