"""`trailscope results`: what ships, as tables."""

import json

import pandas as pd
import pytest

from core.chemistry.molecules import from_smiles
from core.cli.arms_by_size import repair_tables
from core.evaluation.run import EvaluationConfig, EvaluationRun, GraphSet
from core.repair.arms import Arm
from core.repair.experiment import RepairConfig, RepairExperiment
from core.sent.batch import GraphBatch
from core.sent.strategies import MAX_DEGREE_FIRST
from core.triage.ranking import ranking_record
from core.triage.samples import SAMPLE_TYPES, Samples, SamplesConfig, as_samples
from core.triage.set_metrics import set_metrics
from tests.repairs import LORA, made_up, with_nll
from tests.trainings import record

ARMS = Arm("none"), Arm("lora", rank=1), Arm("sparse", "snip", "local", count=40)


def table_of(*stable):
    rows = [dict.fromkeys(SAMPLE_TYPES) | {
        "valid": True, "unique": True, "stable": is_stable, "self_nll": 30.0 + at, "nll_mean": 30.0,
        "lu": 0.1 if is_stable else 0.2, "nll_marginal": 20.0 - at, "num_nodes": 5,
        "atoms_stable": 4, "fragments": 1,
    } for at, is_stable in enumerate(stable)]
    return as_samples(pd.DataFrame(rows))


@pytest.fixture
def shipped(tiny, trailscope, monkeypatch, tmp_path):
    folder = tmp_path / "assets"
    monkeypatch.setenv("TRAILSCOPE_ASSETS", str(folder))
    graphs = GraphSet("QM9", "test", tuple(
        from_smiles(smiles, name=smiles).graph for smiles in ("CC=O", "CCO", "C#N")))
    for order in ("random_order", "max_degree_first"):
        run = EvaluationRun(tiny, graphs, EvaluationConfig(order, permutations=2),
                            run_folder=tmp_path / "run" / order, validation=None)
        list(run.steps())
        run.result().save(folder / "results" / "evaluations" / "tiny" / order)
    for name, stable in (("qm9-random_order", (True, True, False)), ("all-stable", (True, True))):
        table = table_of(*stable)
        Samples(name, "", "random_order", 3, "QM9", SamplesConfig(len(table)), table,
                ranking=ranking_record(table, seed=0)).save(
            folder / "results" / "samples" / name, device="cpu")
    return trailscope("results")


def test_every_table_is_printed(shipped):
    assert shipped.status == 0
    titles = [line for line in shipped.out.splitlines() if line.startswith("###")]
    assert titles == ["### Generated graphs", "### AUC of the scores", "### AUC along training",
                      "### NLL per token", "### Mean LU", "### Standard deviation of the NLL",
                      "### ECE, all tokens",
                      "### Fitted temperature"]


def test_samples_are_told_in_shares_and_aucs(shipped):
    assert "| `qm9-random_order` | 3 | 100.0% | 100.0% | – | 66.7% | 0.133 | 4.00 |" in shipped.out
    [row] = [line for line in shipped.out.splitlines() if "| 2 / 1 |" in line]
    assert " | 1.00 [" in row  # LU tells them apart, the mean NLL does not at all
    assert " | 0.50" in row
    assert "| `all-stable` | – | – | – | – | – |" in shipped.out


def test_samples_are_told_as_sets(trailscope, monkeypatch, tmp_path):
    """Where hydrogens are implicit; a metric that needs a test set has no number without one."""
    monkeypatch.setenv("TRAILSCOPE_ASSETS", str(tmp_path))
    table = table_of(True, True).assign(smiles=["CCO", "CCN"])
    Samples("drugs", "", "random_order", 3, "MOSES", SamplesConfig(len(table)), table,
            set_metrics=set_metrics(table, {})).save(
        tmp_path / "results" / "samples" / "drugs", device="cpu")
    told = trailscope("results").out.split("### Samples as sets")[1].split("###")[0]
    rows = dict(line.strip("| ").split(" | ") for line in told.strip().splitlines())
    assert rows["metric"] == "`drugs`"
    assert rows["Valid"].startswith("1.000 [")
    assert rows["SNN, test"] == "–"


