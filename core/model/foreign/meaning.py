"""What the tokens of a foreign model mean, by the data set that it was trained on.

See docs/definitions.md, Graphs and chemistries.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from core.chemistry.chemistry import (
    AUTOGRAPH_GUACAMOL,
    AUTOGRAPH_MOSES,
    CHEMISTRIES,
    QM9,
    Chemistry,
)
from core.errors import InputError
from core.sent.vocabulary import PLANAR_VOCABULARY, Vocabulary, vocabulary_of

_MOLECULES = {"QM9": QM9, "MOSES": AUTOGRAPH_MOSES, "GuacaMol": AUTOGRAPH_GUACAMOL}
_PLANAR = "planar"
_UNLABELLED = ("sbm", "protein", "point_cloud", "unlabelled")

FOREIGN_DATASETS = (*map(str.lower, _MOLECULES), _PLANAR, *_UNLABELLED)
"""Data sets that can be named for a foreign model; `unlabelled` is any other without labels."""


@dataclass(frozen=True)
class TokenMeaning:
    """What a model writes.

    Attributes:
        vocabulary: what its tokens are.
        chemistry: what the labels of its graphs mean; None for graphs without labels.
        dataset: what it was trained on, `unknown` if nobody says.
    """

    vocabulary: Vocabulary
    chemistry: Chemistry | None
    dataset: str


def token_meaning(
    num_tokens: int,
    source: object,
    *,
    dataset: str | None = None,
    chemistry: str | None = None,
    stated: Sequence[str] = (),
    is_labelled: bool | None = None,
    is_autograph: bool = False,
) -> TokenMeaning:
    """What the tokens of a model mean.

    Args:
        num_tokens: rows of its embedding.
        source: where the model lies, for messages.
        dataset: one of `FOREIGN_DATASETS`, in any case; goes before what is stated.
        chemistry: a key of `CHEMISTRIES`; goes before `dataset`.
        stated: data sets that the file names.
        is_labelled: whether the file says that its graphs have labels.
        is_autograph: AutoGraph's or LU's code wrote the file: where nothing is said, the number of
            its tokens tells.

    Raises:
        InputError: if that is unknown, contradictory, or has another number of tokens.
    """
    found: TokenMeaning | None = None
    if chemistry is not None:
        found = _of_chemistry(chemistry, dataset)
    elif dataset is not None:
        if dataset.lower() not in FOREIGN_DATASETS:
            raise InputError(f"Unknown data set {dataset!r}; use {', '.join(FOREIGN_DATASETS)}, or "
                             "say with --chemistry how molecules are written.")
        found = _of_dataset(dataset, num_tokens, source)
    elif stated:
        found = _as_stated(stated, is_labelled, num_tokens, source)
    elif is_autograph:
        found = _of_size(num_tokens, source)
    if found is None:
        fitting = [name for name, known in CHEMISTRIES.items()
                   if len(vocabulary_of(known)) == num_tokens]
        raise InputError(f"{source} does not say what its {num_tokens} tokens mean; give --dataset "
                         f"({', '.join(FOREIGN_DATASETS)}) or --chemistry"
                         + (f" ({', '.join(fitting)} would fit)." if fitting else "."))
    if len(found.vocabulary) != num_tokens:
        what = found.chemistry.name if found.chemistry is not None else found.dataset
        otherwise = ("--dataset unlabelled takes graphs of any size" if found.chemistry is None
                     else "name what it was trained on with --dataset or --chemistry")
        raise InputError(f"The model in {source} has {num_tokens} tokens, but {what} has "
                         f"{len(found.vocabulary)}; {otherwise}.")
    return found


def _of_chemistry(name: str, dataset: str | None) -> TokenMeaning:
    if name not in CHEMISTRIES:
        raise InputError(f"Unknown chemistry {name!r}; use {', '.join(CHEMISTRIES)}.")
    titles = {title.lower(): title for title in _MOLECULES}
    if dataset is not None and dataset.lower() not in titles:
        raise InputError(f"--chemistry {name} is of molecules, --dataset {dataset} is not; give "
                         "one of the two.")
    title = "unknown" if dataset is None else titles[dataset.lower()]
    return TokenMeaning(vocabulary_of(CHEMISTRIES[name]), CHEMISTRIES[name], title)


def _of_dataset(name: str, num_tokens: int, source: object) -> TokenMeaning:
    for title, chemistry in _MOLECULES.items():
        if name.lower() == title.lower():
            return TokenMeaning(vocabulary_of(chemistry), chemistry, title)
    if name.lower() == _PLANAR:
        return TokenMeaning(PLANAR_VOCABULARY, None, _PLANAR)
    return _unlabelled(name, num_tokens, source)


def _unlabelled(name: str, num_tokens: int, source: object) -> TokenMeaning:
    """Graphs without labels: all tokens but the six special ones are nodes."""
    nodes = num_tokens - Vocabulary(max_nodes=1).index_offset
    if nodes < 1:
        raise InputError(f"The model in {source} has {num_tokens} tokens, too few to write a "
                         "graph; only models over AutoGraph's tokens can be imported.")
    return TokenMeaning(Vocabulary(max_nodes=nodes), None, name)


def _as_stated(
    names: Sequence[str], is_labelled: bool | None, num_tokens: int, source: object
) -> TokenMeaning:
    """By what the file says; several data sets at once have no labels in common."""
    together = ", ".join(names)[:80]
    molecules = {title.lower() for title in _MOLECULES}
    if is_labelled and (len(names) > 1 or names[0].lower() not in molecules):
        raise InputError(f"{source} was trained on labelled graphs of {together}, whose labels are "
                         "not known; say with --chemistry what they are.")
    if len(names) == 1 and not (is_labelled is False and names[0].lower() in molecules):
        return _of_dataset(names[0], num_tokens, source)
    return _unlabelled(together, num_tokens, source)


def _of_size(num_tokens: int, source: object) -> TokenMeaning | None:
    """The one of the data sets with a size of their own that has as many tokens."""
    return next((found for name in (*_MOLECULES, _PLANAR)
                 if len((found := _of_dataset(name, num_tokens, source)).vocabulary)
                 == num_tokens), None)
