"""Training: it learns, it stops and resumes without a trace, it says what it cannot do."""

import json
import math
import shutil
from collections import Counter
from dataclasses import replace
from itertools import islice

import pytest
import torch
from safetensors.torch import load_file

from core.chemistry.molecules import from_smiles
from core.errors import InputError
from core.likelihood.scoring import score_trails
from core.model import training
from core.model.card import ModelCard
from core.model.checkpoints import Checkpoint, load_checkpoint
from core.model.export import write_trained_checkpoint
from core.model.optimizers import build_optimizers
from core.model.training import TrainingConfig, TrainingError, train, trained_model
from core.model.transformer import build_model
from core.runs import read_progress
from core.sent.batch import GraphBatch
from core.sent.randomness import GraphSeed
from core.sent.sampler import sample_trails
from core.sent.strategies import MAX_DEGREE_FIRST
from core.sent.vocabulary import QM9_VOCABULARY

SMILES = ("C", "N", "O", "CO", "C=O", "C#N", "CC", "C#C", "C1CC1", "CCO")
MOLECULES = [from_smiles(smiles).graph for smiles in SMILES]
DATA = {"name": "QM9", "split": "train", "graphs": 10}
CONFIG = TrainingConfig(
    "random_order", preset="tiny", steps=6, batch_size=8, learning_rate=1e-2, warmup_steps=2,
    precision="fp32",
)


def batch_of(graphs):
    return GraphBatch.from_graphs(graphs, with_automorphisms=False)


def run(folder, config=CONFIG, *, graphs=MOLECULES, stop_after=None):
    """Train, perhaps stopping early as a caller that shows progress may."""
    steps = train(config, batch_of(graphs), QM9_VOCABULARY, run_folder=folder)
    states = list(islice(steps, stop_after))
    steps.close()
    return states


def state_of(folder):
    return load_file(folder / "state.safetensors")


def history_of(folder):
    """(step, loss) pairs that a run keeps."""
    return [tuple(entry) for entry in read_progress(folder)["history"]]


def assert_same_run(folder, other):
    """Weights, optimizer state and losses are equal bit for bit."""
    left, right = state_of(folder), state_of(other)
    assert left.keys() == right.keys()
    for name, tensor in left.items():
        assert torch.equal(tensor, right[name]), name
    assert history_of(folder) == history_of(other)


@pytest.fixture(scope="module")
def whole_run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs") / "whole"
    return folder, run(folder)


def test_the_loss_falls(tmp_path):
    config = replace(CONFIG, steps=40, batch_size=16)
    losses = [state.loss for state in run(tmp_path, config)]
    assert losses[0] == pytest.approx(math.log(44), abs=0.1)  # nothing is known
    assert sum(losses[-5:]) / 5 < 1.2
    history = history_of(tmp_path)
    assert [step for step, _ in history] == list(range(1, 41))
    assert [loss for _, loss in history] == pytest.approx(losses)


def test_the_loss_is_nats_per_token(tmp_path):
    """Methane has a single sequence under a biased strategy, so its first loss is known."""
    methane = MOLECULES[0]
    config = replace(CONFIG, strategy="max_degree_first", steps=1)
    [state] = run(tmp_path, config, graphs=[methane])
    model = build_model(QM9_VOCABULARY, "tiny", generator=torch.Generator().manual_seed(0))
    untrained = Checkpoint.of(model, ModelCard("", QM9_VOCABULARY, MAX_DEGREE_FIRST, "tiny"))
    trails = sample_trails([methane], QM9_VOCABULARY, MAX_DEGREE_FIRST, permutations=1,
                           generator=GraphSeed(0))
    assert state.loss == pytest.approx(score_trails(untrained, trails).nll_per_token, abs=1e-5)


@pytest.mark.parametrize("optimizer", ["muon", "adamw"])
def test_a_resumed_run_equals_an_uninterrupted_one(optimizer, tmp_path):
    config = replace(CONFIG, optimizer=optimizer)
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    run(whole, config)
    first = run(parts, config, stop_after=2)
    second = run(parts, config, stop_after=1)
    third = run(parts, config)
    assert [state.step for state in first + second + third] == [1, 2, 3, 4, 5, 6]
    assert [state.resumed_from for state in third] == [3, 3, 3]
    assert third[0].wall_s > first[-1].wall_s
    assert_same_run(whole, parts)
    assert run(parts, config) == []  # all steps are done


def test_a_stop_while_weights_change_leaves_the_last_whole_state(whole_run, tmp_path, monkeypatch):
    """What an impatient Ctrl-C hits: one optimizer has stepped, the other has not."""
    folder = tmp_path / "stopped"
    steps = []

    def interrupted(model, name, **options):
        muon, adamw = build_optimizers(model, name, **options)
        take_step = adamw.step

        def step():
            steps.append(1)
            if len(steps) == 3:
                raise KeyboardInterrupt
            take_step()

        adamw.step = step
        return [muon, adamw]

    monkeypatch.setattr(training, "build_optimizers", interrupted)
    with pytest.raises(KeyboardInterrupt):
        for _ in train(CONFIG, batch_of(MOLECULES), QM9_VOCABULARY, run_folder=folder,
                       save_every_s=0):
            pass
    monkeypatch.undo()
    assert run(folder)[0].resumed_from == 2
    assert_same_run(whole_run[0], folder)


