"""What a Lightning checkpoint says of its model beside the weights: `hyper_parameters`.

AutoGraph and LU keep their whole configuration there, an omegaconf object under `cfg`. What is read
inertly is the state of that object: its entries in `_content`, every value in a node's `_val`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeGuard

from core.model.foreign.inert_pickle import StandIn

_REFERENCE = re.compile(r"\$\{([A-Za-z_][\w.]*)\}")
_MAX_REFERENCES = 8
"""References followed to other references, more than any file has; a circle ends there."""
_MAX_NAME = 80


@dataclass(frozen=True)
class HyperParameters:
    """What decides the function of the weights; None or empty where the file does not say.

    Attributes:
        model_name: `KIND-SIZE`, such as `llama-s`.
        dataset_names: what it was trained on.
        is_labelled: whether its graphs have labels.
        settings: what else is said of the model and is not null.
    """

    model_name: str | None = None
    dataset_names: tuple[str, ...] = ()
    is_labelled: bool | None = None
    settings: frozenset[str] = frozenset()


def read_hyper_parameters(content: Mapping[str, Any]) -> HyperParameters:
    """What a checkpoint's `hyper_parameters` say, under `cfg` or by themselves.

    A value that refers to another one (`${model.name}`) is that one; what only the code that wrote
    the file could resolve counts as not said.
    """
    stored = content.get("hyper_parameters")
    config = _entries(stored).get("cfg", stored)
    name = _find(config, "model.model_name")
    labelled = _find(config, "datamodule.labeled_graph")
    names = _find(config, "datamodule.dataset_names")
    names = [names] if isinstance(names, str) else names
    all_named = isinstance(names, list) and all(map(_is_name, names))
    model = _entries(_entries(config).get("model"))
    return HyperParameters(
        model_name=name if _is_name(name) else None,
        dataset_names=tuple(names) if all_named else (),
        is_labelled=labelled if isinstance(labelled, bool) else None,
        settings=frozenset(key for key, node in model.items() if _plain(node) is not None),
    )


def _find(config: Any, path: str, references: int = _MAX_REFERENCES) -> Any:
    """The value at a dotted path, None if there is none."""
    node = config
    for key in path.split("."):
        node = _entries(node).get(key)
    value = _plain(node)
    if isinstance(value, str) and "${" in value:
        reference = _REFERENCE.fullmatch(value)
        return _find(config, reference[1], references - 1) if reference and references else None
    return value


def _is_name(value: Any) -> TypeGuard[str]:
    """Whether a value is text that can be shown; `???` is omegaconf's for one still to be given."""
    return (isinstance(value, str) and 0 < len(value) <= _MAX_NAME and value.isprintable()
            and value != "???" and "${" not in value)


def _entries(node: Any) -> dict[str, Any]:
    """What a mapping of any kind holds: plain, omegaconf's, a subclass of dict, attributes."""
    if isinstance(node, StandIn):
        state = _state(node)
        node = dict(_named(node.entries)) or ({} if "_val" in state else
                                              state.get("_content", state))
    return dict(_named(node.items())) if isinstance(node, dict) else {}


def _plain(node: Any) -> Any:
    """The value of a node: text, a number, a list of values; other objects as they are."""
    content = _state(node).get("_content", node)
    if isinstance(content, (list, tuple)):
        return [_state(each).get("_val", each) for each in content]
    return _state(node).get("_val", node)


def _state(node: Any) -> dict[str, Any]:
    """The attributes of a stand-in, by name; none for anything else."""
    return node.state if isinstance(node, StandIn) and isinstance(node.state, dict) else {}


def _named(pairs: Iterable[tuple[Any, Any]]) -> Iterator[tuple[str, Any]]:
    return ((key, value) for key, value in pairs if isinstance(key, str))
