"""Trails as they are shown: what each token refers to, and what the browser gets."""

import json
import math
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from core.chemistry.molecules import from_smiles
from core.graph.graph import Graph
from core.sent.sampler import sample_trails
from core.sent.strategies import STRATEGIES
from core.sent.vocabulary import PLANAR_VOCABULARY, QM9_VOCABULARY, TokenKind, Vocabulary
from dashboard.components.bundle import join_scripts
from dashboard.components.trail_player import sources
from dashboard.components.trail_player.payload import diff_json, player_json, top_nats
from dashboard.components.trail_player.trail import Arrival, TrailError
from dashboard.components.trail_player.view import first_difference, trail_view
from dashboard.drawing.layouts import layout

COMPONENT = Path(sources.__file__).parent

# A triangle C-C=C with a pendant O, walked 1 0 2 and jumped to 3.
SMALL = Graph(4, np.array([[0, 1], [0, 2], [1, 2], [1, 3]]), np.array([1, 1, 1, 3]),
              np.array([0, 1, 0, 0]))
NAMES = ["sos", "0", "C", "single", "1", "C", "double", "2", "C", "ladj", "single", "0", "radj",
         "reset", "3", "O", "ladj", "single", "0", "radj", "eos"]
ORDER = [1, 0, 2, 3]


def numbers(names, vocabulary=QM9_VOCABULARY):
    of = {(vocabulary.token_name(t), vocabulary.kind(t)): t for t in range(len(vocabulary))}
    by_name = {name: token for (name, _), token in of.items()}
    return [by_name[name] for name in names]


def small_view(nll=None, alternatives=None, names=NAMES, order=ORDER):
    tokens = numbers(names)
    nll = np.arange(1, len(tokens)) / 10 if nll is None else nll
    return trail_view(SMALL, tokens, order, nll, alternatives, QM9_VOCABULARY, is_molecule=True)


def test_every_token_knows_its_visit_atom_and_bond():
    view = small_view()
    found = [(t.glyph, t.step, t.atom, t.bond, t.is_listed) for t in view.tokens]
    assert found == [
        ("▸", None, None, None, False),
        ("0", 0, 1, None, False), ("C", 0, 1, None, False),
        ("–", 1, 0, (0, 1), False), ("1", 1, 0, None, False), ("C", 1, 0, None, False),
        ("=", 2, 2, (2, 0), False), ("2", 2, 2, None, False), ("C", 2, 2, None, False),
        ("[", 2, 2, None, False), ("–", 2, 1, (2, 1), True), ("0", 2, 1, (2, 1), True),
        ("]", 2, 2, None, False),
        ("⤳", 3, 3, None, False), ("3", 3, 3, None, False), ("O", 3, 3, None, False),
        ("[", 3, 3, None, False), ("–", 3, 1, (3, 1), True), ("0", 3, 1, (3, 1), True),
        ("]", 3, 3, None, False),
        ("■", None, None, None, False),
    ]


def test_visits_say_how_the_walk_came():
    visits = small_view().visits
    assert [(v.node, v.arrival, v.origin, v.segment, v.back_references) for v in visits] == [
        (1, Arrival.START, None, 0, ()), (0, Arrival.WALK, 1, 0, ()),
        (2, Arrival.WALK, 0, 0, (1,)), (3, Arrival.JUMP, 2, 1, (1,)),
    ]
    assert [(v.position, v.last_position) for v in visits] == [(1, 2), (4, 5), (7, 12), (14, 19)]


def test_surprisals_belong_to_the_token_they_price():
    view = small_view()
    assert view.tokens[0].surprisal_nats is None
    assert view.tokens[1].surprisal_nats == pytest.approx(0.1)
    assert view.tokens[-1].probability == pytest.approx(math.exp(-2.0))
    assert view.total_nats == pytest.approx(sum(range(1, 21)) / 10)
    assert view.cumulative_nats[:3].tolist() == pytest.approx([0.0, 0.1, 0.3])
    # Atoms: index, label, brackets, reset; bonds 0-1, 0-2, 1-2, 1-3: labels and listed indices.
    assert view.node_nats.tolist() == pytest.approx([0.9, 0.3, 3.6, 7.7])
    assert view.edge_nats.tolist() == pytest.approx([0.3, 0.6, 2.1, 3.5])


