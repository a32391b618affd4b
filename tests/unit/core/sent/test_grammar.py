"""What may come next, by the strict decoder itself: try every token and see where it complains."""

import random
from functools import cache

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from core.sent.decoder import DecodeError, decode
from core.sent.grammar import Grammar
from core.sent.randomness import GraphSeed
from core.sent.sampler import sample_trails
from core.sent.vocabulary import (
    EOS,
    LADJ,
    PAD,
    QM9_VOCABULARY,
    RADJ,
    RESET,
    SOS,
    TokenKind,
    Vocabulary,
)
from tests.random_graphs import ALL_STRATEGIES, graphs, vocabulary_of

THREE = Vocabulary(3)
SEVEN = Vocabulary(7)
PAIR = Vocabulary(2, node_names=("a", "b"), edge_names=("x", "y"))
FIVE = Vocabulary(5, node_names=("a",), edge_names=("x", "y"))
VOCABULARIES = {"unlabelled": SEVEN, "labelled": FIVE, "QM9": QM9_VOCABULARY}


def fits(tokens, vocabulary):
    """Whether the strict decoder accepts all tokens, or misses some behind them only."""
    try:
        decode(tokens, vocabulary)
    except DecodeError as error:
        return error.position >= len(tokens)
    return True


def followers(prefix, vocabulary):
    return {token for token in range(len(vocabulary)) if fits([*prefix, token], vocabulary)}


def state_after(prefixes, vocabulary, **options):
    """Grammar of sequences of equal length that have all begun with `sos`."""
    grammar = Grammar(len(prefixes), vocabulary, **options)
    for tokens in torch.tensor(prefixes).T[1:]:
        grammar.advance(tokens)
    return grammar


def allowed_sets(grammar):
    return [set(row.nonzero().flatten().tolist()) for row in grammar.allowed()]


@pytest.mark.parametrize("vocabulary", [THREE, PAIR], ids=["unlabelled", "labelled"])
def test_every_prefix_of_a_tiny_vocabulary(vocabulary):
    """All sequences there are, a generation of equally long prefixes at a time."""
    prefixes, complete = [[SOS]], 0
    while prefixes:
        allowed = allowed_sets(state_after(prefixes, vocabulary))
        assert allowed == [followers(prefix, vocabulary) for prefix in prefixes]
        complete += sum(prefix[-1] == EOS for prefix in prefixes)
        prefixes = [[*prefix, token] for prefix, tokens in zip(prefixes, allowed, strict=True)
                    for token in sorted(tokens) if token != PAD]
    assert complete == {THREE: 1 + 2 + 6, PAIR: 2 + 2 * 3 * 2}[vocabulary]


@pytest.mark.parametrize("name", VOCABULARIES)
def test_random_walks_through_the_grammar(name):
    """Rows of one batch are in different states, of which some are done early."""
    vocabulary = VOCABULARIES[name]
    dice = random.Random(0)
    # Weights of eos and ladj against any other token, by row; the first uses up all its nodes.
    tastes = [{EOS: 1e-9, LADJ: 1e-9}, {EOS: 1e-9}, {EOS: 0.01}, {EOS: 0.05}, {EOS: 0.2}]
    rows = [[SOS] for _ in tastes]
    grammar = Grammar(len(rows), vocabulary)
    for _ in range(90):
        allowed = allowed_sets(grammar)
        assert allowed == [followers(row, vocabulary) for row in rows]
        assert grammar.is_done.tolist() == [EOS in row for row in rows]
        for row, tokens, taste in zip(rows, allowed, tastes, strict=True):
            choices = sorted(tokens)
            row.extend(dice.choices(choices, [taste.get(token, 1.0) for token in choices]))
        grammar.advance(torch.tensor([row[-1] for row in rows]))
    assert set(range(vocabulary.index_offset, vocabulary.node_offset)) <= set(rows[0])
    assert rows[1].count(LADJ) > 1


@settings(max_examples=25)
@given(data=st.data())
def test_any_walk_through_the_grammar(data):
    vocabulary = data.draw(st.sampled_from([SEVEN, FIVE]))
    row, grammar = [SOS], Grammar(1, vocabulary)
    while not grammar.is_done.item() and len(row) < 40:
        [allowed] = allowed_sets(grammar)
        assert allowed == followers(row, vocabulary)
        row.append(data.draw(st.sampled_from(sorted(allowed))))
        grammar.advance(torch.tensor(row[-1:]))


@settings(max_examples=60)
@given(graph=graphs(max_nodes=30), strategy=st.sampled_from(ALL_STRATEGIES),
       kinds_only=st.booleans())
