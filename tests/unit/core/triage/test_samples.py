"""Tables of samples on disk: what is written is read, whatever the size of the vocabulary."""

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from core.chemistry.cautions import strain_notes
from core.chemistry.molecules import to_smiles
from core.model.card import ModelCard
from core.sent.strategies import RANDOM_ORDER
from core.sent.vocabulary import QM9_VOCABULARY
from core.triage.generated import read_graph
from core.triage.generation import Generation
from core.triage.samples import (
    FORMAT_VERSION,
    GROWTH_TYPES,
    SAMPLE_TYPES,
    Samples,
    SamplesConfig,
    SamplesError,
    as_samples,
    read_table,
    write_table,
)
from core.units import with_unit
from tests.conftest import ROOT
from tests.generated_molecules import made_up_samples


@pytest.fixture(scope="module")
def samples():
    return made_up_samples("tiny", number=20, step=7)


def test_the_table_for_people_has_units_and_smiles_as_on_cards(samples):
    found = samples.to_frame()
    assert list(found) == [*map(with_unit, samples.table), "notes"]
    assert {"self_nll_nats", "nll_mean_nats", "lu"} <= set(found)
    valid = samples.table["valid"]
    graphs = [read_graph(tokens, QM9_VOCABULARY) for tokens in samples.table["tokens"][valid]]
    assert found["smiles"][valid].tolist() == [
        to_smiles(graph, hydrogens=False) for graph in graphs]
    assert found["smiles"][~valid].isna().all()
    assert samples.to_frame(hydrogens=True)["smiles"].tolist() == samples.table["smiles"].tolist()
    assert found["self_nll_nats"].tolist() == samples.table["self_nll"].tolist()
    assert found["notes"].tolist() == [
        " ".join(strain_notes(smiles if is_stable is True else None)) or None
        for smiles, is_stable in samples.table[["smiles", "stable"]].astype(object).to_numpy()]
    assert found["notes"].notna().any()
    generation = Generation(samples, ModelCard("tiny", QM9_VOCABULARY, RANDOM_ORDER, "tiny"))
    pd.testing.assert_frame_equal(generation.to_frame(), found)


def test_samples_come_back_from_disk(samples, tmp_path):
    replace(samples, ranking={"more": 1}).save(tmp_path / "s", device="cpu")
    loaded = Samples.load(tmp_path / "s")
    pd.testing.assert_frame_equal(loaded.table, samples.table)
    assert loaded.config == samples.config
    assert loaded.ranking == {"more": 1}
    assert (loaded.model, loaded.step, loaded.dataset) == ("tiny", 7, "QM9")
    samples.save(tmp_path / "other", device="cpu")
    assert Samples.load(tmp_path / "other").ranking is None


def test_samples_of_another_version_or_damaged_are_refused(samples, tmp_path):
    folder = tmp_path / "s"
    samples.save(folder, device="cpu")
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


@pytest.mark.parametrize(("largest", "stored"), [(255, "binary"), (256, "list<element: uint16>"),
                                                 (65_535, "list<element: uint16>")])
def test_tokens_of_any_vocabulary_are_stored(largest, stored, tmp_path):
    tokens = [(0, 6, largest, 4), (0, 4), None]
    table = as_samples(dict.fromkeys(SAMPLE_TYPES) | {"valid": False, "tokens": sequence}
                       for sequence in tokens)
    write_table(table, tmp_path / "t.parquet")
    assert str(pq.read_schema(tmp_path / "t.parquet").field("tokens").type) == stored
    read = read_table(tmp_path / "t.parquet")
    assert read["tokens"].tolist() == tokens
    assert all(type(token) is int for token in read["tokens"][0])
    pd.testing.assert_frame_equal(read, table)


def test_tokens_become_tuples_whatever_they_were():
    forms = [b"\x00\x06\x04", [0, 6, 4], np.array([0, 6, 4], dtype=np.uint16), (0, 6, 4)]
    table = as_samples(dict.fromkeys(SAMPLE_TYPES) | {"valid": True, "tokens": form}
                       for form in forms)
    assert table["tokens"].tolist() == [(0, 6, 4)] * 4


def test_what_is_written_has_the_format_of_what_ships(samples, tmp_path):
    shipped = ROOT / "assets" / "results" / "milestones" / "qm9-random_order" / "step-00400"
    samples.save(tmp_path, device="cpu")
    written, kept = (pq.read_schema(folder / "samples.parquet") for folder in (tmp_path, shipped))
    assert written.names == kept.names
    assert written.types == kept.types
    copy = tmp_path / "copy.parquet"
    write_table(read_table(shipped / "samples.parquet"), copy)
    assert pq.read_table(copy).equals(pq.read_table(shipped / "samples.parquet"))


def test_keys_differ_with_content(samples):
    table = samples.table.copy()
    table.loc[0, "lu"] += 1e-9
    assert replace(samples).key == samples.key
    assert replace(samples, table=table).key != samples.key
    assert replace(samples, weights_sha256="1").key != samples.key


def test_only_samples_of_a_fragment_speak_of_one(samples):
    plain = samples.config
    assert not {"fragment", "open_atoms"} & plain.settings.keys()
    assert SamplesConfig.from_settings(plain.settings) == plain
    grown = replace(plain, fragment="CC", open_atoms=(0, 1))
    assert json.loads(json.dumps(grown.settings)) == grown.settings
    assert SamplesConfig.from_settings(grown.settings) == grown
    assert "holds_fragment" not in samples.table
    row = dict.fromkeys(SAMPLE_TYPES) | {"valid": False, "tokens": (0, 4)}
    table = as_samples([row | {"holds_fragment": None, "prefix_nll": 1.5, "else": 2}])
    assert list(table) == [*SAMPLE_TYPES, *GROWTH_TYPES]
