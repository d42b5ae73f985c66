"""What YAML text becomes before anybody asks what it means: text, lists and tables with places.

Scalars stay the text that was written; what kind of value it is, is decided by who reads it. The
tree is made by `recipe.reader`. Named tuples, because a broken recipe is answered at once and
dataclasses take their time to be made.
"""

from typing import NamedTuple


class Place(NamedTuple):
    """A stretch of a file. Lines and columns count from 1, columns in characters.

    `end_column` is the column behind the last character.
    """

    file: str
    line: int
    column: int
    end_line: int
    end_column: int


class Text(NamedTuple):
    """A scalar as it was written, without its quotes.

    `refused` stands for what was reported already and has no value: nobody reports it again.
    """

    place: Place
    value: str
    quoted: bool = False
    refused: bool = False


class Items(NamedTuple):
    """A list."""

    place: Place
    nodes: tuple["Node", ...]


class Entry(NamedTuple):
    """One key of a table with its value."""

    key: Text
    value: "Node"


class Table(NamedTuple):
    """A mapping; its keys are texts and unique, in the order in which they were written."""

    place: Place
    entries: tuple[Entry, ...]

    def get(self, key: str) -> "Node | None":
        """Return the value of `key`, None when the table has no such key."""
        found = self.entry(key)
        return found.value if found else None

    def entry(self, key: str) -> Entry | None:
        """Return the entry of `key`, None when the table has no such key."""
        return next((entry for entry in self.entries if entry.key.value == key), None)


Node = Text | Items | Table


def refused(node: Node) -> bool:
    """Say whether `node` was reported already and has no value."""
    return isinstance(node, Text) and node.refused


def described(node: Node) -> str:
    """Say what `node` is, for a message: `a list`, `nothing`, `` `abc` ``."""
    if isinstance(node, Items):
        return "a list"
    if isinstance(node, Table):
        return "a table of keys"
    if not node.value and not node.quoted:
        return "nothing"
    return ticked(node.value)


def ticked(text: str) -> str:
    """Return `text` in back-ticks, shortened to what a message can hold."""
    flat = " ".join(text.split()) if not text.isspace() else text
    return f"`{flat if len(flat) <= 60 else flat[:57] + '...'}`"
