"""Generated molecules as SDF, for our own reader and for others."""

import pytest
from rdkit import Chem

from core.chemistry.chemistry import QM9
from core.data.files import read_molecules
from core.graph.graph import is_isomorphic
from core.sent.vocabulary import QM9_VOCABULARY
from core.triage.generated import read_graph
from core.triage.sdf import sdf_records
from tests.generated_molecules import made_up_samples


@pytest.fixture(scope="module")
def samples():
    return made_up_samples(number=40)


def test_sdf_is_read_back_as_the_same_graphs(samples, tmp_path):
    path = tmp_path / "molecules.sdf"
    heard = []
    records = list(sdf_records(samples.table, QM9_VOCABULARY, QM9,
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
    path.write_text("".join(sdf_records(samples.table[:1], QM9_VOCABULARY, QM9)))
    [molecule] = Chem.SDMolSupplier(str(path))
    row = samples.table.iloc[0]
    assert float(molecule.GetProp("lu")) == pytest.approx(row["lu"], rel=1e-5)
    assert molecule.GetProp("id") == row["id"]
    assert molecule.GetProp("stable") == "True"
    assert not molecule.HasProp("novel")  # it is not known
    assert molecule.GetConformer().GetPositions().std() > 0
