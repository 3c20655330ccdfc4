"""What the node's own party says in a simulated world: what is closed, imposed, agreed and declared anew.

What was declared at first is changed while flights hold it, and mostly put back when it is next spoken of.
"""

from collections.abc import Callable
from random import Random

import msgspec

from mamarr.airspace import Constraint, Corridor, Party, Share, Terms
from mamarr.airspace.areas import Area, AreaKind, DeclareArea, WithdrawArea
from mamarr.airspace.constraints import DeclareConstraint, SpecialHandling, WithdrawConstraint
from mamarr.airspace.corridors import DeclareCorridor, Direction, NavigationSpecification, WithdrawCorridor
from mamarr.airspace.parties import DeclareParty, Frequency, WithdrawParty
from mamarr.airspace.shares import DeclareShare, WithdrawShare
from mamarr.airspace.terms import SetTerms
from mamarr.airspace.windows import Window
from mamarr.conflicts import Minima
from mamarr.coordination import Disclosed, Rule
from mamarr.coordination.disclosure import ApproveDisclosure, ProposeDisclosure
from mamarr.engine import Projection
from mamarr.engine.orders import Command
from mamarr.flights import imposed
from mamarr.geometry import Datum
from mamarr.simulation.planning import edges_ms
from mamarr.simulation.scenery import (
    FL_MM,
    MIDDLE,
    MINUTE_MS,
    NM_MM,
    NORTH_EDGE,
    PARTIES,
    PARTY,
    SOUTH_EDGE,
    area_of_share,
    the_corridors,
    the_parties,
    the_shares,
)
from mamarr.simulation.shapes import Shapes

EXEMPT = (*SpecialHandling, *(SpecialHandling.MEDEVAC,) * 5)
USUAL = {each.share_id: each for each in the_shares()}
SPANS_DEG = {"NORTHERN": (MIDDLE, NORTH_EDGE), "SOUTHERN": (SOUTH_EDGE, MIDDLE)}


