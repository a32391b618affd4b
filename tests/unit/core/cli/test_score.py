"""`trailscope score` on tiny models."""

import json
import math

import numpy as np
import pandas as pd
import pytest
import torch
from rdkit import Chem

from core.chemistry.chemistry import MOSES
from core.chemistry.molecules import from_smiles
from core.graph.planar import planar_graph
from core.model.card import ModelCard
from core.model.checkpoints import load_checkpoint, save_checkpoint
from core.model.transformer import build_model
from core.sent.strategies import RANDOM_ORDER
from core.sent.vocabulary import vocabulary_of
from tests.unit.core.cli.conftest import nll_of

SCORE_COLUMNS = [
    "id", "smiles", "num_nodes", "model", "strategy", "permutations", "nll_mean_nats",
    "nll_std_nats", "nll_per_token_nats", "lu", "lu_low", "lu_high", "nll_marginal_nats",
    "effective_sample_size", "notes", "error",
]


@pytest.mark.parametrize("strategy", ["random_order", "anchor_expansion"])
def test_score_uses_the_sequences_of_linearize(strategy, trailscope):
    options = ("--strategy", strategy, "--permutations", 20, "--seed", 4)
    sequences = trailscope("linearize", "CC(=O)N", *options).rows
    [row] = trailscope("score", "CC(=O)N", "--model", "qm9-random_order", *options).rows
    nll = nll_of(load_checkpoint("qm9-random_order"), sequences)
    assert row["nll_mean_nats"] == pytest.approx(nll.mean(), rel=1e-5)
    assert row["nll_std_nats"] == pytest.approx(nll.std(), rel=1e-3)
    assert row["lu"] == pytest.approx(nll.std() / nll.mean(), rel=1e-3)
    num_tokens = sum(len(line["tokens"]) - 1 for line in sequences)
    assert row["nll_per_token_nats"] == pytest.approx(nll.sum() / num_tokens, rel=1e-5)
    log_weights = -nll - np.array([line["log_q"] for line in sequences])
    assert row["nll_marginal_nats"] == pytest.approx(
        math.log(20) - np.logaddexp.reduce(log_weights), rel=1e-5)
    assert 1 <= row["effective_sample_size"] <= 20
    assert 0 < row["lu_low"] < row["lu"] < row["lu_high"]


def test_score_columns_in_json_and_csv(trailscope, write):
    path = write("in.csv", "id,smiles", "a,CO", "b,CCl", "c,C1CC1")
    json_result, csv_result = (
        trailscope("score", path, "--permutations", 4, "--format", format)
        for format in ("json", "csv")
    )
    assert json_result.status == csv_result.status == 1
    assert [list(row) for row in json_result.rows] == [SCORE_COLUMNS] * 3
    assert csv_result.out.splitlines()[0] == ",".join(SCORE_COLUMNS)
    for row, cells in zip(json_result.rows, csv_result.table, strict=True):
        assert {name: "" if value is None else str(value) for name, value in row.items()} == cells
    bad = json_result.rows[1]
    assert (bad["id"], bad["smiles"], bad["lu"]) == ("b", "CCl", None)
    assert bad["error"] == ("Element Cl is outside the vocabulary, which has H, C, N, O, F. No "
                            "model that is here knows Cl.")


def test_its_own_rows_can_be_scored_again(trailscope, write):
    """As those of `generate` can: `num_nodes` beside a SMILES is a column like others."""
    options = ("--permutations", 4, "--seed", 1)
    first = trailscope("score", write("in.csv", "smiles", "CO", "Oc1cccc(F)c1"), *options)
    again = trailscope("score", write("out.jsonl", *first.out.splitlines()), *options)
    assert again.status == 0
    assert [row["error"] for row in again.rows] == [None, None]
    for before, after in zip(first.rows, again.rows, strict=True):
        assert after["smiles"] == before["smiles"]
        for name in ("num_nodes", "nll_mean_nats", "lu", "nll_marginal_nats"):
            assert after[name] == pytest.approx(before[name], rel=1e-5)


def test_generated_rows_can_be_scored(trailscope, write):
    generated = trailscope("generate", "--number", 40, "--mask", "strict")
    valid = [row for row in generated.rows if row["valid"]]
    assert valid
    scored = trailscope("score", write("generated.jsonl", *generated.out.splitlines()),
                        "--permutations", 2).rows
    assert [row["id"] for row in scored] == [row["id"] for row in generated.rows]
    assert [row["id"] for row in scored if row["error"] is None] == [row["id"] for row in valid]
    assert {row["error"] for row in scored if row["error"] is not None} == {
        "The SMILES is empty; try CCO for ethanol."}


