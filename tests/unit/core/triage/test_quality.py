"""How good a graph is by itself, and a sample as a whole, in literal numbers."""

import numpy as np
import pandas as pd
import pytest

from core.chemistry.chemistry import MOSES, QM9
from core.chemistry.molecules import bond_order_sums, from_smiles, to_smiles
from core.errors import InputError
from core.graph.graph import Graph, is_isomorphic
from core.sent.decoder import decode
from core.sent.vocabulary import MOSES_VOCABULARY, PLANAR_VOCABULARY, QM9_VOCABULARY
from core.stats.proportions import wilson_interval
from core.triage.judge import judge
from core.triage.quality import (
    Share,
    graph_names,
    mark_novel,
    mark_unique,
    sample_quality,
    with_exact_smiles,
)
from core.triage.samples import SAMPLE_TYPES, Samples, as_samples, shipped_samples
from tests.generated_molecules import made_up_samples


def test_a_molecule_is_judged_by_its_chemistry():
    methane = from_smiles("C", QM9).graph
    assert judge(methane, QM9) == {"num_nodes": 5, "smiles": "[H]C([H])([H])[H]", "valid": True,
                                   "stable": True, "fragments": 1, "atoms_stable": 5}
    carbon = Graph(1, [], [QM9.elements.index("C")], [])
    assert judge(carbon, QM9)["valid"]
    assert judge(carbon, QM9)["stable"] is False
    alone = Graph(1, [], [MOSES.elements.index("C")], [])
    assert judge(alone, MOSES) == {"num_nodes": 1, "smiles": "C", "valid": True, "fragments": 1}
    thiophene = from_smiles("c1ccsc1", MOSES).graph
    assert judge(thiophene, MOSES)["smiles"] == "c1ccsc1"
    too_many = Graph(6, [[0, i] for i in range(1, 6)], [MOSES.elements.index("F")] * 6, [0] * 5)
    assert judge(too_many, MOSES) == {"num_nodes": 6, "smiles": None, "valid": False,
                                      "fragments": 1}


def test_validity_of_unlabelled_graphs_is_connected_and_planar():
    cycle = Graph(4, [[0, 1], [1, 2], [2, 3], [0, 3]])
    two_parts = Graph(4, [[0, 1], [2, 3]])
    k5 = Graph(5, [[a, b] for a in range(5) for b in range(a)])
    assert judge(cycle, None) == {"num_nodes": 4, "valid": True, "fragments": 1}
    assert judge(two_parts, None) == {"num_nodes": 4, "valid": False, "fragments": 2}
    assert judge(k5, None)["valid"] is False
    assert judge(None, None) == {"valid": False, "num_nodes": None}


def test_graphs_that_need_not_be_planar_are_only_connected_or_not():
    k5 = Graph(5, [[a, b] for a in range(5) for b in range(a)])
    assert judge(k5, None, is_planar=False) == {"num_nodes": 5, "valid": True, "fragments": 1}
    two_parts = Graph(4, [[0, 1], [2, 3]])
    assert judge(two_parts, None, is_planar=False)["valid"] is False
    assert judge(None, None, is_planar=False) == {"valid": False, "num_nodes": None}


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
    quality = sample_quality(table)
    assert quality.number == 5
    assert quality.valid == Share(3, 5)
    assert quality.unique == Share(2, 3)
    assert quality.novel == Share(1, 2)
    assert quality.stable_molecules == Share(2, 5)
    assert quality.stable_atoms == Share(12, 15)
    assert quality.fragmented == Share(1, 3)


def test_novelty_is_unknown_without_training_data():
    table = mark_unique(literal_table(), QM9_VOCABULARY)
    assert sample_quality(table).novel is None


def test_quality_of_nothing_valid():
    table = mark_unique(literal_table()[3:].reset_index(drop=True), QM9_VOCABULARY)
    quality = sample_quality(table)
    assert (quality.valid.value, quality.unique.value, quality.novel) == (0, None, None)


def test_equal_planar_graphs_are_found_by_form_not_by_numbering():
    path = (0, 6, 7, 8, 4)
    star = (0, 6, 7, 1, 8, 2, 6, 3, 4)  # the same path, written from its middle
    rows = [dict.fromkeys(SAMPLE_TYPES) | {"valid": True, "tokens": tokens}
            for tokens in (path, star)]
    assert is_isomorphic(*(decode(tokens, PLANAR_VOCABULARY) for tokens in (path, star)))
    marked = mark_unique(as_samples(rows), PLANAR_VOCABULARY)
    assert marked["unique"].tolist() == [True, False]


