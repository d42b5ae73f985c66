"""The interface description: it is the one in the docs, and the API does what it says."""

import json
from collections import Counter
from collections.abc import Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest
import schemathesis
from anyio.from_thread import BlockingPortal, start_blocking_portal
from hypothesis import HealthCheck, Phase, given, settings
from jsonschema import Draft202012Validator
from schemathesis.generation import GenerationMode

from orchestrator.domain.people import Role
from orchestrator.web.api import PREFIX
from orchestrator.web.api.table import OPERATIONS, Operation
from orchestrator.web.describe import document, main
from orchestrator.web.problems import MEDIA_TYPE
from tests.web.bench import Bench, make_bench
from tests.web.test_rights import PATHS

DOCS = Path(__file__).resolve().parents[2] / "docs" / "reference"
DOCUMENT = json.loads(document())
ROLES = (None, Role.VIEWER, Role.OPERATOR, Role.ENGINEER, Role.QUALITY, Role.ADMIN)
EXAMPLES = 3


def test_the_page_is_the_one_of_the_program(tmp_path: Path) -> None:
    """Description and tables in the docs follow from the table of operations."""
    main([str(tmp_path)])
    for made in tmp_path.iterdir():
        kept = (DOCS / made.name).read_text(encoding="utf-8")
        assert kept == made.read_text(encoding="utf-8"), (
            "run: python -m orchestrator.web.describe docs/reference"
        )


def test_every_operation_is_described() -> None:
    """Each row is there with its id, and nothing else is; every reference leads somewhere."""
    described = {
        operation["operationId"]: (method.upper(), path.removeprefix(PREFIX))
        for path, methods in DOCUMENT["paths"].items()
        for method, operation in methods.items()
    }
    assert described == {row.name: (row.method, row.path) for row in OPERATIONS}
    references = {
        part.split('"')[0] for part in json.dumps(DOCUMENT).split('"#/components/schemas/')[1:]
    }
    assert references <= set(DOCUMENT["components"]["schemas"])
    assert DOCUMENT["openapi"].startswith("3.1")


class Site:
    """A station, asked by somebody with whatever a case holds."""

    def __init__(self, portal: BlockingPortal, bench: Bench, role: Role | None) -> None:
        self.portal = portal
        self.bench = bench
        self.role = role
        self.statuses: Counter[int] = Counter()

    def ask(self, row: Operation, case: Any, *, known: bool) -> httpx.Response:
        """Send a case, with ids that the station knows where `known`."""
        if known:
            for name in case.path_parameters or {}:
                case.path_parameters[name] = PATHS[name]
        given = case.as_transport_kwargs(base_url="http://localhost")
        answer = self.portal.call(self._send, given)
        self.statuses[answer.status_code] += 1
        conforms(row, answer)
        return answer

    async def _send(self, given: dict[str, Any]) -> httpx.Response:
        headers = {
            name: value
            for name, value in given["headers"].items()
            if name.isascii() and str(value).isascii() and str(value).isprintable()
        }
        bench = self.bench
        bench.clock.seconds += 0.2  # slower than the limit of rates
        async with AsyncExitStack() as stack:
            asking = bench.browser() if self.role is None else bench.signed_in(self.role)
            client = await stack.enter_async_context(asking)
            return await client.request(
                given["method"],
                given["url"],
                params=given.get("params"),
                headers=headers,
                json=given.get("json"),
                content=given.get("data"),
            )


def conforms(row: Operation, answer: httpx.Response) -> None:
    """Compare an answer with the description of its operation."""
    assert answer.status_code < 500 or row.name == "health_ready", answer.text
    described = DOCUMENT["paths"][PREFIX + row.path][row.method.lower()]["responses"]
    status = str(answer.status_code)
    found = described.get(status) or described[f"{status[0]}XX"]
    kinds = found.get("content", {})
    kind = answer.headers.get("content-type", "").partition(";")[0]
    assert kind in kinds or "*/*" in kinds or (not kinds and not answer.content), (status, kind)
    if kind in {"application/json", MEDIA_TYPE}:
        schema = {**kinds[kind]["schema"], "components": DOCUMENT["components"]}
        Draft202012Validator(schema).validate(answer.json())


@pytest.fixture(scope="module")
def portal() -> Iterator[BlockingPortal]:
    """A thread that runs the station's side."""
    with start_blocking_portal() as started:
        yield started


@pytest.mark.parametrize("role", ROLES, ids=str)
def test_no_request_breaks_the_api(
    role: Role | None, portal: BlockingPortal, tmp_path: Path, story: str
) -> None:
    """Whatever fits the description, and what does not, gets an answer that is described."""
    bench = make_bench(tmp_path, story)
    bench.application.state.streams.close()  # a stream says goodbye at once
    site = Site(portal, bench, role)
    schema = schemathesis.openapi.from_dict(DOCUMENT)
    for row in OPERATIONS:
        operation = schema[PREFIX + row.path][row.method]
        for mode in GenerationMode:
            tried(site, row, operation, mode)
    assert site.statuses.total() > 4 * len(OPERATIONS)
    assert site.statuses[200] > 20, site.statuses


def tried(site: Site, row: Operation, operation: Any, mode: GenerationMode) -> None:
    """Send some cases of one kind to one operation."""
    positive = mode is GenerationMode.POSITIVE

    @settings(
        max_examples=EXAMPLES,
        database=None,
        derandomize=True,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(operation.as_strategy(generation_mode=mode))
    def check(case: Any) -> None:
        site.ask(row, case, known=positive)

    try:
        check()
    except Exception as error:
        # Nothing about this operation can be wrong.
        if type(error).__name__ not in {"Unsatisfiable", "SkipTest", "Skipped"}:
            raise