def test_a_molecule_outside_the_chemistry_names_a_model_that_can_read_it(
        trailscope, monkeypatch, tmp_path):
    vocabulary = vocabulary_of(MOSES)
    save_checkpoint(
        tmp_path / "drug-like",
        build_model(vocabulary, "tiny", generator=torch.Generator().manual_seed(0)),
        ModelCard("drug-like", vocabulary, RANDOM_ORDER, "tiny", chemistry=MOSES))
    monkeypatch.setenv("TRAILSCOPE_MODELS", str(tmp_path))
    for smiles, reason in (
        ("CCCl", "Element Cl is outside the vocabulary, which has H, C, N, O, F. A model that can "
                 "read it: drug-like."),
        ("C" * 12, "The molecule has 38 atoms with hydrogens; at most 29 are possible. A model "
                   "that can read it: drug-like."),
        ("CCI", "Element I is outside the vocabulary, which has H, C, N, O, F. No model that is "
                "here knows I."),
    ):
        assert trailscope("score", smiles).rows[0]["error"] == reason


def test_the_spelling_does_not_matter(trailscope, write):
    path = write("in.smi", "CCO a", "OCC b", "C1CC1 c", "C(O)C d")
    options = ("--permutations", 16, "--seed", 2)
    rows = {row["id"]: row for row in trailscope("score", path, *options).rows}
    alone = [trailscope("score", smiles, *options).rows[0] for smiles in ("CCO", "OCC", "C(O)C")]
    for row in (rows["b"], rows["d"], *alone):
        for name in SCORE_COLUMNS[2:]:
            if name not in ("model", "strategy", "notes", "error"):
                assert row[name] == pytest.approx(rows["a"][name], rel=1e-4)
    assert [row["nll_mean_nats"] for row in alone] == [alone[0]["nll_mean_nats"]] * 3


def test_score_takes_the_models_own_strategy_by_default(trailscope):
    default, named = (
        trailscope("score", "C1CC1O", "--model", "qm9-anchor_expansion", "--permutations", 4,
                   *options).rows
        for options in ((), ("--strategy", "anchor_expansion"))
    )
    assert default == named
    assert default[0]["model"] == "qm9-anchor_expansion"
    assert default[0]["strategy"] == "anchor_expansion"
    [row] = trailscope("score", "C1CC1O", "--permutations", 4).rows
    assert (row["model"], row["strategy"]) == ("qm9-random_order", "random_order")


def test_score_takes_a_checkpoint_folder(trailscope, assets):
    folder = assets / "checkpoints" / "qm9-anchor_expansion"
    by_folder, by_name = (trailscope("score", "CO", "--model", model, "--permutations", 4).rows
                          for model in (folder, "qm9-anchor_expansion"))
    assert by_folder == by_name


def test_the_seed_fixes_every_number(trailscope):
    first, same, other = (trailscope("score", "CCO", "--seed", seed).out for seed in (1, 1, 2))
    assert first == same
    assert first != other


def test_every_kind_of_file_gives_the_same_numbers(trailscope, write, tmp_path):
    molecule = Chem.AddHs(Chem.MolFromSmiles("CCO"))
    molecule.SetProp("_Name", "ethanol")
    with Chem.SDWriter(str(tmp_path / "in.sdf")) as writer:
        writer.write(molecule)
    graph = from_smiles("CCO", name="ethanol").graph.to_json()
    paths = [
        write("in.smi", "CCO ethanol"), write("in.csv", "smiles,id", "CCO,ethanol"),
        write("in.jsonl", graph), write("in.json", [graph]), tmp_path / "in.sdf",
        write("smiles.jsonl", {"id": "ethanol", "smiles": "CCO"}),
    ]
    rows = []
    for path in paths:
        result = trailscope("score", path, "--permutations", 16)
        assert result.status == 0, path
        rows += result.rows
    assert [row["id"] for row in rows] == ["ethanol"] * 6
    for row in rows:
        assert {**row, "smiles": None} == {**rows[0], "smiles": None}
    assert [row["smiles"] for row in rows] == ["CCO", "CCO", None, None, "CCO", "CCO"]


@pytest.mark.parametrize(("smiles", "plain", "note"), [
    ("[13CH4]", "C", "Isotopes are not encoded"),
    ("C[C@H](O)F", "CC(O)F", "Stereochemistry is not encoded"),
    ("[NH4+]", "[NH4+]", "Formal charges are not encoded"),
    ("[CH3]", "[CH3]", "Unpaired electrons are not encoded"),
    ("O.O", "O.O", "The input has 2 fragments"),
    ("[H]", "[H]", "Unpaired electrons are not encoded"),
])
def test_what_is_not_encoded_scores_with_a_note(smiles, plain, note, trailscope):
    result = trailscope("score", smiles, "--permutations", 4)
    assert result.status == 0
    [row] = result.rows
    assert row["error"] is None
    assert row["nll_mean_nats"] > 0
    assert result.err.startswith(f"note: {note}")
    assert result.err.split() == f"note: {row['notes']}".split()  # of one row, so it is not named
    [other] = trailscope("score", plain, "--permutations", 4).rows
    assert row["nll_mean_nats"] == other["nll_mean_nats"]


