"""The routes of signing in and out, of passkeys, and of persons' keys."""

from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import quote

from starlette.responses import RedirectResponse, Response

from mamarr.faults import Unavailable
from mamarr.interop import access_messages as messages
from mamarr.interop import api
from mamarr.interop.access_messages import canonical
from mamarr.interop.wire import built, decoded
from mamarr.web.access import Caller, Refused, Scope, Why
from mamarr.web.access.accounts import Account
from mamarr.web.access.oidc import BEGUN_LIFETIME
from mamarr.web.access.passwords import checked_password
from mamarr.web.calls import Call, Route, answer, cookie_name

if TYPE_CHECKING:
    from mamarr.web.app import Engine

OIDC_BACK = "/api/sign-in/oidc/callback"


async def get_ways(call: Call) -> Response:
    """How a person may sign in here."""
    people = call.people
    return answer(
        messages.WaysMessage(
            password=True,
            passkey=people.passkeys is not None,
            provider=None if people.oidc is None else people.oidc.provider.name,
        )
    )


async def sign_in(call: Call) -> Response:
    """Sign in with a name and a password."""
    said = decoded(messages.SignInMessage, await call.body())
    account = await call.people.by_password(said.name, said.password, call.client, call.engine.now())
    return _signed_in(call, account)


async def sign_out(call: Call) -> Response:
    """End the session that asks."""
    secret = call.request.cookies.get(cookie_name(call.engine))
    if secret is not None:
        call.sessions.end(secret)
    response = answer(messages.AcceptedMessage())
    response.delete_cookie(cookie_name(call.engine), path="/", httponly=True, samesite="strict")
    return response


async def change_password(call: Call) -> Response:
    """Change one's own password. Ends every other session of the person."""
    said = decoded(messages.PasswordChangeMessage, await call.body())
    person_id = call.people.account(call.caller).person_id
    built("$.new", lambda: checked_password(said.new, person_id))
    account = await call.people.change_password(
        call.caller, said.old, said.new, call.client, call.engine.now()
    )
    call.sessions.end_all(account.person_id)
    return _signed_in(call, account)


async def ask_passkey(call: Call) -> Response:
    """Begin to register a passkey for oneself."""
    account = call.people.account(call.caller)
    return answer(call.people.begin_passkey(account, call.engine.now()))


async def add_passkey(call: Call) -> Response:
    """Register the passkey that the browser made."""
    made = decoded(messages.PasskeyMadeMessage, await call.body())
    call.people.add_passkey(call.people.account(call.caller), made, call.engine.now())
    return answer(messages.AcceptedMessage())


async def ask_passkey_sign_in(call: Call) -> Response:
    """Begin to sign in with a passkey."""
    return answer(call.people.begin_passkey(None, call.engine.now()))


async def sign_in_passkey(call: Call) -> Response:
    """Sign in with the passkey that the browser used."""
    used = decoded(messages.PasskeyUsedMessage, await call.body())
    return _signed_in(call, call.people.by_passkey(used, call.client, call.engine.now()))


async def go_to_provider(call: Call) -> Response:
    """Send the browser to the OpenID provider."""
    if call.people.oidc is None:
        raise Refused(Why.NOT_SET_UP)
    address, state = await call.people.oidc.begin(call.engine.now())
    response = RedirectResponse(address, HTTPStatus.SEE_OTHER, {"cache-control": "no-store"})
    response.set_cookie(
        _oidc_cookie(call),
        state,
        max_age=int(BEGUN_LIFETIME.total_seconds()),
        httponly=True,
        samesite="lax",  # it must come along when the provider sends the browser back; it opens nothing alone
        path=OIDC_BACK,
        secure=call.request.url.scheme == "https",
    )
    return response


async def come_from_provider(call: Call) -> Response:
    """Take the browser back from the OpenID provider, to the page."""
    said = dict(call.request.query_params)
    try:
        kept_state = call.request.cookies.get(_oidc_cookie(call))
        account = await call.people.by_provider(said, kept_state, call.engine.now())
    except Refused as no:
        response: Response = _to_page(f"/#refused={quote(no.why)}")
    except Unavailable:
        response = _to_page(f"/#refused={quote(Why.PROVIDER_REFUSED)}")
    else:
        response = _to_page("/")
        _set_cookie(call, response, call.sessions.begin(account.caller(), call.engine.now()))
    response.delete_cookie(_oidc_cookie(call), path=OIDC_BACK, httponly=True, samesite="lax")
    return response


async def get_keys(call: Call) -> Response:
    """One's own keys, and what waits for a second person of one's party."""
    account = call.people.account(call.caller)
    keys = tuple(
        messages.KeyMessage(
            key_id=key.key_id, algorithm=key.algorithm, added_at=key.added_at, withdrawn_at=key.withdrawn_at
        )
        for key in account.person_keys
    )
    pending = tuple(
        messages.PendingMessage(
            act_id=each.act_id,
            asked_by=each.asked_by,
            mine=each.asked_by == account.person_id,
            asked_at=each.asked_at,
            until=each.until,
            command=canonical(each.command).decode(),
        )
        for each in call.people.pending.of_party(account.party, call.engine.now())
    )
    return answer(messages.PersonKeysMessage(person=account.person_id, keys=keys, pending=pending))


