"""Who speaks for the USS: the rule RULE of the node's own party, which checked what came to its door."""

from mamarr.names import Author

RULE = "operations"


def is_door(author: Author, party: str) -> bool:
    """Whether `author` is the door of the USS of `party`."""
    return author.rule == RULE and author.party == party