def test_a_kill_between_the_two_files_is_harmless(whole_run, tmp_path):
    """The weights are those of step 4, the progress file is still that of step 2."""
    folder = tmp_path / "killed"
    run(folder, stop_after=2)
    old = (folder / "progress.json").read_text()
    run(folder, stop_after=2)
    (folder / "progress.json").write_text(old)
    assert [state.step for state in run(folder)] == [5, 6]
    found, expected = state_of(folder), state_of(whole_run[0])
    assert all(torch.equal(tensor, expected[name]) for name, tensor in found.items())


def test_the_seed_fixes_the_weights(whole_run, tmp_path):
    torch.manual_seed(1234)  # the global stream plays no part
    run(tmp_path / "again")
    assert_same_run(whole_run[0], tmp_path / "again")
    run(tmp_path / "other", replace(CONFIG, seed=1))
    found, other = state_of(whole_run[0]), state_of(tmp_path / "other")
    assert not any(torch.equal(found[name], other[name]) for name in found if "proj" in name)


@pytest.mark.parametrize("changes", [
    {"seed": 1}, {"learning_rate": 2e-2}, {"steps": 7}, {"strategy": "anchor_expansion"},
    {"optimizer": "adamw"}, {"precision": "bf16"}, {"micro_batch": 2}, {"preset": "small"},
])
def test_a_run_goes_on_with_its_own_settings_only(changes, whole_run):
    folder, _ = whole_run
    with pytest.raises(TrainingError) as raised:
        run(folder, replace(CONFIG, **changes))
    [(name, here)] = changes.items()
    assert str(raised.value) == (
        f"{folder} holds a run of other settings: {name} is {getattr(CONFIG, name)} there, {here} "
        "here; use another run folder or the settings in its progress.json.")


def test_compiling_is_no_other_setting(whole_run, tmp_path):
    folder = shutil.copytree(whole_run[0], tmp_path / "copy")
    assert run(folder, replace(CONFIG, compile=True)) == []


def test_micro_batches_do_not_change_the_gradient(tmp_path):
    """After one step AdamW's first moment is a tenth of the clipped gradient."""
    config = replace(CONFIG, steps=1, optimizer="adamw")
    moments = []
    for micro_batch in (8, 3):
        folder = tmp_path / str(micro_batch)
        run(folder, replace(config, micro_batch=micro_batch))
        moments.append({name: tensor for name, tensor in state_of(folder).items()
                        if name.startswith("optimizer/exp_avg/")})
    one, other = moments
    assert len(one) == 21
    for name, moment in one.items():
        torch.testing.assert_close(moment, other[name], rtol=1e-4, atol=1e-8)
        assert moment.abs().max() > 0, name
    norm = math.sqrt(sum(float((moment / 0.1).square().sum()) for moment in one.values()))
    assert norm == pytest.approx(1.0, abs=1e-3)  # clipped: the first gradient is longer


def test_every_epoch_shows_every_molecule_once(tmp_path, monkeypatch):
    drawn = []

    def spy(graphs, *args, **kwargs):
        drawn.extend(graphs.content_keys().tolist())
        return sample_trails(graphs, *args, **kwargs)

    monkeypatch.setattr(training, "sample_trails", spy)
    run(tmp_path, replace(CONFIG, steps=5, batch_size=4))  # two epochs of ten molecules
    assert set(drawn[:10]) == set(drawn[10:]) == set(batch_of(MOLECULES).content_keys().tolist())
    assert len(set(drawn)) == 10
    assert drawn[:10] != drawn[10:]


def test_every_step_draws_fresh_linearizations(tmp_path, monkeypatch):
    sequences = []

    def spy(*args, **kwargs):
        trails = sample_trails(*args, **kwargs)
        sequences.extend(trails.sequence(g, 0) for g in range(len(trails)))
        return trails

    monkeypatch.setattr(training, "sample_trails", spy)
    run(tmp_path, replace(CONFIG, steps=3, batch_size=1), graphs=[from_smiles("CC(=O)N").graph])
    assert len({tuple(sequence) for sequence in sequences}) == 3


def test_a_mixture_writes_a_share_under_random_order(tmp_path, monkeypatch):
    drawn = []

    def spy(batch, vocabulary, strategy, **kwargs):
        drawn.append((strategy.name, len(batch)))
        return sample_trails(batch, vocabulary, strategy, **kwargs)

    monkeypatch.setattr(training, "sample_trails", spy)
    mixed = replace(CONFIG, strategy="max_degree_first", mix=0.3, steps=25, batch_size=40)
    run(tmp_path / "mixed", mixed)
    totals = Counter()
    for name, number in drawn:
        totals[name] += number
    assert sum(totals.values()) == 1000
    assert 240 < totals["random_order"] < 360  # four standard deviations of a fair draw
    assert len({number for name, number in drawn if name == "random_order"}) > 3
    drawn.clear()
    run(tmp_path / "all", replace(mixed, mix=1.0, steps=2))
    assert drawn == [("random_order", 40)] * 2


