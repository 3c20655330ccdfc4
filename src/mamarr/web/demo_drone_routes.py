"""The routes of the demo's chapter about drones: its story, and tokens for its USSs. No other has them."""

from http import HTTPStatus
from typing import Protocol
from urllib.parse import parse_qs

import msgspec
from starlette.exceptions import HTTPException
from starlette.responses import Response

from mamarr.interop.demo_messages import DroneDemoMessage, DroneStepKey
from mamarr.web.calls import Call, Route, answer
from mamarr.web.demo_routes import DRONES, Story, story_routes

TOKENS = "/api/demo/uss-tokens"
BEARER = "Bearer"
FIELDS_MAX = 16  # chosen: three times what client credentials have


class IssuedMessage(msgspec.Struct, frozen=True, kw_only=True):
    """A token, by OAuth 2.0."""

    access_token: str
    expires_in: int
    token_type: str


class Issuer(Protocol):
    """What the routes ask of who issues tokens to USSs."""

    lifetime_s: int

    def issued(self, client_id: str, secret: str, *, audience: str, scope: str) -> str | None:
        """A token for who has the secret of `client_id` and may what is asked; else None."""


def drone_routes(story: Story, issuer: Issuer) -> tuple[Route, ...]:
    """The routes that tell the chapter, and the address at which its USSs get their tokens."""

    async def post_uss_tokens(call: Call) -> Response:
        """A token for a USS of the chapter, by OAuth 2.0's client credentials."""
        try:
            said = parse_qs(
                (await call.body()).decode("ascii"), strict_parsing=True, max_num_fields=FIELDS_MAX
            )
        except ValueError as wrong:
            raise HTTPException(HTTPStatus.BAD_REQUEST) from wrong
        names = ("grant_type", "client_id", "client_secret", "audience", "scope")
        grant, client_id, secret, audience, scope = (said.get(each, [""])[-1] for each in names)
        token = None
        if grant == "client_credentials":
            token = issuer.issued(client_id, secret, audience=audience, scope=scope)
        if token is None:
            raise HTTPException(HTTPStatus.UNAUTHORIZED)
        return answer(IssuedMessage(access_token=token, expires_in=issuer.lifetime_s, token_type=BEARER))

    return (
        *story_routes(story, DRONES, DroneDemoMessage, steps_count=len(DroneStepKey)),
        Route(method="POST", path=TOKENS, handler=post_uss_tokens, scope=None, answers=IssuedMessage),
    )
