"""The sky of a simulated world: small, across the antimeridian, so that many meet in it.

Two shares lie side by side, of north and of south; beyond them nobody decides. Corridors run side by side,
cross, and join the same ends by two ways.
"""

from mamarr.airspace import (
    Centre,
    Corridor,
    CorridorPoint,
    Direction,
    NavigationSpecification,
    Party,
    Share,
)
from mamarr.airspace.corridors import DeclareCorridor
from mamarr.airspace.parties import DeclareParty
from mamarr.airspace.shares import DeclareShare
from mamarr.coordination import Disclosed, Rule
from mamarr.coordination.disclosure import ApproveDisclosure, ProposeDisclosure
from mamarr.engine.orders import ActSignature, Command
from mamarr.geometry import Datum, Footprint, footprints

PARTY = "north"  # whose node it is
PARTIES = (PARTY, "south", "relief")
DEG = 10_000_000
TURN_DEG = 360
NM_MM = 1_852_000
FL_MM = 30_480
MINUTE_MS = 60_000

Place = tuple[float, float]  # latitude, longitude in degrees; longitudes go on beyond 180

SOUTH_EDGE, MIDDLE, NORTH_EDGE = 50.0, 51.35, 53.0
WEST_EDGE, EAST_EDGE = 178.5, 181.5
WESTERN, INNER, OUTER, EASTERN = 178.8, 179.6, 180.4, 181.2
LINE_A: tuple[Place, ...] = ((51.2, WESTERN), (51.2, INNER), (51.2, OUTER), (51.2, EASTERN))
LINE_B: tuple[Place, ...] = ((51.5, WESTERN), (51.5, INNER), (51.5, OUTER), (51.5, EASTERN))
ACROSS: tuple[Place, ...] = ((50.4, INNER), (51.2, INNER), (51.5, INNER), (52.3, INNER))
ROUND: tuple[Place, ...] = ((51.2, WESTERN), (50.25, INNER), (51.2, OUTER))
LINES = {"A": LINE_A, "B": LINE_B, "ACROSS": ACROSS, "ROUND": ROUND}
OUTSIDE: tuple[Place, ...] = ((51.2, 178.1), (53.4, INNER), (51.5, 181.9))
PLACES = tuple(dict.fromkeys((*LINE_A, *LINE_B, *ACROSS, *ROUND, (52.3, OUTER), (52.7, WESTERN))))


def at(place: Place) -> tuple[int, int]:
    """Latitude and longitude in 1e-7 degree, the longitude within 180 degrees."""
    latitude_deg, longitude_deg = place
    wrapped_deg = longitude_deg - TURN_DEG if longitude_deg > TURN_DEG / 2 else longitude_deg
    return round(latitude_deg * DEG), round(wrapped_deg * DEG)


def declarations() -> tuple[Command, ...]:
    """What the node's party declares before anything else."""
    return (
        *(DeclareParty(party=party) for party in the_parties()),
        *(DeclareShare(share=share) for share in the_shares()),
        *(DeclareCorridor(corridor=corridor) for corridor in the_corridors()),
    )


HIDING_ONE_IN = 3  # chosen: worlds in which something may not be known to exist
SIGNATURES = tuple(
    ActSignature(key_id=key_id, algorithm="Ed25519", public_key=bytes(32), signature=bytes(64))
    for key_id in ("key-1", "key-2")
)


def hiding(seed: int) -> tuple[Command, ...]:
    """In some worlds relief may not know what south flies, in some of these what it reserves: two acts."""
    if seed % HIDING_ONE_IN:
        return ()
    areas = Disclosed.NOTHING if seed % (2 * HIDING_ONE_IN) else Disclosed.IDENTITY
    rule = Rule(owner="south", viewer="relief", flights=Disclosed.NOTHING, reservations=areas)
    return ProposeDisclosure(rule=rule), ApproveDisclosure(rule=rule)


def signature_over(command: Command) -> ActSignature | None:
    """What a person's signature over an act that binds looks like: of another person who approves."""
    if not isinstance(command, ProposeDisclosure | ApproveDisclosure):
        return None
    return SIGNATURES[isinstance(command, ApproveDisclosure)]


def the_parties() -> tuple[Party, ...]:
    """Who there is at first."""
    return (
        Party(party_id=PARTY, is_authority=True, centres=(Centre(centre_id="north-centre"),)),
        Party(party_id="south", is_authority=True, centres=(Centre(centre_id="south-centre"),)),
        Party(party_id="relief", serving_centre="north-centre"),
    )


def the_shares() -> tuple[Share, ...]:
    """Who decides at first."""
    return (
        _share("NORTHERN", PARTY, MIDDLE, NORTH_EDGE),
        _share("SOUTHERN", "south", SOUTH_EDGE, MIDDLE),
    )


def area_of_share(south_deg: float, north_deg: float) -> Footprint:
    """From the western to the eastern edge of what is shared out."""
    corners = (
        (south_deg, WEST_EDGE),
        (south_deg, EAST_EDGE),
        (north_deg, EAST_EDGE),
        (north_deg, WEST_EDGE),
    )
    return footprints.polygon([at(corner) for corner in corners])


def _share(share_id: str, authority: str, south_deg: float, north_deg: float) -> Share:
    return Share(
        share_id=share_id,
        authority=authority,
        footprint=area_of_share(south_deg, north_deg),
        datum=Datum.STD,
        lower_mm=0,
        upper_mm=600 * FL_MM,
    )


def the_corridors() -> tuple[Corridor, ...]:
    """The ways that there are at first."""
    return (
        _corridor("A"),
        _corridor("B", longitudinal_minimum_ms=4 * MINUTE_MS),
        _corridor("ACROSS", direction=Direction.FORWARD, lateral_minimum_mm=12 * NM_MM),
        _corridor("ROUND", vertical_minimum_mm=20 * FL_MM),
    )


def _corridor(corridor_id: str, **more: object) -> Corridor:
    values = {
        "corridor_id": corridor_id,
        "points": tuple(
            CorridorPoint(latitude_e7deg=latitude, longitude_e7deg=longitude)
            for latitude, longitude in map(at, LINES[corridor_id])
        ),
        "half_width_mm": 5 * NM_MM,
        "navigation_specification": NavigationSpecification.RNAV_5,
        "datum": Datum.STD,
        "lower_mm": 100 * FL_MM,
        "upper_mm": 430 * FL_MM,
    }
    return Corridor(**{**values, **more})  # type: ignore[arg-type]
