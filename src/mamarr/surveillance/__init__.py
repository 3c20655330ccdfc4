"""What is seen: tracks, whose they are, whether they keep to what was filed, and the warnings from that."""

from mamarr.names import AlertType
from mamarr.surveillance import alerts, blocks, conformance, correlation, feeds, tracks
from mamarr.surveillance.alerts import Alert, AlertStatus
from mamarr.surveillance.blocks import Block, Sighting
from mamarr.surveillance.correlation import Claim, Expected, Leg, Standing
from mamarr.surveillance.feeds import Feed, FeedNote, FeedState
from mamarr.surveillance.live import Cycle, Live
from mamarr.surveillance.tracks import Report, Track

__all__ = [
    "Alert",
    "AlertStatus",
    "AlertType",
    "Block",
    "Claim",
    "Cycle",
    "Expected",
    "Feed",
    "FeedNote",
    "FeedState",
    "Leg",
    "Live",
    "Report",
    "Sighting",
    "Standing",
    "Track",
    "alerts",
    "blocks",
    "conformance",
    "correlation",
    "feeds",
    "tracks",
]
