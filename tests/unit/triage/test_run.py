"""Sampling and scoring: what a row says is what its parts say, however the run was cut."""

from dataclasses import replace

import pandas as pd
import pytest
import torch

from core.chemistry.molecules import from_smiles, is_stable, to_exact_smiles, to_smiles
from core.errors import InputError
from core.graph.graph import Graph, is_isomorphic
from core.likelihood.analysis import analyse
from core.likelihood.scoring import score_sequences
from core.sent.decoder import decode
from core.sent.vocabulary import PLANAR_VOCABULARY, QM9_VOCABULARY
from core.triage import run as triage
from core.triage.run import as_typed, sample_and_score, sample_and_score_in
from core.triage.samples import (
    FORMAT_VERSION,
    SAMPLE_TYPES,
    Samples,
    SamplesConfig,
    SamplesError,
    as_samples,
    judge,
    mark_novel,
    mark_unique,
)

CONFIG = SamplesConfig(number=30, permutations=16, seed=3, chunk=12)


@pytest.fixture(scope="module")
def table(tiny):
    parts = list(sample_and_score(tiny, CONFIG))
    assert [len(part) for part in parts] == [12, 12, 6]
    return mark_unique(pd.concat(parts, ignore_index=True), QM9_VOCABULARY)


def samples_of(table, tiny, config=CONFIG):
    return Samples("tiny", tiny.card.weights_sha256, "random_order", 7, "QM9", config, table)


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
        smiles = to_exact_smiles(decode(list(row.tokens), QM9_VOCABULARY))
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
    assert not is_isomorphic(from_smiles(to_exact_smiles(other)).graph, other)
    assert as_typed(other) is other


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
    assert heard[0] == ("sampling", 0, 12)
    assert heard[1][0] == "scoring"


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
    quality = Samples("p", "", "random_order", None, "planar", config, part).quality
    assert quality.stable_molecules is None
    assert quality.stable_atoms is None


def test_validity_of_unlabelled_graphs_is_connected_and_planar():
    cycle = Graph(4, [[0, 1], [1, 2], [2, 3], [0, 3]])
    two_parts = Graph(4, [[0, 1], [2, 3]])
    k5 = Graph(5, [[a, b] for a in range(5) for b in range(a)])
    assert judge(cycle) == {"num_nodes": 4, "valid": True, "fragments": 1}
    assert judge(two_parts) == {"num_nodes": 4, "valid": False, "fragments": 2}
    assert judge(k5)["valid"] is False
    assert judge(None) == {"valid": False, "num_nodes": None}


def literal_table():
    rows = [
        ("C", True, True, 1, 5, 5), ("C", True, True, 1, 5, 5), ("[H]C", True, False, 2, 1, 2),
        (None, False, None, 1, 1, 3), (None, False, None, None, None, None),
    ]
    keys = ("smiles", "valid", "stable", "fragments", "atoms_stable", "num_nodes")
    return as_samples(dict.fromkeys(SAMPLE_TYPES) | dict(zip(keys, row, strict=True))
                      for row in rows)


def test_quality_in_literal_numbers():
    table = mark_novel(mark_unique(literal_table(), QM9_VOCABULARY), {"C"})
    assert table["unique"].tolist() == [True, False, True, pd.NA, pd.NA]
    quality = Samples("m", "", "random_order", None, "QM9", CONFIG, table).quality
    assert quality.number == 5
    assert quality.valid == 3 / 5
    assert quality.unique == 2 / 3
    assert quality.novel == 1 / 2
    assert quality.stable_molecules == 2 / 5
    assert quality.stable_atoms == 12 / 15
    assert quality.fragmented == 1 / 3


def test_novelty_is_unknown_without_training_data():
    table = mark_unique(literal_table(), QM9_VOCABULARY)
    assert Samples("m", "", "s", None, "QM9", CONFIG, table).quality.novel is None


def test_quality_of_nothing_valid():
    table = mark_unique(literal_table()[3:].reset_index(drop=True), QM9_VOCABULARY)
    quality = Samples("m", "", "s", None, "QM9", CONFIG, table).quality
    assert (quality.valid, quality.unique, quality.novel) == (0, None, None)


def test_equal_planar_graphs_are_found_by_form_not_by_numbering():
    path = (0, 6, 7, 8, 4)
    star = (0, 6, 7, 1, 8, 2, 6, 3, 4)  # the same path, written from its middle
    rows = [dict.fromkeys(SAMPLE_TYPES) | {"valid": True, "tokens": bytes(tokens)}
            for tokens in (path, star)]
    assert is_isomorphic(*(decode(tokens, PLANAR_VOCABULARY) for tokens in (path, star)))
    marked = mark_unique(as_samples(rows), PLANAR_VOCABULARY)
    assert marked["unique"].tolist() == [True, False]


def test_samples_come_back_from_disk(table, tiny, tmp_path):
    samples = samples_of(table, tiny)
    samples.save(tmp_path / "s", device="cpu", result={"more": 1})
    loaded = Samples.load(tmp_path / "s")
    pd.testing.assert_frame_equal(loaded.table, table)
    assert replace(loaded, table=table) == replace(samples, table=table) or (
        loaded.config == samples.config)
    assert (loaded.model, loaded.step, loaded.dataset) == ("tiny", 7, "QM9")


def test_samples_of_another_version_or_damaged_are_refused(table, tiny, tmp_path):
    folder = tmp_path / "s"
    samples_of(table, tiny).save(folder, device="cpu")
    record = (folder / "record.json").read_text()
    (folder / "record.json").write_text(
        record.replace(f'"format_version": {FORMAT_VERSION}', '"format_version": 99'))
    with pytest.raises(SamplesError) as raised:
        Samples.load(folder)
    assert "is of format version 99, this TrailScope reads version 1" in str(raised.value)
    (folder / "record.json").write_text(record)
    (folder / "samples.parquet").write_bytes(b"PAR1")
    with pytest.raises(SamplesError, match="holds damaged samples"):
        Samples.load(folder)
    with pytest.raises(SamplesError, match="does not hold samples: it has no"):
        Samples.load(tmp_path)
