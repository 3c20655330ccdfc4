"""`mamarr peer …`: which other nodes a node speaks with.

Asked of the node where it runs, else done in its place.
"""

import asyncio
import os
import secrets
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from rich.console import Console
from rich.text import Text

from mamarr.coordination import Peer, peers
from mamarr.coordination.peers import Bond
from mamarr.engine.replay import resume
from mamarr.faults import Unavailable, WireError, present
from mamarr.geometry.units import epoch_ms
from mamarr.interop.wire import safe
from mamarr.link.certificates import link_name
from mamarr.link.invitations import BEGINS, TEXT_LENGTH_MAX, Kind
from mamarr.link.standings import PeerStanding
from mamarr.node import config, control, wiring
from mamarr.node.folder_lock import held_alone
from mamarr.node.key_file import key_content, private_key_from, write_new
from mamarr.node.link_key import LinkKey, in_pem
from mamarr.node.node_commands import keys, link_key_from, passphrase_asked
from mamarr.node.peer_desk import Add, Confirm, Invite, Look, PeerDesk, Reply, Request, Revoke, renewal
from mamarr.node.peer_sentences import refused, trouble, turned_away
from mamarr.node.runtime import utc_now
from mamarr.node.six_words import are_same, words_of
from mamarr.record import Damaged, SqliteStore, key_of

app = typer.Typer(no_args_is_help=True, help="Other nodes that this one speaks with.")
FINDING, WRONG_USE = 1, 2
HOURS = 24
PATH_LENGTH_MAX = 255  # chosen: what is longer is no name of a file that somebody types
ONLY_DIALS = "it has not dialled yet, and said no address"
PEM_END = (b" KEY-----", b"CERTIFICATE-----")  # of a file that is whole
NEXT = ".next"  # what the files of a next key are called until it counts
TOLD = {
    Bond.INVITED: "invited",
    Bond.UNCOMPARED: "words not compared",
    Bond.CONFIRMED: "confirmed",
    Bond.REVOKED: "revoked",
    Bond.LAPSED: "invitation lapsed",
}

Folder = Annotated[Path, typer.Argument(help="The node's folder, made by `mamarr init`.")]
Name = Annotated[str, typer.Argument(help="The id of the other node, such as south-1.")]
Url = Annotated[
    str,
    typer.Option(
        help="Where the other node may dial this one, such as https://node.example:8843; or nowhere."
    ),
]
PassphraseFile = Annotated[
    Path | None,
    typer.Option(help="File with the passphrase of the keys, where the node does not run; mode 0600."),
]


@app.command()
def invite(
    folder: Folder,
    name: Annotated[str, typer.Option(help="The id of the node that is invited, such as south-1.")],
    url: Url = "",
    hours: Annotated[int, typer.Option(min=1, max=168, help="How long the invitation holds.")] = HOURS,
    file: Annotated[Path | None, typer.Option(help="Write it to this new file; else to the output.")] = None,
    qr: Annotated[
        bool, typer.Option("--qr", help="Show it as a QR code too, for a telephone to read.")
    ] = False,
    passphrase_file: PassphraseFile = None,
) -> None:
    """Make an invitation for one other node, for once. Hand it to a person there; it is no secret for long.

    Whoever reads it on its way gains nothing that comparing the words does not show.
    """
    with _told():
        _is_free(file)
        reply = _answer(folder, Invite(peer=name, url=url, hours=hours), passphrase_file)
        _hand_over(reply.text, file, "this invitation", name, qr=qr)


