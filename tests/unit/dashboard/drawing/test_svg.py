"""Layouts that can be read, and static pictures that say what they show."""

import tomllib
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

from core.chemistry.chemistry import AUTOGRAPH_GUACAMOL, CHEMISTRIES, MOSES
from core.chemistry.molecules import from_smiles
from core.graph.graph import Graph
from dashboard.drawing.layouts import layout
from dashboard.drawing.svg import attribution_svg, molecule_svg, numbered_svg
from dashboard.shared.palette import DARK, LIGHT, contrast, ink_on, luminance, scale_color

CAGES = ["C12C3C4C1C5C2C3C45", "C1C2CC3CC1CC(C2)C3", "C1C2C3C2C13", "C12C3C1C23"]
MOLECULES = ["C", "CO", "CCO", "CC1=CN=C(N)C(=O)N1C", "C1=CC=CC=C1", "N#CC12CC1(O)C2=O",
             "C[N+](C)(C)C", "[H][H]", "[H+]", "C#CC#CC", "FC(F)(F)F", *CAGES]
SVG = "{http://www.w3.org/2000/svg}"


def molecule_layout(smiles):
    return layout(from_smiles(smiles).graph)


def impossible_molecule():
    """Carbon with six bonds, one of them triple: RDKit does not sanitize it."""
    edges = np.array([[0, i] for i in range(1, 6)])
    return Graph(6, edges, np.array([1, 1, 2, 3, 0, 0]), np.array([2, 1, 0, 0, 0]))


def distances(place):
    gap = np.linalg.norm(place[:, None] - place[None], axis=2)
    return gap[np.triu_indices(len(place), 1)]


@pytest.mark.parametrize("smiles", MOLECULES)
def test_atoms_have_room_and_the_layout_is_reproducible(smiles):
    first, again = molecule_layout(smiles), molecule_layout(smiles)
    np.testing.assert_array_equal(first.coordinates, again.coordinates)
    assert np.isfinite(first.coordinates).all()
    assert distances(first.coordinates).min(initial=1.0) > 0.3
    heavy = first.coordinates[~first.is_hydrogen]
    assert distances(heavy).min(initial=1.0) > 0.65


@pytest.mark.parametrize("smiles", CAGES)
def test_a_cage_is_drawn_without_crossing_bonds(smiles):
    drawn = molecule_layout(smiles)
    skeleton = [(u, v) for u, v in drawn.bonds if not drawn.is_hydrogen[[u, v]].any()]
    for at, (a, b) in enumerate(skeleton):
        for c, d in skeleton[:at]:
            if len({a, b, c, d}) == 4:
                assert not _cross(*drawn.coordinates[[a, b, c, d]])


def _cross(p, q, r, s):
    def side(a, b, c):
        return np.cross(np.append(b - a, 0), np.append(c - a, 0))[2]

    return side(p, q, r) * side(p, q, s) < 0 and side(r, s, p) * side(r, s, q) < 0


def test_hydrogens_know_their_heavy_atom():
    methanol = molecule_layout("CO")
    assert methanol.symbols == ("C", "O", "H", "H", "H", "H")
    assert methanol.is_hydrogen.tolist() == [False, False, True, True, True, True]
    assert methanol.owners == (0, 1, 0, 0, 0, 1)


def test_dihydrogen_is_never_hidden():
    assert not molecule_layout("[H][H]").is_hydrogen.any()


def test_what_no_chemist_would_accept_is_drawn_all_the_same():
    drawn = layout(impossible_molecule())
    assert distances(drawn.coordinates).min() > 0.3
    assert "<svg" in molecule_svg(drawn, dark=False, title="impossible")


def test_a_missing_charge_is_put_back_on_the_drawing():
    drawn = molecule_layout("C[N+](C)(C)C")
    assert drawn.charges[drawn.symbols.index("N")] == 1
    assert "N⁺" in molecule_svg(drawn, dark=False, title="ammonium")


@pytest.mark.parametrize("smiles", MOLECULES)
def test_every_node_has_its_number(smiles):
    drawn = molecule_layout(smiles)
    root = ElementTree.fromstring(numbered_svg(drawn, dark=True, title="numbers"))
    written = [text.text for text in root.iter(f"{SVG}text")]
    assert sorted(int(text) for text in written if text.isdecimal()) == list(range(len(drawn)))


DRUG_LIKE = "CC(C)NS(=O)(=O)c1cc(Br)c(Cl)cc1P"


