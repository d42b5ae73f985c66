"""The recipes of a station: what its settings give to them is checked before anything starts."""

from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from types import MappingProxyType

import pytest

from orchestrator.domain.errors import ConfigurationMistakes, RecipeMistakes
from orchestrator.recipe.plan import Input, Reference
from orchestrator.station import prepare
from orchestrator.station.prepare import prepare_recipes
from orchestrator.station.settings import SecretReference, Settings
from tests.station.bench import DEFINITIONS, plan, planned

CATALOGUE = {name: definition.signature for name, definition in DEFINITIONS.items()}
RECIPE = """\
recipe: 1
name: line
version: "1"
inputs:
  os_version: {type: text, description: Version to expect, default: "22.11"}
  boards: {type: integer, description: How many}
secrets: [wifi_key]
main:
  - name: Act
    id: act
    uses: fake.act
"""


def settings(folder: Path, *files: str, **changes: object) -> Settings:
    """Return settings that name these recipe files."""
    return Settings(
        **{
            "station": {"name": "bench"},
            "recipes": {"files": [folder / file for file in files]},
            "fixture": {"azure_sphere": {"ca_file": "none.pem"}},
            **changes,
        }
    )


def test_inputs_and_secrets_reach_the_plan(tmp_path: Path) -> None:
    """Given values are typed as the recipe declares them, defaults fill the rest."""
    (tmp_path / "a.yaml").write_text(RECIPE)
    (tmp_path / "key").write_text("canary\n")
    given = settings(
        tmp_path,
        "a.yaml",
        inputs={"boards": "12"},
        secrets={"wifi_key": SecretReference(file=tmp_path / "key")},
    )
    [prepared] = prepare_recipes(given, CATALOGUE).plans
    assert prepared.inputs == {"os_version": "22.11", "boards": 12}
    assert prepared.secrets["wifi_key"].reveal() == "canary"
    assert "canary" not in repr(prepared)


