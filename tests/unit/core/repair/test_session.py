"""A session in small pieces equals the command and the measurements it is made of."""

import json
import pickle
from dataclasses import replace

import pytest

from core.chemistry.molecules import from_smiles
from core.cli import build_app
from core.evaluation.graph_set import GraphSet
from core.evaluation.run import EvaluationConfig, EvaluationRun
from core.finetune.config import FinetuneConfig
from core.finetune.sparse_adapter import SparseAdapter
from core.finetune.streams import GraphStream
from core.model.checkpoints import load_checkpoint
from core.repair import sittings
from core.repair.arms import Arm
from core.repair.measurement import FEW_GRAPHS, Measurement
from core.repair.session import FinetuneSession
from core.salience.language_model import LanguageModel
from core.salience.matrices import SalienceError
from core.sent.batch import GraphBatch
from core.sent.strategies import MAX_DEGREE_FIRST, RANDOM_ORDER
from tests.evaluations import MOLECULES

GRAPHS = tuple(from_smiles(smiles, name=f"row {row + 1}").graph
               for row, smiles in enumerate(MOLECULES))
TEST = GraphSet("QM9", "test", GRAPHS[:FEW_GRAPHS + 2])
CONFIG = FinetuneConfig(count=50, steps=3, batch_size=4, warmup_steps=10, precision="fp32",
                        learning_rate=0.03, num_examples=64)


@pytest.fixture
def session(tiny, tmp_path):
    """A function that opens a session of some settings in the test's folder."""

    def open_(config=CONFIG, folder="session"):
        stream = GraphStream(GraphBatch.from_graphs(GRAPHS, with_automorphisms=False),
                             tiny.vocabulary, MAX_DEGREE_FIRST, seed=0)
        return FinetuneSession(tiny, stream, config, test=TEST,
                     orders=(RANDOM_ORDER.name, MAX_DEGREE_FIRST.name), permutations=2,
                     name="made", folder=tmp_path / folder, before=tmp_path / "before")

    return open_


def finish(session, seen=None, *, for_s=0.0):
    while not session.is_done:
        session.go_on((seen if seen is not None else []).append, for_s=for_s)
    return session


def weights(session):
    return load_checkpoint(session.model_folder).card.weights_sha256


def test_pieces_give_what_the_command_gives(session, tiny, tmp_path, capsys):
    seen = []
    made = finish(session(), seen)
    assert [step for step, _ in made.history] == [1, 2, 3]
    assert list(dict.fromkeys(state.stage for state in seen)) == [
        "score", "train", "before", "after"]
    molecules = tmp_path / "molecules.smi"
    molecules.write_text("".join(f"{smiles} row {row + 1}\n"
                                 for row, smiles in enumerate(MOLECULES)))
    build_app()(["finetune", "--model", str(tiny.card.path), "--count", "50", "--strategy",
          MAX_DEGREE_FIRST.name, "--input", str(molecules), "--steps", "3", "--batch-size", "4",
          "--learning-rate", "0.03", "--calibration", "64", "--precision", "fp32", "--device",
          "cpu", "--output", str(tmp_path / "command")], standalone_mode=False)
    capsys.readouterr()
    assert weights(made) == load_checkpoint(
        tmp_path / "command" / "checkpoint").card.weights_sha256
    of_command = json.loads((tmp_path / "command" / "record.json").read_text())
    of_session = json.loads((made.output / "record.json").read_text())
    assert of_session["result"]["loss_nats_per_token"] == (
        of_command["result"]["loss_nats_per_token"])
    changed = SparseAdapter.load(made.output / "sparse_adapter.safetensors")
    assert changed.weights_sha256 == LanguageModel.from_checkpoint(tiny).weights_sha256
    assert made.after.num_parameters == made.after.arm.count == 50
    assert made.before.orders == made.after.orders == (RANDOM_ORDER.name, MAX_DEGREE_FIRST.name)


def test_stopped_anywhere_it_goes_on_and_ends_alike(session):
    whole = finish(session(folder="whole"), for_s=60)

    class StopError(Exception):
        pass

    def stop_at(stage, done):
        def report(state):
            if (state.stage, state.done) == (stage, done):
                raise StopError
        return report

    for place in (("train", 2), ("before", FEW_GRAPHS), ("after", FEW_GRAPHS)):
        with pytest.raises(StopError):
            session().go_on(stop_at(*place), for_s=60)  # opened anew: what is on disk counts
    again = finish(session())
    assert weights(again) == weights(whole)
    assert again.history == whole.history
    assert again.after.estimates == whole.after.estimates
    assert again.before.estimates == whole.before.estimates


def test_sittings_elsewhere_give_the_same(session, tiny, tmp_path, monkeypatch):
    whole = finish(session(folder="whole"), for_s=60)
    here, seen = session(), []
    monkeypatch.setattr(sittings, "_last", {})

    def sit(scaling=False):
        sent = pickle.loads(pickle.dumps((here.parts, here.state)))
        found = sittings.sit(str(tiny.card.path), tiny.card.weights_sha256, *sent, scaling, 0.0,
                             progress=seen.append)
        here.take(pickle.loads(pickle.dumps(found)))

    while not here.is_done:
        sit()
        if here.history and len(here.history) < 3:
            sittings._last.clear()  # the process was ended, its folder is what is left
    assert here.history == whole.history
    assert weights(here) == weights(whole)
    assert here.after.estimates == whole.after.estimates
    assert {state.stage for state in seen} == {"score", "train", "before", "after"}
    sittings._last.clear()
    sit(scaling=True)
    assert seen[-1].stage == "scale"


def test_measuring_in_small_chunks_changes_nothing(tiny, tmp_path):
    measurement = Measurement(tiny, TEST, [RANDOM_ORDER.name], permutations=2,
                              folder=tmp_path / "small", often=True)
    assert [step.done for step in measurement.steps()] == [FEW_GRAPHS, FEW_GRAPHS + 2]
    run = EvaluationRun(tiny, TEST, EvaluationConfig(RANDOM_ORDER.name, 2),
                        run_folder=tmp_path / "whole")
    list(run.steps())
    found, expected = measurement.result(Arm("none"), tiny, settings={}), run.result()
    measured = found.estimates[RANDOM_ORDER.name]
    assert found.graphs["lu"].to_numpy() == pytest.approx(expected.graphs["lu"].to_numpy())
    assert measured["nll_per_token"].value == pytest.approx(expected.nll_per_token.value)
    assert found.reliability(RANDOM_ORDER.name, "all").counts.tolist() == (
        expected.reliability("all").counts.tolist())


@pytest.mark.parametrize("config", [
    replace(CONFIG, method="lora", rank=1, count=None),
    replace(CONFIG, method="full", count=None, steps=1),
])
def test_other_methods_leave_what_they_should(session, config):
    made = finish(session(config), for_s=60)
    assert (made.output / "adapter").is_dir() == (config.method == "lora")
    assert load_checkpoint(made.model_folder).card.training["fine_tuning"]["config"][
        "method"] == config.method
    assert made.after.arm == Arm.from_config(config)


def test_a_loss_that_is_not_finite_leaves_nothing_half_written(session):
    made = session(replace(CONFIG, method="full", count=None, learning_rate=1e30))
    with pytest.raises(SalienceError, match="not finite"):
        finish(made)
    assert not made.output.exists()
