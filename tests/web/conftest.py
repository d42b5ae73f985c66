"""One station per test, one story for all: nobody writes to it."""

from pathlib import Path

import pytest

from tests.web.bench import Bench, make_bench, write_story
from tests.web.pages_bench import PagesBench, rows, written


@pytest.fixture(scope="session")
def story(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The URL of a database with runs in it."""
    return write_story(tmp_path_factory.mktemp("story"))


@pytest.fixture
def bench(tmp_path: Path, story: str) -> Bench:
    """A station with people, prompts and a story."""
    return make_bench(tmp_path, story)


@pytest.fixture(scope="session")
def lives(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The URL of a database with a failed, a passed and an open run, full of canaries."""
    return written(tmp_path_factory.mktemp("lives"), rows())


@pytest.fixture
def pages(tmp_path: Path, lives: str) -> PagesBench:
    """A station with those runs."""
    return PagesBench(tmp_path, lives)
