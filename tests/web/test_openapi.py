"""What the OpenAPI document says is what the node does, by requests that schemathesis makes from it.

Bounded: some requests for each operation, the same ones in every run; `make properties` asks many more.
"""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.internal.conjecture import providers
from hypothesis.internal.conjecture.providers import Constants, LRUCache
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from mamarr.names import Mode
from mamarr.web.app import ROUTES, Route
from mamarr.web.openapi import document
from tests.examples import some
from tests.web.node import Desk
from tests.web.skies import CHIEF, under_a_sky
from tests.web.wrong import name_of

DOCUMENT = document(ROUTES, mode=Mode.EXERCISE)
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
# In these tests the provider never answers: 503, which the document says.
NEEDS_A_PROVIDER = "/api/sign-in/oidc"
HEADERS_OF_OURS = {"host", "authorization", "content-length"}
TIMED_OUT_S = 120
CONSTANTS_OF_HYPOTHESIS = LRUCache(1_024)
# Where nothing is said, nothing said could be wrong.
ASKED = [
    pytest.param(route, mode, id=f"{name_of(route)}-{said}")
    for route in ROUTES
    for said, mode in (("fits", GenerationMode.POSITIVE), ("does not fit", GenerationMode.NEGATIVE))
    if mode is GenerationMode.POSITIVE or route.takes is not None or "{" in route.path
]


@pytest.fixture(scope="module")
def described() -> Any:
    return schemathesis.openapi.from_dict(DOCUMENT)


def test_every_route_is_described_once():
    operations = {(method.upper(), path) for path, each in DOCUMENT["paths"].items() for method in each}
    assert operations == {(route.method, route.path) for route in ROUTES}
    ids = [each["operationId"] for path in DOCUMENT["paths"].values() for each in path.values()]
    assert len(ids) == len(set(ids))


@pytest.mark.slow
@pytest.mark.parametrize(("route", "mode"), ASKED)
def test_the_node_answers_as_it_is_described(route: Route, mode: GenerationMode, described: Any):
    operation = described[route.path][route.method]

    async def story(desk: Desk, client: httpx.AsyncClient) -> None:
        loop = asyncio.get_running_loop()

        def ask(case: Any) -> httpx.Response:
            return asyncio.run_coroutine_threadsafe(sent(desk, client, case), loop).result(TIMED_OUT_S)

        checks = CHECKS[1:] if route.path == NEEDS_A_PROVIDER else CHECKS
        await asyncio.to_thread(tried, operation, mode, ask, checks)

    under_a_sky(story)


@contextmanager
def drawn_from_the_document() -> Iterator[None]:
    """Of the strings in our sources, which Hypothesis looks through for every form of text, none is drawn.

    That took a third of these tests, and made other requests of the document with every change of a source.
    """
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(providers, "_get_local_constants", Constants)
        patched.setattr(providers, "CONSTANTS_CACHE", CONSTANTS_OF_HYPOTHESIS)
        yield


def tried(
    operation: Any, mode: GenerationMode, ask: Callable[[Any], httpx.Response], checks: list[Any]
) -> None:
    """Ask what schemathesis makes for `operation`, and check each answer."""

    @settings(
        max_examples=some(6),
        derandomize=True,
        database=None,
        phases=(Phase.generate,),
        suppress_health_check=list(HealthCheck),
    )
    @given(operation.as_strategy(generation_mode=mode))
    def each(case: Any) -> None:
        case.validate_response(ask(case), checks=checks)

    with drawn_from_the_document():
        each()


async def sent(desk: Desk, client: httpx.AsyncClient, case: Any) -> httpx.Response:
    """The answer to a request, which is made in the name of north with every scope."""
    said = case.as_transport_kwargs()
    headers = {
        name: value
        for name, value in said.pop("headers").items()
        if name.lower() not in HEADERS_OF_OURS and value.isascii() and value.isprintable()
    }
    said.pop("cookies", None)
    if isinstance(said.get("data"), bytes | str):
        said["content"] = said.pop("data")
    return await client.request(
        said.pop("method"), said.pop("url"), headers=headers | desk.bearer("north", CHIEF), **said
    )
