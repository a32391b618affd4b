"""Sizes, seeds and the global random stream."""

import pytest
import torch

from core.errors import InputError
from core.model.transformer import PRESETS, build_model, num_parameters
from core.sent.vocabulary import EOS, PAD, QM9_VOCABULARY, SOS, Vocabulary


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def weights(model):
    return torch.cat([parameter.flatten() for parameter in model.parameters()])


def test_small_has_three_and_a_half_million_parameters():
    model = build_model(QM9_VOCABULARY, "small", generator=seeded())
    assert num_parameters(model) == 3_558_336
    config = model.config
    assert (config.num_hidden_layers, config.hidden_size, config.intermediate_size) == (6, 192, 768)
    assert config.num_attention_heads == 6


def test_presets_grow_up_to_the_papers_size():
    widths = [preset.hidden for preset in PRESETS.values()]
    assert widths == sorted(widths)
    assert (PRESETS["paper"].layers, PRESETS["paper"].hidden) == (12, 768)


def test_a_model_knows_its_vocabulary():
    model = build_model(Vocabulary(3), "tiny", generator=seeded())
    assert model.config.vocab_size == 9
    assert (model.config.bos_token_id, model.config.eos_token_id) == (SOS, EOS)
    assert model.config.pad_token_id == PAD
    assert model.lm_head.weight.data_ptr() != model.model.embed_tokens.weight.data_ptr()
    assert not model.training
    assert {parameter.dtype for parameter in model.parameters()} == {torch.float32}


def test_the_generator_fixes_the_weights():
    first, same, other = (weights(build_model(QM9_VOCABULARY, "tiny", generator=seeded(seed)))
                          for seed in (1, 1, 2))
    assert torch.equal(first, same)
    assert not torch.allclose(first, other)


def test_the_global_stream_is_neither_read_nor_moved():
    torch.manual_seed(5)
    before = torch.get_rng_state()
    first = weights(build_model(QM9_VOCABULARY, "tiny", generator=seeded()))
    assert torch.equal(torch.get_rng_state(), before)
    torch.manual_seed(6)
    assert torch.equal(weights(build_model(QM9_VOCABULARY, "tiny", generator=seeded())), first)


def test_a_token_depends_on_those_before_it_only():
    model = build_model(QM9_VOCABULARY, "tiny", generator=seeded())
    tokens = torch.tensor([[0, 6, 36, 40, 7, 35, 4]])
    changed = tokens.clone()
    changed[0, 4] = 8
    with torch.inference_mode():
        one, other = (model(input_ids=ids).logits[0] for ids in (tokens, changed))
    torch.testing.assert_close(one[:4], other[:4])
    assert not torch.allclose(one[4:], other[4:])


def test_an_unknown_preset_is_refused():
    with pytest.raises(InputError) as raised:
        build_model(QM9_VOCABULARY, "huge", generator=seeded())
    assert str(raised.value) == "Unknown preset 'huge'; use one of tiny, small, medium, paper."