def test_a_repair_is_told_arm_by_arm(trailscope, make_checkpoint, monkeypatch, tmp_path):
    folder = tmp_path / "assets" / "results" / "repair" / "biased"
    monkeypatch.setenv("TRAILSCOPE_ASSETS", str(tmp_path / "assets"))
    checkpoint = make_checkpoint("biased", strategy=MAX_DEGREE_FIRST)
    graphs = tuple(from_smiles(smiles, name=smiles).graph for smiles in ("CC=O", "CCO", "C#N"))
    experiment = RepairExperiment(
        checkpoint, training=GraphBatch.from_graphs(graphs, with_automorphisms=False),
        validation=GraphSet("QM9", "validation", graphs), test=GraphSet("QM9", "test", graphs),
        config=RepairConfig(steps=1, batch_size=1, permutations=2), run_folder=tmp_path / "run")
    for arm in ARMS:
        list(experiment.run(arm))
        experiment.result(arm).save(folder / arm.name)
    out = trailscope("results").out
    lines = out.split("### Order repair of `biased`")[1].split("###")[0].strip().splitlines()
    assert lines[0].startswith("| arm | parameters | LU, random_order | std of NLL, nats, "
                               "random_order | ECE, random_order |")
    assert [line.split(" | ")[:2] for line in lines[2:]] == [
        ["| as trained", "0"], ["| snip, local, static", "40"], ["| LoRA, rank 1", "1,088"]]
    lu = experiment.result(Arm("none")).estimates["random_order"]["lu"].value
    assert lines[2].split(" | ")[2] == f"{lu:.3f}"  # three graphs are too few for an interval
    lora, mask = (experiment.result(arm).estimates for arm in ARMS[1:])
    lu_lines, nll_lines = (out.split(f"### {title}")[1].split("###")[0].strip().splitlines()[2:]
                           for title in ("LU under random_order", "NLL per token, random_order /"))
    assert lu_lines == ["| arm | 40 | 1,088 |", "| --- | --- | --- |",
                        f"| LoRA | – | {lu_and_nats(lora)} |",
                        f"| snip, local, static | {lu_and_nats(mask)} | – |"]
    nll = [lora[order]["nll_per_token"].value for order in ("random_order", "max_degree_first")]
    assert nll_lines[2] == f"| LoRA | – | {nll[0]:.3f} / {nll[1]:.3f} |"


def lu_and_nats(estimates):
    found = estimates["random_order"]
    return f"{found['lu'].value:.3f}, {found['nll_std'].value:.2f} nats"


def test_trainings_are_told_by_order_size_and_seed(trailscope, monkeypatch, tmp_path):
    monkeypatch.setenv("TRAILSCOPE_ASSETS", str(tmp_path))
    for at, made in enumerate([record("random_order", 1000, seed=1), record("random_order", 1000),
                               record("min_degree_first", 1000, mix=0.1),
                               record("min_degree_first", 128)]):
        folder = tmp_path / "results" / "training" / str(at)
        folder.mkdir(parents=True)
        (folder / "record.json").write_text(json.dumps(made), encoding="utf-8")
    out = trailscope("results").out
    lines = out.split("### NLL, LU and ECE after training")[1].split("###")[0].strip().splitlines()
    assert [line.split(" | ")[:4] for line in lines[2:]] == [
        ["| min_degree_first", "128", "0", "0.300 [0.270, 0.330]"],
        ["| min_degree_first, 10% random", "1,000", "0", "0.310 [0.279, 0.341]"],
        ["| random_order", "1,000", "0", "0.300 [0.270, 0.330]"],
        ["| random_order", "1,000", "1", "0.300 [0.270, 0.330]"]]
    lines = out.split("### Samples after training")[1].split("###")[0].strip().splitlines()
    assert lines[0] == "| order | learnt from | seed | valid | unique | novel | stable | VUN |"
    assert len(lines) == 6


def test_every_model_is_a_row_under_every_order(shipped):
    lines = shipped.out.split("### NLL per token")[1].split("###")[0].strip().splitlines()
    assert lines[0].startswith("| model | random_order | max_degree_first |")
    assert all(line.count("|") == 6 for line in lines)
    assert len(lines) > 2


def test_a_spurious_repair_is_marked_and_the_mark_explained():
    none, honest = made_up(Arm("none"), 0, 0.4), with_nll(LORA, 40, 0.12)
    dynamic = Arm("sparse", "gradient", "global", True, 40, 1)
    spurious = with_nll(dynamic, 40, 0.08, times=2, seed=2)
    for name, is_marked in (("Order repair", True), ("LU under random_order by", True),
                            ("NLL per token", False)):
        [lines] = [list(lines) for title, lines in repair_tables([none, honest, spurious])
                   if title.startswith(name)]
        marked = [line for line in lines if line.startswith("|") and "†" in line]
        assert [line.split(" | ")[0] for line in marked] == (
            ["| gradient, global, dynamic"] if is_marked else [])
        assert any(line.startswith("† A low LU") for line in lines) == is_marked
    assert not any("†" in line for _, lines in repair_tables([none, honest]) for line in lines)
