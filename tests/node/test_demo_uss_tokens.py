"""Tokens for the USSs of the demo: for who has the secret, for what it may, for this machine alone."""

import asyncio
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from mamarr.node.demo_uss_tokens import LIFETIME, UssTokenIssuer
from mamarr.node.dss_keys import key_set_in
from mamarr.web.access.key_sets import GivenKeys
from mamarr.web.dss_tokens import UssTokens

NOON = datetime(2026, 11, 29, 12, tzinfo=UTC)
SCOPES = ("utm.strategic_coordination", "utm.constraint_processing")


def lived(work: Coroutine[Any, Any, Any]) -> Any:
    with ThreadPoolExecutor(1) as thread:  # Playwright keeps a loop running in the main thread
        return thread.submit(asyncio.run, work).result()


def test_a_token_is_one_that_a_uss_takes_until_it_is_over(tmp_path: Path):
    issuer = UssTokenIssuer(lambda: NOON)
    secret = issuer.admit("operator-1", SCOPES)
    path = tmp_path / "key.pem"
    path.write_bytes(issuer.public_key())
    token = issuer.issued("operator-1", secret, audience="127.0.0.1", scope=" ".join(SCOPES))
    assert token is not None
    tokens = UssTokens(GivenKeys(key_set_in((path,))), audiences=("127.0.0.1",))
    uss = lived(tokens.admitted(token, NOON))
    assert uss is not None
    assert (uss.subject, uss.scopes) == ("operator-1", frozenset(SCOPES))
    assert lived(tokens.admitted(token, NOON + LIFETIME + timedelta(minutes=2))) is None


@pytest.mark.parametrize(
    ("client_id", "secret", "audience", "scope"),
    [
        ("operator-1", "other", "127.0.0.1", SCOPES[0]),
        ("operator-1", "", "127.0.0.1", SCOPES[0]),
        ("operator-1", "\ud800é", "127.0.0.1", SCOPES[0]),
        ("operator-2", "SECRET", "127.0.0.1", SCOPES[0]),
        ("operator-1", "SECRET", "uss.example", SCOPES[0]),
        ("operator-1", "SECRET", "127.0.0.1", "utm.constraint_management"),
        ("operator-1", "SECRET", "127.0.0.1", f"{SCOPES[0]} utm.availability_arbitration"),
        ("", "", "127.0.0.1", SCOPES[0]),
    ],
)
def test_who_has_not_the_secret_or_asks_for_more_gets_none(
    client_id: str, secret: str, audience: str, scope: str
):
    issuer = UssTokenIssuer(lambda: NOON)
    own = issuer.admit("operator-1", SCOPES)
    said = own if secret == "SECRET" else secret
    assert issuer.issued(client_id, said, audience=audience, scope=scope) is None
