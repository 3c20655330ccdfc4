"""docs/from-interuss.md says of `mamarr dss` what it is: options and addresses that are there."""

import re

from typer.main import get_command

from mamarr.node.cli import app
from mamarr.web.dss_table import TABLE
from tests.docs.pages import ROOT

PAGE = (ROOT / "docs" / "from-interuss.md").read_text()
# In the order of `core-service -help` at the commit that the page names; kept here so that none is lost.
FLAGS = [
    "accepted_jwt_audiences",
    "addr",
    "allow_http_base_urls",
    "dump_requests",
    "enable_http",
    "enable_metrics",
    "enable_opentelemetry",
    "enable_scd",
    "enable_scd_global_lock",
    "enable_scd_hash_lock",
    "enable_time_based_notification_index",
    "enable_tracing",
    "gcp_prof_service_name",
    "jwks_endpoint",
    "jwks_key_ids",
    "jwks_key_ttl",
    "jwks_refresh_interval",
    "key_refresh_timeout",
    "locality",
    "log_format",
    "log_level",
    "max_conn_idle_secs",
    "max_open_conns",
    "metrics_addr",
    "public_endpoint",
    "public_key_files",
    "scd_raft_peers",
    "rid_raft_peers",
    "aux_raft_peers",
    "server_timeout",
    "store_type",
    "datastore_",
    "cockroach_",
    "raft_",
]


def test_every_flag_of_theirs_has_its_line():
    assert [flag for flag in FLAGS if f"-{flag}" not in PAGE] == []


def test_every_option_of_ours_that_is_named_is_one():
    options = {name for each in get_command(app).commands["dss"].params for name in each.opts}
    named = set(re.findall(r"`(--[a-z-]+)", PAGE)) - {"--help"}
    assert {"--port", "--audience", "--public-key", "--jwks", "--allow-http", "--store", "--pool"} <= named
    assert named - options == set()


def test_the_addresses_that_are_said_to_be_the_same_are_here():
    ours = {route.path for route in TABLE}
    same = [line for line in PAGE.splitlines() if line.startswith("|") and "| the same" in line]
    named = [path for line in same for path in re.findall(r"(/[a-z0-9_/]+)[`…]", line)]
    assert {"/aux/v1/version", "/aux/v1/pool", "/versions/dss"} <= set(named)
    for path in named:
        assert any(each.startswith(path.replace("/versions/dss", "/versions/")) for each in ours), path
