"""What a token of a trail does, as a sentence for its reader."""

from __future__ import annotations

from core.sent.token_roles import TokenEvent


def meaning(event: TokenEvent, name: str, *, step: int, other: int | None, labelled: bool) -> str:
    """Say what a token does.

    Args:
        event: what it does.
        name: what `Vocabulary.token_name` says.
        step: visit that it belongs to; -1 for none.
        other: visit at the other end of a listed edge, else None.
        labelled: speak of atoms and bonds, not of nodes and edges.
    """
    node, edge = ("atom", "bond") if labelled else ("node", "edge")
    match event:
        case TokenEvent.BEGIN:
            return "The sequence starts."
        case TokenEvent.START:
            return f"Starts at the first {node}, visit {step}."
        case TokenEvent.WALK:
            return f"Walks along {_a(name)} bond."
        case TokenEvent.ARRIVE:
            return f"Reaches a new {node}, visit {step}."
        case TokenEvent.JUMP:
            return f"Jumps: visit {step - 1} has no unvisited neighbour."
        case TokenEvent.LAND:
            return f"Lands on a new {node}, visit {step}."
        case TokenEvent.LABEL:
            return f"Visit {step} is {name}."
        case TokenEvent.OPEN:
            return f"Starts the list of {edge}s from visit {step} back to earlier visits."
        case TokenEvent.LIST_LABEL:
            return f"Lists {_a(name)} bond from visit {step} to visit {other}."
        case TokenEvent.LIST_INDEX:
            return f"The {edge} from visit {step} goes back to visit {other}."
        case TokenEvent.CLOSE:
            return f"Ends the list of {edge}s."
        case TokenEvent.END:
            return "The sequence ends."
    raise ValueError(f"{event.name} is no token of a trail.")


def _a(name: str) -> str:
    return f"an {name}" if name[0] in "aeiou" else f"a {name}"
