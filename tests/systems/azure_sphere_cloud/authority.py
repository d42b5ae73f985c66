"""A pretend directory behind the sign-in's client, and the cloud that admits its tokens."""

from collections.abc import Mapping
from urllib.parse import parse_qsl

import httpx
from pydantic import SecretStr

from orchestrator.systems.azure_sphere_cloud.auth import (
    SignInOptions,
)
from orchestrator.systems.azure_sphere_cloud.simulator.directory import Directory
from tests.systems.azure_sphere_cloud.clouds import Bench

SECRET = SecretStr("canary-secret-77aa")
OWN = "11111111-1111-4111-8111-111111111111"
UNATTENDED = SignInOptions("client_secret", client_id=OWN, directory=OWN, secret=SECRET)
KEY = SecretStr("a long enough key for a file")


class Answering:
    """A pretend directory behind the library's client; `seen` and `forms` are what it was asked."""

    def __init__(self, directory: Directory) -> None:
        self.directory = directory
        self.seen: list[httpx.URL] = []
        self.forms: list[Mapping[str, str]] = []
        self.instead: httpx.Response | Exception | None = None
        self.transport = httpx.MockTransport(self.answer)

    def answer(self, request: httpx.Request) -> httpx.Response:
        """Answer as the directory does, or as a test wants."""
        self.seen.append(request.url)
        if isinstance(self.instead, Exception):
            raise self.instead
        if self.instead is not None:
            return self.instead
        form = dict(parse_qsl(request.content.decode()))
        self.forms.append(form)
        status, body = self.directory.answer(request.method, str(request.url), form)
        return httpx.Response(status, json=body)


class Authority(Answering):
    """The directory of a bench's cloud."""

    def __init__(self, bench: Bench, **options: object) -> None:
        super().__init__(Directory(bench.cloud, **options))  # type: ignore[arg-type]  # its own


def bench_and_authority(**options: object) -> tuple[Bench, Authority]:
    """Return a cloud that admits the tokens of a directory alone."""
    bench = Bench()
    authority = Authority(bench, secret=SECRET.get_secret_value(), **options)
    bench.cloud.tokens[""] = 0.0
    return bench, authority
