"""`trailscope salience` and `trailscope mask`: files, rows, records, and what is refused."""

import json

import pytest
import torch
from transformers import GPT2Config, GPT2LMHeadModel

from core.salience import Mask, Salience, TokenSequences, open_language_model, select
from core.salience.agreement import agreement, agreement_by_layer
from core.salience.compute import compute_salience
from core.salience.criteria import CRITERIA

MOLECULES = ("CCO", "C#N", "CC", "CO", "CCC")
MODEL = "qm9-anchor_expansion"


@pytest.fixture(scope="module")
def gpt2(tmp_path_factory):
    """A tiny GPT-2 with random weights as `save_pretrained` writes it."""
    folder = tmp_path_factory.mktemp("models") / "tiny-gpt2"
    torch.manual_seed(0)
    GPT2LMHeadModel(GPT2Config(vocab_size=20, n_embd=8, n_layer=2, n_head=2, n_positions=16)
                    ).save_pretrained(folder)
    return folder


@pytest.fixture
def molecules(write):
    return write("molecules.smi", *MOLECULES)


@pytest.fixture
def scores(trailscope, molecules, tmp_path):
    """A folder of scores by three criteria."""
    folder = tmp_path / "scores"
    result = trailscope("salience", "--model", MODEL, "--criterion", "magnitude,gradient,snip",
                        "--input", molecules, "--output", folder)
    assert result.status == 0
    return folder


def test_scores_are_written_with_rows_and_a_record(trailscope, molecules, tmp_path):
    folder = tmp_path / "scores"
    result = trailscope("salience", "--model", MODEL, "--criterion", "gradient, magnitude",
                        "--input", molecules, "--number", 3, "--seed", 7, "--output", folder)
    assert result.status == 0
    rows = {row["criterion"]: row for row in result.rows}
    found = {name: Salience.load(folder / f"{name}.safetensors") for name in rows}
    assert list(rows) == ["gradient", "magnitude"]
    assert rows["gradient"]["examples"] == 3
    assert rows["gradient"]["strategy"] == "anchor_expansion"
    assert rows["magnitude"]["examples"] is None
    every = torch.cat([score.reshape(-1) for score in found["gradient"].scores.values()])
    assert rows["gradient"]["entries"] == len(every)
    assert rows["gradient"]["max"] == float(every.max())
    assert found["gradient"].examples["drawn_from"] == 5
    record = json.loads((folder / "record.json").read_text())
    assert (record["command"], record["seed"]) == ("salience", 7)
    assert record["checkpoint"] == found["gradient"].weights_sha256
    assert record["config"]["examples"]["digest"] == found["gradient"].examples["digest"]
    assert record["result"]["criteria"] == result.rows


def test_all_criteria_and_another_order(trailscope, molecules, tmp_path):
    result = trailscope("salience", "--criterion", "all", "--strategy", "max_degree_first",
                        "--input", molecules, "--number", 2, "--option", "temperature=200",
                        "--output", tmp_path / "scores")
    assert result.status == 0
    assert [row["criterion"] for row in result.rows] == list(CRITERIA)
    assert {row["strategy"] for row in result.rows} == {None, "max_degree_first"}
    assert Salience.load(tmp_path / "scores" / "grasp.safetensors").options == {"temperature": 200}


def test_any_causal_lm_takes_a_file_of_tokens(trailscope, gpt2, write, tmp_path):
    tokens = write("tokens.jsonl", [1, 2, 3, 4], [5, 6], [7, 8, 9])
    result = trailscope("salience", "--model", gpt2, "--tokens", tokens, "--number", 2,
                        "--output", tmp_path / "scores")
    assert result.status == 0
    assert result.rows[0]["matrices"] == 8
    found = Salience.load(tmp_path / "scores" / "gradient.safetensors")
    model = open_language_model(gpt2)
    examples = TokenSequences(torch.tensor([[1, 2, 3, 4], [5, 6, 0, 0]]), torch.tensor([4, 2]))
    expected = compute_salience(model, "gradient", examples)
    for name, score in expected.scores.items():
        assert torch.allclose(found.scores[name], score)


