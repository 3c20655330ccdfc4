"""What the demo says on the terminal."""

from pathlib import Path

from rich.console import Console

from mamarr.node.auditing import print_verdict
from mamarr.node.demo_node import DemoNode
from mamarr.record import Verdict


class Terminal:
    """What the demo says on the terminal."""

    def __init__(self, console: Console) -> None:
        self._console = console

    def say(self, line: str) -> None:
        """A line, with marks of rich."""
        self._console.print(line)

    def greet(self, node_id: str) -> None:
        """Which node this is, and what it is not."""
        self.say(f"[bold]EXERCISE[/bold]  node {node_id}. An advisory aid, not certified equipment.")

    def read_only(self, node: DemoNode) -> None:
        """Why the node decides nothing."""
        self.say(
            f"[red]READ-ONLY ({node.runtime.set_back})[/red]: this record was restored or copied. "
            "Nothing is decided until a person confirms it on the page."
        )

    def goes_on(self, record: Path, count: int) -> None:
        """That it was there before."""
        self.say(f"the record in {record} goes on after {count} entries")

    def audited(self, record: Path, verdict: Verdict, verifier: str) -> None:
        """What the audit of a record says, and how to ask for it."""
        print_verdict(self._console, verdict, trusted=True)
        self.say(f"the same from another terminal: mamarr audit {record} --key '{verifier}'")

    def tokens(self, name: Path) -> None:
        """Where the tokens are."""
        self.say(f"tokens for programs, good for an hour: {name}")

    def whole(self, line: str) -> None:
        """A line as it is, however long."""
        self._console.print(line, soft_wrap=True, markup=False, highlight=False)
