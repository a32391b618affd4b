"""Fine-tuning: sparse equals masked dense, nothing jumps, stops and resumes without a trace."""

import json
import shutil
from copy import deepcopy
from itertools import islice

import pytest
import torch

from core.finetune.config import FinetuneConfig
from core.finetune.low_rank import lora_parameters
from core.finetune.run import FinetuneRun, optimizer_bytes
from core.finetune.streams import SequenceStream
from core.model.optimizers import learning_rate_at
from core.runs import RunFolderError
from core.salience.language_model import LanguageModel
from core.salience.masks import select
from core.salience.matrices import SalienceError
from tests.unit.core.finetune.finetuning import (
    METHODS,
    are_equal,
    config_of,
    start,
    stream_of,
    weights,
)


def masked_dense_training(model, mask, config, stream):
    """Oracle: train all matrices, with gradients set to zero outside of the mask."""
    model = deepcopy(model).train()
    model.requires_grad_(False)
    matrices = {name: parameter.requires_grad_(True)
                for name, parameter in model.named_parameters() if name in mask.entries}
    optimizer = torch.optim.AdamW(matrices.values(), betas=(0.9, 0.95), weight_decay=0.0)
    for step in range(config.steps):
        rate = learning_rate_at(step, peak=config.learning_rate,
                                warmup_steps=config.warmup_steps, steps=config.steps)
        optimizer.param_groups[0]["lr"] = rate
        batch = stream.batch(step, config.batch_size)
        total, count = torch.zeros(()), 0
        for row in range(len(batch)):
            length = int(batch.lengths[row])
            sequence = batch.tokens[row : row + 1, :length]
            logits = model(input_ids=sequence[:, :-1]).logits[0].log_softmax(-1)
            for place in range(length - 1):
                total = total - logits[place, sequence[0, place + 1]]
                count += 1
        optimizer.zero_grad()
        (total / count).backward()
        for name, matrix in matrices.items():
            matrix.grad[~mask.entries[name]] = 0.0
        torch.nn.utils.clip_grad_norm_(matrices.values(), config.clip_norm)
        optimizer.step()
    return model


@pytest.mark.parametrize("scope", ["global", "local"])
def test_sparse_training_is_dense_training_with_masked_gradients(tiny, tmp_path, scope):
    run = start(tiny, tmp_path, method="sparse", count=97, scope=scope)
    expected = masked_dense_training(tiny.model, run.mask, run.config, stream_of())
    for _ in run.steps():
        pass
    trained, before = weights(run.tuning.model), weights(tiny.model)
    for name, value in weights(expected).items():
        torch.testing.assert_close(trained[name], value, atol=2e-6, rtol=1e-5)
        changed = trained[name] != before[name]
        allowed = run.mask.entries.get(name, torch.zeros_like(changed))
        assert not bool((changed & ~allowed).any())
    assert sum(int((trained[n] != before[n]).sum()) for n in before) > 90


def test_sparse_training_keeps_numbers_for_the_masked_entries_alone(tiny, tmp_path):
    run = start(tiny, tmp_path / "run", method="sparse", count=97)
    for _ in run.steps():
        pass
    values = run.tuning.values
    assert values.numel() * values.element_size() == 97 * 4
    assert optimizer_bytes(run.optimizer) == 2 * 97 * 4  # two moments
    assert values.grad.numel() == 97
    assert all(parameter.grad is None for parameter in run.tuning.model.parameters())
    # values, two moments, and two lists of positions with their header: no matrix among them
    assert (tmp_path / "run" / "state.safetensors").stat().st_size < 97 * (3 * 4 + 2 * 8) + 1200


@pytest.mark.parametrize("criterion", ["gradient", "random"])
def test_a_dynamic_mask_never_makes_the_function_jump(tiny, tmp_path, criterion):
    run = start(tiny, tmp_path, method="sparse", count=97, reselect_every=2, criterion=criterion)
    tokens = stream_of(seed=5).batch(0, 4).tokens
    steps = run.steps()
    for _ in islice(steps, 2):
        pass
    tuning, optimizer = run.tuning, run.optimizer
    state = optimizer.state[tuning.values]
    before = weights(tuning.model)
    old = dict(zip(tuning.positions.tolist(), state["exp_avg"].tolist(), strict=True))
    with torch.no_grad():
        said = tuning.model(input_ids=tokens).logits
    num_new = run._reselect()
    with torch.no_grad():
        assert torch.equal(tuning.model(input_ids=tokens).logits, said)
    assert are_equal(weights(tuning.model), before)
    stays = [position for position in tuning.positions.tolist() if position in old]
    assert 0 < num_new == 97 - len(stays)
    for moment in ("exp_avg", "exp_avg_sq"):
        assert state[moment].shape == (97,)
    now = dict(zip(tuning.positions.tolist(), state["exp_avg"].tolist(), strict=True))
    assert {p: now[p] for p in stays} == {p: old[p] for p in stays}
    assert all(value == 0 for position, value in now.items() if position not in old)
    flat = torch.cat([before[name].view(-1) for name in run.mask.entries])
    assert torch.equal(tuning.values.detach(), flat[tuning.positions])