def test_notes_are_counted_and_name_their_rows(trailscope, write):
    path = write("in.smi", "[13CH4]", "O.O", "[13CH3]C", "CO")
    result = trailscope("linearize", path)
    assert [row["notes"] for row in result.rows] == [
        "Isotopes are not encoded and are ignored.",
        "The input has 2 fragments; they are scored as one graph.",
        "Isotopes are not encoded and are ignored.", None]
    assert result.err.splitlines() == [
        "note: Isotopes are not encoded and are ignored. (2 rows: row 1, row 3)",
        "note: The input has 2 fragments; they are scored as one graph. (row 2)",
    ]


def test_graphs_that_the_model_cannot_read_are_bad_rows(trailscope, write):
    path = write("in.jsonl", {"id": "plain", "num_nodes": 2, "edges": [[0, 1]]},
                 {"id": "big", "smiles": "CCCCCCCCCCC"}, {"id": "fine", "smiles": "C"})
    result = trailscope("score", path, "--permutations", 4)
    assert result.status == 1
    assert [row["error"] for row in result.rows] == [
        "The model reads molecules, and this is a graph without labels.",
        "The molecule has 35 atoms with hydrogens; at most 29 are possible. No model that is here "
        "can read it; the largest, qm9-random_order, takes 29 atoms with hydrogens.", None]
    assert result.rows[2]["nll_mean_nats"] > 0


def test_a_planar_graph_scores_by_its_name_as_from_a_file(trailscope, write, tiny_planar):
    options = ("--model", tiny_planar.card.path, "--permutations", 3, "--seed", 2)
    file = write("graph.json", planar_graph(3, seed=1, split="test").graph.to_json())
    [named] = trailscope("score", "planar:1:3", *options).rows
    [read] = trailscope("score", file, *options).rows
    assert named == read
    assert (named["id"], named["num_nodes"]) == ("planar-1-test-3", 64)
    assert named["nll_mean_nats"] > 0


@pytest.mark.parametrize(("input", "model", "message"), [
    ("planar:0:0", "qm9-random_order", "The model reads molecules, and this is a graph without "
     "labels."),
    ("planar:0", "planar", "'planar:0' names no planar graph"),
    ("CCO", "planar", "The model reads unlabelled graphs, the input is labelled. A model that can "
     "read it: qm9-random_order."),
])
def test_graphs_of_the_other_kind_are_bad_rows(input, model, message, trailscope, tiny_planar):
    model = tiny_planar.card.path if model == "planar" else model
    result = trailscope("score", input, "--model", model, "--permutations", 2)
    assert result.status == 1
    [row] = result.rows
    assert row["error"].startswith(message)


def test_bf16_is_an_option(trailscope):
    [exact], [rough] = (trailscope("score", "CCO", "--precision", precision).rows
                        for precision in ("fp32", "bf16"))
    assert rough["nll_mean_nats"] != exact["nll_mean_nats"]
    assert rough["nll_mean_nats"] == pytest.approx(exact["nll_mean_nats"], rel=0.02)


@pytest.mark.parametrize(("words", "message"), [
    (("score", "CO", "--model", "qm9"),
     "There is no model 'qm9'; give a checkpoint folder or one of: qm9-random_order, "
     "qm9-anchor_expansion."),
    (("generate", "--model", "qm9"), "There is no model 'qm9'"),
    (("score", "CO", "--strategy", "sideways"), "Unknown strategy 'sideways'."),
    (("score", "none.csv"), "There is no file none.csv; check the path."),
    (("generate", "--temperature", "0"), "temperature must be above 0 and finite, got 0.0."),
    (("import-checkpoint", "none.ckpt", "out", "--strategy", "random_order"),
     "There is no file none.ckpt; give a Lightning .ckpt file."),
])
def test_what_cannot_start_is_one_sentence_on_stderr(words, message, trailscope):
    result = trailscope(*words)
    assert result.status == 1
    assert result.out == ""
    assert result.err.startswith(f"error: {message}")
    assert result.err.count("\n") == 1


@pytest.mark.parametrize(("words", "option"), [
    (("score", "CO", "--permutations", "1"), "--permutations"),
    (("score", "CO", "--format", "xml"), "--format"),
    (("score", "CO", "--precision", "fp8"), "--precision"),
    (("generate", "--mask", "loose"), "--mask"),
    (("generate", "--number", "0"), "--number"),
    (("models", "--format", "xml"), "--format"),
])
def test_an_option_out_of_range_is_a_usage_error(words, option, trailscope):
    result = trailscope(*words)
    assert result.status == 2
    assert result.out == ""
    assert option in result.err


