"""What the suite is told to run: all that it has about a DSS of ASTM F3548-21 and of F3411-22a."""

from pathlib import Path
from typing import Any

LIBRARY = "monitoring/uss_qualifier/configurations/dev/library/resources.yaml"
SCHEMA = "monitoring/uss_qualifier/configurations/configuration/USSQualifierConfiguration.json"
FIRST_SCOPES = (
    "utm.strategic_coordination",
    "utm.availability_arbitration",
    "utm.constraint_management",
    "utm.conformance_monitoring_sa",
    "rid.service_provider",
    "rid.display_provider",
    "interuss.versioning.read_system_versions",
    "interuss.pool_status.read",
    "",  # for the cases in which no scope is asked for
)
SECOND_SCOPES = ("utm.strategic_coordination",)


def configured(checkout: Path, urls: tuple[str, ...]) -> dict[str, Any]:
    """The configuration of uss_qualifier for DSS instances at `urls`."""
    library = f"file://{checkout / LIBRARY}#"
    from_library = {
        "service_area": "kentland_service_area",
        "kentland_service_area_volume": "kentland_service_area_volume",
        "planning_area": "kentland_planning_area",
        "kentland_planning_area_volume": "kentland_planning_area_volume",
        "problematically_big_area": "kentland_problematically_big_area",
        "flight_intents": "che_non_conflicting_flights",
        "test_exclusions": "test_exclusions",
    }
    resources = {name: {"$ref": f"{library}/{there}"} for name, there in from_library.items()}
    used = {name: name for name in from_library if not name.startswith("kentland_")}
    return {
        "$content_schema": SCHEMA,
        "v1": {
            "test_run": {
                "resources": {"resource_declarations": resources | _clients() | _instances(urls)},
                "non_baseline_inputs": [
                    f"v1.test_run.resources.resource_declarations.{name}"
                    for name in ("utm_auth", "second_utm_auth", "dss_instances", "rid_dss_instances")
                ],
                "action": {
                    "test_suite": {
                        "suite_type": "suites.interuss.dss.all_tests",
                        "resources": used
                        | {
                            "f3548v21_dss_instances": "dss_instances",
                            "f3411v22a_dss_instances": "rid_dss_instances",
                            "utm_client_identity": "utm_client_identity",
                            "id_generator": "id_generator",
                            "second_utm_auth": "second_utm_auth",
                        },
                    }
                },
                "execution": {"stop_fast": False},
            },
            "artifacts": {"raw_report": {}},
        },
    }


def _client(variable: str, scopes: tuple[str, ...]) -> dict[str, Any]:
    return {
        "resource_type": "resources.communications.AuthAdapterResource",
        "specification": {
            "environment_variable_containing_auth_spec": variable,
            "scopes_authorized": list(scopes),
        },
    }


def _clients() -> dict[str, Any]:
    return {
        "utm_auth": _client("AUTH_SPEC", FIRST_SCOPES),
        "second_utm_auth": _client("AUTH_SPEC_2", SECOND_SCOPES),
        "utm_client_identity": {
            "resource_type": "resources.communications.ClientIdentityResource",
            "dependencies": {"auth_adapter": "utm_auth"},
            "specification": {
                "whoami_audience": "127.0.0.1",
                "whoami_scope": "utm.strategic_coordination",
            },
        },
        "id_generator": {
            "resource_type": "resources.interuss.IDGeneratorResource",
            "dependencies": {"client_identity": "utm_client_identity"},
            "specification": {},
        },
    }


def _instances(urls: tuple[str, ...]) -> dict[str, Any]:
    return {
        "dss_instances": {
            "resource_type": "resources.astm.f3548.v21.DSSInstancesResource",
            "dependencies": {"auth_adapter": "utm_auth"},
            "specification": {
                "dss_instances": [
                    {"participant_id": f"uss{number}", "base_url": url, "supports_ovn_request": True}
                    for number, url in enumerate(urls, 1)
                ]
            },
        },
        "rid_dss_instances": {
            "resource_type": "resources.astm.f3411.DSSInstancesResource",
            "dependencies": {"auth_adapter": "utm_auth"},
            "specification": {
                "dss_instances": [
                    {
                        "participant_id": f"uss{number}",
                        "base_url": f"{url}/rid/v2",
                        "rid_version": "F3411-22a",
                        "notification_index_implementation": "ZeroBasedIncrementPerDispatch",
                    }
                    for number, url in enumerate(urls, 1)
                ]
            },
        },
    }