def test_a_single_molecule_is_linearized_many_times(trailscope, tmp_path):
    result = trailscope("salience", "--input", "CCO", "--permutations", 4,
                        "--output", tmp_path / "scores")
    assert result.status == 0
    found = Salience.load(tmp_path / "scores" / "gradient.safetensors")
    assert found.examples["permutations"] == 4


@pytest.mark.parametrize(("words", "reason"), [
    (["--criterion", "gradiant"], "Unknown criterion 'gradiant'; use all or one of random"),
    (["--option", "temperature"], "is no option of a criterion; write it as name=number"),
    (["--option", "temperature=2", "--input", "CCO"], "Unknown option 'temperature' of gradient"),
    (["--model", "qm9"], "qm9"),
    (["--input", "missing.smi"], "missing.smi"),
    (["--input", "CCO", "--number", "2"], "between 1 and 1"),
    (["--strategy", "alphabetical"], "alphabetical"),
    (["--tokens", "tokens.jsonl", "--input", "CCO"], "leave out --input"),
    (["--tokens", "missing.jsonl"], "There is no file missing.jsonl"),
    ([], "No molecules of QM9 ship"),
])
def test_what_cannot_be_scored_is_one_sentence(trailscope, tmp_path, words, reason):
    result = trailscope("salience", "--output", tmp_path / "scores", *words)
    assert result.status == 1
    assert reason in result.err
    assert result.err.count("error:") == 1
    assert not (tmp_path / "scores").exists()


def test_other_models_say_what_they_read(trailscope, gpt2, tmp_path):
    result = trailscope("salience", "--model", gpt2, "--output", tmp_path / "scores")
    assert "tiny-gpt2 reads token sequences, not molecules; give --tokens FILE" in result.err
    assert trailscope("salience", "--model", gpt2, "--criterion", "synflow",
                      "--output", tmp_path / "scores").status == 0


def test_a_file_in_the_place_of_the_folder_is_refused(trailscope, write, tmp_path):
    path = write("taken", "x")
    assert "is a file" in trailscope("salience", "--output", path / "scores").err
    assert path.read_text() == "x\n"


def test_a_mask_is_cut_with_its_record(trailscope, scores, tmp_path):
    path = tmp_path / "masks" / "mask.safetensors"
    result = trailscope("mask", scores / "gradient.safetensors", "--density", 0.1, "--scope",
                        "local", "--output", path)
    assert result.status == 0
    (row,) = result.rows
    mask = Mask.load(path)
    expected = select(Salience.load(scores / "gradient.safetensors"), density=0.1, scope="local")
    assert all(torch.equal(mask.entries[name], entries)
               for name, entries in expected.entries.items())
    assert (row["selected"], row["entries"]) == (mask.nnz, mask.num_entries)
    assert row["density"] == pytest.approx(0.1, abs=0.01)
    record = json.loads(path.with_suffix(".json").read_text())
    assert record["config"]["scope"] == "local"
    assert record["result"]["masks"] == result.rows


def test_several_masks_are_compared_beside_chance(trailscope, scores, tmp_path):
    result = trailscope("mask", scores, "--count", 500, "--compare", "--output", tmp_path / "masks")
    assert result.status == 0
    headlines, pairs = result.rows[:3], result.rows[3:]
    assert [row["mask"] for row in headlines] == ["gradient", "magnitude", "snip"]
    assert {row["selected"] for row in headlines} == {500}
    masks = {row["mask"]: Mask.load(tmp_path / "masks" / f"{row['mask']}.safetensors")
             for row in headlines}
    overall = {(row["first"], row["second"]): row for row in pairs if row["layer"] is None}
    assert list(overall) == [("gradient", "magnitude"), ("gradient", "snip"),
                             ("magnitude", "snip")]
    for (first, second), row in overall.items():
        found = agreement(masks[first], masks[second])
        assert (row["jaccard"], row["chance"]) == (found.jaccard, found.chance)
        layers = {r["layer"]: r for r in pairs
                  if (r["first"], r["second"]) == (first, second) and r["layer"] is not None}
        by_layer = agreement_by_layer(masks[first], masks[second])
        assert {layer: (r["both"], r["entries"]) for layer, r in layers.items()} == {
            layer: (one.both, one.entries) for layer, one in by_layer.items()}
    again = trailscope("mask", *sorted((tmp_path / "masks").glob("*.safetensors")))
    assert [row for row in again.rows if "first" in row] == list(overall.values())