async def add_key(call: Call) -> Response:
    """Enrol a key of one's own: the first counts at once, a further one when a second person approves."""
    asked = decoded(messages.PersonKeyMessage, await call.body())
    act_id = call.engine.new_command_id()
    return answer(call.people.enrol(call.caller, asked, act_id, call.engine.now()))


async def approve_act(call: Call) -> Response:
    """Approve, with one's own signature, what another person of one's party asked for."""
    header = call.request.headers.get("mamarr-act-signature", "")
    call.people.approve(call.caller, call.at("act_id"), header, call.engine.now())
    return answer(messages.AcceptedMessage())


async def decline_act(call: Call) -> Response:
    """Decline what another person of one's party asked for, or take back what one asked for oneself."""
    call.people.decline(call.caller, call.at("act_id"), call.engine.now())
    return answer(messages.AcceptedMessage())


def opened_session(call: Call, caller: Caller, secret: str) -> Response:
    """The answer that opens a session: who is signed in, and the cookie."""
    response = answer(session_message(call.engine, caller))
    _set_cookie(call, response, secret)
    return response


def session_message(engine: "Engine", caller: Caller) -> api.SessionMessage:
    """Who is signed in, and where."""
    return api.SessionMessage(
        person=caller.subject,
        has_account=caller.account_epoch is not None,
        party=caller.party,
        authority=engine.authority,
        node_id=engine.node_id,
        mode=engine.mode,
    )


def _signed_in(call: Call, account: Account) -> Response:
    before = call.request.cookies.get(cookie_name(call.engine))
    if before is not None:
        call.sessions.end(before)  # one browser, one session; an old secret opens nothing any more
    caller = account.caller()
    return opened_session(call, caller, call.sessions.begin(caller, call.engine.now()))


def _set_cookie(call: Call, response: Response, secret: str) -> None:
    response.set_cookie(
        cookie_name(call.engine),
        secret,
        httponly=True,
        samesite="strict",
        path="/",
        secure=call.request.url.scheme == "https",
    )


def _to_page(address: str) -> Response:
    return RedirectResponse(address, HTTPStatus.SEE_OTHER, {"cache-control": "no-store"})


def _oidc_cookie(call: Call) -> str:
    return f"{cookie_name(call.engine)}-provider"


ACCESS_ROUTES = (
    Route(method="GET", path="/api/sign-in", handler=get_ways, scope=None, answers=messages.WaysMessage),
    Route(
        method="POST",
        path="/api/sign-in",
        handler=sign_in,
        scope=None,
        takes=messages.SignInMessage,
        answers=api.SessionMessage,
    ),
    Route(
        method="POST",
        path="/api/sign-in/passkey",
        handler=ask_passkey_sign_in,
        scope=None,
        answers=messages.PasskeyAskedMessage,
    ),
    Route(
        method="POST",
        path="/api/sign-in/passkey/verification",
        handler=sign_in_passkey,
        scope=None,
        takes=messages.PasskeyUsedMessage,
        answers=api.SessionMessage,
    ),
    Route(
        method="GET",
        path="/api/sign-in/oidc",
        handler=go_to_provider,
        scope=None,
        answers_type="",
        status=HTTPStatus.SEE_OTHER,
    ),
    Route(
        method="GET",
        path=OIDC_BACK,
        handler=come_from_provider,
        scope=None,
        answers_type="",
        status=HTTPStatus.SEE_OTHER,
    ),
    Route(
        method="POST",
        path="/api/sign-out",
        handler=sign_out,
        scope=None,
        answers=messages.AcceptedMessage,
    ),
    Route(
        method="POST",
        path="/api/password",
        handler=change_password,
        scope=Scope.READ,
        takes=messages.PasswordChangeMessage,
        answers=api.SessionMessage,
    ),
    Route(
        method="POST",
        path="/api/passkeys/registration",
        handler=ask_passkey,
        scope=Scope.READ,
        answers=messages.PasskeyAskedMessage,
    ),
    Route(
        method="POST",
        path="/api/passkeys/registration/verification",
        handler=add_passkey,
        scope=Scope.READ,
        takes=messages.PasskeyMadeMessage,
        answers=messages.AcceptedMessage,
    ),
    Route(
        method="GET",
        path="/api/person-keys",
        handler=get_keys,
        scope=Scope.READ,
        answers=messages.PersonKeysMessage,
    ),
    Route(
        method="POST",
        path="/api/person-keys",
        handler=add_key,
        scope=Scope.READ,
        takes=messages.PersonKeyMessage,
        answers=messages.EnrolledMessage,
    ),
    Route(
        method="POST",
        path="/api/person-keys/{act_id}/approval",
        handler=approve_act,
        scope=Scope.READ,
        answers=messages.AcceptedMessage,
    ),
    Route(
        method="DELETE",
        path="/api/person-keys/{act_id}",
        handler=decline_act,
        scope=Scope.READ,
        answers=messages.AcceptedMessage,
    ),
)
