"""Growing from a fragment: forced tokens, closed atoms, and what every sample must hold."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from core.chemistry.chemistry import MOSES, QM9, Chemistry
from core.chemistry.fragments import Fragment, FragmentError
from core.chemistry.molecules import from_smiles
from core.likelihood.scoring import score_sequences
from core.model import growth
from core.model.card import ModelCard
from core.model.generation import SamplingConfig, generate
from core.model.growth import fragment_of, has_grown, holds_fragment
from core.sent import prefixes as prefixes_module
from core.sent.decoder import decode
from core.sent.grammar import Grammar
from core.sent.prefixes import draw_prefixes, largest_open
from core.sent.strategies import RANDOM_ORDER
from core.sent.vocabulary import EOS, MOSES_VOCABULARY, PAD, SOS, Vocabulary
from tests.random_graphs import graphs

THREE_ELEMENTS = Chemistry("three", ("C", "N", "O"), ((4,), (3,), (2,)), "implicit", "kekulized", 9)
SMALL = Vocabulary(9, node_names=("a", "b", "c"), edge_names=("x", "y"))


@pytest.fixture(scope="module", autouse=True)
def _fewer_walks():
    """Fragments of this size need no more."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(prefixes_module, "_WALKS", 500)
        yield


@pytest.fixture(scope="module")
def small(make_checkpoint):
    return make_checkpoint("small", SMALL)


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def flags(num_nodes, nodes):
    return np.isin(np.arange(num_nodes), list(nodes))


def grow(checkpoint, fragment, number, *, seed=0, **settings_):
    batches = generate(checkpoint, number, generator=seeded(seed), fragment=fragment,
                       config=SamplingConfig(**settings_))
    return [sample for batch in batches for sample in batch]


@settings(max_examples=12)
@given(graph=graphs(max_nodes=6, labelled=True), data=st.data())
def test_every_sample_holds_the_fragment(small, graph, data):
    """Whatever the fragment and its open nodes: read by the strict decoder, and edge by edge."""
    asked = data.draw(st.sets(st.integers(0, graph.num_nodes - 1)))
    is_open = largest_open(graph, flags(graph.num_nodes, asked), SMALL)
    fragment = Fragment(graph, "", tuple(np.flatnonzero(is_open).tolist()), ())
    prefixes = draw_prefixes(graph, is_open, SMALL, 6, generator=seeded())
    found = grow(small, fragment, 6, temperature=3.0, top_k=None, batch_size=6)
    for sample, order in zip(found, prefixes.orders.tolist(), strict=True):
        assert sample.holds_fragment
        grown = decode(sample.tokens, SMALL)
        assert grown == sample.graph
        for u in range(graph.num_nodes):
            assert grown.node_labels[u] == graph.node_labels[order[u]]
            for v in range(grown.num_nodes):
                label = grown.edge_label_of.get((u, v))
                if v < graph.num_nodes:
                    assert label == graph.edge_label_of.get((order[u], order[v]))
                elif not is_open[order[u]]:
                    assert label is None


def literal(checkpoint, prefixes, generator, config):
    """Sequence by sequence, one full forward pass for each token, the prefix put in its place.

    Random numbers are drawn for the rows that still have a slot, as in the fast routine.
    """
    vocabulary, size = checkpoint.vocabulary, len(prefixes)
    rows = [[SOS] for _ in range(size)]
    grammars = [Grammar(1, vocabulary) for _ in range(size)]
    slots = list(range(size))
    for position in range(1, config.max_tokens):
        noise = torch.rand((len(slots), len(vocabulary)), generator=generator)
        for b, uniform in zip(slots, noise, strict=True):
            row, grammar, length = rows[b], grammars[b], int(prefixes.lengths[b])
            if row[-1] == EOS:
                continue
            if position == length:
                grammar.grow(torch.tensor([True]), prefixes.is_closed[b : b + 1])
            with torch.inference_mode():
                logits = checkpoint.model(input_ids=torch.tensor([row])).logits[0, -1]
            scores = logits.masked_fill(~grammar.allowed()[0], -math.inf) / config.temperature
            gumbel = -torch.log(-torch.log(uniform.clamp(1e-12, 1 - 1e-7)))
            token = (int(prefixes.tokens[b, position]) if position < length
                     else int((scores + gumbel).argmax()))
            row.append(token)
            grammar.advance(torch.tensor([token]))
        done = [b for b in slots if rows[b][-1] == EOS]
        if len(done) * 4 >= len(slots):
            slots = [b for b in slots if b not in done]
        if not slots:
            break
    return [tuple(row) for row in rows]


def test_it_is_the_slow_loop_with_the_same_numbers(small):
    fragment = Fragment.from_smiles("CCO", THREE_ELEMENTS, open_atoms=[1])
    settings_ = {"temperature": 2.0, "top_k": None, "max_tokens": 40, "batch_size": 8}
    generator = seeded(3)
    prefixes = draw_prefixes(fragment.graph, fragment.is_open, SMALL, 8, generator=generator)
    expected = literal(small, prefixes, generator, SamplingConfig(**settings_))
    assert [sample.tokens for sample in grow(small, fragment, 8, seed=3, **settings_)] == expected
    assert len(set(prefixes.lengths.tolist())) > 1
    assert len({len(row) for row in expected}) > 2


