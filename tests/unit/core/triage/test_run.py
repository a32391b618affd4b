"""Sampling and scoring: what a row says is what its parts say, however the run was cut."""

from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
import torch

from core.chemistry.chemistry import MOSES
from core.chemistry.molecules import from_smiles, is_stable, to_smiles
from core.errors import InputError
from core.graph.graph import Graph, is_isomorphic
from core.graph.planar import is_connected, is_planar
from core.likelihood.analysis import analyse
from core.likelihood.scoring import score_sequences
from core.records import package_versions
from core.runs import write_json
from core.sent.decoder import decode
from core.sent.vocabulary import MOSES_VOCABULARY, PLANAR_VOCABULARY, QM9_VOCABULARY
from core.triage import run as triage
from core.triage.generated import read_graph
from core.triage.generation import Generation
from core.triage.keep_list import keep_list_of_samples
from core.triage.quality import mark_unique, sample_quality
from core.triage.ranking import compare_samples, risk_coverage_of_samples
from core.triage.run import (
    default_run_folder,
    made_on,
    sample_and_score,
    sample_and_score_in,
)
from core.triage.samples import Samples, SamplesConfig
from core.triage.scores import CONNECTEDNESS, PLANARITY, SCORES, VALIDITY

CONFIG = SamplesConfig(number=30, permutations=16, seed=3, chunk=12)


@pytest.fixture(scope="module")
def table(tiny):
    parts = list(sample_and_score(tiny, CONFIG))
    assert [len(part) for part in parts] == [12, 12, 6]
    return mark_unique(pd.concat(parts, ignore_index=True), QM9_VOCABULARY)


def test_rows_say_what_their_sequences_say(table, tiny):
    assert table["valid"].any()
    assert not table["valid"].all()
    for row in table.itertuples():
        sequence = torch.tensor([list(row.tokens)])
        assert float(score_sequences(tiny, sequence).sum()) == pytest.approx(row.self_nll, rel=1e-4)
        graph = decode(list(row.tokens), QM9_VOCABULARY) if row.tokens[-1] == 4 else None
        if graph is None:
            assert not row.valid
            continue
        assert row.num_nodes == graph.num_nodes
        smiles = to_smiles(graph)
        assert row.valid == (smiles is not None)
        if row.valid:
            assert row.smiles == smiles
            assert row.stable == is_stable(graph)


def test_scores_are_those_of_the_typed_smiles(table, tiny):
    """So one click from the table to a single molecule shows the same numbers."""
    valid = table[table["valid"]]
    assert valid["nll_mean"].notna().all()
    assert table.loc[~table["valid"], "nll_mean"].isna().all()
    for row in valid.head(4).itertuples():
        smiles = to_smiles(decode(list(row.tokens), QM9_VOCABULARY))
        graph = from_smiles(smiles).graph
        [found] = analyse(tiny, [graph], tiny.card.strategy, permutations=16,
                          seed=3).uncertainties
        assert row.nll_mean == pytest.approx(found.nll_mean, rel=1e-5)
        assert row.lu == pytest.approx(found.lu, rel=1e-4)
        assert row.nll_marginal == pytest.approx(found.marginal_nll, rel=1e-5)


def test_another_kekule_structure_is_another_graph():
    """Fluorophenol has two; typing either gives always the same one."""
    typed = from_smiles("OC1=CC=CC(F)=C1").graph
    ring = [i for i in range(typed.num_nodes) if typed.node_labels[i] == 1]
    bonds = {tuple(edge): label for edge, label in zip(typed.edges.tolist(),
                                                       typed.edge_labels.tolist(), strict=True)}
    flipped = [1 - label if edge[0] in ring and edge[1] in ring else label
               for edge, label in bonds.items()]
    other = Graph(typed.num_nodes, list(bonds), typed.node_labels, flipped)
    assert to_smiles(other) is not None
    assert not is_isomorphic(from_smiles(to_smiles(other)).graph, other)