def test_everything_wrong_with_inputs_and_secrets_is_told_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Misspelt, missing and wrong values, each with what is allowed; no secret is repeated."""
    (tmp_path / "a.yaml").write_text(RECIPE)
    monkeypatch.delenv("NO_SUCH_KEY", raising=False)
    given = settings(
        tmp_path,
        "a.yaml",
        inputs={"os_versoin": "22.11", "os_version": Decimal("22.11"), "colour": "red"},
        secrets={"wifi_key": SecretReference(env="NO_SUCH_KEY"), "x": SecretReference(env="Y")},
    )
    with pytest.raises(ConfigurationMistakes) as caught:
        prepare_recipes(given, CATALOGUE)
    assert caught.value.what.splitlines() == [
        "what the settings give to the recipes is wrong",
        "`inputs.os_versoin`: no recipe declares it; did you mean `os_version`?",
        "`inputs.colour`: no recipe declares it; declared: boards, os_version",
        "`secrets.x`: no recipe declares it; declared: wifi_key",
        "`inputs.os_version` has the value 22.11; allowed: text in quotes",
        "`inputs.boards` is missing; recipe line needs it: How many",
        "`secrets.wifi_key`: variable NO_SUCH_KEY holds nothing readable",
    ]


def test_a_missing_secret_says_how_it_is_given(tmp_path: Path) -> None:
    """A secret that the settings do not name is told with the form to write."""
    (tmp_path / "a.yaml").write_text(RECIPE)
    with pytest.raises(ConfigurationMistakes, match=r"`secrets.wifi_key` is missing.*\{file = "):
        prepare_recipes(settings(tmp_path, "a.yaml", inputs={"boards": 1}), CATALOGUE)


@pytest.mark.parametrize("content", [None, b"", b"\xff\xfe", b"x" * (64 * 1024 + 1)])
def test_a_secret_file_that_holds_nothing_readable(tmp_path: Path, content: bytes | None) -> None:
    """A missing, empty, binary or endless file is told by its name, and never cut short."""
    (tmp_path / "a.yaml").write_text(RECIPE)
    if content is not None:
        (tmp_path / "key").write_bytes(content)
    given = settings(
        tmp_path,
        "a.yaml",
        inputs={"boards": 1},
        secrets={"wifi_key": SecretReference(file=tmp_path / "key")},
    )
    with pytest.raises(ConfigurationMistakes, match="key holds nothing readable"):
        prepare_recipes(given, CATALOGUE)


def test_all_broken_recipes_are_told_together(tmp_path: Path) -> None:
    """Two broken files, two reports, one error."""
    for name in ("a.yaml", "b.yaml"):
        (tmp_path / name).write_text("recipe: 1\nnaem: x\n")
    with pytest.raises(RecipeMistakes) as caught:
        prepare_recipes(settings(tmp_path, "a.yaml", "b.yaml"), CATALOGUE)
    assert "a.yaml" in caught.value.what
    assert "b.yaml" in caught.value.what


def test_a_recipe_file_that_is_not_there(tmp_path: Path) -> None:
    """The key of the settings is named."""
    with pytest.raises(ConfigurationMistakes, match=r"`recipes.files` names .*none\.yaml"):
        prepare_recipes(settings(tmp_path, "none.yaml"), CATALOGUE)


@pytest.mark.parametrize(
    ("kind", "given", "typed"),
    [
        ("text", "a", "a"),
        ("text", 5, None),
        ("choice", "red", "red"),
        ("choice", "green", None),
        ("integer", 5, 5),
        ("integer", "5", 5),
        ("integer", Decimal("5.0"), 5),
        ("integer", Decimal("5.5"), None),
        ("integer", "five", None),
        ("integer", True, None),
        ("number", Decimal("5.5"), Decimal("5.5")),
        ("number", "5.5", Decimal("5.5")),
        ("number", "NaN", None),
        ("boolean", True, True),
        ("boolean", "FALSE", False),
        ("boolean", "yes", None),
    ],
)
def test_values_are_typed_as_declared(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, given: object, typed: object
) -> None:
    """A value that fits is typed, texts from variables too; one that does not is a mistake."""
    choices = ("red", "blue") if kind == "choice" else ()
    declared = Input("x", kind, choices=choices)  # type: ignore[arg-type]  # a kind by name
    changed = replace(plan(), inputs=MappingProxyType({"x": declared}))
    (tmp_path / "a.yaml").touch()
    monkeypatch.setattr(prepare, "load_plan", lambda *_: changed)
    with_input = settings(tmp_path, "a.yaml", inputs={"x": given})
    if typed is None:
        with pytest.raises(ConfigurationMistakes, match=r"`inputs\.x` has the value"):
            prepare_recipes(with_input, CATALOGUE)
    else:
        [prepared] = prepare_recipes(with_input, CATALOGUE).plans
        assert prepared.inputs == {"x": typed}
        assert type(prepared.inputs["x"]) is type(typed)


CLAIMING = """\
recipe: 1
name: line
version: "1"
inputs:
  owner: {type: text, description: Who owns it, default: "5F2C7C1E-0d3b-4c55-9a52-1f6f0a7d9e01"}
main:
  - uses: sphere.ready_check
    with: {allowed_os: ["22.11"]}
  - uses: cloud.claim
    id: claim
    with:
      tenant: TENANT