def test_meanings_read_as_sentences():
    meanings = [token.meaning for token in small_view().tokens]
    assert meanings[3] == "Walks along a single bond."
    assert meanings[10] == "Lists a single bond from visit 2 to visit 0."
    assert meanings[13] == "Jumps: visit 2 has no unvisited neighbour."
    assert meanings[14] == "Lands on a new atom, visit 3."
    assert all(meaning.endswith(".") for meaning in meanings)


def test_alternatives_are_named_ranked_and_mark_the_written_token():
    tokens = numbers(NAMES)
    likely = [[(tokens[at], 0.2), (5, 0.7)] for at in range(1, len(tokens))]
    first = small_view(alternatives=likely).tokens[1].alternatives
    assert [(a.name, a.probability, a.is_actual) for a in first] == [
        ("pad", 0.7, False), ("0", 0.2, True)]


def test_unlabelled_trails_have_bare_indices():
    graph = Graph(3, np.array([[0, 1], [0, 2], [1, 2]]))
    tokens = [0, 6, 7, 8, 2, 6, 3, 4]  # sos 0 1 2 [ 0 ] eos
    view = trail_view(graph, tokens, [2, 0, 1], np.ones(7), None, PLANAR_VOCABULARY,
                      is_molecule=False)
    assert [visit.arrival for visit in view.visits] == [Arrival.START, Arrival.WALK, Arrival.WALK]
    assert [token.bond for token in view.tokens] == [
        None, None, None, None, None, (1, 2), None, None]
    assert view.tokens[5].meaning == "The edge from visit 2 goes back to visit 0."


def test_padding_is_dropped_and_a_cut_sequence_is_read_as_far_as_it_goes():
    tokens = numbers(NAMES)
    padded = trail_view(SMALL, [*tokens, 5, 5], ORDER, np.ones(22), None, QM9_VOCABULARY,
                        is_molecule=True)
    assert len(padded) == len(tokens)
    cut = trail_view(SMALL, tokens[:14], ORDER, np.ones(13), None, QM9_VOCABULARY, is_molecule=True)
    assert cut.tokens[-1].name == "reset"
    assert cut.order == (1, 0, 2)
    assert cut.node_nats.tolist() == [2.0, 2.0, 4.0, 1.0]  # the reset is about the next node
    assert cut.edge_nats.tolist() == [1.0, 1.0, 2.0, 0.0]


def test_a_list_that_is_cut_short_is_about_the_bond_that_follows():
    cut = trail_view(SMALL, numbers(NAMES)[:11], ORDER, np.ones(10), None, QM9_VOCABULARY,
                     is_molecule=True)
    assert cut.tokens[-1].bond == (2, 1)


@pytest.mark.parametrize(("change", "position"), [
    ({"names": ["0", *NAMES[1:]]}, 0),
    ({"names": [*NAMES[:2], "N", *NAMES[3:]]}, 2),
    ({"names": [*NAMES[:3], "double", *NAMES[4:]]}, 3),
    ({"names": [*NAMES[:4], "2", *NAMES[5:]]}, 4),
    ({"order": [3, 0, 2, 1]}, 2),
    ({"names": [*NAMES, "eos"], "nll": np.ones(21)}, 21),
])
def test_a_trail_of_something_else_is_refused_where_it_differs(change, position):
    with pytest.raises(TrailError, match=f"Position {position}:"):
        small_view(**change)


@pytest.mark.parametrize("order", [ORDER[:3], [*ORDER, 4], [1, 0, 2, 2]])
def test_an_order_that_is_none_is_refused(order):
    with pytest.raises(TrailError, match="each of the 4 nodes once"):
        small_view(order=order)


