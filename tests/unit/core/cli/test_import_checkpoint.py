"""`trailscope import-checkpoint`: what was imported does all that our own models do."""

import json

import pytest
import torch

from tests.unit.core.model.foreign.autograph import (
    configuration,
    reference,
    tiny_size,  # noqa: F401
    write,
)

pytestmark = pytest.mark.usefixtures("tiny_size")

PHENOL = "Oc1ccccc1"
IODOPYRIDINE = "CB(O)c1cncc(I)c1"
PLANAR = "planar:0:0"


def bring_in(trailscope, folder, kind, num_tokens, dataset, *options):
    write(folder / "foreign.ckpt", reference(kind, num_tokens),
          configuration(f"{kind}-tiny", dataset))
    return trailscope("import-checkpoint", folder / "foreign.ckpt", folder / "mine", "--strategy",
                      "max_degree_first", *options)


@pytest.mark.parametrize(("kind", "num_tokens", "dataset", "text", "decoded", "num_edges",
                          "written"), [
    ("llama", 44, "QM9", "CCO", "[H]OC([H])([H])C([H])([H])[H]", 8, "qm9"),
    ("llama2", 45, "MOSES", PHENOL, PHENOL, 7, "moses-aromatic"),
    ("llama3", 110, "Guacamol", IODOPYRIDINE, IODOPYRIDINE, 10, "guacamol-aromatic"),
    ("llama3", 70, "planar", PLANAR, None, 180, "graphs without labels"),
])
def test_an_imported_model_linearizes_decodes_scores_and_generates(
    kind, num_tokens, dataset, text, decoded, num_edges, written, trailscope, tmp_path,
):
    result = bring_in(trailscope, tmp_path, kind, num_tokens, dataset)
    assert (result.status, result.err) == (
        0, f"Wrote {tmp_path / 'mine'}: {num_tokens} tokens, {written}.\n"
           f"Commands take it by --model {tmp_path / 'mine'}; for all pages keep it by: trailscope "
           f"models --add {tmp_path / 'mine'}\n")
    model = ("--model", tmp_path / "mine")
    lines = trailscope("linearize", text, *model, "--permutations", 3).rows
    (tmp_path / "lines.jsonl").write_text("\n".join(map(json.dumps, lines)))
    for line, back in zip(lines, trailscope("decode", tmp_path / "lines.jsonl", *model).rows,
                          strict=True):
        assert max(line["tokens"]) < num_tokens
        assert (len(back["edges"]), back["smiles"]) == (num_edges, decoded)
    [row] = trailscope("score", text, *model, "--permutations", 4).rows
    assert (row["model"], row["strategy"], row["error"]) == ("mine", "max_degree_first", None)
    samples = trailscope("generate", *model, "--number", 2)
    assert samples.status == 0
    assert all(max(sample["tokens"]) < num_tokens for sample in samples.rows)


def test_scores_are_those_of_the_foreign_model(trailscope, tmp_path):
    """NLL of every sequence by a forward pass of its own, in the order of `linearize`."""
    bring_in(trailscope, tmp_path, "llama3", 45, "MOSES")
    options = (PHENOL, "--model", tmp_path / "mine", "--strategy", "random_order",
               "--permutations", 4, "--seed", 3)
    [row] = trailscope("score", *options).rows
    model = reference("llama3", 45)
    nll = []
    for line in trailscope("linearize", *options).rows:
        tokens = torch.tensor([line["tokens"]])
        with torch.inference_mode():
            log_p = model(input_ids=tokens[:, :-1]).logits.log_softmax(-1)
        nll.append(-float(log_p.gather(2, tokens[:, 1:, None]).sum()))
    assert row["nll_mean_nats"] == pytest.approx(sum(nll) / 4, rel=1e-4)


def test_options_go_before_what_the_file_says(trailscope, tmp_path):
    result = bring_in(trailscope, tmp_path, "llama", 45, "MOSES", "--chemistry", "moses",
                      "--name", "ours")
    assert result.err.splitlines()[0].endswith("45 tokens, moses.")
    result = bring_in(trailscope, tmp_path, "llama", 45, "MOSES", "--dataset", "unlabelled")
    assert result.err.splitlines()[0].endswith("45 tokens, graphs without labels.")
    result = bring_in(trailscope, tmp_path, "llama", 45, "MOSES", "--dataset", "guacamol")
    assert (result.status, result.err.count("\n")) == (1, 1)


def test_a_folder_of_transformers(trailscope, tmp_path):
    reference("llama3", 110).save_pretrained(tmp_path / "in")
    words = ("import-checkpoint", tmp_path / "in", tmp_path / "mine", "--strategy", "random_order")
    assert "does not say what its 110 tokens mean" in trailscope(*words).err
    assert "leave out --kind" in trailscope(*words, "--kind", "llama3").err
    result = trailscope(*words, "--dataset", "guacamol")
    assert result.err.startswith(f"Wrote {tmp_path / 'mine'}: 110 tokens, guacamol-aromatic.\n")
    [row] = trailscope("score", IODOPYRIDINE, "--model", tmp_path / "mine", "--permutations",
                       2).rows
    assert row["error"] is None


def test_an_imported_model_is_listed_where_it_ships(trailscope, tmp_path, monkeypatch):
    assets = tmp_path / "assets"
    monkeypatch.setenv("TRAILSCOPE_ASSETS", str(assets))
    bring_in(trailscope, tmp_path, "llama2", 45, "MOSES")
    (assets / "checkpoints").mkdir(parents=True)
    (tmp_path / "mine").rename(assets / "checkpoints" / "mine")
    result = trailscope("models")
    assert result.status == 0
    assert "mine" in result.out
    [row] = json.loads(trailscope("models", "--format", "json").out)
    assert row["chemistry"]["name"] == "moses-aromatic"
    [row] = trailscope("score", PHENOL, "--model", "mine", "--permutations", 2).rows
    assert row["error"] is None
