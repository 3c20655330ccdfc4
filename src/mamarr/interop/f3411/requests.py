"""What a USS may send to a DSS of ASTM F3411-22a (its API 2.1.0), as it stands on the wire.

Volumes, times and addresses are those of F3548-21, which took them over from it.
"""

import msgspec

from mamarr.interop.f3548.requests import Url, Volume4DMessage


class PutServiceAreaMessage(msgspec.Struct, frozen=True, kw_only=True):
    """Create or change an identification service area."""

    extents: Volume4DMessage
    uss_base_url: Url


class PutDisplaySubscriptionMessage(msgspec.Struct, frozen=True, kw_only=True):
    """Create or change a display provider's subscription."""

    extents: Volume4DMessage
    uss_base_url: Url