def test_a_trail_of_nothing_is_refused():
    with pytest.raises(TrailError, match="visits no node"):
        small_view(names=["sos"])


def test_too_few_surprisals_are_refused():
    with pytest.raises(TrailError, match="21 tokens need 20 surprisals"):
        small_view(nll=np.ones(19))


SAMPLED = from_smiles("CC1=CN=C(N)C(=O)N1C").graph


def sampled_view(seed, strategy="random_order"):
    batch = sample_trails([SAMPLED], QM9_VOCABULARY, STRATEGIES[strategy], permutations=1,
                          generator=torch.Generator().manual_seed(seed))
    tokens = batch.sequence(0, 0)
    nll = np.random.default_rng(seed).gamma(0.5, 1.0, len(tokens) - 1)
    return trail_view(SAMPLED, tokens, batch.order(0, 0), nll, None, QM9_VOCABULARY,
                      is_molecule=True)


@given(st.integers(0, 10_000), st.sampled_from(sorted(STRATEGIES)))
def test_a_trail_writes_every_bond_once_and_every_nat_somewhere(seed, strategy):
    view = sampled_view(seed, strategy)
    walked = [(v.node, v.origin) for v in view.visits if v.arrival is Arrival.WALK]
    listed = [(v.node, back) for v in view.visits for back in v.back_references]
    written = sorted(tuple(sorted(bond)) for bond in walked + listed)
    assert written == sorted(map(tuple, SAMPLED.edges.tolist()))
    shares = view.node_nats.sum() + view.edge_nats.sum()
    assert shares + view.tokens[-1].surprisal_nats == pytest.approx(view.total_nats)
    for visit in view.visits:
        assert view.tokens[visit.position].kind is TokenKind.NODE_INDEX
        assert view.tokens[visit.last_position].step == visit.step


def test_trails_part_at_their_first_different_token():
    view = small_view()
    assert first_difference(view, view) == len(view)
    assert first_difference(sampled_view(0), sampled_view(1)) >= 2


def test_hidden_hydrogens_hand_their_values_to_the_heavy_atom():
    drawn = layout(from_smiles("CO").graph)
    a, b = (with_nats(drawn, nodes, edges) for nodes, edges in (
        ([1.0, 2.0, 0.5, 0.0, 0.25, 3.0], [1.0, 0.5, 0.25, 0.0, 4.0]), (np.zeros(6), np.zeros(5))))
    data = diff_json(drawn, a, b, labels=("a", "b"), show_hydrogens=False, height=None,
                     nats_max=None)
    assert data["difference"]["atoms"] == [2.5, 9.0, None, None, None, None]
    assert data["difference"]["bonds"] == [1.0, None, None, None, None]


def with_nats(drawn, nodes, edges):
    graph = from_smiles("CO").graph
    trails = sample_trails([graph], QM9_VOCABULARY, STRATEGIES["random_order"], permutations=1,
                           generator=torch.Generator().manual_seed(0))
    tokens = trails.sequence(0, 0)
    view = trail_view(graph, tokens, trails.order(0, 0), np.ones(len(tokens) - 1), None,
                      QM9_VOCABULARY, is_molecule=True)
    return replace(view, node_nats=np.array(nodes), edge_nats=np.array(edges))


def test_the_player_gets_plain_json():
    view, drawn = sampled_view(3), layout(SAMPLED)
    data = player_json(drawn, view, show_hydrogens=False, position=None, height=None,
                       nats_max=None, report_position=False)
    again = json.loads(json.dumps(data, allow_nan=False))
    assert again["position"] == len(view) - 1
    assert again["natsMax"] == top_nats(view)
    assert len(again["trail"]["tokens"]) == len(view)
    assert again["trail"]["cumulative"][-1] == pytest.approx(view.total_nats, abs=1e-4)
    assert set(again["palettes"]) == {"light", "dark"}


