"""`mamarr demo drones` for tests: in a hurry, and where its processes are."""

from pathlib import Path

from tests.node.demo import DemoNode

USSS = ("authority-a-uss", "drone-operator-1", "drone-operator-2")
# It goes on as soon as it may. The recording is played faster than a visitor could follow.
HASTY = """
from mamarr.node import bridge, cli, demo_drone_acts, demo_drone_sky, demo_story
bridge.EVERY_S, demo_drone_sky.LOOK_S, demo_drone_acts.WAITS_S = 0.3, 0.1, {waits_s}
demo_story.DWELL_S, demo_drone_acts.SPEED_RATIO = {dwell_s}, 20.0
cli.main()
"""


class Drones(DemoNode):
    """A running chapter. waits_s, dwell_s: how long one sees who has not answered, and each step."""

    def __init__(self, folder: Path, *, waits_s: float = 0.2, dwell_s: float = 0.0) -> None:
        script = HASTY.format(waits_s=waits_s, dwell_s=dwell_s)
        super().__init__(folder, script=script, chapter=("drones",))

    def uss_process(self, name: str) -> int:
        """The process of a USS, which holds the folder of its record."""
        return int((self.folder / name / "node.lock").read_text())

    def processes(self) -> list[int]:
        """All of them but the first."""
        return [self.uss_process(each) for each in USSS]
