"""The choice of a model on every page that has one: the data set first, then who learnt it.

Only the model is part of the address; the data set follows from it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import streamlit as st

from core.assets import models_folder
from core.data.registry import DATASETS, dataset_of_model
from core.errors import InputError
from core.model.card import ModelCard
from core.model.readers import readers, why_none
from dashboard.shared import own_models
from dashboard.shared.bring_model import bring_model
from dashboard.shared.inputs import is_history_navigation

MADE_HERE, YOURS = "Made here", "Yours"
"""Of models that were trained, fine-tuned or imported on this machine, and of those that a visitor
brought."""

_OTHER = "Other"


def dataset_title(card: ModelCard) -> str:
    """Under which title a model is offered: that of its data set, or one of those."""
    if own_models.find(card.name) == card:
        return YOURS
    if card.path.parent == models_folder():
        return MADE_HERE
    try:
        return capitalised(dataset_of_model(card.data, card.vocabulary).title)
    except InputError:
        return _OTHER


def capitalised(title: str) -> str:
    """A data set's title at the beginning of a label.

    >>> capitalised("planar"), capitalised("QM9")
    ('Planar', 'QM9')
    """
    return title[:1].upper() + title[1:]


def by_dataset(models: Mapping[str, ModelCard]) -> dict[str, tuple[str, ...]]:
    """Names of models by `dataset_title`, in their order; those made here or brought come last."""
    groups: dict[str, list[str]] = {}
    for name, card in models.items():
        groups.setdefault(dataset_title(card), []).append(name)
    last = {title: groups.pop(title) for title in (MADE_HERE, YOURS) if title in groups}
    return {title: tuple(names) for title, names in (groups | last).items()}


def choose_model(
    models: Mapping[str, ModelCard], *, key: str, default: str, label: str = "Model", help: str,
    disabled: bool = False,
) -> str:
    """A bar of data sets, where there are several, and a box with the models of the chosen one;
    below it a visitor can bring another.

    Args:
        models: what can be chosen, at least one.
        key: of the model, in the session and in the address.
        default: the model of an address that names none, or the first one.
        label: of the box.
        help: of the box.
        disabled: whether the choice is only shown.
    """
    strategies = {name: card.strategy.name for name, card in models.items()}
    chosen = choose_by_dataset(by_dataset(models), strategies, key=key, default=default,
                               label=label, help=help, disabled=disabled)
    if not disabled:
        bring_model(key)
    return chosen


def choose_by_dataset(
    groups: Mapping[str, Sequence[str]], strategies: Mapping[str, str], *, key: str, default: str,
    label: str = "Model", help: str, disabled: bool = False,
) -> str:
    """The same, for models of which no more than these is known.

    Args:
        groups: names of models by the title of their data set.
        strategies: what each was trained under.
    """
    names = [name for of_title in groups.values() for name in of_title]
    default = default if default in names else names[0]
    asked = st.query_params.get(key)
    # An address that names no model asks for the default one, whatever was chosen since.
    chosen = asked if is_history_navigation() else st.session_state.get(key) or asked
    current = chosen if chosen in names else default
    if key in st.session_state and chosen != current:
        st.session_state[key] = current
    title = _title_of(current, groups)
    if len(groups) > 1:
        box = f"{key}_dataset"
        st.session_state[box] = title  # it only shows and changes the model, which alone decides
        st.pills("Data set", list(groups), required=True, key=box, help=_about(groups),
                 disabled=disabled, on_change=_take_dataset,
                 args=(groups, strategies, key, current))
    # The address leaves out what is the default, so no model of another data set may be one; a box
    # without a default can be emptied, which leads back to the page's own.
    index = groups[title].index(default) if default in groups[title] else None
    return st.selectbox(label, groups[title], index=index, key=key, bind="query-params",
                        help=help, disabled=disabled) or current


def offer_reader(
    smiles: str, models: Mapping[str, ModelCard], *, key: str, like: ModelCard
) -> None:
    """Below the sentence on a molecule that a model cannot read: a click goes to one that can, or
    why none can.

    Args:
        smiles: the molecule.
        models: all that there are.
        key: as of `choose_model`.
        like: the model that cannot read it.
    """
    able = readers(smiles, models.values(), like=like)
    if not able and (why := why_none(smiles, models.values())):
        st.caption(why)
    # If the model itself can read it, something else is wrong.
    if able and able[0].weights_sha256 != like.weights_sha256:
        st.button(f"Open it under {able[0].name}", type="primary", key=f"{key}_reader",
                  icon=":material/swap_horiz:", on_click=_take_model, args=(key, able[0].name),
                  help="Reads this molecule. " + _limits(able[0]))


def _limits(card: ModelCard) -> str:
    return "" if card.chemistry is None else card.chemistry.limits


def _take_model(key: str, name: str) -> None:
    st.session_state[key] = name


def _title_of(model: str, groups: Mapping[str, Sequence[str]]) -> str:
    return next(title for title, names in groups.items() if model in names)


def _take_dataset(
    groups: Mapping[str, Sequence[str]], strategies: Mapping[str, str], key: str, left: str
) -> None:
    """Go to the model of the data set that was left last, or to one of the same strategy."""
    title = st.session_state[f"{key}_dataset"]
    last = st.session_state.setdefault(f"{key}_last", {})
    last[_title_of(left, groups)] = left
    able = groups[title]
    same = [name for name in able if strategies[name] == strategies[left]]
    st.session_state[key] = last[title] if last.get(title) in able else (same or able)[0]


def _about(groups: Mapping[str, Sequence[str]]) -> str:
    """What the data sets are, for those who do not know their names."""
    known = {dataset.title.lower(): dataset.about for dataset in DATASETS.values()}
    said = [f"{title}: {known[name]}" for title in groups
            if (name := title.lower().partition(",")[0]) in known]
    if MADE_HERE in groups:
        said.append(f"{MADE_HERE}: trained, fine-tuned or imported on this machine")
    if YOURS in groups:
        said.append(f"{YOURS}: brought by you, seen by you alone")
    return "What the models learnt. " + ". ".join(said) + "."