class Declarer:
    """Speaks for the node's party, driven by `chance` alone."""

    def __init__(self, chance: Random, shapes: Shapes) -> None:
        self.chance, self.shapes = chance, shapes
        self._makers: tuple[tuple[Callable[[Projection, int], Command], int], ...] = (
            (self._imposing, 8),
            (self._closing, 8),
            (self._terms, 4),
            (self._disclosing, 4),
            (self._sharing, 3),
            (self._corridor, 3),
            (self._party, 1),
            (self._area, 2),
        )

    def command(self, projection: Projection, now_ms: int) -> Command:
        """Something that only the node's party may say."""
        makers, weights = zip(*self._makers, strict=True)
        maker: Callable[[Projection, int], Command] = self.chance.choices(makers, weights)[0]
        return maker(projection, now_ms)

    def _often(self, ratio: float) -> bool:
        return self.chance.random() < ratio

    def _imposing(self, projection: Projection, now_ms: int) -> Command:
        there = sorted(key for key, _ in projection.imposed.current_items())
        if there and self._often(0.4):
            return imposed.Lift(imposed_id=self.chance.choice(there))
        return imposed.Impose(
            imposed_id=f"I{self.chance.randrange(4)}",
            kind=self.chance.choice(list(imposed.ImposedKind)),
            volumes=(self.shapes.volume(now_ms),),
            note=self.chance.choice((None, "seen by a pilot")),
        )

    def _closing(self, projection: Projection, now_ms: int) -> Command:
        there = sorted(key for key, _ in projection.constraints.current_items())
        if there and self._often(0.4):
            return WithdrawConstraint(constraint_id=self.chance.choice(there))
        constraint = Constraint(
            constraint_id=f"C{self.chance.randrange(4)}",
            volumes=(self.shapes.volume(now_ms, edges_ms(projection, now_ms)),),
            name="Open day" if self._often(0.3) else None,
            exempt_parties=(self.chance.choice(PARTIES),) if self._often(0.3) else (),
            exempt_handling=tuple(dict.fromkeys(self.chance.choices(EXEMPT, k=2)))
            if self._often(0.5)
            else (),
        )
        return DeclareConstraint(constraint=constraint)

    def _terms(self, projection: Projection, now_ms: int) -> Command:
        del now_ms
        if projection.terms_in_force() != Terms():
            return SetTerms(terms=Terms())
        before_ms, after_ms = self.chance.choice(((0, MINUTE_MS), (8 * MINUTE_MS, 20 * MINUTE_MS)))
        terms = msgspec.structs.replace(
            Terms(),
            departure_before_ms=before_ms,
            departure_after_ms=after_ms,
            provisional_max=2,
            given_up_max=1,
        )
        if self._often(0.4):
            inside = Minima(lateral_mm=8 * NM_MM, vertical_mm=25 * FL_MM, time_ms=2 * MINUTE_MS)
            between = Minima(lateral_mm=3 * NM_MM, vertical_mm=10 * FL_MM, time_ms=0)
            terms = msgspec.structs.replace(terms, inside_centre=inside, between_centres=between)
        return SetTerms(terms=terms)

    def _disclosing(self, projection: Projection, now_ms: int) -> Command:
        """A rule about two of those who ask is proposed; or what was proposed is approved."""
        del now_ms
        waiting = [
            value.proposed.rule
            for _, value in sorted(projection.disclosures.current_items())
            if value.proposed is not None
        ]
        if waiting and self._often(0.8):
            return ApproveDisclosure(rule=self.chance.choice(waiting))
        owner, viewer = self.chance.sample(PARTIES, 2)
        extents = list(Disclosed)
        return ProposeDisclosure(
            rule=Rule(
                owner=owner,
                viewer=viewer,
                flights=self.chance.choice(extents),
                reservations=self.chance.choice(extents),
            )
        )

    def _sharing(self, projection: Projection, now_ms: int) -> Command:
        """A share is another, or no more; what is not as at first is mostly put back."""
        for share_id, usual in USUAL.items():
            if projection.shares.get(share_id) != usual and self._often(0.7):
                return DeclareShare(share=usual)
        usual = self.chance.choice(tuple(USUAL.values()))
        if self._often(0.25):
            return WithdrawShare(share_id=usual.share_id)
        return DeclareShare(share=self._changed(usual, now_ms))

    def _changed(self, usual: Share, now_ms: int) -> Share:
        """The share with other levels, other times, another owner or less ground."""
        replace = msgspec.structs.replace
        south_deg, north_deg = SPANS_DEG[usual.share_id]
        narrow = area_of_share(south_deg + 0.2, north_deg - 0.2)
        start_ms = now_ms // MINUTE_MS * MINUTE_MS
        window = Window(time_start_ms=start_ms, time_end_ms=start_ms + 20 * MINUTE_MS)
        return self.chance.choice(
            (
                replace(usual, upper_mm=305 * FL_MM),
                replace(usual, lower_mm=305 * FL_MM),
                replace(usual, datum=Datum.WGS84),
                replace(usual, datum=Datum.WGS84, upper_mm=390 * FL_MM),
                replace(usual, windows=(window,)),
                replace(usual, footprint=narrow),
                replace(usual, authority=self.chance.choice((PARTY, "south"))),
            )
        )

    def _corridor(self, projection: Projection, now_ms: int) -> Command:
        for usual in the_corridors():
            held = projection.corridors.get(usual.corridor_id)
            if (held is None or held.corridor != usual) and self._often(0.7):
                return DeclareCorridor(corridor=usual)
        usual = self.chance.choice(the_corridors())
        if self._often(0.25):
            return WithdrawCorridor(corridor_id=usual.corridor_id)
        return DeclareCorridor(corridor=self._altered(usual, now_ms))

    def _altered(self, usual: Corridor, now_ms: int) -> Corridor:
        """The corridor with other widths, levels, times, directions, minima or demands."""
        replace = msgspec.structs.replace
        window = Window(time_start_ms=now_ms, time_end_ms=now_ms + 30 * MINUTE_MS)
        named = tuple(replace(point, designator=f"P{number}") for number, point in enumerate(usual.points))
        return self.chance.choice(
            (
                replace(usual, half_width_mm=9 * NM_MM),
                replace(usual, datum=Datum.WGS84, upper_mm=500 * FL_MM),
                replace(usual, lower_mm=295 * FL_MM, windows=(window,)),
                replace(usual, direction=Direction.BACKWARD, points=named, name="By the coast"),
                replace(usual, longitudinal_minimum_ms=7 * MINUTE_MS, lateral_minimum_mm=15 * NM_MM),
                replace(usual, frequencies=(Frequency(channel_khz=121_500, use="the last"),)),
                replace(usual, navigation_specification=self.chance.choice(list(NavigationSpecification))),
            )
        )

    def _party(self, projection: Projection, now_ms: int) -> Command:
        del now_ms
        usual = next(each for each in the_parties() if each.party_id == "relief")
        if projection.parties.get("relief") is None:
            return DeclareParty(party=usual)
        if self._often(0.4):
            return WithdrawParty(party_id="relief")
        return DeclareParty(party=self._renamed(self.chance.choice(the_parties())))

    def _renamed(self, usual: Party) -> Party:
        """The same with names, and with a radio channel of each of its centres."""
        channel = Frequency(channel_khz=118_000 + 25 * self.chance.randrange(100), use="by day")
        centres = tuple(
            msgspec.structs.replace(centre, name="The centre", frequencies=(channel,))
            for centre in usual.centres
        )
        return msgspec.structs.replace(usual, name="A name", centres=centres)

    def _area(self, projection: Projection, now_ms: int) -> Command:
        """A name for some sky, which holds nothing."""
        there = sorted(key for key, _ in projection.areas.current_items())
        if there and self._often(0.8):
            return WithdrawArea(area_id=self.chance.choice(there))
        volume = self.shapes.volume(now_ms)
        area = Area(
            area_id=f"AREA{self.chance.randrange(3)}",
            kind=self.chance.choice(list(AreaKind)),
            footprint=volume.footprint,
            datum=volume.datum,
            lower_mm=volume.lower_mm,
            upper_mm=volume.upper_mm,
            name="The bay" if self._often(0.5) else None,
        )
        return DeclareArea(area=area)
