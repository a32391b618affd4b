"""Calibration examples: sliced within a budget, read from files, written from molecules."""

import json

import pytest
import torch

from core.chemistry.molecules import from_smiles
from core.salience import SalienceError, TokenSequences, read_token_file
from core.salience.examples import from_graphs
from core.sent.strategies import MIN_DEGREE_FIRST
from core.sent.vocabulary import EOS, QM9_VOCABULARY, SOS


def rows_of(examples):
    return [row[:length].tolist()
            for row, length in zip(examples.tokens, examples.lengths.tolist(), strict=True)]


@pytest.mark.parametrize("budget", [1, 13, 40, 10_000])
def test_slices_hold_every_sequence_once_within_the_budget(make_examples, budget):
    examples = make_examples(20)
    parts = list(examples.slices(budget))
    for part in parts:
        assert part.tokens.numel() <= budget or len(part) == 1
        assert part.tokens.shape[1] == int(part.lengths.max())
        assert part.source == examples.source
    found = [row for part in parts for row in rows_of(part)]
    assert sorted(found) == sorted(rows_of(examples))
    assert [len(row) for row in found] == sorted(map(len, found))


def test_targets_are_what_follows_the_first_token_up_to_the_end():
    examples = TokenSequences(torch.zeros(2, 4).long(), torch.tensor([2, 4]))
    assert examples.is_real.tolist() == [[True, True, False, False], [True] * 4]
    assert examples.is_target.tolist() == [[True, False, False], [True, True, True]]


def test_the_digest_is_that_of_the_sequences_not_of_their_padding():
    narrow = TokenSequences(torch.tensor([[1, 2, 0]]), torch.tensor([2]))
    wide = TokenSequences(torch.tensor([[1, 2, 9, 9, 9]]), torch.tensor([2]))
    assert narrow.digest == wide.digest
    others = (TokenSequences(torch.tensor([[1, 3, 0]]), torch.tensor([2])),
              TokenSequences(torch.tensor([[1, 2, 0]]), torch.tensor([3])),
              TokenSequences(torch.tensor([[1, 2], [1, 2]]), torch.tensor([2, 2])))
    assert len({narrow.digest, *(other.digest for other in others)}) == 4
    split = [TokenSequences(torch.tensor(rows), torch.tensor(lengths)) for rows, lengths in (
        ([[1, 2, 3], [4, 5, 0]], [3, 2]), ([[1, 2, 0], [3, 4, 5]], [2, 3]))]
    assert split[0].digest != split[1].digest


def test_molecules_are_written_by_the_strategy():
    graphs = [from_smiles(smiles).graph for smiles in ("OCC1CC1C#N", "CC(C)O")]
    first, again, other = (from_graphs(graphs, QM9_VOCABULARY, MIN_DEGREE_FIRST, seed=seed,
                                       source={"data": "made up"}) for seed in (0, 0, 5))
    assert rows_of(first) == rows_of(again) != rows_of(other)
    assert first.source == {"kind": "graphs", "strategy": "min_degree_first", "seed": 0,
                            "number": 2, "data": "made up"}
    for row in rows_of(first):
        assert (row[0], row[-1]) == (SOS, EOS)
    with pytest.raises(SalienceError, match="no calibration examples; give at least one graph"):
        from_graphs([], QM9_VOCABULARY, MIN_DEGREE_FIRST, seed=0)


def test_a_token_file_is_read_line_by_line(tiny_llama, tmp_path):
    path = tmp_path / "tokens.jsonl"
    rows = [[1, 2, 3], [4, 5], [6, 7, 8, 9]]
    path.write_text("\n\n".join(map(json.dumps, rows)) + "\n")
    assert rows_of(read_token_file(path, tiny_llama)) == rows
    two = read_token_file(path, tiny_llama, number=2)
    assert rows_of(two) == rows[:2]
    assert two.source == {"kind": "tokens", "file": "tokens.jsonl", "number": 2}


@pytest.mark.parametrize(("content", "message"), [
    ("", "holds no token sequence"),
    ("[1, 2]\n[3]", "line 2 is not a list of at least two token ids"),
    ("[1, 2.5]", "line 1 is not a list"), ("[true, 1]", "line 1 is not a list"),
    ('{"a": 1}', "line 1 is not a list"), ("1 2 3", "line 1 is not a list"),
    ("[1, 23]", "line 1 has a token outside 0 … 22, the vocabulary of llama"),
    ("[1, -1]", "line 1 has a token outside"),
    (json.dumps([1] * 33), "line 1 has 33 tokens; llama attends over at most 32")])
def test_a_bad_line_is_named(tiny_llama, tmp_path, content, message):
    path = tmp_path / "tokens.jsonl"
    path.write_text(content)
    with pytest.raises(SalienceError, match=message):
        read_token_file(path, tiny_llama)


def test_a_file_that_is_no_text_is_refused(tiny_llama, tmp_path):
    path = tmp_path / "tokens.jsonl"
    with pytest.raises(SalienceError, match="cannot be read as text"):
        read_token_file(path, tiny_llama)
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(SalienceError, match="cannot be read as text"):
        read_token_file(path, tiny_llama)