def test_graphs_without_smiles_have_a_name_too():
    ends, middle = MOSES_VOCABULARY.index_offset, MOSES_VOCABULARY.node_offset
    fluorine = middle + MOSES.elements.index("F")
    single = MOSES_VOCABULARY.edge_offset
    chain = (0, ends, fluorine, single, ends + 1, fluorine, single, ends + 2, fluorine, 4)
    star = (0, ends, fluorine, single, ends + 1, fluorine, 1, ends + 2, fluorine, 2, single, ends,
            3, 4)
    assert is_isomorphic(*(decode(tokens, MOSES_VOCABULARY) for tokens in (chain, star)))
    rows = [{"smiles": None, "tokens": chain}, {"smiles": None, "tokens": star},
            {"smiles": "CC", "tokens": chain}, {"smiles": None, "tokens": (0, 1)}]
    names = graph_names(as_samples(dict.fromkeys(SAMPLE_TYPES) | row for row in rows),
                        MOSES_VOCABULARY)
    assert names[0] == names[1]
    assert names[2] == "CC"
    assert names.isna().tolist() == [False, False, False, True]


def test_rows_of_a_lenient_mask_are_read_leniently():
    """A path that walks back: the strict decoder refuses it."""
    tokens = (0, 6, 7, 6, 8, 4)
    table = as_samples(dict.fromkeys(SAMPLE_TYPES) | {"valid": True, "tokens": tokens}
                       for _ in range(2))
    assert mark_unique(table, PLANAR_VOCABULARY, "kinds")["unique"].tolist() == [True, False]
    assert graph_names(table, PLANAR_VOCABULARY).isna().all()


def test_a_share_has_a_value_and_wilsons_interval():
    assert Share(3, 4).value == 0.75
    assert Share(3, 4).estimate.interval == wilson_interval(3, 4)
    assert Share(0, 0).value is None


def test_what_cannot_be_stable_has_no_share_of_it():
    table = literal_table().assign(stable=pd.NA, atoms_stable=pd.NA)
    table = mark_unique(as_samples(table), MOSES_VOCABULARY)
    assert sample_quality(table).stable_molecules is None
    assert sample_quality(table).stable_atoms is None
    assert sample_quality(table, has_stability=True).stable_molecules == Share(0, 5)
    assert sample_quality(table).to_json() == {
        "number": 5, "valid": 3 / 5, "unique": 2 / 3, "novel": None, "stable_molecules": None,
        "stable_atoms": None, "fragmented": 1 / 3}


def test_nothing_is_judged():
    with pytest.raises(InputError, match="at least one graph"):
        sample_quality(literal_table()[:0])


def test_tables_of_earlier_versions_get_their_smiles_from_the_tokens():
    """They had under-valent atoms without brackets: [CH2] reads back as C."""
    table = made_up_samples(number=40).table
    old = table.assign(smiles=table["smiles"].str.replace(r"\[(C|N|O)\]", r"\1", regex=True))
    assert (old["smiles"] != table["smiles"]).sum() > 3
    pd.testing.assert_frame_equal(with_exact_smiles(old, QM9_VOCABULARY, QM9), table)
    pd.testing.assert_frame_equal(with_exact_smiles(table, QM9_VOCABULARY, QM9), table)
    assert with_exact_smiles(old, MOSES_VOCABULARY, MOSES) is old


def without_kekule_structure(graph):
    """Atoms with the sums of their bond orders, which both structures of a ring share."""
    halves = (2 * bond_order_sums(graph)).astype(int)
    return Graph(graph.num_nodes, graph.edges, 20 * graph.node_labels + halves,
                 np.zeros(len(graph.edges), dtype=int))


@pytest.mark.parametrize("name", [name for name in shipped_samples() if name.startswith("qm9")])
def test_shipped_molecules_come_back_from_their_smiles(name):
    """A seeded part of them; all 40,000 were compared, and the two that differ have a pentavalent
    N=O, which RDKit writes as [N+][O-]."""
    table = Samples.load(shipped_samples()[name]).table
    valid = table[table["valid"]]
    part = pd.concat([valid[~valid["stable"]].sample(40, random_state=0),
                      valid[valid["stable"]].sample(20, random_state=0)])
    exact = with_exact_smiles(part, QM9_VOCABULARY, QM9)
    assert exact["smiles"][part["stable"]].equals(part["smiles"][part["stable"]])
    for smiles, tokens in zip(exact["smiles"], exact["tokens"], strict=True):
        graph = decode(list(tokens), QM9_VOCABULARY)
        again = from_smiles(smiles).graph
        assert to_smiles(again) == to_smiles(graph) == smiles
        if bond_order_sums(graph)[graph.node_labels == QM9.elements.index("N")].max(initial=0) < 5:
            assert is_isomorphic(without_kekule_structure(again), without_kekule_structure(graph))
