"""What the document of a DSS says is what it does, by requests that schemathesis makes from it."""

import asyncio
from typing import Any

import httpx
import pytest
import schemathesis
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import content_type_conformance, response_schema_conformance

from mamarr.names import Mode
from mamarr.web.dss_calls import DssRoute
from mamarr.web.dss_openapi import PARAMETER, dss_document
from mamarr.web.dss_table import TABLE
from tests.web.dss_desk import DssDesk, at_a_dss
from tests.web.test_openapi import HEADERS_OF_OURS, TIMED_OUT_S, tried

DOCUMENT = dss_document(TABLE, mode=Mode.EXERCISE)
CHECKS = [not_a_server_error, content_type_conformance, response_schema_conformance]
BY_MESSAGE = {route.takes: route for route in TABLE if route.takes is not None}  # the last that takes it
ASKED = [
    pytest.param(route, mode, id=f"{route.handler.__name__}-{said}")
    for route in TABLE
    for said, mode in (("fits", GenerationMode.POSITIVE), ("does not fit", GenerationMode.NEGATIVE))
    if mode is GenerationMode.POSITIVE or route is BY_MESSAGE.get(route.takes)
]


@pytest.fixture(scope="module")
def described() -> Any:
    return schemathesis.openapi.from_dict(DOCUMENT)


def path_of(route: DssRoute) -> str:
    return PARAMETER.sub(r"{\1}", route.path)


def test_every_route_is_described_once():
    operations = {(method.upper(), path) for path, each in DOCUMENT["paths"].items() for method in each}
    assert operations == {(route.method, path_of(route)) for route in TABLE}
    ids = [each["operationId"] for path in DOCUMENT["paths"].values() for each in path.values()]
    assert len(ids) == len(set(ids))


@pytest.mark.slow
@pytest.mark.parametrize(("route", "mode"), ASKED)
def test_the_dss_answers_as_it_is_described(route: DssRoute, mode: GenerationMode, described: Any):
    operation = described[path_of(route)][route.method]

    async def story(desk: DssDesk, client: httpx.AsyncClient) -> None:
        loop = asyncio.get_running_loop()

        def ask(case: Any) -> httpx.Response:
            return asyncio.run_coroutine_threadsafe(sent(client, case), loop).result(TIMED_OUT_S)

        await asyncio.to_thread(tried, operation, mode, ask, CHECKS)

    at_a_dss(story)


async def sent(client: httpx.AsyncClient, case: Any) -> httpx.Response:
    """The answer to a request of a USS that may everything."""
    said = case.as_transport_kwargs()
    headers = {
        name: value
        for name, value in said.pop("headers").items()
        if name.lower() not in HEADERS_OF_OURS and value.isascii() and value.isprintable()
    }
    said.pop("cookies", None)
    if isinstance(said.get("data"), bytes | str):
        said["content"] = said.pop("data")
    return await client.request(said.pop("method"), said.pop("url"), headers=headers, **said)
