"""The tables of what this USS plans and flies, and where that is. Written by the projection alone."""

from collections.abc import Iterator

from mamarr.discovery import Envelope
from mamarr.discovery.relevance import Relevance
from mamarr.engine.tables import Table
from mamarr.faults import present
from mamarr.operations import Advisory, Closure, Delivery, Known, Operation

UNSAID = "-"  # the manager of what no DSS has yet
ASKED = "/asked"  # ends the name under which the index has what an operation is asked to be


class Operated:
    """The tables, as of `engine.tables`. near: where operations are and are asked to be, pending included."""

    def __init__(self) -> None:
        self.near = Relevance()
        self.operations: Table[str, Operation] = Table(self._operation_changed)
        self.closures: Table[str, Closure] = Table()
        self.deliveries: Table[str, Delivery] = Table()
        self.advisories: Table[str, Advisory] = Table()

    def _operation_changed(self, key: str, _: Operation | None, after: Operation | None) -> None:
        self.near.put(key, None if after is None else after.extent)
        change = None if after is None else after.change
        self.near.put(key + ASKED, None if change is None else change.extent)

    def own_near(self, asked: Envelope, *, but: str, now_us: int) -> Iterator[Known]:
        """This USS's operations that are near to `asked`, other than `but`, as others would know them.

        One that is being changed stands there twice: as it is, and as it is asked to be.
        """
        for name in self.near.meeting(asked, now_us=now_us):
            key = name.removesuffix(ASKED)
            if key == but:
                continue
            value = present(self.operations.get(key), "the index follows the table")
            reference, state, details = value.reference, value.state, value.details
            if name.endswith(ASKED):
                change = present(value.change, "the index follows the table")
                state, details = change.state, change.details
            yield Known(
                entity_id=key,
                manager=UNSAID if reference is None else reference.manager,
                version=0 if reference is None else reference.version,
                state=present(state, "what is somewhere has a state"),
                details=details,
            )
