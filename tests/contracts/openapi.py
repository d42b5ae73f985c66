"""Checks exchanges against the contract of the device API, and records them as they happen.

The contract is a document of its own, written from the vendor's papers and not from our code:
whoever agrees with it agrees with something outside of this repository.
"""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import yaml
from jsonschema import Draft202012Validator

from orchestrator.systems.azure_sphere_device.simulator.wire import Message, Receive, Scope, Send

DEVICE_CONTRACT = Path(__file__).parent / "azure-sphere-device.openapi.yaml"
_VERBS = ("get", "put", "post", "patch", "delete")


@dataclass
class Exchange:
    """One request and its answer as they crossed the wire; status 0: the link broke."""

    method: str
    path: str
    request_type: str = ""
    request: bytes = b""
    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    answer: bytes = b""
    query: dict[str, str] = field(default_factory=dict)
    request_headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Operation:
    """One operation of the contract with the values of its path."""

    operation_id: str
    node: dict[str, Any]
    parameters: dict[str, str]


@dataclass(frozen=True)
class Finding:
    """One way in which an exchange differs from the contract: `side` is request or answer."""

    operation_id: str
    side: str
    what: str


class Contract:
    """An OpenAPI 3.1 document with local references."""

    def __init__(self, file: Path) -> None:
        self.document: dict[str, Any] = yaml.load(
            file.read_text(encoding="utf-8"),
            Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader),
        )
        self._routes = [
            (re.compile(re.sub(r"\\{(\w+)\\}", r"(?P<\1>[^/]+)", re.escape(path))), item)
            for path, item in sorted(
                self.document["paths"].items(), key=lambda entry: entry[0].count("{")
            )
        ]

    def operation_ids(self) -> set[str]:
        """Return the ids of all operations that have a request."""
        return {
            item[verb]["operationId"]
            for item in self.document["paths"].values()
            for verb in _VERBS
            if verb in item
        }

    def operation(self, method: str, path: str) -> Operation | None:
        """Return the operation of a request, None when the contract has none."""
        for pattern, item in self._routes:
            found = pattern.fullmatch(path)
            if found and method.lower() in item:
                node = item[method.lower()]
                return Operation(node["operationId"], node, found.groupdict())
        return None

    def findings(self, exchange: Exchange) -> Iterator[Finding]:
        """Yield everything in which `exchange` differs from the contract."""
        operation = self.operation(exchange.method, exchange.path)
        if operation is None:
            what = f"{exchange.method} {exchange.path} is not in the contract"
            yield Finding("", "request", what)
            return
        for what in self._request(operation, exchange):
            yield Finding(operation.operation_id, "request", what)
        if exchange.status:
            for what in self._answer(operation, exchange):
                yield Finding(operation.operation_id, "answer", what)

    def _request(self, operation: Operation, exchange: Exchange) -> Iterator[str]:
        for reference in operation.node.get("parameters", ()):
            parameter = self._resolve(reference)
            place, name = parameter["in"], parameter["name"]
            given = {
                "path": operation.parameters,
                "query": exchange.query,
                "header": exchange.request_headers,
            }[place]
            text = given.get(name.lower() if place == "header" else name)
            if text is None:
                if parameter.get("required"):
                    yield f"{place} parameter {name} is missing"
                continue
            value = int(text) if text.isdigit() and _whole(parameter) else text
            yield from self._misfits(parameter["schema"], value, place)
        body = operation.node.get("requestBody")
        if body is None:
            if exchange.request:
                yield "a body where none is agreed"
        elif exchange.request or body.get("required"):
            content = body["content"]
            yield from self._content(content, exchange.request_type, exchange.request)

    def _answer(self, operation: Operation, exchange: Exchange) -> Iterator[str]:
        agreed = operation.node["responses"].get(str(exchange.status))
        if agreed is None:
            yield f"status {exchange.status} is not agreed"
            return
        agreed = self._resolve(agreed)
        for name, reference in agreed.get("headers", {}).items():
            value = exchange.headers.get(name.lower())
            if value is None:
                yield f"header {name} is missing"
            else:
                yield from self._misfits(self._resolve(reference)["schema"], value, name)
        content = agreed.get("content")
        if content and exchange.answer:
            kind = exchange.headers.get("content-type", "")
            yield from self._content(content, kind, exchange.answer)

    def _content(self, content: dict[str, Any], kind: str, body: bytes) -> Iterator[str]:
        kind = kind.partition(";")[0].strip()
        if kind not in content:
            yield f"content type {kind or 'missing'} instead of {' or '.join(content)}"
        elif kind == "application/json":
            try:
                value = json.loads(body)
            except ValueError as error:
                yield f"no JSON: {error}"
            else:
                yield from self._misfits(content[kind]["schema"], value, "$")

    def _misfits(self, schema: dict[str, Any], value: object, place: str) -> Iterator[str]:
        whole = {**schema, "components": self.document["components"]}
        validator = Draft202012Validator(whole, format_checker=Draft202012Validator.FORMAT_CHECKER)
        for error in validator.iter_errors(value):
            yield f"{place}{error.json_path[1:]}: {error.message[:160]}"

    def _resolve(self, node: dict[str, Any]) -> dict[str, Any]:
        while "$ref" in node:
            target: Any = self.document
            for part in node["$ref"].removeprefix("#/").split("/"):
                target = target[part]
            node = target
        return node


def _whole(parameter: dict[str, Any]) -> bool:
    return bool(parameter["schema"].get("type") == "integer")


@cache
def device_contract() -> Contract:
    """Return the contract of the device API, read once."""
    return Contract(DEVICE_CONTRACT)


Application = Callable[[Scope, Receive, Send], Any]


class Recorded:
    """An ASGI application that notes every exchange of the one behind it in `exchanges`.

    Bodies of requests are noted only where they are JSON.
    """

    def __init__(self, app: Application, exchanges: list[Exchange]) -> None:
        self._app = app
        self._exchanges = exchanges

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass one request on. Raises ConnectionError where the link breaks, after noting it."""
        headers = {name.lower(): value.decode("latin-1") for name, value in scope["headers"]}
        exchange = Exchange(scope["method"], scope["path"], headers.get(b"content-type", ""))
        exchange.query = dict(parse_qsl(scope.get("query_string", b"").decode("latin-1")))
        exchange.request_headers = {name.decode("latin-1"): v for name, v in headers.items()}

        # A board that refuses may not read the body at all, so JSON is taken before it is asked.
        early = await _body(receive) if exchange.request_type.startswith("application/json") else []

        async def listening() -> Message:
            return early.pop(0) if early else await receive()

        exchange.request = b"".join(message.get("body", b"") for message in early)

        async def noting(message: Message) -> None:
            if message["type"] == "http.response.start":
                exchange.status = message["status"]
                exchange.headers = {k.decode(): v.decode() for k, v in message["headers"]}
            else:
                exchange.answer += message.get("body", b"")
                if not message.get("more_body"):
                    self._exchanges.append(exchange)
            await send(message)

        try:
            await self._app(scope, listening, noting)
        except ConnectionError:
            if not exchange.status:
                self._exchanges.append(exchange)
            raise


async def _body(receive: Receive) -> list[Message]:
    """Return all messages that carry the body of a request."""
    messages: list[Message] = []
    while not messages or messages[-1].get("more_body"):
        messages.append(await receive())
    return messages
