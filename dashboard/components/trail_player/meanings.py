"""What a token of a trail does, as a sentence for its reader."""

from __future__ import annotations

from core.sent.token_roles import TokenEvent

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