@pytest.mark.parametrize(("words", "reason"), [
    (["{scores}/gradient.safetensors", "--output", "{tmp}/m.safetensors"], "--density or --count"),
    (["{scores}/gradient.safetensors", "--density", "0.5"], "Give --output FILE"),
    (["{scores}/gradient.safetensors", "--density", "1e-9", "--compare"], "selects none of"),
    (["{scores}/gradient.safetensors", "--density", "2", "--compare"], "at most 1"),
    (["{scores}/gradient.safetensors", "--density", "0", "--output", "{tmp}/m.bin"],
     "A density lies above 0 and is at most 1 (100%), got 0."),
    (["{scores}/gradient.safetensors", "--density", "0.5", "--output", "{tmp}/m.bin"],
     "such as mask.safetensors"),
    (["{scores}/gradient.safetensors"] * 2 + ["--density", "0.5"], "given twice"),
    (["{tmp}"], "holds no .safetensors file"),
    (["{tmp}/missing.safetensors", "--compare"], "cannot be read"),
    (["{scores}/gradient.safetensors", "--density", "0.5", "--output",
      "{scores}/gradient.safetensors"], "would be written over"),
    (["{scores}/gradient.safetensors", "{scores}/snip.safetensors", "--density", "0.5",
      "--output", "{scores}"], "would be written over"),
])
def test_what_cannot_be_cut_is_one_sentence(trailscope, scores, tmp_path, words, reason):
    before = sorted(tmp_path.rglob("*"))
    result = trailscope("mask", *(word.format(scores=scores, tmp=tmp_path) for word in words))
    assert result.status == 1
    assert reason in result.err
    assert not result.out
    assert sorted(tmp_path.rglob("*")) == before


def test_masks_of_equal_names_stay_in_the_output(trailscope, scores, tmp_path, monkeypatch):
    first, second = tmp_path / "x.safetensors", tmp_path / "in" / "x.safetensors"
    second.parent.mkdir()
    for path in (first, second):
        path.write_bytes((scores / "snip.safetensors").read_bytes())
    monkeypatch.chdir(second.parent)
    result = trailscope("mask", "x.safetensors", "../x.safetensors", "--density", 0.2,
                        "--output", tmp_path / "out")
    assert result.status == 0
    masks = sorted((tmp_path / "out").rglob("*.safetensors"))
    assert [path.relative_to(tmp_path / "out").as_posix() for path in masks] == [
        f"{row['mask']}.safetensors" for row in sorted(result.rows[:2], key=lambda r: r["mask"])]
    assert first.read_bytes() == second.read_bytes()


def test_a_mask_is_not_cut_again(trailscope, scores, tmp_path):
    mask = tmp_path / "mask.safetensors"
    trailscope("mask", scores / "snip.safetensors", "--density", 0.2, "--output", mask)
    again = trailscope("mask", mask, "--density", 0.5, "--compare")
    assert again.status == 1
    assert "holds a mask, which has its entries already" in again.err


def test_masks_of_different_models_are_not_compared(trailscope, scores, gpt2, tmp_path):
    trailscope("salience", "--model", gpt2, "--criterion", "magnitude",
               "--output", tmp_path / "other")
    result = trailscope("mask", scores, tmp_path / "other", "--density", 0.1)
    assert result.status == 1
    assert "cannot be compared" in result.err