def test_nats_of_prefix_and_whole_are_those_of_full_passes(tiny):
    fragment = fragment_of(tiny.card, "c1ccncc1", open_atoms=[0, 4])
    samples = grow(tiny, fragment, 12, batch_size=12)
    width = max(len(sample.tokens) for sample in samples)
    padded = torch.tensor([[*s.tokens, *[PAD] * (width - len(s.tokens))] for s in samples])
    nats = score_sequences(tiny, padded).double()
    prefixes = draw_prefixes(fragment.graph, fragment.is_open, tiny.vocabulary, 12,
                             generator=seeded())
    for row, sample in enumerate(samples):
        length = int(prefixes.lengths[row])
        assert list(sample.tokens[:length]) == prefixes.tokens[row, :length].tolist()
        assert sample.prefix_nll == pytest.approx(float(nats[row, : length - 1].sum()), abs=2e-3)
        assert sample.self_nll == pytest.approx(float(nats[row].sum()), abs=5e-3)


def test_without_a_fragment_nothing_is_said_of_one(tiny):
    for sample in grow(tiny, None, 2):
        assert sample.prefix_nll is sample.holds_fragment is None


def test_what_does_not_hold_is_seen(tiny):
    fragment = fragment_of(tiny.card, "CCO", open_atoms=[2])
    order = np.arange(fragment.graph.num_nodes)
    assert holds_fragment(fragment.graph, fragment, order)
    assert not holds_fragment(fragment.graph, fragment, np.roll(order, 1))
    smaller = fragment.graph.induced(order[:-1])
    assert not holds_fragment(smaller, fragment, order)
    grown = Fragment.from_smiles("CCO", tiny.card.chemistry, open_atoms=[1, 2])
    freed = grown.graph.relabel(np.arange(grown.graph.num_nodes))
    assert not holds_fragment(freed, fragment, order)


def test_a_closed_atom_that_grew_is_seen(make_checkpoint):
    card = ModelCard("moses", MOSES_VOCABULARY, RANDOM_ORDER, preset="tiny")
    fragment = fragment_of(card, "CC", open_atoms=[0])
    longer = Fragment.from_smiles("CCC", card.chemistry).graph
    assert not holds_fragment(longer, fragment, np.array([0, 1]))
    assert holds_fragment(longer, fragment, np.array([1, 0]))


def test_as_many_atoms_as_can_are_open_by_default(tiny):
    fragment = fragment_of(tiny.card, "CC(C)(C)C")
    assert fragment.open_atoms == (0, 2)
    assert fragment.graph.num_nodes == 5 + 2 * 3
    assert fragment.notes == (
        "Atoms 3 and 4 are closed, as one sequence cannot leave all 4 atoms open that have a "
        "hydrogen to give away.",)
    with pytest.raises(FragmentError) as raised:
        fragment_of(tiny.card, "CC(C)C", open_atoms=[0, 2, 3])
    assert str(raised.value) == ("One sequence cannot leave atoms 0, 2 and 3 open together; it can "
                                 "leave open 0 and 2.")


def test_a_model_that_can_is_named(tiny, monkeypatch):
    drugs = ModelCard("drugs", MOSES_VOCABULARY, RANDOM_ORDER, preset="tiny")
    monkeypatch.setattr(growth, "known_models", lambda: (tiny.card, drugs))
    with pytest.raises(FragmentError) as raised:
        fragment_of(tiny.card, "Clc1ccncc1")
    assert str(raised.value) == ("Element Cl is outside the vocabulary, which has H, C, N, O, F. "
                                 "A model that can grow from it: drugs.")
    with pytest.raises(FragmentError) as raised:
        fragment_of(tiny.card, "C[Si]")
    assert "A model" not in str(raised.value)


def test_graphs_without_labels_and_loose_masks_are_refused(tiny, tiny_planar):
    with pytest.raises(FragmentError, match="tiny-planar generates no molecules, so none can grow"):
        fragment_of(tiny_planar.card, "CC")
    with pytest.raises(FragmentError, match="does not keep a fragment as it is; use strict"):
        grow(tiny, fragment_of(tiny.card, "CC"), 1, mask="kinds")


@pytest.mark.parametrize(("smiles", "chemistry", "size", "expected"), [
    ("c1ccncc1C", MOSES, 6, True), ("c1ccncc1.C", MOSES, 6, False), ("c1ccncc1", MOSES, 6, False),
    ("CO", QM9, 2, False), ("COC", QM9, 2, True), ("CO.C", QM9, 2, False),
])
def test_a_fragment_to_which_only_hydrogen_was_bonded_has_not_grown(
        smiles, chemistry, size, expected):
    assert has_grown(from_smiles(smiles, chemistry).graph, size, chemistry) is expected
