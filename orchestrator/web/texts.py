"""What the panel says, in the languages that it knows: one catalogue file per language.

Numbers, units, codes and what recipes say are never translated. Sentences that the station says
by itself are, unless its settings say them in other words.
"""

import re
import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

DEFAULT = "en"
Section = Mapping[str, str]
_BLANK = re.compile(r"\{(\w+)\}")


class Texts:
    """One language. `code` is its tag for browsers, `name` what its speakers call it."""

    def __init__(self, sections: Mapping[str, Section], english: Mapping[str, Section]) -> None:
        self.sections = sections
        self.code = sections["language"]["code"]
        self.name = sections["language"]["name"]
        own, theirs = sections["sentences"], english["sentences"]
        self._sentences = {theirs[key]: own[key] for key in theirs}

    def __getitem__(self, name: str) -> Section:
        return self.sections[name]

    def say(self, section: str, key: str, **values: object) -> str:
        """Return a text with its values filled in. Raises KeyError for one that is unknown."""
        # Not str.format, and in one go: a value must not be read as a format itself.
        text = self.sections[section][key]
        return _BLANK.sub(lambda blank: str(values[blank[1]]), text)

    def sentence(self, text: str) -> str:
        """Return a sentence of the station in this language; one of the settings as it is."""
        return self._sentences.get(text, text)


@cache
def languages() -> Mapping[str, Texts]:
    """Return all languages by their code, the default first."""
    folder = files("orchestrator.web") / "texts"
    found = {
        entry.name.removesuffix(".toml"): tomllib.loads(entry.read_text(encoding="utf-8"))
        for entry in folder.iterdir()
        if entry.name.endswith(".toml")
    }
    english = found[DEFAULT]
    codes = [DEFAULT, *sorted(set(found) - {DEFAULT})]
    return {code: Texts(found[code], english) for code in codes}


def language(code: str | None, station: str = DEFAULT) -> Texts:
    """Return the language `code`, else the station's."""
    known = languages()
    return known.get(code or "") or known.get(station) or known[DEFAULT]


def next_language(code: str) -> str:
    """Return the code of the language after `code`, in a circle."""
    codes = list(languages())
    return codes[(codes.index(code) + 1) % len(codes)] if code in codes else codes[0]
