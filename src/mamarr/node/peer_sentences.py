"""What an answer of no about a peer means, and how a line stands, in sentences for who is at the machine."""

from mamarr import phrases
from mamarr.coordination.channels import Stopped
from mamarr.faults import Reason, Refusal
from mamarr.interop.wire import safe
from mamarr.link.invitations import Kind
from mamarr.link.standings import Lines, PeerStanding
from mamarr.node.peer_desk import Add, Confirm, Invite, Request, Revoke

SEE_LIST = "`mamarr peer list` shows how they stand"
JOINED = "that node is joined already. To begin anew, revoke it first, then invite it"
REFUSED: dict[tuple[type[Request], Kind | None, Reason], str] = {
    (Invite, Kind.INVITATION, Reason.ID_TAKEN): JOINED,
    (Invite, Kind.INVITATION, Reason.NOT_YOURS): "that is the name of this node itself",
    (Add, Kind.INVITATION, Reason.ID_TAKEN): JOINED,
    (Add, Kind.ANSWER, Reason.ID_TAKEN): JOINED,
    (Add, Kind.INVITATION, Reason.WRONG_STATUS): "this invitation was taken before, and each is for once. If "
    "the answer to it is lost, ask for another invitation",
    (Add, Kind.INVITATION, Reason.TIME_PAST): "this invitation is past its time: ask for another one",
    (Add, Kind.ANSWER, Reason.TIME_PAST): "the invitation that this answers is past its time: invite again",
    (Add, Kind.ANSWER, Reason.NOT_THERE): "this answers no invitation of this node's that is open: it was "
    "answered before, or another one was made since. Invite again",
    (Add, Kind.RENEWAL, Reason.NOT_THERE): "this follows no certificate that counts here: that node is not "
    f"joined, or speaks with this one already; {SEE_LIST}",
    (Add, Kind.RENEWAL, Reason.WRONG_STATUS): "this next certificate was added before, or is not that node's",
    (Add, Kind.INVITATION, Reason.NOT_YOURS): "it says that it is of this node's own party, or of another "
    "party than before",
    (Add, Kind.ANSWER, Reason.NOT_YOURS): "it says that it is of this node's own party, or of another party "
    "than before",
    (Confirm, None, Reason.NOT_THERE): f"that node has not said yet who it is; {SEE_LIST}",
    (Confirm, None, Reason.WRONG_STATUS): "the words were compared before, or that node was revoked; "
    f"{SEE_LIST}",
    (Revoke, None, Reason.NOT_THERE): f"no node of that name is known; {SEE_LIST}",
    (Revoke, None, Reason.WRONG_STATUS): "that node was revoked before: nothing passes",
}
STOPPED = {
    Stopped.CLOSED: "a person of this node closed it",
    Stopped.TWO_HISTORIES: "it signed two that contradict each other: talk to its people",
    Stopped.SET_BACK: "it has recorded more of this node's than this node knows: was this record set back?",
}


def refused(request: Request, kind: Kind | None, refusal: Refusal) -> str:
    """Why the answer to `request` is no. kind: of the text that it was about, if it was about one."""
    said = REFUSED.get((type(request), kind, refusal.reason))
    if said is not None:
        return said
    named = [*refusal.because, *([] if refusal.limit is None else [refusal.limit])]
    because = f" ({', '.join(map(safe, named))})" if named else ""
    return phrases.text(str(refusal.reason), "en") + because


def trouble(peer: PeerStanding) -> list[str]:
    """What is wrong with the line to a peer beside that there is no connection, a line of text each."""
    at, found = peer.standing, list[str]()
    if at is None:
        return found
    if at.stopped is not None:
        found.append(f"nothing is taken in any more: {STOPPED[at.stopped]}")
    if at.is_stopped_there:
        found.append("that node takes in nothing of this one's any more: call")
    if at.unread_there is not None:
        found.append(f"that node could not read all: it reads envelopes up to version {at.unread_there}")
    if at.counted:
        found.append(f"came and was not taken in: {_counts(at.counted)}")
    return found


def turned_away(lines: Lines) -> list[str]:
    """Who was not let in at all, a line of text."""
    return [f"connections not let in: {_counts(lines.turned_away)}"] if lines.turned_away else []


def _counts(counted: dict[str, int]) -> str:
    return ", ".join(f"{count} × {safe(what)}" for what, count in sorted(counted.items()))