def test_several_molecules_are_called_by_their_places(trailscope):
    result = trailscope("score", "C", "[13CH4]", "CCl", "--permutations", 2)
    assert [row["id"] for row in result.rows] == ["row 1", "row 2", "row 3"]
    assert result.err.split("\n")[0] == "note: Isotopes are not encoded and are ignored. (row 2)"
    none = trailscope("score", "C", "absent.csv", "--permutations", 2)
    assert (none.status, none.out) == (1, "")  # before anything is scored


@pytest.mark.parametrize("name", ["x.csv", "x.SDF", "x.parquet"])
def test_a_folder_is_not_named_like_a_file(trailscope, write, tmp_path, name):
    result = trailscope("score", write("in.smi", "C"), "--output", tmp_path / name)
    assert (result.status, list(tmp_path.glob("x*"))) == (1, [])
    assert " ".join(result.err.split()) == (
        f"error: --output writes a folder of Parquet, and {name} is named like a file; give a "
        "folder's name, or print rows: --format csv > x.csv.")


def test_score_into_a_folder_keeps_what_the_files_say(trailscope, write, tmp_path):
    path = write("mine.csv", "SMILES,batch", "[13CH3]O,7", "CCl,8")
    other = write("more.smi", "CC second")
    folder = tmp_path / "set"
    words = ("score", path, other, "--output", folder, "--permutations", 4)
    result = trailscope(*words)
    assert (result.status, result.out) == (1, "")
    said = " ".join(result.err.split())
    assert "holds 3 scored rows, 1 of them with an error." in said
    assert "not scored: row 2: " in said
    table = pd.read_parquet(folder)
    assert table["batch"].tolist()[:2] == [7, 8]
    assert table["id"].tolist() == ["row 1", "row 2", "second"]
    [expected] = trailscope("score", "CO", "--permutations", 4).rows
    assert "note: Isotopes are not encoded and are ignored. (row 1)" in result.err
    assert table["notes"][0] == "Isotopes are not encoded and are ignored."
    assert table["nll_mean_nats"][0] == pytest.approx(expected["nll_mean_nats"], abs=1e-4)
    refused = trailscope(*words, "--seed", 1)
    assert refused.status == 1
    assert "seed is 0 there, 1 here" in " ".join(refused.err.split())


def test_score_tokens_prints_every_token(trailscope, tmp_path):
    lines = trailscope("linearize", "CO", "--permutations", 2).out
    path = tmp_path / "tokens.jsonl"
    path.write_bytes(lines.encode() + b'[1, 2]\n{"id": "\xe9"}\n')
    result = trailscope("score", "--tokens", path)
    assert result.status == 1
    first, second, bad, damaged = result.rows
    sequences = [json.loads(line) for line in lines.splitlines()]
    expected = nll_of(load_checkpoint("qm9-random_order"), sequences)
    assert [first["nll_nats"], second["nll_nats"]] == pytest.approx(expected, rel=1e-5)
    assert sum(first["token_nll_nats"]) == pytest.approx(first["nll_nats"])
    assert bad["error"].startswith("A sequence begins with sos")
    assert damaged["error"].startswith("Line 4, column 9: byte 0xE9 is not UTF-8")


@pytest.mark.parametrize(("words", "told"), [
    ((), "Give molecules to score"),
    (("CO", "--tokens", "x.jsonl"), "give no molecules beside it"),
    (("--tokens", "x.jsonl", "--output", "set", "--seed", 0, "--workers", 2),
     "--tokens scores sequences as they are; leave out --output, --seed, --workers."),
    (("x.csv", "--output", "set", "--format", "csv"), "are Parquet; leave out --format."),
    (("CO", "--workers", 2), "add --engine ray"),
    (("CO", "--engine", "ray"), "--engine ray writes to a folder"),
    (("no.csv", "--output", "set"), "There is no file no.csv"),
])
def test_score_refuses_what_does_not_go_together(words, told, trailscope, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    result = trailscope("score", *words)
    assert result.status == 1
    assert told in " ".join(result.err.split())


def test_a_fault_of_the_file_names_no_other_model(trailscope, tmp_path):
    path = tmp_path / "mine.csv"
    path.write_text('smiles,note\nCO,"open\nCC,closed\n')
    bad, good = trailscope("score", path, "--permutations", 2).rows
    assert bad["error"].startswith("Line 2, column 4: a quote without its partner")
    assert "model" not in bad["error"]
    assert good["error"] is None