def test_changes_of_entries_that_left_are_kept(tiny, tmp_path):
    run = start(tiny, tmp_path, method="sparse", count=97, reselect_every=2)
    new = [step.num_new for step in run.steps()]
    assert [number is None for number in new] == [True, True, False, True, False]
    before, after = weights(tiny.model), weights(run.tuning.model)
    found = {name: set((before[name] != after[name]).view(-1).nonzero().squeeze(1).tolist())
             for name in before}
    told = {name: set(positions.tolist())
            for name, (positions, _) in run.tuning.changed_entries().items()}
    assert sum(map(len, told.values())) > 97
    assert all(found[name] <= told.get(name, set()) for name in found)


@pytest.mark.parametrize("name", METHODS)
def test_a_run_stopped_and_resumed_ends_as_if_it_never_had(tiny, tmp_path, name):
    whole = start(tiny, tmp_path / "whole", **METHODS[name])
    losses = [step.loss for step in whole.steps()]
    first = start(tiny, tmp_path / "parts", **METHODS[name])
    steps = first.steps()
    for _ in islice(steps, 3):
        pass
    steps.close()
    second = start(tiny, tmp_path / "parts", **METHODS[name])
    assert second.step == 3
    rest = [(step.step, step.loss, step.resumed_from) for step in second.steps()]
    assert rest == [(4, losses[3], 3), (5, losses[4], 3)]
    assert [loss for _, loss in second.history] == losses
    assert are_equal(weights(second.tuning.merged()), weights(whole.tuning.merged()))
    assert losses[-1] < losses[0]


@pytest.mark.parametrize("name", METHODS)
def test_the_given_model_is_not_touched(tiny, tmp_path, name):
    before = weights(tiny.model)
    flags = [parameter.requires_grad for parameter in tiny.model.parameters()]
    run = start(tiny, tmp_path, **METHODS[name])
    for _ in run.steps():
        pass
    assert not are_equal(weights(run.tuning.merged()), before)
    assert are_equal(weights(tiny.model), before)
    assert [parameter.requires_grad for parameter in tiny.model.parameters()] == flags
    assert not tiny.model.training


def test_the_number_of_trained_parameters_is_what_is_told(tiny, tmp_path):
    matrices = LanguageModel.from_checkpoint(tiny).matrices
    count = lora_parameters(matrices, 2)
    for name, settings in METHODS.items():
        run = start(tiny, tmp_path / name, **{**settings, **(
            {"count": count} if "count" in settings else {})})
        trained = sum(parameter.numel() for parameter in run.tuning.parameters)
        assert run.num_parameters == trained
        if name == "full":
            assert trained == sum(p.numel() for p in tiny.model.parameters())
        else:
            assert trained == count


def test_rank_1_of_the_small_preset_has_26496_parameters():
    from core.model.transformer import build_model
    from core.salience.matrices import find_matrices, num_entries
    from core.sent.vocabulary import QM9_VOCABULARY

    model = build_model(QM9_VOCABULARY, "small", generator=torch.Generator().manual_seed(0))
    matrices = find_matrices(model)
    assert lora_parameters(matrices, 1) == 26_496
    assert round(100 * 26_496 / num_entries(matrices), 2) == 0.75


@pytest.mark.parametrize("model_name", ["tiny_llama", "tiny_gpt2", "tiny_qwen2"])
@pytest.mark.parametrize("name", ["dynamic", "lora", "pissa", "full"])
def test_any_causal_language_model_learns_from_token_sequences(
    request, make_examples, tmp_path, model_name, name
):
    model = request.getfixturevalue(model_name)
    before = weights(model.model)
    run = FinetuneRun(model, SequenceStream(make_examples(), seed=0),
                      config_of(**METHODS[name]), run_folder=tmp_path)
    for _ in run.steps():
        pass
    after = weights(run.tuning.merged())
    assert after.keys() == before.keys()
    assert not are_equal(after, before)
    assert are_equal(weights(model.model), before)


def test_a_given_mask_is_used(tiny, tmp_path):
    from core.salience.compute import compute_salience

    model = LanguageModel.from_checkpoint(tiny)
    mask = select(compute_salience(model, "magnitude"), count=10)
    run = start(tiny, tmp_path, method="sparse", count=10, mask=mask)
    assert run.mask is mask
    assert run.num_parameters == 10