def test_whatever_the_sampler_writes_is_allowed(graph, strategy, kinds_only):
    vocabulary = vocabulary_of(graph)
    trails = sample_trails([graph], vocabulary, strategy, permutations=3, generator=GraphSeed(0))
    grammar = Grammar(3, vocabulary, kinds_only=kinds_only)
    for tokens in trails.tokens[0].long().T[1:]:
        assert grammar.allowed().gather(1, tokens[:, None]).all()
        grammar.advance(tokens)
    assert grammar.is_done.all()
    assert (grammar.num_nodes == graph.num_nodes).all()


def test_selected_rows_go_on_as_if_alone():
    vocabulary = FIVE
    rows = [
        [SOS, 6, 11, 12, 7, 11, RESET],  # at a jump
        [SOS, 6, 11, EOS, PAD, PAD, PAD],
        [SOS, 6, 11, RESET, 7, 11, LADJ],  # in a bracket that nothing may fill: never reached
        [SOS, 6, 11, 13, 7, 11, 12],  # on an edge
    ]
    grammar = state_after([rows[0], rows[1], rows[3]], vocabulary)
    grammar.select(torch.tensor([2, 0]))
    assert allowed_sets(grammar) == [followers(rows[3], vocabulary), followers(rows[0], vocabulary)]
    assert not fits(rows[2], vocabulary)
    for token in (8, 11):
        grammar.advance(torch.tensor([token, token]))
        rows[0].append(token)
        rows[3].append(token)
    assert allowed_sets(grammar) == [followers(rows[3], vocabulary), followers(rows[0], vocabulary)]
    # Behind the jump both nodes before it are closed, but only for the row that jumped.
    assert LADJ in followers(rows[3], vocabulary)
    assert LADJ in followers(rows[0], vocabulary)


def test_behind_a_fragment_only_open_nodes_get_bonds():
    """A path 0-1-2-3 in one row, and the same with other open nodes in the next."""
    vocabulary = SEVEN
    row = [SOS, *(vocabulary.index_offset + node for node in range(4))]
    grammar = state_after([row, row, row], vocabulary)
    walk, land = vocabulary.index_offset + 4, vocabulary.index_offset + 4
    assert allowed_sets(grammar) == [followers(row, vocabulary)] * 3
    assert LADJ in followers(row, vocabulary)
    is_closed = torch.tensor([[True, False, True, False], [False, True, False, True],
                              [True, True, True, True]])
    grammar.grow(torch.tensor([True, True, False]), is_closed)
    # No bond within the fragment; from its last node only if that is open. The third row goes on.
    assert allowed_sets(grammar) == [{walk, RESET, EOS}, {RESET, EOS}, followers(row, vocabulary)]
    grammar.advance(torch.tensor([RESET, RESET, RESET]))
    grammar.advance(torch.tensor([land, land, land]))
    grammar.advance(torch.tensor([LADJ, LADJ, LADJ]))
    listed = [{token - vocabulary.index_offset for token in tokens}
              for tokens in allowed_sets(grammar)]
    assert listed == [{1}, {0, 2}, {0, 1, 2}]


@cache
def kind_followers(is_labelled):
    """By kind of the last token, in and out of a bracket: what may follow if only kinds count."""
    index, label, edge = TokenKind.NODE_INDEX, TokenKind.NODE_LABEL, TokenKind.EDGE_LABEL
    if is_labelled:
        return {
            ("sos", False): {index}, (index, False): {label}, ("reset", False): {index},
            (label, False): {edge, "reset", "eos", "ladj"}, (edge, False): {index},
            ("ladj", True): {edge}, (edge, True): {index}, (index, True): {edge, "radj"},
            ("radj", False): {edge, "reset", "eos"}, ("eos", False): {"pad"},
        }
    return {
        ("sos", False): {index}, (index, False): {index, "reset", "eos", "ladj"},
        ("reset", False): {index}, ("ladj", True): {index}, (index, True): {index, "radj"},
        ("radj", False): {index, "reset", "eos"}, ("eos", False): {"pad"},
    }


@pytest.mark.parametrize("vocabulary", [SEVEN, FIVE], ids=["unlabelled", "labelled"])
def test_kinds_only_fixes_nothing_but_kinds(vocabulary):
    def kind(token):
        of = vocabulary.kind(token)
        return vocabulary.token_name(token) if of is TokenKind.SPECIAL else of

    dice = random.Random(1)
    seen = set()
    for _ in range(40):
        row, grammar = [SOS], Grammar(1, vocabulary, kinds_only=True)
        while len(row) < 25 and row[-1] != PAD:
            state = kind(row[-1]), row.count(LADJ) > row.count(RADJ)
            seen.add(state)
            expected = {token for token in range(len(vocabulary))
                        if kind(token) in kind_followers(vocabulary.is_labelled)[state]}
            [allowed] = allowed_sets(grammar)
            assert allowed == expected
            row.append(dice.choice(sorted(allowed)))
            grammar.advance(torch.tensor(row[-1:]))
    assert seen == kind_followers(vocabulary.is_labelled).keys()
