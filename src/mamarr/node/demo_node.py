"""One node of the demo: its keys and accounts are kept in the clear beside its record, in EXERCISE alone."""

import secrets
from collections.abc import Awaitable, Callable, Iterable
from hashlib import sha256
from pathlib import Path
from socket import socket

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from mamarr.faults import Unavailable, present
from mamarr.names import Mode
from mamarr.node.accounts_file import FILE, AccountsFile
from mamarr.node.control import Control
from mamarr.node.demo_person import Person
from mamarr.node.development_issuer import DevelopmentIssuer
from mamarr.node.identity import kept_identity, kept_link
from mamarr.node.link_key import LinkKey
from mamarr.node.links import Links, bound
from mamarr.node.people import people_at
from mamarr.node.runtime import Runtime, utc_now
from mamarr.node.serving import LOOPBACK, Part, hosts, serve
from mamarr.node.watching import Watching
from mamarr.node.wiring import LINK_SECRET, RECORD
from mamarr.node.witness_file import WitnessFile
from mamarr.record import Signer, SqliteStore, Verdict, Verifier, audit
from mamarr.surveillance import Feed
from mamarr.web import Sessions, TokenChecker, application
from mamarr.web.access import Scope
from mamarr.web.access.accounts import Account, PersonKey
from mamarr.web.access.acts import key_id_of
from mamarr.web.calls import Route
from mamarr.web.guard import NO_FRAMES, Framing

IDENTITY, LINK_IDENTITY = "exercise-identity.json", "exercise-links.json"
SCOPES = (Scope.READ, Scope.RESERVE, Scope.FILE)
OWN_SCOPES = (*SCOPES, Scope.ADMINISTER)  # of programs of the node's own party
PERSON_SCOPES = frozenset({*OWN_SCOPES, Scope.WATCH, Scope.COORDINATE})
VISITOR, NARRATOR = "visitor", "narrator"


class Site(msgspec.Struct, frozen=True, kw_only=True):
    """Whose node it is and where it lies. authority: what people call it. guests: parties without a node that
    have tokens at this one."""

    party: str
    authority: str
    folder: Path
    guests: tuple[str, ...] = ()


