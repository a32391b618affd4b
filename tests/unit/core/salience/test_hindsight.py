"""The hindsight mask: the entries that training all weights changed most."""

from dataclasses import replace

import pytest

from core.finetune.config import FinetuneConfig
from core.salience.hindsight import hindsight_scores
from core.salience.language_model import LanguageModel
from core.salience.masks import Mask, select
from core.salience.matrices import SalienceError


@pytest.fixture(scope="module")
def models(tiny, make_checkpoint):
    return [LanguageModel.from_checkpoint(one) for one in (tiny, make_checkpoint("new", seed=3))]


def test_it_is_what_a_sort_of_all_changes_selects(models, tmp_path):
    before, after = models
    old, new = (dict(one.model.named_parameters()) for one in models)
    changes = []
    for matrix in before.matrices:
        pairs = zip(old[matrix.name].flatten().tolist(), new[matrix.name].flatten().tolist(),
                    strict=True)
        changes += [(-abs(now - was), len(changes) + place)
                    for place, (was, now) in enumerate(pairs)]
    expected = {place for _, place in sorted(changes)[:137]}
    mask = select(hindsight_scores(before, after), count=137)
    mask.save(tmp_path / "mask.safetensors")
    offset, found = 0, set()
    for matrix in before.matrices:
        found |= {offset + place for place in
                  mask.entries[matrix.name].flatten().nonzero().flatten().tolist()}
        offset += matrix.numel
    assert found == expected
    again = Mask.load(tmp_path / "mask.safetensors")
    assert (again.criterion, again.model, again.weights_sha256) == (
        "hindsight", "tiny", before.weights_sha256)
    assert again.origin["options"]["after"] == "new"


def test_models_without_a_change_are_refused(models):
    before, after = models
    with pytest.raises(SalienceError, match="tiny has the weights of tiny, so none changed"):
        hindsight_scores(before, before)
    cut = replace(after)
    object.__setattr__(cut, "matrices", before.matrices[1:])
    with pytest.raises(SalienceError, match="The matrices of new are not those of tiny"):
        hindsight_scores(before, cut)


def test_it_is_never_chosen_again():
    with pytest.raises(SalienceError, match="cannot be chosen again along the way"):
        FinetuneConfig(criterion="hindsight", count=5, reselect_every=2)
