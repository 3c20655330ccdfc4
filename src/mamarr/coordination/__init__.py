"""Between parties: what one may learn of another. Agreements and channels come with the second node."""

from mamarr.coordination import disclosure
from mamarr.coordination.disclosure import Disclosed, Disclosure, Rule

__all__ = ["Disclosed", "Disclosure", "Rule", "disclosure"]
