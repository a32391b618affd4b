"""A row of a table gives back its graph, its SMILES and its SDF record."""

import pytest
from rdkit import Chem

from core.chemistry.molecules import from_smiles, to_smiles
from core.data.files import read_molecules
from core.graph.graph import is_isomorphic
from core.graph.planar import planar_graph
from core.sent.batch import GraphBatch
from core.sent.randomness import GraphSeed
from core.sent.sampler import sample_trails
from core.sent.strategies import RANDOM_ORDER
from core.sent.vocabulary import PLANAR_VOCABULARY, QM9_VOCABULARY
from core.triage.generated import Generated, read_graph, sdf_records
from core.triage.run import as_typed
from tests.generated_molecules import made_up_samples, without_last_hydrogen


@pytest.fixture(scope="module")
def samples():
    return made_up_samples(number=40)


def sequence(graph, vocabulary):
    trails = sample_trails(GraphBatch.from_graphs([graph], with_automorphisms=False), vocabulary,
                           RANDOM_ORDER, permutations=1, generator=GraphSeed(0))
    return bytes(trails.sequence(0, 0))


def test_rows_are_read_back(samples):
    for row in samples.table.itertuples():
        read = Generated.read(row.tokens, QM9_VOCABULARY)
        if not row.valid:
            assert read.graph is None
            assert read.link_smiles is None
            continue
        assert to_smiles(read.graph) == row.smiles
        assert from_smiles(read.link_smiles).graph == as_typed(read.graph)
        assert is_isomorphic(from_smiles(read.smiles).graph, read.graph)
        assert read.is_typable
        assert "[H]" not in read.smiles + read.link_smiles


def test_an_under_valent_atom_stays_so_in_both_smiles():
    graph = without_last_hydrogen(from_smiles("CCO").graph)
    read = Generated.read(sequence(graph, QM9_VOCABULARY), QM9_VOCABULARY)
    assert read.smiles == "CC[O]"
    assert is_isomorphic(from_smiles(read.smiles).graph, graph)


def test_the_other_kekule_structure_is_not_typable():
    typed = from_smiles("OC1=CC=CC(F)=C1").graph
    labels = typed.edge_labels.copy()
    ring = [row for row, (u, v) in enumerate(typed.edges.tolist())
            if typed.node_labels[u] == typed.node_labels[v] == 1]
    labels[ring] = 1 - labels[ring]
    other = type(typed)(typed.num_nodes, typed.edges, typed.node_labels, labels)
    assert Generated.read(sequence(typed, QM9_VOCABULARY), QM9_VOCABULARY).is_typable
    assert not Generated.read(sequence(other, QM9_VOCABULARY), QM9_VOCABULARY).is_typable


def test_planar_graphs_have_no_smiles():
    graph = planar_graph(0, seed=0).graph
    read = Generated.read(sequence(graph, PLANAR_VOCABULARY), PLANAR_VOCABULARY)
    assert is_isomorphic(read.graph, graph)
    assert read.smiles is None
    assert not read.is_typable


def test_a_sequence_without_end_says_no_graph():
    tokens = sequence(from_smiles("C").graph, QM9_VOCABULARY)
    assert read_graph(tokens, QM9_VOCABULARY) is not None
    assert read_graph(tokens[:-1], QM9_VOCABULARY) is None
    assert read_graph(tokens[:3] + tokens[-1:], QM9_VOCABULARY, "kinds") is not None
    assert read_graph(bytes([0, 1, 4]), QM9_VOCABULARY) is None


def test_sdf_is_read_back_as_the_same_graphs(samples, tmp_path):
    path = tmp_path / "molecules.sdf"
    heard = []
    records = list(sdf_records(samples.table, QM9_VOCABULARY,
                               progress=lambda done, total: heard.append((done, total))))
    path.write_text("".join(records))
    valid = samples.table[samples.table["valid"]]
    rows = list(read_molecules(path))
    assert [row.id for row in rows] == valid["id"].tolist()
    for row, tokens in zip(rows, valid["tokens"], strict=True):
        assert row.error is None
        assert is_isomorphic(row.graph, read_graph(tokens, QM9_VOCABULARY))
    assert heard[-1] == (len(samples.table), len(samples.table))


def test_sdf_carries_the_scores_for_other_readers(samples, tmp_path):
    path = tmp_path / "molecules.sdf"
    path.write_text("".join(sdf_records(samples.table[:1], QM9_VOCABULARY)))
    [molecule] = Chem.SDMolSupplier(str(path))
    row = samples.table.iloc[0]
    assert float(molecule.GetProp("lu")) == pytest.approx(row["lu"], rel=1e-5)
    assert molecule.GetProp("id") == row["id"]
    assert molecule.GetProp("stable") == "True"
    assert not molecule.HasProp("novel")  # it is not known
    assert molecule.GetConformer().GetPositions().std() > 0
