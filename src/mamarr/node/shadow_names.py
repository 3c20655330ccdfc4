"""What another DSS calls what ours calls otherwise: OVNs, versions and ids that each makes by itself."""

import re
from collections import OrderedDict
from urllib.parse import quote, unquote

import msgspec

NAMES_MAX = 200_000  # chosen: the writes of some hours, 50 MB; the pair that was used least goes first
PATH = re.compile(
    r"(?P<api>/dss/v1|/rid/v2/dss)"
    r"/(?P<kind>operational_intent_references|constraint_references|subscriptions|identification_service_areas)"
    r"/(?P<name>[^/]*)(?:/(?P<version>[^/]*))?"
)
NAMING = ("subscription_id", "old_version")  # members of a body whose text a DSS made


class Names:
    """Pairs of names for the same thing: theirs, ours."""

    def __init__(self) -> None:
        self._ours: OrderedDict[str, str] = OrderedDict()
        self._theirs: dict[str, str] = {}

    def ours(self, theirs: str) -> str:
        """What ours calls it; the same name where no pair is known."""
        found = self._ours.get(theirs)
        if found is None:
            return theirs
        self._ours.move_to_end(theirs)
        return found

    def are_one(self, theirs: str, ours: str) -> bool:
        """Whether the two name the same thing: by a pair that is known, or as they are new, by this one."""
        if theirs in self._ours or ours in self._theirs:
            return self._ours.get(theirs) == ours
        self._ours[theirs], self._theirs[ours] = ours, theirs
        if len(self._ours) > NAMES_MAX:
            _, gone = self._ours.popitem(last=False)
            del self._theirs[gone]
        return True

    def path(self, raw_path: str) -> str:
        """The path with our names in it."""
        found = PATH.fullmatch(raw_path)
        if found is None:
            return raw_path
        name = unquote(found["name"])
        parts = [found["api"], found["kind"], quote(self.ours(name.lower()), safe="") if name else ""]
        if found["version"] is not None:
            parts.append(quote(self.ours(unquote(found["version"])), safe=""))
        if parts[2].lower() == found["name"].lower():
            parts[2] = found["name"]  # as it was written
        return "/".join(parts)

    def body(self, body: bytes) -> bytes:
        """The body of a request with our names in it; the very bytes where there is nothing to change."""
        try:
            said = msgspec.json.decode(body)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return body
        if not isinstance(said, dict):
            return body
        changed = dict(said)
        for member in NAMING:
            if isinstance(changed.get(member), str):
                changed[member] = self.ours(changed[member])
        if isinstance(changed.get("key"), list):
            changed["key"] = [self.ours(each) if isinstance(each, str) else each for each in changed["key"]]
        return body if changed == said else msgspec.json.encode(changed)