@app.command()
def add(
    folder: Folder,
    invitation: Annotated[
        str,
        typer.Argument(help="The text that a person of the other node handed over, a file with it, or -."),
    ],
    url: Url = "",
    private: Annotated[
        bool,
        typer.Option(
            "--private",
            help="The other node may be dialled on this machine, or in a network that is not public.",
        ),
    ] = False,
    file: Annotated[
        Path | None, typer.Option(help="Write the answer to this new file; else to the output.")
    ] = None,
    qr: Annotated[bool, typer.Option("--qr", help="Show the answer as a QR code too.")] = False,
    passphrase_file: PassphraseFile = None,
) -> None:
    """Take an invitation, the answer to one, or the next certificate of a node that is known.

    Shows six words. Nothing passes between the nodes before persons of both have compared them.
    """
    with _told():
        _is_free(file)
        request = Add(text=_text(invitation), url=url, may_be_private=private)
        reply = _answer(folder, request, passphrase_file)
        peer = present(reply.peer, "what is added is there")
        if reply.kind is Kind.RENEWAL:
            typer.echo(f"{peer.peer} may speak with its next certificate from now on")
            return
        if reply.kind is Kind.INVITATION:
            _hand_over(reply.text, file, "this answer", peer.peer, qr=qr)
        _show_words(folder, peer)


@app.command()
def confirm(
    folder: Folder,
    peer: Name,
    words: Annotated[str, typer.Option(help="The six words as the other person read them out.")],
    passphrase_file: PassphraseFile = None,
) -> None:
    """Say that you compared the words with a person of the other node whose voice you know."""
    with _told():
        found = next((each for each in _look(folder).peers if each.peer == peer), None)
        if found is None or found.card is None:
            raise Unavailable(
                f"{peer} has not said yet who it is: first `mamarr peer add` takes the text of its "
                "person, then both compare the words"
            )
        if not are_same(words_of(found), words):
            typer.secho(
                "THESE ARE OTHER WORDS: nothing is opened. Read all six again. If they stay others, "
                "somebody may stand between the two nodes: tell the other person, and begin anew with "
                "another invitation.",
                err=True,
                bold=True,
                fg="red",
            )
            raise typer.Exit(FINDING)
        request = Confirm(
            peer=peer, own_fingerprint=found.own_fingerprint, fingerprint=found.card.fingerprint
        )
        _answer(folder, request, passphrase_file)
        typer.echo(f"confirmed: this node speaks with {peer} as soon as its person has confirmed too")


@app.command()
def revoke(folder: Folder, peer: Name, passphrase_file: PassphraseFile = None) -> None:
    """Speak with a node no more, from this moment on. To begin again, invite it anew and compare words."""
    with _told():
        _answer(folder, Revoke(peer=peer), passphrase_file)
        typer.echo(f"revoked: nothing passes to or from {peer}. Tell its person by voice")


@app.command("list")
def list_peers(folder: Folder) -> None:
    """List the other nodes, and how the lines to them stand where this node runs."""
    with _told():
        reply = _look(folder)
        standings = {} if reply.lines is None else {each.peer: each for each in reply.lines.peers}
        for each in reply.peers:
            standing = standings.get(each.peer)
            typer.echo(_line(each, standing))
            for said in () if standing is None else trouble(standing):
                typer.echo(f"  {said}")
            if each.card is not None and not (each.is_confirmed or each.is_revoked):
                typer.echo(f"  words to compare: {' '.join(words_of(each))}")
        if not reply.peers:
            typer.echo("no other node is known: `mamarr peer invite` begins", err=True)
        if reply.lines is None:
            typer.echo("this node does not run, so no line stands", err=True)
        for said in () if reply.lines is None else turned_away(reply.lines):
            typer.echo(said)


@app.command()
def rotate(
    folder: Folder,
    finish: Annotated[
        bool, typer.Option("--finish", help="Every peer has the next certificate: let it count from now on.")
    ] = False,
    file: Annotated[Path | None, typer.Option(help="Write the text to this new file.")] = None,
    passphrase_file: PassphraseFile = None,
) -> None:
    """Make the next key and certificate of the links, and a text about it that every peer is to `add`.

    Both keys sign the text, so nobody needs to compare words. Asked again, it says the same text again. With
    --finish, once every peer has it, the next key takes the place of the present one; then start the node
    again.
    """
    with _told():
        configuration = _configuration(folder)
        _is_free(file)
        if finish:
            _finish(configuration)
            return
        text = _next_key(configuration, passphrase_file)
        if not text:
            typer.echo("made the first key of the links; start the node again")
            return
        _hand_over(text, file, "this", "every peer")
        typer.echo(
            "when each of them has added it: mamarr peer rotate --finish, and start the node again", err=True
        )