@pytest.mark.parametrize("chemistry", [MOSES, AUTOGRAPH_GUACAMOL], ids=lambda c: c.name)
def test_drug_like_molecules_show_their_elements_and_implicit_hydrogens(chemistry):
    smiles = DRUG_LIKE if "P" in chemistry.elements else DRUG_LIKE.replace("P", "O")
    graph = from_smiles(smiles, chemistry).graph
    drawn = layout(graph, chemistry)
    assert {"S", "Br", "Cl"} <= set(drawn.symbols)
    assert not drawn.is_hydrogen.any()
    assert drawn.implicit_hydrogens[drawn.symbols.index("N")] == 1
    for show_hydrogens in (True, False):
        svg = molecule_svg(drawn, dark=False, title="drug", show_hydrogens=show_hydrogens)
        for symbol in {"N", "O", "S", "Br", "Cl"} | ({"P"} & set(drawn.symbols)):
            assert f'fill="{LIGHT.elements[symbol]}"' in svg
            assert f">{symbol}<" in svg
        assert ">H<" in svg  # of the sulfonamide


def test_methane_without_hydrogen_nodes_is_named():
    drawn = layout(from_smiles("C", MOSES).graph, MOSES)
    svg = molecule_svg(drawn, dark=False, title="methane")
    assert ">C<" in svg
    assert ">H₄<" in svg


@pytest.mark.parametrize("colors", [LIGHT, DARK], ids=lambda c: c.name)
def test_every_element_of_every_chemistry_can_be_read(colors):
    elements = {symbol for chemistry in CHEMISTRIES.values() for symbol in chemistry.elements}
    assert set(colors.elements) == elements - {"C", "H"}  # these two are drawn in ink
    for color in colors.elements.values():
        assert contrast(color, colors.background) > 4.5


def test_fragments_stand_side_by_side():
    drawn = molecule_layout("CCO.O")
    oxygen = max(i for i, symbol in enumerate(drawn.symbols) if symbol == "O")
    water = np.array([owner == oxygen for owner in drawn.owners])
    assert drawn.coordinates[water, 0].min() > drawn.coordinates[~water, 0].max() + 0.5


def test_second_lines_of_ring_double_bonds_lie_inside():
    benzene = molecule_layout("C1=CC=CC=C1")
    centre = benzene.coordinates[~benzene.is_hydrogen].mean(axis=0)
    for (u, v), order, side in zip(benzene.bonds, benzene.orders, benzene.sides, strict=True):
        if order == 2:
            a, b = benzene.coordinates[[u, v]]
            across = np.array([-(b - a)[1], (b - a)[0]]) * side
            assert across @ (centre - a) > 0


def test_carbonyl_lines_are_centred():
    acetone = molecule_layout("CC(=O)C")
    assert acetone.sides[acetone.orders == 2].tolist() == [0]


def test_unlabelled_graphs_take_given_places_with_y_up():
    graph = Graph(3, np.array([[0, 1], [1, 2]]))
    drawn = layout(graph, positions=np.array([[0.0, 0.0], [2.0, 0.0], [2.0, 2.0]]))
    np.testing.assert_allclose(drawn.coordinates, [[0, 0], [1, 0], [1, -1]], atol=1e-9)
    assert not drawn.is_molecule


def test_unlabelled_graphs_without_places_are_laid_out_reproducibly():
    graph = Graph(7, np.array([[0, 1], [1, 2], [2, 0], [2, 3], [4, 5]]))
    first, again = layout(graph), layout(graph)
    np.testing.assert_array_equal(first.coordinates, again.coordinates)
    assert distances(first.coordinates).min() > 0.4


def test_places_must_fit_the_graph():
    with pytest.raises(ValueError, match=r"positions must be \[3, 2\], got \[2, 2\]"):
        layout(Graph(3, np.array([[0, 1]])), positions=np.zeros((2, 2)))


def draw_attribution(drawn, atoms, bonds, **options):
    settings = {"dark": False, "title": "Mean", "unit": "nats", "show_hydrogens": True,
                "scale": (0.0, 2.0)}
    return attribution_svg(drawn, atoms, bonds, **{**settings, **options})


def test_attribution_colours_what_has_a_value():
    drawn = molecule_layout("CO")
    atoms = np.array([0.0, 2.0, np.nan, np.nan, np.nan, np.nan])
    svg = draw_attribution(drawn, atoms, np.full(5, np.nan))
    circles = ElementTree.fromstring(svg).findall(f"{SVG}circle")
    assert [c.get("fill") for c in circles] == [LIGHT.sequential[0], LIGHT.sequential[-1]]
    assert [c.find(f"{SVG}title").text for c in circles] == ["0", "2"]