def test_a_mask_of_another_model_is_refused(tiny, tiny_llama, tmp_path):
    from core.salience.compute import compute_salience

    mask = select(compute_salience(tiny_llama, "magnitude"), count=10)
    with pytest.raises(SalienceError, match="whose matrices are not those of tiny"):
        start(tiny, tmp_path / "run", method="sparse", count=10, mask=mask)
    assert not (tmp_path / "run").exists()


def test_a_run_of_other_settings_is_not_mixed_in(tiny, tmp_path):
    for _ in start(tiny, tmp_path, **METHODS["static"]).steps():
        pass
    with pytest.raises(SalienceError, match="holds a run of other settings"):
        start(tiny, tmp_path, **METHODS["static"], seed=1)
    assert start(tiny, tmp_path, **METHODS["static"]).is_done


def test_weights_that_are_not_finite_are_told_and_never_saved(tiny, tmp_path):
    run = start(tiny, tmp_path, method="full", steps=50)
    steps = run.steps()
    next(steps)
    run.save()
    saved = (tmp_path / "state.safetensors").read_bytes()
    with torch.no_grad():
        next(run.tuning.model.parameters()).fill_(float("nan"))
    with pytest.raises(SalienceError, match=r"not finite at step 1 .* below 0.01"):
        next(steps)
    assert (tmp_path / "state.safetensors").read_bytes() == saved


def test_a_damaged_state_is_told(tiny, tmp_path):
    for _ in start(tiny, tmp_path / "run", **METHODS["static"]).steps():
        pass
    shutil.copytree(tmp_path / "run", tmp_path / "other")
    (tmp_path / "run" / "state.safetensors").write_bytes(b"nonsense")
    with pytest.raises(RunFolderError, match=r"state\.safetensors cannot be read"):
        start(tiny, tmp_path / "run", **METHODS["static"])
    (tmp_path / "other" / "progress.json").write_text("{", encoding="utf-8")
    with pytest.raises(RunFolderError, match="holds no readable run"):
        start(tiny, tmp_path / "other", **METHODS["static"])


@pytest.mark.parametrize(("settings", "message"), [
    ({"method": "magic"}, "Unknown method 'magic'; use sparse, lora, pissa, full"),
    ({"criterion": "taste"}, "Unknown criterion 'taste'; use random"),
    ({"scope": "lunar"}, "Unknown scope 'lunar'; use global, local"),
    ({"count": None}, "needs the number of entries"),
    ({"method": "lora"}, "needs a rank"),
    ({"steps": 0}, "steps is at least 1, got 0"),
    ({"learning_rate": 0.0}, "A learning rate is above 0, got 0"),
    ({"learning_rate": float("inf")}, "A learning rate is above 0"),
    ({"reselect_every": -1}, "are 0 .a static mask. or more, got -1"),
])
def test_impossible_settings_are_refused(settings, message):
    with pytest.raises(SalienceError, match=message):
        FinetuneConfig(**{"count": 5, **settings})


@pytest.mark.parametrize(("settings", "message"), [
    ({"method": "lora", "rank": 33}, "A rank lies between 1 and 32 here, got 33"),
    ({"method": "pissa", "rank": 0}, "A rank lies between 1 and 32 here, got 0"),
    ({"method": "sparse", "count": 10**9}, "can be selected, got 1,000,000,000"),
])
def test_impossible_sizes_are_refused_before_anything_is_written(
    tiny, tmp_path, settings, message
):
    with pytest.raises(SalienceError, match=message):
        start(tiny, tmp_path / "run", **settings)
    assert not (tmp_path / "run").exists()


def test_progress_is_kept_for_people(tiny, tmp_path):
    run = start(tiny, tmp_path, **METHODS["lora"])
    for _ in run.steps():
        pass
    progress = json.loads((tmp_path / "progress.json").read_text(encoding="utf-8"))
    assert progress["step"] == 5
    assert [step for step, _ in progress["history"]] == [1, 2, 3, 4, 5]
    assert progress["settings"]["method"] == "lora"
    assert progress["num_parameters"] == run.num_parameters


def test_the_seed_fixes_dropout(tiny_gpt2, make_examples, tmp_path):
    """Whatever was drawn before in this process, and whether or not the run was interrupted."""
    def losses(name, seed, *, sittings):
        config = config_of(method="full", steps=4, seed=seed)
        for sitting in range(sittings):
            torch.rand(sitting + 1 + seed)
            run = FinetuneRun(tiny_gpt2, SequenceStream(make_examples(8), seed=0), config,
                              run_folder=tmp_path / name)
            for _ in islice(run.steps(), None if sitting == sittings - 1 else 2):
                pass
        return [loss for _, loss in run.history]

    assert tiny_gpt2.model.config.attn_pdrop > 0
    expected = losses("whole", 3, sittings=1)
    assert losses("again", 3, sittings=1) == expected
    assert losses("interrupted", 3, sittings=2) == expected
    assert losses("other", 4, sittings=1) != expected
