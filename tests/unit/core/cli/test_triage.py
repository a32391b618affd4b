"""`trailscope triage`: from a model to a folder of scored samples."""

import json
import shutil

import pandas as pd
import pytest
from rdkit import Chem

from core.chemistry.molecules import to_smiles
from core.cli.markdown import cell
from core.data import pieces
from core.data.registry import DATASETS
from core.sent.decoder import decode
from core.sent.vocabulary import MOSES_VOCABULARY, QM9_VOCABULARY
from core.triage.molecule_set import MoleculeSet
from core.triage.pooling import pool_samples
from core.triage.ranking import ranking_record
from core.triage.samples import Samples
from core.triage.set_metrics import NO_REFERENCE, REFERENCE_SETS, set_metrics
from tests.generated_molecules import made_up_samples


@pytest.fixture
def triage(trailscope, tiny, write, tmp_path):
    def run(*options):
        return trailscope("triage", "--model", tiny.card.path, "--permutations", 2, "--chunk", 8,
                          "--run-folder", tmp_path / "run", "--output", tmp_path / "out", *options)

    return run


def test_two_seeds_do_not_meet_in_the_default_folder(trailscope, tiny, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for seed in (0, 1):
        result = trailscope("triage", "--model", tiny.card.path, "--permutations", 2, "--number", 3,
                            "--chunk", 3, "--seed", seed, "--output", tmp_path / f"out-{seed}")
        assert result.status == 0
    assert len(list((tmp_path / "runs" / "triage").iterdir())) == 2


def test_samples_are_scored_and_written(triage, tmp_path, tiny):
    result = triage("--number", 10, "--seed", 5)
    assert result.status == 0
    assert result.out == ""
    assert result.err.splitlines() == [
        "tiny: 8 of 10 sequences", "tiny: 10 of 10 sequences",
        f"Wrote {tmp_path / 'out'}: samples.parquet with 10 sequences, record.json.",
        f"For a report: trailscope report {tmp_path / 'out'} --output out.html; in Python: "
        "core.triage.Samples.load(FOLDER).to_frame()"]
    samples = Samples.load(tmp_path / "out")
    assert samples.weights_sha256 == tiny.card.weights_sha256
    assert len(samples.table) == 10
    assert samples.table["novel"].isna().all()
    record = json.loads((tmp_path / "out" / "record.json").read_text())
    assert record["command"] == "triage"
    assert record["seed"] == 5
    assert record["result"]["quality"]["number"] == 10


def test_the_record_says_how_well_each_score_ranks(triage, tmp_path):
    assert triage("--number", 2).status == 0
    record = json.loads((tmp_path / "out" / "record.json").read_text())
    table = Samples.load(tmp_path / "out").table
    assert record["result"]["ranking"] == ranking_record(table, seed=0)


def test_the_same_command_resumes(triage, tmp_path):
    assert triage("--number", 8).status == 0
    before = (tmp_path / "run" / "chunk-00000.parquet").stat().st_mtime_ns
    assert triage("--number", 10).status == 0
    assert (tmp_path / "run" / "chunk-00000.parquet").stat().st_mtime_ns == before


def test_novelty_is_told_where_training_data_are_given(triage, tmp_path, write):
    assert triage("--number", 8).status == 0
    table = Samples.load(tmp_path / "out").table
    first = table[table["valid"]].iloc[0]
    graph = decode(list(first["tokens"]), QM9_VOCABULARY)
    known = first["smiles"]
    data = write("qm9.csv", "smiles", *[to_smiles(graph)] * 10)
    assert triage("--number", 8, "--data", data).status == 0
    again = Samples.load(tmp_path / "out").table
    valid = again[again["valid"]]
    assert (~valid["novel"]).sum() == (valid["smiles"] == known).sum() >= 1
    pd.testing.assert_frame_equal(again.drop(columns="novel"), table.drop(columns="novel"))


def test_a_molecule_outside_the_subset_that_was_learnt_is_novel(
    trailscope, tiny, triage, write, tmp_path
):
    assert triage("--number", 8).status == 0
    table = Samples.load(tmp_path / "out").table
    known = table["smiles"][table["valid"]].iloc[0]
    data = write("qm9.csv", "smiles", *[known] * 5, *["C"] * 5)
    part = DATASETS["qm9"].load("train", source=data)
    is_new = {seed: bool(part.subset(1, seed=seed).rows[0] >= 5) for seed in range(20)}  # a "C"
    for answer in (True, False):
        seed = next(seed for seed in is_new if is_new[seed] is answer)
        folder = tmp_path / f"tiny-{seed}"
        shutil.copytree(tiny.card.path, folder)
        card = json.loads((folder / "trailscope.json").read_text())
        card["data"] = {"name": "QM9", "split": "train", "graphs": 1, "subset_seed": seed}
        (folder / "trailscope.json").write_text(json.dumps(card))
        assert trailscope("triage", "--model", folder, "--permutations", 2, "--number", 8,
                          "--chunk", 8, "--data", data, "--run-folder", folder / "run",
                          "--output", folder / "out").status == 0
        again = Samples.load(folder / "out").table
        is_known = again["valid"] & (again["smiles"] == known)
        assert set(again["novel"][is_known & again["unique"]]) == {answer}


def test_other_settings_are_refused(triage):
    assert triage("--number", 2).status == 0
    result = triage("--number", 2, "--seed", 1)
    assert result.status == 1
    assert "holds samples of other settings: seed is 0 there, 1 here" in result.err


def test_graphs_that_are_no_molecules_cannot_be_novel(trailscope, tiny_planar, write, tmp_path):
    data = write("qm9.csv", "smiles", "C")
    result = trailscope("triage", "--model", tiny_planar.card.path, "--data", data,
                        "--output", tmp_path / "out", "--run-folder", tmp_path / "run")
    assert result.status == 1
    assert "generates no molecules" in result.err
    assert not (tmp_path / "run").exists()


def test_novelty_of_a_model_without_hydrogen_nodes_reads_its_own_data(
    trailscope, make_checkpoint, write, tmp_path
):
    card = make_checkpoint("tiny-moses", MOSES_VOCABULARY).card

    def triage(*options):
        return trailscope("triage", "--model", card.path, "--number", 30, "--permutations", 2,
                          "--run-folder", tmp_path / "run", "--output", tmp_path / "out", *options)

    assert triage().status == 0
    table = Samples.load(tmp_path / "out").table
    known = next(smiles for smiles in table["smiles"].dropna() if "." not in smiles)
    data = write("moses_train.csv", "SMILES", *[known] * 10)
    assert triage("--data", data).status == 0
    again = Samples.load(tmp_path / "out").table
    assert (again["novel"] == (again["smiles"] != known)).loc[again["valid"]].all()


def test_what_was_sampled_before_is_pooled(trailscope, tmp_path):
    for seed, name in enumerate("ab"):
        made_up_samples(name, number=60, seed=seed).save(tmp_path / name, device="cpu")
    result = trailscope("triage", "--pool", tmp_path / "a", "--pool", tmp_path / "b")
    assert result.status == 0
    found = pool_samples([Samples.load(tmp_path / name) for name in "ab"])
    assert [(row["models"], row["score"], row["auc"]) for row in result.rows] == [
        (name, f"minus {roc.name}", roc.auc.value)
        for name, one in found.comparisons.items() for roc in one.rocs]
    assert result.rows[-1]["direction"] == "lower is better"
    assert "a pooled AUC also ranks the models" in result.err


def test_pooling_writes_nothing_and_sampling_needs_a_folder(trailscope, tmp_path):
    for options, said in ((("--pool", "a", "--output", tmp_path / "out"), "leave out --output"),
                          ((), "Give --output, the folder to write, or --pool"),
                          (("--pool", tmp_path / "no"), "no")):
        result = trailscope("triage", *options)
        assert result.status == 1
        assert said in result.err


@pytest.fixture
def moses_triage(trailscope, make_checkpoint, tmp_path):
    card = make_checkpoint("tiny-moses", MOSES_VOCABULARY).card
    return lambda *options: trailscope(
        "triage", "--model", card.path, "--number", 20, "--permutations", 2, "--run-folder",
        tmp_path / "run", "--output", tmp_path / "out", *options)


@pytest.mark.parametrize("small", [0, 20_000])  # all cores, or this process alone
def test_set_metrics_are_printed_and_stored(small, moses_triage, write, tmp_path, monkeypatch):
    monkeypatch.setattr(pieces, "SMALL_ROWS", small)
    monkeypatch.setattr(pieces, "PIECE_ROWS", 4)
    result = moses_triage()
    assert result.status == 0
    assert f"| SNN, test | {NO_REFERENCE} |" in result.out
    data = tmp_path / "data"
    data.mkdir()
    for name in ("train", "test", "test_scaffolds"):
        write(f"data/{name}.csv", "SMILES", "c1ccc2[nH]ccc2c1", "CCO", *["CC"] * 8)
    result = moses_triage("--data", data)
    assert result.status == 0
    samples = Samples.load(tmp_path / "out")
    references = {
        split: MoleculeSet.of(f"MOSES {name}", map(
            Chem.MolFromSmiles, ["c1ccc2[nH]ccc2c1", "CCO", *["CC"] * 8]))
        for split, name in REFERENCE_SETS.items()}
    assert samples.set_metrics == set_metrics(samples.table, references)
    assert samples.set_metrics["snn_scaffolds"].estimate is not None
    assert f"| Valid | {cell(samples.set_metrics['valid'].estimate, 3)} | 20 |" in result.out
    assert "stable" not in result.out


def test_a_file_of_training_molecules_is_no_test_set(moses_triage, write, tmp_path):
    result = moses_triage("--data", write("train.csv", "SMILES", *["CCO"] * 10))
    assert result.status == 0
    found = Samples.load(tmp_path / "out").set_metrics
    assert found["novel"].estimate is not None
    assert found["snn_test"].reason == NO_REFERENCE


def test_fcd_is_refused_before_anything_is_sampled(moses_triage, triage, tmp_path, monkeypatch):
    result = moses_triage("--fcd")
    assert result.status == 1
    assert "--fcd compares molecules without hydrogen nodes with a test set" in result.err
    assert triage("--fcd", "--dataset", "qm9").status == 1
    monkeypatch.setattr("core.triage.frechet.find_spec", lambda name: None)
    result = moses_triage("--fcd", "--dataset", "moses")
    assert result.status == 1
    assert "pip install 'trailscope[fcd]'" in result.err
    assert not (tmp_path / "run").exists()


def test_samples_grow_from_a_fragment(triage, tmp_path):
    assert triage("--number", 8, "--from", "CC(C)C").status == 0
    samples = Samples.load(tmp_path / "out")
    assert samples.config.fragment == "CC(C)C"
    assert samples.config.open_atoms == (0, 1, 2)
    assert samples.table["holds_fragment"].all()
    assert (samples.table["prefix_nll"] < samples.table["self_nll"]).all()
    record = json.loads((tmp_path / "out" / "record.json").read_text())
    assert record["config"]["open_atoms"] == [0, 1, 2]
    result = triage("--number", 8, "--from", "CC(C)C", "--open", "1")
    assert result.status == 1
    assert "open_atoms" in result.err
