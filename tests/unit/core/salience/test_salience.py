"""Scores on disk: what is read is what was written, and anything else is refused."""

from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from core.salience import Salience, SalienceError, compute_salience, select


@pytest.fixture
def salience(tiny_gpt2, make_examples) -> Salience:
    return compute_salience(tiny_gpt2, "grasp", make_examples(3), seed=4,
                            options={"temperature": 3})


@pytest.fixture
def path(tmp_path) -> Path:
    return tmp_path / "new" / "scores.safetensors"


def test_what_is_read_is_what_was_written(salience, path):
    salience.save(path)
    found = Salience.load(path)
    assert found.describe() == salience.describe()
    assert found.matrices == salience.matrices
    assert list(found.scores) == list(salience.scores)
    assert found.num_entries == sum(scores.numel() for scores in salience.scores.values())
    for name, scores in salience.scores.items():
        assert torch.equal(found.scores[name], scores)
    assert [file.name for file in path.parent.iterdir()] == [path.name]


def test_scores_that_are_views_are_written_too(salience, path):
    name = salience.matrices[0].name
    salience.scores[name] = salience.scores[name].t().contiguous().t()
    salience.save(path)
    assert torch.equal(Salience.load(path).scores[name], salience.scores[name])


def test_a_missing_or_cut_file_is_refused(salience, path):
    with pytest.raises(SalienceError, match=r"cannot be read .*made by `trailscope salience`"):
        Salience.load(path)
    salience.save(path)
    path.write_bytes(path.read_bytes()[:-10])
    with pytest.raises(SalienceError, match="cannot be read"):
        Salience.load(path)


def test_other_kinds_and_versions_are_refused(salience, path):
    select(salience, density=0.1).save(path)
    with pytest.raises(SalienceError, match="not a file of `trailscope salience` but of another"):
        Salience.load(path)
    save_file({"a": torch.zeros(1)}, path)
    with pytest.raises(SalienceError, match="of another kind"):
        Salience.load(path)
    save_file({"a": torch.zeros(1)}, path,
              metadata={"kind": "trailscope-salience", "format_version": "99"})
    with pytest.raises(SalienceError, match="of format version 99"):
        Salience.load(path)


@pytest.mark.parametrize("facts", ["{}", "not json", '{"matrices": [{"name": "a"}]}'])
def test_damaged_facts_are_refused(path, facts):
    path.parent.mkdir()
    save_file({"a": torch.zeros(1)}, path, metadata={
        "kind": "trailscope-salience", "format_version": "1", "facts": facts})
    with pytest.raises(SalienceError, match=r"is damaged|cannot be read"):
        Salience.load(path)
