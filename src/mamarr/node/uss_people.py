"""The people of our USS: their accounts in a folder that its file names, and the page that they then have."""

import contextlib
import secrets
from pathlib import Path

from mamarr.faults import Unavailable
from mamarr.node.accounts_file import FILE, AccountsFile
from mamarr.node.people import people_at
from mamarr.node.uss_config import PeopleSection
from mamarr.node.uss_page import UssPage
from mamarr.web.access import Sessions
from mamarr.web.uss_calls import UssEngines
from mamarr.web.uss_page_routes import Desk


def page_at(section: PeopleSection, port: int) -> str:
    """The address at which people open the page."""
    return section.page or f"http://localhost:{port}"


def desk_for(
    section: PeopleSection,
    folder: Path,
    port: int,
    held: contextlib.ExitStack,
    *,
    page: UssPage,
    engines: UssEngines,
) -> Desk:
    """What the routes of the page rest on, until `held` lets go of it. folder: of the USS's file.

    Raises Unavailable where the accounts cannot be read.
    """
    data = folder / section.folder
    if not data.is_dir():
        raise Unavailable(f"there is no folder {data} for the accounts of people")
    accounts = AccountsFile(data / FILE)
    held.callback(accounts.close)
    people = people_at(port, accounts, node_id=page.node_id, mode=page.mode, page=page_at(section, port))
    return Desk(
        page=page, engines=engines, sessions=Sessions(lambda: secrets.token_urlsafe(32)), people=people
    )