@pytest.mark.parametrize(("position", "shown"), [(0, 0), (7, 7), (10_000, None), (-5, 0)])
def test_the_cursor_starts_inside_the_trail(position, shown):
    view = sampled_view(3)
    data = player_json(layout(SAMPLED), view, show_hydrogens=True, position=position, height=400,
                       nats_max=8.0, report_position=True)
    assert data["position"] == (len(view) - 1 if shown is None else shown)


@pytest.mark.parametrize("show_hydrogens", [True, False])
def test_differences_of_a_diff_add_up(show_hydrogens):
    a, b, drawn = sampled_view(3), sampled_view(4), layout(SAMPLED)
    data = diff_json(drawn, a, b, labels=("one", "other"), show_hydrogens=show_hydrogens,
                     height=None, nats_max=None)
    json.dumps(data, allow_nan=False)
    eos = a.tokens[-1].surprisal_nats - b.tokens[-1].surprisal_nats
    total = sum(value for part in data["difference"].values() for value in part
                if value is not None)
    assert total + eos == pytest.approx(a.total_nats - b.total_nats, abs=1e-3)
    assert data["natsMax"] == top_nats(a, b)


def test_an_infinite_surprisal_does_not_break_the_page():
    nll = np.ones(20)
    nll[4] = np.inf
    view = small_view(nll=nll)
    data = player_json(layout(SMALL), view, show_hydrogens=True, position=None, height=None,
                       nats_max=None, report_position=False)
    json.dumps(data, allow_nan=False)


def test_a_vocabulary_of_other_names_shows_them():
    vocabulary = Vocabulary(4, ("red", "blue"), ("road", "rail"))
    graph = Graph(2, np.array([[0, 1]]), np.array([1, 0]), np.array([1]))
    tokens = numbers(["sos", "0", "red", "rail", "1", "blue", "eos"], vocabulary)
    view = trail_view(graph, tokens, [1, 0], np.ones(6), None, vocabulary, is_molecule=False)
    assert [token.glyph for token in view.tokens[1:-1]] == ["0", "red", "rail", "1", "blue"]


STANDALONE = (*sources.PLAYER_SCRIPTS, "standalone.js")
SOURCES = sorted(path for folder in (COMPONENT, COMPONENT.parent) for path in folder.iterdir()
                 if path.suffix in (".js", ".css"))


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.name)
def test_component_sources_are_small_safe_and_offline(source):
    text = source.read_text(encoding="utf-8")
    assert len(text.splitlines()) < 300
    assert max(map(len, text.splitlines())) <= 100
    assert "innerHTML" not in text
    assert "insertAdjacentHTML" not in text
    assert re.findall(r"https?://(?!www\.w3\.org/2000/svg)", text) == []


@pytest.mark.parametrize("own", [sources.PLAYER_SCRIPTS, sources.DIFF_SCRIPTS, STANDALONE])
def test_a_bundle_is_one_module_without_name_clashes(own):
    script = join_scripts(
        "dom.js", *(f"trail_player/{name}" for name in (*sources.SHARED_SCRIPTS, *own)))
    assert not re.search(r"^import\b", script, re.MULTILINE)
    assert re.findall(r"^export .*", script, re.MULTILINE)[0].startswith("export default function")
    names = re.findall(r"^(?:export default )?(?:async )?(?:function|const|let) (\w+)", script,
                       re.MULTILINE)
    assert sorted(names) == sorted(set(names))


@pytest.mark.parametrize("own", [sources.PLAYER_SCRIPTS, sources.DIFF_SCRIPTS, STANDALONE])
def test_a_bundle_holds_every_file_after_those_it_imports(own):
    order = ["../dom.js", "../walks.js", *sources.SHARED_SCRIPTS, *own]
    for at, name in enumerate(order):
        source = (COMPONENT / name).read_text(encoding="utf-8")
        for needed in re.findall(r'from "(?:\./)?([^"]+)"', source):
            assert needed in order[:at], f"{name} imports {needed}"
