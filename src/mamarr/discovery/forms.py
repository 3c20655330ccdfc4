"""Who makes known what, and the forms of what they say: of F3548-21, all opaque to this node.

A manager is the subject of a token, as its issuer names it: any printable text. It is no party of the
corridors, and never becomes one: it stands in a field of each command, while the author of the command is the
rule RULE of the node's own party, which speaks for the door that checked the token.
"""

import re

from mamarr.names import FREE_TEXT, Author, matched

RULE = "discovery"  # the rule of the node that brings in what managers ask

MANAGER = re.compile(FREE_TEXT.pattern.replace("{1,200}", "{1,128}"))
ENTITY_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")  # a UUID as text, of any version
OVN = re.compile(r"[A-Za-z0-9._~-]{16,128}")  # F3548-21 has 16 to 128 characters that fit into a URL's path
KEY_ITEM = re.compile(r"[^\x00-\x1f\x7f]{0,128}")  # what is no OVN is no harm in a key either
USS_BASE_URL = re.compile(r"https?://[!-~]{1,500}")  # whether http may be used the door decides


def is_door(author: Author, party: str) -> bool:
    """Whether `author` is the door of the node of `party`."""
    return author.rule == RULE and author.party == party


def checked_ids(manager: str, *ids: str | None) -> None:
    """ValueError when `manager` or one of `ids` that is not None does not have its form."""
    matched("manager", manager, MANAGER)
    for each in ids:
        if each is not None:
            matched("id", each, ENTITY_ID)
