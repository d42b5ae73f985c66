"""Which files a recipe may name: those in its own folder and below, spelled alike on every system.

A recipe travels between people and machines; a path that leaves its folder would let it read, or
on Windows even sign in to, whatever its author likes.
"""

import re
from pathlib import Path

_SAFE = r"[A-Za-z0-9_.+@ ()/-]{1,240}"
_RESERVED = r"(?i:con|prn|aux|nul|com[0-9]|lpt[0-9])(\..*)?"


def inside(root: Path, name: str) -> Path | str:
    """Return the file called `name` below `root`, or the reason why it is not allowed (a text).

    Says nothing about whether the file is there.
    """
    fault = _fault(name)
    if fault:
        return fault
    path = root.joinpath(*name.split("/"))
    try:
        if not path.resolve().is_relative_to(root.resolve()):
            return "a link leads out of the recipe's folder"
    except (OSError, RuntimeError, ValueError) as error:
        return f"the path cannot be followed: {error}"
    return path


def _fault(name: str) -> str:
    """Return why no system should be asked for a file of this name; an empty text when it may."""
    parts = name.split("/")
    if "\\" in name:
        return "write `/` between folders, on Windows too"
    if not re.fullmatch(_SAFE, name):
        return "letters, digits and `_ . + @ ( ) - /` only, at most 240 characters"
    if "" in parts:
        return "the path must begin in the recipe's folder"
    if ".." in parts or "." in parts:
        return "the path must not leave the recipe's folder"
    if any(re.fullmatch(_RESERVED, part) or part[-1] in ". " or part[0] == " " for part in parts):
        return "Windows cannot have a file of this name"
    return ""
