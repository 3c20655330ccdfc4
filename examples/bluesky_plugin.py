"""Mamarr as BlueSky's detector of conflicts: BlueSky's scenarios and commands stay as they are.

Put this file into the folder `plugins` of BlueSky's working directory, with `mamarr` installed beside BlueSky
(`pip install mamarr`), and say in a scenario, a settings file or the console:

    PLUGIN LOAD MAMARR
    CDMETHOD MAMARR

What BlueSky is told is what its own detector tells it: each pair from both sides, with the bearing and the
distance now, the distance and time of the closest approach, and the time to the loss of separation. What is
done about a conflict stays BlueSky's.
"""

import numpy as np
from bluesky.tools import geo
from bluesky.tools.aero import nm
from bluesky.traffic.asas import ConflictDetection

from mamarr.conflicts import detect_tactical


def init_plugin():
    """What BlueSky asks of a plugin."""
    config = {"plugin_name": "MAMARR", "plugin_type": "sim"}
    return config  # noqa: RET504 (BlueSky reads the assignment from the source)


class Mamarr(ConflictDetection):
    """Conflicts of BlueSky's traffic, found by Mamarr."""

    def detect(self, ownship, intruder, rpz, hpz, dtlookahead):
        """As BlueSky's `StateBased.detect`. rpz, hpz in metres, dtlookahead in seconds: one an aircraft."""
        count = ownship.ntraf
        if count == 0:
            return super().detect(ownship, intruder, rpz, hpz, dtlookahead)
        pairs = detect_tactical(
            ownship.lat,
            ownship.lon,
            ownship.alt,
            ownship.gs,
            ownship.trk % 360.0,
            ownship.vs,
            horizontal_m=rpz,
            vertical_m=hpz,
            lookahead_s=float(np.max(dtlookahead)),
        )
        both = np.concatenate((pairs, pairs))
        first = np.concatenate((pairs["i"], pairs["j"]))
        second = np.concatenate((pairs["j"], pairs["i"]))
        is_within = both["time_in_s"] < dtlookahead[first]
        both, first, second = both[is_within], first[is_within], second[is_within]
        bearing_deg, distance_nm = geo.qdrdist(
            ownship.lat[first], ownship.lon[first], intruder.lat[second], intruder.lon[second]
        )
        is_inside = both["time_in_s"] == 0.0
        in_conflict = np.zeros(count, dtype=bool)
        in_conflict[first] = True
        latest_s = np.zeros(count)
        np.maximum.at(latest_s, first, both["time_cpa_s"])
        names = np.asarray(ownship.id)
        found = list(zip(names[first].tolist(), names[second].tolist(), strict=True))
        lost = [pair for pair, inside in zip(found, is_inside.tolist(), strict=True) if inside]
        return (
            found,
            lost,
            in_conflict,
            latest_s,
            bearing_deg,
            distance_nm * nm,
            both["distance_cpa_m"],
            both["time_cpa_s"],
            both["time_in_s"],
        )
