"""Parties: organisations that fly, decide, or both; with the centres that serve their flights.

Names: the serving centre is a control unit of an authority (ICAO Doc 4444: "air traffic control unit"); an
adherent party may be served by a centre of another.
"""

from datetime import datetime

import msgspec

from mamarr.airspace import declarations
from mamarr.faults import Refusal, present
from mamarr.names import FREE_TEXT, OBJECT_ID, PARTY_ID, Author, matched

CENTRES_MAX = 50  # chosen: a large state has a dozen
FREQUENCIES_MAX = 20
FREQUENCY_LOWEST_KHZ = 2_000  # HF
FREQUENCY_HIGHEST_KHZ = 400_000  # UHF air band

PARTIES_MAX = 500  # chosen: a region with its neighbours has dozens of organisations

# What it is


class Frequency(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A radio channel. channel_khz: 2,000 to 400,000. use: what for, in a few words."""

    channel_khz: int
    use: str | None = None

    def __post_init__(self) -> None:
        if not FREQUENCY_LOWEST_KHZ <= self.channel_khz <= FREQUENCY_HIGHEST_KHZ:
            raise ValueError(
                f"channel {self.channel_khz} kHz is not {FREQUENCY_LOWEST_KHZ} to {FREQUENCY_HIGHEST_KHZ} kHz"
            )
        if self.use is not None:
            matched("use", self.use, FREE_TEXT)


class Centre(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A control unit. name: what people call it. frequencies: on which its flights reach it."""

    centre_id: str
    name: str | None = None
    frequencies: tuple[Frequency, ...] = ()

    def __post_init__(self) -> None:
        matched("centre_id", self.centre_id, OBJECT_ID)
        if self.name is not None:
            matched("name", self.name, FREE_TEXT)
        if len(self.frequencies) > FREQUENCIES_MAX:
            raise ValueError(f"more than {FREQUENCIES_MAX} frequencies")


class Party(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An organisation. is_authority: whether shares of sky may be its to decide. centres: its own.

    serving_centre: the centre, its own or another party's, that serves its flights unless a plan names one.
    """

    party_id: str
    name: str | None = None
    is_authority: bool = False
    centres: tuple[Centre, ...] = ()
    serving_centre: str | None = None

    def __post_init__(self) -> None:
        matched("party_id", self.party_id, PARTY_ID)
        if self.name is not None:
            matched("name", self.name, FREE_TEXT)
        if self.serving_centre is not None:
            matched("serving_centre", self.serving_centre, OBJECT_ID)
        if len(self.centres) > CENTRES_MAX:
            raise ValueError(f"more than {CENTRES_MAX} centres")
        ids = [centre.centre_id for centre in self.centres]
        if len(set(ids)) != len(ids):
            raise ValueError("a centre is named twice")


# What may be asked


class DeclareParty(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="declare-party"):
    """Let this party be; one of the same id is replaced."""

    party: Party


class WithdrawParty(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="withdraw-party"):
    """Let the party of this id be no more."""

    party_id: str

    def __post_init__(self) -> None:
        matched("party_id", self.party_id, PARTY_ID)


Command = DeclareParty | WithdrawParty


class Facts(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="party"):
    """What the decision may rest on. party: the node's own. held: of this id. count: how many there are."""

    party: str
    held: Party | None = None
    count: int = 0


# What may happen


class PartyDeclared(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="party-declared"):
    """An organisation is known as it says."""

    party: Party


class PartyWithdrawn(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="party-withdrawn"):
    """The party is no more."""

    party_id: str


Event = PartyDeclared | PartyWithdrawn


# What we answer


def decide(command: Command, facts: Facts, *, author: Author, now: datetime) -> tuple[Event] | Refusal:
    """Answer one command about one party. Never raises; says no prose."""
    del now
    if isinstance(command, WithdrawParty):
        name = command.party_id
        refusal = declarations.withdrawing_refused(
            author, party=facts.party, is_held=facts.held is not None, name=name
        )
        return refusal or (PartyWithdrawn(party_id=name),)
    refusal = declarations.declaring_refused(
        author,
        party=facts.party,
        is_new=facts.held is None,
        count=facts.count,
        count_max=PARTIES_MAX,
        limit="parties_max",
    )
    return refusal or (PartyDeclared(party=command.party),)


# How it changes


def evolve(value: Party | None, event: Event) -> Party | None:
    """The party after `event`; None when it is no more. Stops when the two contradict each other."""
    if isinstance(event, PartyDeclared):
        return event.party
    present(value, "withdrawn while not there")
    return None