# --- asking the node, or being it -------------------------------------------------------------------------


@contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except (Unavailable, WireError, ValueError) as wrong:
        _wrong(str(wrong))
    except OSError as wrong:
        _wrong(f"{wrong.filename}: {wrong.strerror}" if wrong.filename else str(wrong))


def _configuration(folder: Path) -> config.Configuration:
    path = folder / config.FILE
    if not path.is_file():
        raise Unavailable(f"{folder} is no node's folder: there is no {path}")
    return config.load(path)


def _answer(folder: Path, request: Request, passphrase_file: Path | None) -> Reply:
    """What became of `request`; a refusal is told, and the exit code 1."""
    configuration = _configuration(folder)
    reply = control.ask(configuration.data, request)
    if reply is None:
        reply = asyncio.run(_in_its_place(configuration, request, passphrase_file))
    if reply.wrong:
        raise ValueError(reply.wrong)
    if reply.refusal is not None:
        typer.echo(f"refused: {refused(request, reply.kind, reply.refusal)}", err=True)
        raise typer.Exit(FINDING)
    return reply


async def _in_its_place(
    configuration: config.Configuration, request: Request, passphrase_file: Path | None
) -> Reply:
    """What the node would answer, which does not run: its record is opened, and closed again."""
    signer, link_key = keys(configuration, passphrase_file, None)
    if link_key is None:
        raise Unavailable("this node has no key for links: `mamarr peer rotate` makes one")
    with held_alone(configuration.data), wiring.opened(configuration, signer) as runtime:
        runtime.start()
        try:
            return await PeerDesk(runtime, link_key).answer(request, control.this_person())
        finally:
            await runtime.stop()


def _look(folder: Path) -> Reply:
    """How things stand: as the node says, or as its record does."""
    configuration = _configuration(folder)
    reply = control.ask(configuration.data, Look())
    if reply is not None:
        return reply
    record = configuration.data / wiring.RECORD
    if not record.is_file():
        return Reply()
    store = SqliteStore(record, read_only=True)
    try:
        if store.size() == 0:
            return Reply()
        projection = resume(store, key_of(store), party=configuration.says.node.party).projection
    except Damaged as damaged:
        raise Unavailable(f"{record}: the record is damaged: {damaged}") from damaged
    finally:
        store.close()
    return Reply(peers=tuple(value for _, value in sorted(projection.peers.durable_items(), key=_key)))


# --- the next key -----------------------------------------------------------------------------------------


def _next_key(configuration: config.Configuration, passphrase_file: Path | None) -> str:
    """Make it; the text about it, which is empty when it is the first."""
    node, links = configuration.says.node, configuration.says.links
    name, private = link_name(node.id, node.mode), secrets.token_bytes(32)
    asked = passphrase_asked(configuration, passphrase_file)
    old = link_key_from(configuration, asked or _no_passphrase)
    ending = "" if old is None else NEXT
    key_file, certificate_file = (
        configuration.file(each + ending) for each in (links.key_file, links.certificate_file)
    )
    if key_file.exists():  # made before: its text may have been lost
        private = private_key_from(key_file, name, asked)
    else:
        write_new(key_file, key_content(name, private, None if asked is None else asked()))
    new = LinkKey(node.id, node.mode, private)
    if not certificate_file.exists():
        write_new(certificate_file, in_pem(new.certificate).encode())
    return "" if old is None else renewal(old, new, node.party)


def _no_passphrase() -> str:
    raise Unavailable("the key of the links has a passphrase, and the signing key has none")


