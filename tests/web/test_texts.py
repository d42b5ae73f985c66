"""Every language says everything, and what operators read is short."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from orchestrator.domain.events import SlotState
from orchestrator.station.settings_floor import TileSection
from orchestrator.web.texts import Texts, language, languages, next_language

LANGUAGES = list(languages().values())
USED = r'{}(\.|\["|"\]\["|", "){}\b'
WORDS = re.compile(r"\w+", re.UNICODE)


def keys(texts: Texts) -> set[tuple[str, str]]:
    """Return every key of one language."""
    return {(section, key) for section, values in texts.sections.items() for key in values}


def blanks(text: str) -> set[str]:
    """Return the names of the values that a text wants."""
    return set(re.findall(r"\{(\w+)\}", text))


def everything() -> Iterator[tuple[Texts, str, str, str]]:
    """Yield every text of every language."""
    for texts in LANGUAGES:
        for section, values in texts.sections.items():
            for key, text in values.items():
                yield texts, section, key, text


def test_there_are_two_languages() -> None:
    """English and at least one more are there, and the switch goes round."""
    codes = [texts.code for texts in LANGUAGES]
    assert codes[0] == "en"
    assert len(codes) >= 2
    walked, code = [], "en"
    for _ in codes:
        walked.append(code)
        code = next_language(code)
    assert sorted(walked) == sorted(codes)
    assert code == "en"
    assert language("xx").code == language(None).code == "en"


@pytest.mark.parametrize("texts", LANGUAGES, ids=lambda texts: texts.code)
def test_a_language_has_every_key(texts: Texts) -> None:
    """No language lacks a text or a value in it, and none says nothing."""
    english = LANGUAGES[0]
    assert keys(texts) == keys(english)
    for section, key in keys(texts):
        text = texts.sections[section][key]
        assert text.strip(), (section, key)
        assert blanks(text) == blanks(english.sections[section][key]), (section, key)


@pytest.mark.parametrize("texts", LANGUAGES, ids=lambda texts: texts.code)
def test_every_state_has_word_and_sentence(texts: Texts) -> None:
    """Each state of a slot is named in one word of at most eight letters, and says what to do."""
    for state in (*SlotState, "OFF"):
        assert 2 <= len(texts["state"][str(state)]) <= 8
        assert texts["says"][str(state)].endswith(".")
    assert len(set(texts["state"].values())) == len(texts["state"])


def test_the_station_s_own_sentences_are_translated() -> None:
    """What tiles say by the settings' defaults is known to the catalogue; other words stay."""
    german = languages()["de"]
    for name, info in TileSection.model_fields.items():
        assert german.sentence(info.default) != info.default, name
    assert german.sentence("Put it on the blue shelf.") == "Put it on the blue shelf."


def test_failures_of_the_product_are_not_called_errors() -> None:
    """FAIL and ERROR are two different words, and no text of FAIL says error."""
    for texts in LANGUAGES:
        assert texts["state"]["FAIL"] != texts["state"]["ERROR"]
        assert "error" not in texts["says"]["FAIL"].lower()
        assert "error" not in texts["next"]["fail"].lower()


def test_sentences_on_tiles_are_short() -> None:
    """At most eight words a sentence, and nobody is asked please."""
    for texts, section, key, text in everything():
        if section not in ("says", "sentences", "next"):
            continue
        most = 9 if section == "sentences" else 8  # those are written elsewhere
        for sentence in re.split(r"[.:]", text):
            assert len(WORDS.findall(sentence)) <= most, (texts.code, section, key, sentence)
        assert not re.search(r"\bplease\b|\bbitte\b|failed to", text, re.IGNORECASE)


def test_a_value_is_never_read_as_a_format() -> None:
    """What a device or a person wrote is put in as it is."""
    said = LANGUAGES[0].say("next", "prompt", slot="{sentence}", sentence="{slot.__class__}")
    assert said == "Slot {sentence}: {slot.__class__}"


def test_nothing_is_translated_that_nobody_says() -> None:
    """Every text is used by a template or a module."""
    web = Path(__file__).resolve().parents[2] / "orchestrator" / "web"
    sources = [*web.rglob("*.html"), *web.rglob("*.py")]
    text = "\n".join(path.read_text(encoding="utf-8") for path in sources)
    # Looked up by a state, a command or a sentence, or chosen among several.
    by_value = {"state", "says", "sentences", "language", "sheet", "next"}
    unused = [
        (section, key)
        for section, key in keys(LANGUAGES[0])
        if section not in by_value and not re.search(USED.format(section, key), text)
    ]
    assert unused == []