def test_runs_of_other_settings_have_default_folders_of_their_own(tiny):
    folder = default_run_folder(tiny.card, CONFIG)
    assert folder.parent == Path("runs/triage")
    assert folder.name.startswith(f"{tiny.card.name}-")
    assert default_run_folder(tiny.card, replace(CONFIG, number=CONFIG.number + 1)) == folder
    others = [replace(CONFIG, seed=4), replace(CONFIG, permutations=8), replace(CONFIG, chunk=5),
              replace(CONFIG, mask="kinds"), replace(CONFIG, fragment="CC", open_atoms=(0,))]
    named = [default_run_folder(tiny.card, config) for config in others]
    named.append(default_run_folder(replace(tiny.card, weights_sha256="0"), CONFIG))
    assert len({folder, *named}) == len(others) + 2


def test_a_cut_run_goes_on_where_it_stopped(table, tiny, tmp_path, monkeypatch):
    calls = []
    whole = triage.generate

    def spy(*args, **kwargs):
        calls.append(1)
        return whole(*args, **kwargs)

    monkeypatch.setattr(triage, "generate", spy)
    short = list(sample_and_score_in(tmp_path, tiny, replace(CONFIG, number=18)))
    assert [len(part) for part in short] == [12, 6]
    long = pd.concat(sample_and_score_in(tmp_path, tiny, CONFIG), ignore_index=True)
    assert len(calls) == 4  # the first chunk was at hand, the cut one was not whole
    pd.testing.assert_frame_equal(mark_unique(long, QM9_VOCABULARY), table)
    again = pd.concat(sample_and_score_in(tmp_path, tiny, CONFIG), ignore_index=True)
    assert len(calls) == 4
    pd.testing.assert_frame_equal(again, long)


def test_a_folder_knows_where_its_chunks_were_made(tiny, tmp_path):
    """One machine with a GPU samples, another compares with the data set."""
    small = replace(CONFIG, number=2, chunk=2)
    list(sample_and_score_in(tmp_path, tiny, small))
    assert made_on(tmp_path) == {"device": "cpu", "versions": package_versions()}
    (tmp_path / "made-on.json").unlink()  # as in folders of older versions
    list(sample_and_score_in(tmp_path, tiny, small))
    assert made_on(tmp_path) == {"device": "not known", "versions": {}}
    elsewhere = {"devices": ["cuda:0"], "versions": {"torch": "2.9.0"}}
    write_json(tmp_path / "made-on.json", elsewhere)
    list(sample_and_score_in(tmp_path, tiny, small))  # makes nothing
    assert made_on(tmp_path) == {"device": "cuda:0", "versions": {"torch": "2.9.0"}}
    list(sample_and_score_in(tmp_path, tiny, replace(small, number=3)))
    assert made_on(tmp_path) == {"device": "cuda:0, cpu", "versions": {"torch": "2.9.0"}}


@pytest.mark.parametrize("changes", [{"seed": 4}, {"permutations": 8}, {"top_k": None}])
def test_a_folder_of_other_settings_is_refused(changes, tiny, tmp_path):
    small = replace(CONFIG, number=2, chunk=2)
    list(sample_and_score_in(tmp_path, tiny, small))
    with pytest.raises(InputError, match="holds samples of other settings: "):
        list(sample_and_score_in(tmp_path, tiny, replace(small, **changes)))


def test_progress_is_told_and_may_cancel(tiny):
    heard = []

    def cancel(stage, done, total):
        heard.append((stage, done, total))
        if stage == "scoring":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        list(sample_and_score(tiny, CONFIG, progress=cancel))
    sampled = [done for stage, done, total in heard[:-1] if (stage, total) == ("sampling", 12)]
    assert len(sampled) == len(heard) - 1 > 2
    assert sampled == sorted(sampled)
    assert (sampled[0], sampled[-1]) == (0, 12)
    assert heard[-1][0] == "scoring"


@pytest.mark.parametrize(("number", "permutations"), [(0, 32), (5, 1)])
def test_impossible_numbers_are_refused(number, permutations, tiny):
    with pytest.raises(InputError, match="Give at least 1 sequence and 2 permutations"):
        next(sample_and_score(tiny, SamplesConfig(number, permutations)))


