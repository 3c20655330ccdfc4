"""Who asks: bearer tokens of programs, sessions of people. Neither is ever logged."""

from mamarr.web.access.callers import Caller, Refused, Scope, Why
from mamarr.web.access.key_sets import FetchedKeys, HttpClient, Issuer, Reply
from mamarr.web.access.sessions import CODE_LIFETIME, CODES_MAX, SESSION_LIFETIME, Sessions
from mamarr.web.access.tokens import TokenChecker

__all__ = [
    "CODES_MAX",
    "CODE_LIFETIME",
    "SESSION_LIFETIME",
    "Caller",
    "FetchedKeys",
    "HttpClient",
    "Issuer",
    "Refused",
    "Reply",
    "Scope",
    "Sessions",
    "TokenChecker",
    "Why",
]