def test_a_resumed_mixture_equals_an_uninterrupted_one(tmp_path):
    mixed = replace(CONFIG, strategy="max_degree_first", mix=0.5)
    run(tmp_path / "whole", mixed)
    run(tmp_path / "stopped", mixed, stop_after=3)
    run(tmp_path / "stopped", mixed)
    assert_same_run(tmp_path / "whole", tmp_path / "stopped")


@pytest.mark.parametrize("mix", [-0.1, 1.5, math.nan])
def test_a_share_is_one(mix):
    with pytest.raises(TrainingError, match=r"^A share of random_order lies in \[0, 1\], got"):
        replace(CONFIG, mix=mix)


def test_a_run_goes_on_with_as_many_graphs_only(tmp_path):
    run(tmp_path, stop_after=2)
    with pytest.raises(TrainingError, match=r"holds a run on 10 graphs, this is one on 9;"):
        run(tmp_path, graphs=MOLECULES[:9])


def test_the_rate_warms_up_and_decays(whole_run):
    rates = [state.learning_rate for state in whole_run[1]]
    assert rates == pytest.approx([0.005, 0.01, 0.01, 0.0075, 0.005, 0.0025])


def test_the_rate_of_the_step_is_the_one_applied(tmp_path):
    """AdamW's first step moves a weight by the rate, whatever its gradient (norms: no decay)."""
    run(tmp_path, replace(CONFIG, optimizer="adamw"), stop_after=1)
    moved = (state_of(tmp_path)["model/model.norm.weight"] - 1).abs()
    assert moved.max().item() == pytest.approx(0.005, rel=1e-3)


def test_the_history_of_a_long_run_is_averaged_across_sittings(tmp_path):
    config = replace(CONFIG, steps=300)  # an entry every three steps
    states = run(tmp_path, config, stop_after=2) + run(tmp_path, config, stop_after=2)
    mean = sum(state.loss for state in states[:3]) / 3
    assert history_of(tmp_path) == [(3, pytest.approx(mean))]


def test_a_loss_that_is_no_number_is_refused(tmp_path):
    with pytest.raises(TrainingError) as raised:
        run(tmp_path, replace(CONFIG, learning_rate=1e30, warmup_steps=1))
    assert "The loss is nan at step" in str(raised.value)
    assert str(raised.value).endswith("lower the learning rate below 1e+30.")


def test_bf16_trains_too(tmp_path):
    config = replace(CONFIG, steps=20, precision="bf16")
    losses = [state.loss for state in run(tmp_path, config)]
    assert losses[-1] < 2.5
    assert {tensor.dtype for tensor in state_of(tmp_path).values()} == {torch.float32}


@pytest.mark.parametrize(("changes", "message"), [
    ({"strategy": "sideways"}, "Unknown strategy 'sideways'."),
    ({"preset": "huge"}, "Unknown preset 'huge'; use tiny, small, medium, paper."),
    ({"optimizer": "sgd"}, "Unknown optimizer 'sgd'; use muon, adamw."),
    ({"precision": "fp8"}, "Unknown precision 'fp8'; use bf16, fp32."),
])
def test_unknown_settings_are_refused_before_any_work(changes, message):
    with pytest.raises(InputError) as raised:
        replace(CONFIG, **changes)
    assert str(raised.value).startswith(message)


def test_a_damaged_run_folder_is_refused(whole_run, tmp_path):
    folder = shutil.copytree(whole_run[0], tmp_path / "copy")
    (folder / "progress.json").write_text("{")
    with pytest.raises(InputError, match="holds no readable run"):
        run(folder)


def test_a_finished_run_becomes_a_checkpoint(whole_run, tmp_path):
    folder, states = whole_run
    card = write_trained_checkpoint(CONFIG, QM9_VOCABULARY, folder, tmp_path / "model",
                                    name="mine", data=DATA)
    loaded = load_checkpoint(tmp_path / "model")
    assert loaded.card == card
    assert (card.name, card.preset, card.strategy.name) == ("mine", "tiny", "random_order")
    assert card.data == DATA
    assert card.training["config"]["learning_rate"] == 1e-2
    assert card.training["graphs_seen"] == 48
    assert card.training["device"] == "cpu"
    assert card.training["loss_nats_per_token"][-1] == [6, pytest.approx(states[-1].loss)]
    assert {"torch", "python", "transformers"} <= card.training["versions"].keys()
    json.dumps(card.to_json())
    expected = trained_model(CONFIG, QM9_VOCABULARY, folder).state_dict()
    for name, tensor in loaded.model.state_dict().items():
        assert torch.equal(tensor, expected[name].half().float())


def test_an_unfinished_run_becomes_none(tmp_path):
    run(tmp_path / "run", stop_after=2)
    with pytest.raises(TrainingError) as raised:
        write_trained_checkpoint(CONFIG, QM9_VOCABULARY, tmp_path / "run", tmp_path / "model",
                                 name="mine", data=DATA)
    assert "is at step 2 of 6; run the same command again to resume it." in str(raised.value)
    assert not (tmp_path / "model").exists()