class DemoNode:
    """A node of `site`. listener: where its page is. is_linked: it has lines; dialled: others may dial it.

    feeds: what may speak to its watch; none: it has no watch.
    """

    def __init__(
        self,
        site: Site,
        listener: socket,
        *,
        is_linked: bool = False,
        is_dialled: bool = False,
        feeds: Iterable[Feed] = (),
    ) -> None:
        self.site, self._listener = site, listener
        self.port = int(listener.getsockname()[1])
        self.origin = f"http://{LOOPBACK}:{self.port}"
        identity = kept_identity(site.folder / IDENTITY, site.party)
        self.node_id = identity.node_id
        signer = Signer(f"{self.node_id}/{Mode.EXERCISE}", identity.private_key)
        self.verifier = signer.verifier
        self.record = site.folder / RECORD
        self.store = SqliteStore(self.record)
        self.issuer = DevelopmentIssuer(self.node_id)
        self.runtime = Runtime(
            self.store,
            signer,
            node_id=self.node_id,
            party=site.party,
            authority=site.authority,
            mode=Mode.EXERCISE,
            witness=WitnessFile(self.record),
        )
        self.is_new = self.runtime.log.size == 0
        self.accounts = AccountsFile(site.folder / FILE)
        self.sessions = Sessions(lambda: secrets.token_urlsafe(24))
        self._visitor = self._account(VISITOR, ())  # without keys at each start: browsers come and go
        feeds = list(feeds)
        self.watching = Watching(self.runtime, feeds) if feeds else None
        self.link_key: LinkKey | None = None
        self.link_url = ""  # where other nodes may dial it
        self._parts = self._lines(signer, is_dialled=is_dialled) if is_linked else ()

    @property
    def is_writable(self) -> bool:
        """Whether it decides: not while its record is to be confirmed."""
        return self.runtime.set_back is None

    def page(self, *, path: str = "/") -> str:
        """Where its page is, with a code that signs the visitor in, once."""
        return f"http://localhost:{self.port}{path}#code={self.code()}"

    def code(self) -> str:
        """A code that signs the visitor in, once."""
        return self.sessions.code(self._visitor.caller(), utc_now())

    def narrator(self) -> Person:
        """The demo itself, signed in at this node as a person with a key of its own."""
        key = Ed25519PrivateKey.generate()
        public = key.public_key().public_bytes_raw()
        name = key_id_of("Ed25519", public)
        known = PersonKey(key_id=name, algorithm="Ed25519", public_key=public, added_at=utc_now())
        account = self._account(NARRATOR, (known,))
        return Person(
            origin=self.origin,
            node_id=self.node_id,
            secret=self.sessions.begin(account.caller(), utc_now()),
            private_key=key.private_bytes_raw(),
        )

    def token(self, party: str) -> str:
        """A token for programs of `party`, good for an hour."""
        scopes = OWN_SCOPES if party == self.site.party else SCOPES
        return self.issuer.token(party, scopes, now=utc_now())

    def write_tokens(self) -> Path:
        """Write the tokens beside the record, each readable by its owner alone; the form of their names."""
        for party in (self.site.party, *self.site.guests):
            path = token_file(self.site.folder, party)
            path.touch(mode=0o600)
            path.write_text(self.token(party))
        return token_file(self.site.folder, "<party>")

    def link_verifier(self, peer: str) -> Verifier:
        """Checks what it signs to `peer`."""
        return present(self.link_key, "it has lines").signer(peer).verifier

    async def run(
        self,
        ready: Callable[[], Awaitable[None]],
        *,
        more: tuple[Route, ...] = (),
        framing: Framing = NO_FRAMES,
    ) -> None:
        """Serve until told to stop. more: routes of this node alone. framing: who may show its page."""
        app = application(
            self.runtime,
            sessions=self.sessions,
            tokens=TokenChecker([self.issuer.trusted()], mode=Mode.EXERCISE),
            people=people_at(self.port, self.accounts, node_id=self.node_id, mode=Mode.EXERCISE),
            hosts=hosts(self.port),
            more=more,
            framing=framing,
        )
        watching = self.watching
        await serve(app, self.runtime, self._listener, ready=ready, watching=watching, parts=self._parts)
        self.store.close()
        self.accounts.close()

    def _lines(self, signer: Signer, *, is_dialled: bool) -> tuple[Part, ...]:
        """As of a node that is not the demo's: its lines, and the door for who joins it to others."""
        path = self.site.folder / LINK_IDENTITY
        listener = None
        if is_dialled and path.exists():
            listener = bound(LOOPBACK, kept_link(path, 0).port)
        elif is_dialled:
            listener = bound(LOOPBACK, 0)
        port = 0 if listener is None else int(listener.getsockname()[1])
        kept = kept_link(path, port)
        self.link_url = f"https://{LOOPBACK}:{port}" if port else ""
        self.link_key = LinkKey(self.node_id, Mode.EXERCISE, kept.private_key)
        secret = sha256(signer.sign(LINK_SECRET)).digest()
        return (
            Links(self.link_key, log_secret=secret, listener=listener),
            Control(self.site.folder, self.link_key),
        )

    def _account(self, name: str, keys: tuple[PersonKey, ...]) -> Account:
        found = self.accounts.of_person(name)
        account = (
            Account(
                person_id=name,
                party=self.site.party,
                display_name=name,
                scopes=PERSON_SCOPES,
                person_keys=keys,
            )
            if found is None
            else found.changed(person_keys=keys, scopes=PERSON_SCOPES)
        )
        if not self.accounts.put(account):
            raise Unavailable(f"{self.accounts.path}: another process changes it")
        return account


def token_file(folder: Path, party: str) -> Path:
    """Where the token of `party` at the node of `folder` is."""
    return folder / f"{party}.token"


def audited(record: Path, verifier: Verifier) -> Verdict:
    """What an audit of a record says that reads the file alone."""
    store = SqliteStore(record, read_only=True)
    try:
        return audit(store, verifier)
    finally:
        store.close()
