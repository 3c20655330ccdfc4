"""What the suite is told to run, as its own programs would read it."""

from pathlib import Path
from typing import Any

from tests.suite.configuration import FIRST_SCOPES, configured
from tests.suite.planners import CONFIGURATION
from tests.suite.planners import configured as configured_for_planners

CHECKOUT = Path("/checkout")
URLS = ("http://127.0.0.1:1", "http://localhost:1")


def resources(urls: tuple[str, ...]) -> dict[str, Any]:
    run = configured(CHECKOUT, urls)["v1"]["test_run"]
    found: dict[str, Any] = run["resources"]["resource_declarations"]
    return found


def test_every_address_is_an_instance_of_its_own():
    for urls in (URLS[:1], URLS):
        instances = resources(urls)["dss_instances"]["specification"]["dss_instances"]
        assert [each["base_url"] for each in instances] == list(urls)
        assert len({each["participant_id"] for each in instances}) == len(urls)
        assert all(each["supports_ovn_request"] for each in instances)


def test_every_resource_that_is_named_is_declared():
    declared = resources(URLS)
    suite = configured(CHECKOUT, URLS)["v1"]["test_run"]["action"]["test_suite"]
    assert set(suite["resources"].values()) <= set(declared)
    needed = (each.get("dependencies", {}).values() for each in declared.values())
    assert {name for names in needed for name in names} <= set(declared)


def test_what_is_of_the_suite_is_named_by_its_place_in_the_checkout():
    named = [each["$ref"] for each in resources(URLS).values() if "$ref" in each]
    assert named
    assert all(each.startswith(f"file://{CHECKOUT}/monitoring/") for each in named)


def test_the_first_client_may_ask_without_a_scope_too():
    scopes = resources(URLS)["utm_auth"]["specification"]["scopes_authorized"]
    assert scopes == list(FIRST_SCOPES)
    assert "" in scopes


def test_the_suites_own_configuration_is_told_our_addresses(tmp_path: Path):
    (tmp_path / CONFIGURATION).parent.mkdir(parents=True)
    (tmp_path / CONFIGURATION).write_text(
        "a: http://scdsc.uss1.localutm/x\nb: http://dss1.uss2.localutm\nc: file://../../y\nstop_fast: true\n"
    )
    said = configured_for_planners(
        tmp_path, "http://127.0.0.1:7", ("http://127.0.0.1:8", "http://127.0.0.1:9")
    )
    assert "a: http://127.0.0.1:7/x\nb: http://localhost:7\n" in said
    assert f"c: file://{tmp_path}/monitoring/uss_qualifier/y" in said
    assert "stop_fast: false" in said
    assert "localutm" not in said
    two = configured_for_planners(tmp_path, "http://127.0.0.1:7", ("x", "y"), second="http://127.0.0.1:6")
    assert "a: http://127.0.0.1:6/x\nb: http://localhost:6\n" in two
