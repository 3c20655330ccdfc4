"""`mamarr init`: the folder of a new node, with its key and its configuration."""

import secrets
import shlex
from pathlib import Path

import msgspec

from mamarr.faults import Unavailable
from mamarr.link.certificates import link_name
from mamarr.node import config
from mamarr.node.key_file import key_content, new_key, write_new
from mamarr.node.link_key import LinkKey, in_pem
from mamarr.record import Verifier
from mamarr.web.access.callers import Scope


class Founded(msgspec.Struct, frozen=True, kw_only=True):
    """What was made. verifier: the public key, which others need to audit the record.

    fingerprint: SHA-256 of the certificate of the links.
    """

    configuration: config.Configuration
    verifier: Verifier
    fingerprint: bytes


def found(folder: Path, text: str, says: config.Sections, *, passphrase: str | None) -> Founded:
    """Make the folder of a new node whose configuration is `text`, read as `says`.

    passphrase: None leaves the key in the clear. Nothing that is there is changed: Unavailable then, and
    ValueError for a passphrase of no good form.
    """
    configuration = config.Configuration(path=folder / config.FILE, says=says)
    content, signer = new_key(configuration.origin, passphrase)
    node, private = says.node, secrets.token_bytes(32)
    link_key = LinkKey(node.id, node.mode, private)
    link_content = key_content(link_name(node.id, node.mode), private, passphrase)
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if any(folder.iterdir()):
            raise Unavailable(f"{folder} is not empty: a new node gets a new folder")
        folder.chmod(0o700)  # one that was there, empty
        configuration.data.mkdir(mode=0o700)
    except OSError as wrong:
        raise Unavailable(f"{wrong.filename}: {wrong.strerror}") from wrong
    write_new(configuration.file(says.node.key_file), content)
    write_new(configuration.file(says.links.key_file), link_content)
    write_new(configuration.file(says.links.certificate_file), in_pem(link_key.certificate).encode())
    write_new(configuration.path, text.encode())
    return Founded(configuration=configuration, verifier=signer.verifier, fingerprint=link_key.fingerprint)


def next_commands(founded: Founded) -> tuple[str, str]:
    """What to type next: add a person, serve."""
    configuration = founded.configuration
    scopes = " ".join(f"--scope {scope}" for scope in Scope)
    data, file = (shlex.quote(str(path)) for path in (configuration.data, configuration.path))
    return (
        f"mamarr account add NAME --party {configuration.says.node.party} {scopes} --data {data}",
        f"mamarr serve {file}",
    )