def test_attribution_has_a_legend_and_a_name():
    drawn = molecule_layout("CO")
    svg = draw_attribution(drawn, np.zeros(6), np.zeros(5), title='<Mean> & "more"')
    root = ElementTree.fromstring(svg)
    assert root.get("aria-label") == '<Mean> & "more"'
    assert root.find(f"{SVG}title").text == '<Mean> & "more"'
    texts = [node.text for node in root.iter(f"{SVG}text")]
    assert {"0", "2", "nats"} <= set(texts)


def test_hidden_hydrogens_are_counted_at_their_atom():
    svg = molecule_svg(molecule_layout("CN"), dark=True, title="methylamine")
    texts = [node.text for node in ElementTree.fromstring(svg).iter(f"{SVG}text")]
    assert texts == ["N", "H₂"]


def test_attribution_refuses_values_of_another_molecule():
    with pytest.raises(ValueError, match="Expected 6 atom and 5 bond values, got 5 and 5"):
        draw_attribution(molecule_layout("CO"), np.zeros(5), np.zeros(5))


@pytest.mark.parametrize("colors", [LIGHT, DARK])
def test_lightness_of_the_sequential_scale_is_monotone(colors):
    steps = [luminance(scale_color(colors.sequential, i / 20)) for i in range(21)]
    rising = [a < b for a, b in pairwise(steps)]
    assert all(rising) or not any(rising)


@pytest.mark.parametrize("colors", [LIGHT, DARK])
def test_text_and_lines_stand_out_from_the_page(colors):
    assert contrast(colors.ink, colors.background) > 12
    assert contrast(colors.muted, colors.surface) > 4.5
    assert contrast(colors.accent, colors.background) > 4.5
    assert min(contrast(c, colors.background) for c in colors.segments) > 4
    for color in (*colors.sequential, *colors.segments, *colors.diverging):
        assert contrast(ink_on(color), color) >= 4.5


# Viénot-style simulation matrices on linear RGB (Machado et al. 2009, full severity).
VISION = {
    "normal": np.eye(3),
    "deuteranopia": np.array([[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413],
                              [-0.011820, 0.042940, 0.968881]]),
    "protanopia": np.array([[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216],
                            [-0.003882, -0.048116, 1.051998]]),
}


def cielab(color, matrix):
    channels = np.array([int(color[i:i + 2], 16) / 255 for i in (1, 3, 5)])
    linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    to_xyz = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722],
                       [0.0193, 0.1192, 0.9505]])
    xyz = to_xyz @ (matrix @ linear).clip(0, 1) / [0.9505, 1.0, 1.089]
    f = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


@pytest.mark.parametrize("vision", VISION)
@pytest.mark.parametrize("colors", [LIGHT, DARK])
def test_following_segments_differ_for_every_kind_of_sight(colors, vision):
    seen = [cielab(color, VISION[vision]) for color in (*colors.segments, colors.segments[0])]
    assert min(np.linalg.norm(a - b) for a, b in pairwise(seen)) > 35


def test_the_theme_uses_the_palette():
    config = Path(__file__).parents[4] / ".streamlit" / "config.toml"
    theme = tomllib.loads(config.read_text(encoding="utf-8"))["theme"]
    for colors in (LIGHT, DARK):
        section = theme[colors.name]
        assert section["backgroundColor"] == colors.background
        assert section["secondaryBackgroundColor"] == colors.surface
        assert section["textColor"] == colors.ink
        assert section["primaryColor"] == section["linkColor"] == colors.accent
        assert section["borderColor"] == colors.border
        assert tuple(section["chartCategoricalColors"]) == colors.series


@pytest.mark.parametrize(("smiles", "chemistry", "broken"), [
    ("c1ccccc1C", AUTOGRAPH_GUACAMOL, 6), ("c1ccccc1C", MOSES, 0), ("CC(C)=O", MOSES, 0)])
def test_second_lines_of_aromatic_bonds_are_broken(smiles, chemistry, broken):
    drawn = layout(from_smiles(smiles, chemistry).graph, chemistry)
    lines = ElementTree.fromstring(
        molecule_svg(drawn, dark=False, title=smiles)).findall(f".//{SVG}line")
    assert sum(line.get("stroke-dasharray") is not None for line in lines) == broken
