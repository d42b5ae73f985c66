"""The published table is made from the result files, and it is the one in the README."""

import json

from tests.campaigns import scoreboard


def test_page_and_readme_are_made_from_the_results() -> None:
    """`python -m tests.campaigns.scoreboard` would change nothing."""
    text = scoreboard.README.read_text(encoding="utf-8")
    assert scoreboard.PAGE.read_text(encoding="utf-8") == scoreboard.page()
    assert scoreboard.readme(text) == text


def test_the_published_campaigns_lost_nothing() -> None:
    """As many trials as were promised, and all of them survived."""
    wanted = {
        "kills-sqlite": 200,
        "kills-postgresql": 100,
        "power": 80,
        "postgres": 30,
        "disk": 100,
    }
    for name, least in wanted.items():
        result = json.loads((scoreboard.RESULTS / f"{name}.json").read_text(encoding="utf-8"))
        assert result["tried"] >= least, name
        assert result["survived"] == result["tried"], name
        assert result["violations"] == 0, name
