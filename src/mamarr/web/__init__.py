"""Routes, access and the page. The only package that knows the web framework."""

from mamarr.web.access import Caller, Issuer, Sessions, TokenChecker
from mamarr.web.app import Engine, application

__all__ = ["Caller", "Engine", "Issuer", "Sessions", "TokenChecker", "application"]
