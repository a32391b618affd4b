"""`trailscope generate` on tiny models."""


import pytest
import torch

from core.chemistry.cautions import strain_notes
from core.chemistry.molecules import is_stable, num_fragments, to_smiles, with_hydrogens
from core.graph.planar import is_valid_planar
from core.model.checkpoints import load_checkpoint
from core.model.generation import SamplingConfig, generate
from core.sent.decoder import decode
from core.sent.vocabulary import (
    EOS,
    MOSES_VOCABULARY,
    PLANAR_VOCABULARY,
    QM9_VOCABULARY,
)
from tests.unit.core.cli.conftest import nll_of

COMMANDS_WITH_A_SEED = ("generate", "linearize", "score", "train", "triage", "evaluate", "finetune",
                        "salience", "repair")


@pytest.mark.parametrize(("command", "seed"), [
    *((command, 10**30) for command in COMMANDS_WITH_A_SEED), ("generate", -1), ("score", 2**63)])
def test_a_seed_beyond_64_bits_is_refused(command, seed, trailscope):
    result = trailscope(command, "--seed", seed)
    assert result.status == 2
    assert "--seed" in result.err


def test_generate_prints_what_it_sampled(trailscope):
    result = trailscope("generate", "--number", 30, "--seed", 2, "--batch-size", 20)
    assert result.status == 0
    assert len(result.rows) == 30
    assert list(result.rows[0]) == ["id", "smiles", "num_nodes", "valid", "stable", "fragments",
                                    "notes", "self_nll_nats", "tokens"]
    assert [row["id"] for row in result.rows] == [f"qm9-random_order:2:{at}" for at in range(30)]
    for row in result.rows:
        graph = decode(row["tokens"], QM9_VOCABULARY)
        assert row["smiles"] == to_smiles(graph, hydrogens=False)
        assert row["valid"] == (row["smiles"] is not None)
        assert row["stable"] == is_stable(graph)
        assert row["fragments"] == num_fragments(graph)
        assert row["notes"] == (" ".join(strain_notes(row["smiles"])) or None)
    expected = nll_of(load_checkpoint("qm9-random_order"), result.rows)
    assert [row["self_nll_nats"] for row in result.rows] == pytest.approx(expected, abs=1e-2)


def test_generate_writes_every_hydrogen_if_asked(trailscope, make_checkpoint, tmp_path):
    words = ("generate", "--number", 8, "--seed", 2)
    implicit, explicit = trailscope(*words).rows, trailscope(*words, "--explicit-hydrogens").rows
    assert [row["smiles"] for row in explicit] == [
        to_smiles(decode(row["tokens"], QM9_VOCABULARY)) for row in explicit]
    assert [row | {"smiles": None} for row in implicit] == [
        row | {"smiles": None} for row in explicit]
    make_checkpoint("implicit", MOSES_VOCABULARY, folder=tmp_path / "implicit")
    words = ("generate", "--model", tmp_path / "implicit", "--number", 8, "--seed", 1)
    implicit, explicit = trailscope(*words).rows, trailscope(*words, "--explicit-hydrogens").rows
    for short, full in zip(*([row["smiles"] for row in rows] for rows in (implicit, explicit)),
                           strict=True):
        assert (short is None) == (full is None)
        assert short is None or (with_hydrogens(short) == full and "[H]" not in short)


def test_generate_is_fixed_by_its_seed(trailscope):
    first, same, other = (trailscope("generate", "--number", 3, "--seed", seed).rows
                          for seed in (0, 0, 1))
    assert first == same
    assert [row["tokens"] for row in first] != [row["tokens"] for row in other]


def test_generate_hands_on_its_settings(trailscope):
    result = trailscope("generate", "--number", 20, "--mask", "kinds", "--top-k", 0,
                        "--temperature", 3, "--batch-size", 15)
    assert result.status == 0
    config = SamplingConfig(mask="kinds", top_k=None, temperature=3.0, batch_size=15)
    batches = generate(load_checkpoint("qm9-random_order"), 20,
                       generator=torch.Generator().manual_seed(0), config=config)
    samples = [sample for batch in batches for sample in batch]
    assert [tuple(row["tokens"]) for row in result.rows] == [sample.tokens for sample in samples]
    for row in result.rows:
        if row["tokens"][-1] != EOS:
            assert (row["smiles"], row["valid"], row["stable"]) == (None, False, None)


def test_generate_unlabelled_graphs(trailscope, tiny_planar):
    result = trailscope("generate", "--model", tiny_planar.card.path, "--number", 6)
    assert result.status == 0
    for row in result.rows:
        assert row["valid"] is is_valid_planar(decode(row["tokens"], PLANAR_VOCABULARY))
        assert row["smiles"] is row["stable"] is row["fragments"] is None


def test_molecules_grow_from_a_fragment(trailscope):
    result = trailscope("generate", "--from", "c1ccncc1", "--open", "4,2", "--number", 6)
    assert result.status == 0
    for row in result.rows:
        assert list(row)[-4:] == ["fragment", "open_atoms", "holds_fragment", "prefix_nll_nats"]
        assert row["fragment"] == "c1ccncc1"
        assert row["open_atoms"] == [2, 4]
        assert row["holds_fragment"] is True
        assert 0 < row["prefix_nll_nats"] < row["self_nll_nats"]
        graph = decode(row["tokens"], QM9_VOCABULARY)
        ring = graph.induced(range(9))
        assert to_smiles(ring, hydrogens=False) == "[c]1ccc[c]n1"  # open ones without hydrogens


def test_what_is_closed_beside_the_users_choice_is_said(trailscope):
    result = trailscope("generate", "--from", "CC(C)C", "--number", 1)
    assert result.status == 0
    assert result.rows[0]["open_atoms"] == [0, 1, 2]
    assert result.err == ("note: Atom 3 is closed, as one sequence cannot leave all 4 atoms open "
                          "that have a hydrogen to give away.\n")


@pytest.mark.parametrize(("options", "message"), [
    (("--from", "CC", "--open", "7"), "The fragment has no atom 7; its 2 atoms are counted from 0"),
    (("--from", "CC", "--open", "first"), "'first' does not name atoms; give their numbers"),
    (("--open", "1"), "--open names atoms of a fragment; give the fragment with --from."),
    (("--from", "CCl"), "Element Cl is outside the vocabulary, which has H, C, N, O, F."),
    (("--from", "CC", "--mask", "kinds"), "does not keep a fragment as it is; use strict."),
])
def test_a_fragment_that_does_not_fit_gets_one_sentence(trailscope, options, message):
    result = trailscope("generate", "--number", 1, *options)
    assert result.status == 1
    assert message in result.err
    assert result.out == ""