"""
TENANT = "5f2c7c1e-0d3b-4c55-9a52-1f6f0a7d9e01"
OTHER = "99999999-0d3b-4c55-9a52-1f6f0a7d9e99"


@pytest.mark.parametrize(
    ("tenant", "refused"),
    [
        (f'"{TENANT}"', ""),
        (f'"{TENANT.upper()}"', ""),
        ("${{ inputs.owner }}", ""),
        (f'"{OTHER}"', OTHER),
        (f'"{TENANT[:8]}"', TENANT[:8]),
        ('""', ""),
    ],
)
def test_a_recipe_of_another_tenant_is_refused_at_the_start(
    tmp_path: Path, tenant: str, refused: str
) -> None:
    """The station is set to one tenant; however a recipe gives another, no board is begun."""
    from orchestrator.steps.generate import catalogue

    (tmp_path / "a.yaml").write_text(CLAIMING.replace("TENANT", tenant))
    pins = {("cloud.claim", "tenant"): TENANT}
    given = settings(tmp_path, "a.yaml")
    if not refused and tenant != '""':
        assert prepare_recipes(given, catalogue(), pins=pins).plans
        return
    with pytest.raises(ConfigurationMistakes) as caught:
        prepare_recipes(given, catalogue(), pins=pins)
    assert caught.value.what.splitlines()[1:] == [
        f'recipe line, step claim: `tenant` is "{refused}", and this station is set to "{TENANT}"'
    ]
    assert "Nothing was started" in caught.value.remedy


def test_a_tenant_given_by_an_input_is_compared_as_well(tmp_path: Path) -> None:
    """What the settings give to the recipe counts, not the default."""
    from orchestrator.steps.generate import catalogue

    (tmp_path / "a.yaml").write_text(CLAIMING.replace("TENANT", "${{ inputs.owner }}"))
    given = settings(tmp_path, "a.yaml", inputs={"owner": OTHER})
    with pytest.raises(ConfigurationMistakes, match=f'`tenant` is "{OTHER}"'):
        prepare_recipes(given, catalogue(), pins={("cloud.claim", "tenant"): TENANT})


def test_a_station_does_not_work_lists(tmp_path: Path) -> None:
    """The operation that needs no unit at hand is refused for one that has slots."""
    with pytest.raises(ValueError, match="must not be LIST: no units at hand"):
        settings(tmp_path, "a.yaml", station={"name": "bench", "operation": "LIST"})


def test_the_pin_of_a_station_is_its_tenant(tmp_path: Path) -> None:
    """Without a cloud nothing is pinned."""
    from orchestrator.app.services import pins

    assert pins(settings(tmp_path, "a.yaml")) == {}
    given = settings(tmp_path, "a.yaml", cloud={"tenant": TENANT})
    assert pins(given) == {("cloud.claim", "tenant"): TENANT}


def test_a_code_that_nobody_could_scan_is_a_mistake(tmp_path: Path) -> None:
    """The scanner would take it for a badge; a form that is apart, and any code at all, will do."""
    from orchestrator.steps.generate import catalogue

    text = RECIPE.partition("inputs:")[0] + (
        "main:\n  - uses: operator.scan\n    with: {say: Scan it., pattern: 'PATTERN'}\n"
    )
    for pattern, sound in (("B-[0-9]{5}", False), ("LOT-[0-9]+", True), (".(?:x)?", True)):
        (tmp_path / "a.yaml").write_text(text.replace("PATTERN", pattern))
        given = settings(tmp_path, "a.yaml")
        if sound:
            assert prepare_recipes(given, catalogue()).plans
            continue
        with pytest.raises(ConfigurationMistakes) as mistakes:
            prepare_recipes(given, catalogue())
        assert mistakes.value.what.endswith(
            "recipe line, step scan: a code that it asks for could be a badge of `[scanner]`, "
            "for instance 'B-00000'; nobody could scan it"
        )


def test_a_recipe_that_needs_serial_numbers_is_refused_where_units_have_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its runs would end in the middle, after much was done."""
    arguments = MappingProxyType({"texts": ("a", Reference("unit.serial_number"))})
    needs = plan(main=(planned("fake.act", arguments=arguments),))
    monkeypatch.setattr(prepare, "load_plan", lambda *_: needs)
    (tmp_path / "a.yaml").write_text(RECIPE)
    with pytest.raises(ConfigurationMistakes, match="step act: it needs"):
        prepare_recipes(settings(tmp_path, "a.yaml"), CATALOGUE)
    given = settings(tmp_path, "a.yaml", unit={"serial_number": {"rule": "device_id"}})
    assert prepare_recipes(given, CATALOGUE).plans