def _finish(configuration: config.Configuration) -> None:
    links = configuration.says.links
    for name in (links.key_file, links.certificate_file):
        following = configuration.file(name + NEXT)
        if not following.is_file():
            raise Unavailable(f"there is no {following}: `mamarr peer rotate` makes it")
        if not following.read_bytes().rstrip().endswith(PEM_END):
            raise Unavailable(f"{following} is cut short: remove it, and `mamarr peer rotate` makes another")
    for name in (links.certificate_file, links.key_file):
        configuration.file(name + NEXT).replace(configuration.file(name))
    typer.echo("the next key counts from the next start of the node on")


# --- for a person -----------------------------------------------------------------------------------------


def _text(given: str) -> str:
    """The text: as it is, in a file, or on the standard input."""
    if given == "-":
        return sys.stdin.read(TEXT_LENGTH_MAX * 2)
    if given.lstrip().startswith(BEGINS) or len(given) > PATH_LENGTH_MAX:
        return given
    if not Path(given).is_file():
        raise Unavailable(f"{given!r} is no file, and no text that begins with {BEGINS}")
    with Path(given).open("rb") as file:
        return file.read(TEXT_LENGTH_MAX * 2).decode("ascii", "replace")


def _is_free(file: Path | None) -> None:
    """Unavailable where nothing can be written to `file`: said before what happens once has happened."""
    if file is None:
        return
    if file.exists() or file.is_symlink():
        raise Unavailable(f"{file} is there already: remove it, or name another file")
    if not os.access(file.absolute().parent, os.W_OK | os.X_OK):
        raise Unavailable(f"{file}: nothing can be written in that folder")


def _hand_over(text: str, file: Path | None, what: str, whom: str, *, qr: bool = False) -> None:
    if qr:
        typer.echo(qr_code(text), err=True)
    if file is None:
        typer.echo(text)
    else:
        try:
            write_new(file, text.encode() + b"\n")
        except Unavailable as wrong:
            typer.echo(text)  # it is made once: better here than nowhere
            raise Unavailable(f"{wrong}; the text stands above: keep it, and hand it over") from wrong
    place = "" if file is None else f" in {file}"
    typer.echo(f"hand {what}{place} to a person of {whom}", err=True)


def qr_code(text: str) -> str:
    """The text as a QR code of block letters: some 50 lines of 100 columns. Raises Unavailable."""
    try:
        import segno
    except ModuleNotFoundError as missing:
        raise Unavailable("--qr needs the package segno: pip install 'mamarr[node]'") from missing
    drawn = StringIO()
    segno.make(text, error="l", micro=False).terminal(out=drawn, compact=True)
    return drawn.getvalue()


def _show_words(folder: Path, peer: Peer) -> None:
    words = " ".join(words_of(peer))
    console = Console(stderr=True, soft_wrap=True)
    console.print(Text(f"six words for {peer.peer}, {present(peer.card, 'it was added').party}:"))
    typer.echo(words)
    console.print(
        Text(
            "Ask a person of that node, whose voice you know, by telephone to read out theirs. Only if "
            "all six are the same:\n"
            f"  mamarr peer confirm {folder} {peer.peer} --words 'THE SIX THAT WERE READ OUT'"
        )
    )


def _line(value: Peer, standing: PeerStanding | None) -> str:
    party = "" if value.card is None else value.card.party
    bond, now = peers.bond(value, epoch_ms(utc_now())), ""
    if standing is not None and bond is Bond.CONFIRMED:
        why = safe(standing.fault) or ("not yet" if value.card is None or value.card.url else ONLY_DIALS)
        now = "connected" if standing.is_connected else f"not connected: {why}"
    fingerprint = "" if value.card is None else value.card.fingerprint.hex()
    return "  ".join(filter(None, (value.peer, party, TOLD[bond], now, fingerprint)))


def _key(item: tuple[str, object]) -> str:
    return item[0]


def _wrong(why: str) -> NoReturn:
    typer.echo(f"mamarr: {safe(why, characters_max=5_000)}", err=True)
    raise typer.Exit(WRONG_USE)
