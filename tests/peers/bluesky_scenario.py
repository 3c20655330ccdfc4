"""Flies a scenario in BlueSky, headless, and prints what its detector said of each step, as JSON.

`python -m tests.peers.bluesky_scenario FOLDER DETECTOR [PLUGIN]`: BlueSky's working folder, the detector that
it is told to use, and the plugin that is loaded before.
"""

import json
import sys
from pathlib import Path
from random import Random

AIRCRAFT_COUNT, STEPS_COUNT, STEP_S = 60, 10, 20
SCENARIO = "mamarr"


def scenario() -> str:
    """Some traffic in a box of two degrees, much of it on the same levels; as a BlueSky scenario."""
    chance = Random(4)
    lines = []
    for number in range(AIRCRAFT_COUNT):
        place = f"{chance.uniform(51, 53):.4f} {chance.uniform(3, 5):.4f} {chance.randrange(360)}"
        level = f"FL{chance.choice((240, 250, 255, 260))} {chance.randrange(240, 300)}"
        lines.append(f"00:00:00.00>CRE AC{number} B738 {place} {level}")
    return "\n".join(lines) + "\n"


def main() -> None:
    """Fly it."""
    import bluesky
    from bluesky.traffic.asas import ConflictDetection

    folder, detector = Path(sys.argv[1]), sys.argv[2]
    (folder / "scenario").mkdir(exist_ok=True)
    (folder / "scenario" / f"{SCENARIO}.scn").write_text(scenario())
    bluesky.init(mode="sim", detached=True, workdir=str(folder))
    for plugin in sys.argv[3:]:
        bluesky.stack.stack(f"PLUGIN LOAD {plugin}")
    bluesky.stack.stack(f"IC {SCENARIO}")
    bluesky.sim.step()
    bluesky.stack.stack(f"CDMETHOD {detector}")
    bluesky.stack.stack("OP")
    said = []
    for _ in range(STEPS_COUNT):
        for _ in range(int(STEP_S / bluesky.sim.simdt)):
            bluesky.sim.step()
        found = bluesky.traf.cd
        said.append(
            {
                "aircraft_count": bluesky.traf.ntraf,
                "detector": ConflictDetection.selected().__name__,
                "pairs": found.confpairs,
                "lost": found.lospairs,
                "time_in_s": [float(each) for each in found.tLOS],
                "time_cpa_s": [float(each) for each in found.tcpa],
                "distance_cpa_m": [float(each) for each in found.dcpa],
                "distance_m": [float(each) for each in found.dist],
                "bearing_deg": [float(each) for each in found.qdr],
                "in_conflict": [int(each) for each in found.inconf],
            }
        )
    sys.stdout.write("\n" + json.dumps(said) + "\n")


if __name__ == "__main__":
    main()
