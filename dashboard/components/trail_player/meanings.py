"""What a token is called, and what it does in a trail, as a sentence for its reader."""

from __future__ import annotations

from core.sent.token_roles import TokenEvent
from core.sent.vocabulary import TokenKind

_SENTENCES = {
    TokenEvent.BEGIN: "The sequence starts.",
    TokenEvent.START: "Starts at the first {node}, visit {step}.",
    TokenEvent.WALK: "Walks along {name} bond.",
    TokenEvent.ARRIVE: "Reaches a new {node}, visit {step}.",
    TokenEvent.JUMP: "Jumps: visit {before} has no unvisited neighbour.",
    TokenEvent.LAND: "Lands on a new {node}, visit {step}.",
    TokenEvent.LABEL: "Visit {step} is {label}.",
    TokenEvent.OPEN: "Starts the list of {edge}s from visit {step} back to earlier visits.",
    TokenEvent.LIST_LABEL: "Lists {name} bond from visit {step} to visit {other}.",
    TokenEvent.LIST_INDEX: "The {edge} from visit {step} goes back to visit {other}.",
    TokenEvent.CLOSE: "Ends the list of {edge}s.",
    TokenEvent.END: "The sequence ends.",
}


_TITLES = {"sos": "start", "reset": "jump", "ladj": "list opens", "radj": "list closes",
           "eos": "end"}


def token_title(name: str, kind: TokenKind) -> str:
    """What a token is called where there is room; an index counts visits, not atoms.

    Args:
        name: what `Vocabulary.token_name` says.
        kind: one of the four token kinds.

    >>> token_title("ladj", TokenKind.SPECIAL), token_title("5", TokenKind.NODE_INDEX)
    ('list opens', 'visit 5')
    >>> token_title("C", TokenKind.NODE_LABEL), token_title("double", TokenKind.EDGE_LABEL)
    ('atom C', 'double bond')
    """
    match kind:
        case TokenKind.SPECIAL:
            return _TITLES.get(name, name)
        case TokenKind.NODE_INDEX:
            return f"visit {name}"
        case TokenKind.NODE_LABEL:
            return f"atom {name}"
        case TokenKind.EDGE_LABEL:
            return f"{name} bond"


def meaning(
    event: TokenEvent, name: str, *, step: int, other: int | None, is_molecule: bool
) -> str:
    """Say what a token does.

    Args:
        event: what it does.
        name: what `Vocabulary.token_name` says.
        step: visit that it belongs to; -1 for none.
        other: visit at the other end of a listed edge, else None.
        is_molecule: speak of atoms and bonds, not of nodes and edges.
    """
    node, edge = ("atom", "bond") if is_molecule else ("node", "edge")
    article = "an" if name[0] in "aeiou" else "a"
    return _SENTENCES[event].format(node=node, edge=edge, step=step, before=step - 1, other=other,
                                    name=f"{article} {name}", label=name)