def test_planar_graphs_have_no_valences(tiny_planar):
    config = SamplesConfig(number=6, permutations=2, chunk=6)
    [part] = sample_and_score(tiny_planar, config)
    part = mark_unique(part, PLANAR_VOCABULARY)
    assert part["stable"].isna().all()
    assert part["smiles"].isna().all()
    quality = sample_quality(part)
    assert quality.stable_molecules is None
    assert quality.stable_atoms is None


@pytest.mark.parametrize(("name", "label"), [
    ("planar", PLANARITY), ("sbm", CONNECTEDNESS), ("unlabelled", CONNECTEDNESS)])
def test_only_what_learnt_planar_graphs_is_to_write_such(tiny_planar, name, label):
    """Of other graphs without labels it is only known whether they are connected."""
    checkpoint = replace(tiny_planar, card=replace(tiny_planar.card, data={"name": name}))
    config = SamplesConfig(number=40, permutations=2, chunk=40)
    [part] = sample_and_score(checkpoint, config)
    graphs = [None if pd.isna(row.num_nodes) else read_graph(row.tokens, PLANAR_VOCABULARY)
              for row in part.itertuples()]
    assert part["valid"].tolist() == [
        graph is not None and is_connected(graph) and (name != "planar" or is_planar(graph))
        for graph in graphs]
    found = Generation(Samples("x", "", "random_order", None, name, config, part), checkpoint.card)
    assert found.label is label


@pytest.fixture(scope="module")
def moses(make_checkpoint):
    """Made-up molecules of a model without hydrogen nodes: some valid, some not."""
    checkpoint = make_checkpoint("tiny-moses", MOSES_VOCABULARY)
    config = SamplesConfig(number=60, permutations=4, seed=1, chunk=30)
    table = pd.concat(sample_and_score(checkpoint, config), ignore_index=True)
    table = mark_unique(table, MOSES_VOCABULARY)
    card = checkpoint.card
    return checkpoint, Generation(Samples("tiny-moses", card.weights_sha256, "random_order", None,
                                          "MOSES", config, table), card)


def test_where_hydrogens_are_implicit_all_decoded_graphs_are_scored(moses):
    checkpoint, found = moses
    assert found.card.chemistry == MOSES
    table = found.table
    decoded = table["num_nodes"].notna()
    assert 0 < table["valid"].sum() < decoded.sum()
    assert table["stable"].isna().all()
    assert table["atoms_stable"].isna().all()
    for column in SCORES:
        if column != "self_nll":
            assert table[column].notna().equals(decoded), column
    valid = table[table["valid"]]
    for row in valid.head(5).itertuples():
        graph = read_graph(row.tokens, MOSES_VOCABULARY)
        assert row.smiles == to_smiles(graph, MOSES)
        assert "[H]" not in row.smiles
        [again] = analyse(checkpoint, [from_smiles(row.smiles, MOSES).graph],
                          checkpoint.card.strategy, permutations=4, seed=1).uncertainties
        assert row.nll_mean == pytest.approx(again.nll_mean, rel=1e-5)


def test_where_hydrogens_are_implicit_the_label_is_valid(moses):
    _, found = moses
    assert found.label is VALIDITY
    assert not found.has_stability
    assert found.quality.stable_molecules is None
    table, decoded = found.table, int(found.table["num_nodes"].notna().sum())
    compared = compare_samples(table, seed=0, resamples=100, label=found.label)
    assert (compared.positives, compared.negatives) == (
        table["valid"].sum(), decoded - table["valid"].sum())
    curve = risk_coverage_of_samples(table, seed=0, resamples=100, label=found.label)
    assert curve.number == decoded
    kept = keep_list_of_samples(table, fdr=0.5, seed=0, label=found.label, names=found.names)
    assert len(kept.reference_rows) + len(kept.candidate_rows) + kept.repeated == decoded


def test_rows_without_hydrogen_nodes_are_read_back_and_written(moses):
    _, found = moses
    for row in range(len(found.table)):
        read = found.read(row)
        assert (read.smiles is not None) == found.table["valid"][row]
        if read.smiles is not None:
            assert read.smiles == found.table["smiles"][row]
            assert to_smiles(from_smiles(read.link_smiles, MOSES).graph, MOSES) == read.smiles
