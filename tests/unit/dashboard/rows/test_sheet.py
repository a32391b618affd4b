"""The printed sheet: every pick with its numbers and settings, on A4, as SVG and as PDF."""

import io
import re
import xml.etree.ElementTree as ElementTree
import zipfile
from dataclasses import replace
from datetime import datetime

import pytest

from core.chemistry.chemistry import QM9
from core.chemistry.molecules import from_smiles
from core.library.basket import Basket, Origin, Pick
from core.triage.samples import SamplesConfig
from dashboard.drawing.pdf import text_width
from dashboard.rows.sheet import (
    PAGE,
    number_lines,
    origin_lines,
    sheet_pages,
    sheet_pdf,
    sheet_svg,
)

NOW = datetime(2026, 3, 4)
ORIGIN = Origin("qm9-random_order", "ab" * 32, "random_order", 32, 7, "bf16",
                SamplesConfig(1, temperature=0.8))
VALUES = {"row": 3, "id": "m:0:3", "smiles": "CCO", "valid": True, "stable": True, "novel": False,
          "lu": 0.0712, "lu_low": 0.05, "lu_high": 0.13, "nll_mean": 27.791, "self_nll": 29.98,
          "nll_marginal": 13.0437, "fragments": 2}
PICK = Pick((3,), "qm9-random_order samples", ORIGIN, VALUES, VALUES,
            from_smiles("CC(N)C(=O)O").graph, QM9, "CC(N)C(=O)O")


def basket(number, pick=PICK):
    return Basket(tuple(replace(pick, identity=(row,)) for row in range(number)))


def said(page):
    return [element.text or "" for element in ElementTree.fromstring(page).iter(
        "{http://www.w3.org/2000/svg}text")]


def test_a_structure_stands_with_numbers_model_and_settings():
    [page] = sheet_pages(basket(1), NOW)
    texts = said(page)
    for line in ("m:0:3", "CC(N)C(=O)O", "LU 0.071 (0.050 – 0.130)",
                 "NLL: self 29.98, mean 27.79 nats", "Order-marginal NLL: 13.04 nats",
                 "valid, stable, not novel, 2 pieces", "qm9-random_order, random_order",
                 "K = 32, seed 7, temperature 0.8, top-k 10, bf16", "1 row, 04 March 2026",
                 "Page 1 of 1"):
        assert line in texts
    assert any(text.endswith("weights abababababab") for text in texts)
    assert "OH" in texts or "O" in texts  # of the drawing
    assert ElementTree.fromstring(page).get("viewBox") == "0 0 595 842"


def test_what_is_not_known_is_left_out():
    bare = replace(PICK, values={"row": 1, "valid": False, "lu": None, "self_nll": float("nan")},
                   graph=None, smiles=None, origin=replace(ORIGIN, sampled=None, precision="fp32"))
    assert number_lines(bare) == ("not scored", "invalid")
    assert origin_lines(bare.origin)[1] == "K = 32, seed 7"
    assert bare.name == "row 1"
    assert sheet_pages(basket(1, bare), NOW)


def test_strain_is_said_of_what_is_valid():
    strained = replace(PICK, smiles="C1=C=CCCC1", values={"valid": True, "stable": True})
    assert "valid, stable, strained" in number_lines(strained)
    open_ended = replace(strained, values={"valid": True, "stable": False})
    assert "valid, unstable" in number_lines(open_ended)


def test_twelve_stand_on_a_page_and_pages_are_numbered():
    pages = sheet_pages(basket(25), NOW)
    assert [text for page in pages for text in said(page) if text.startswith("Page")] == [
        "Page 1 of 3", "Page 2 of 3", "Page 3 of 3"]
    assert [page.count(">m:0:3<") for page in pages] == [12, 12, 1]


def test_several_settings_are_said_beside_each_structure():
    other = replace(PICK, identity=("x",), origin=replace(ORIGIN, model="moses", seed=1))
    [page] = sheet_pages(Basket((PICK, other)), NOW)
    texts = said(page)
    assert "qm9-random_order, moses; every structure says its own settings." in texts
    assert "moses, random_order" in texts


@pytest.mark.parametrize("name", ["x" * 500, "a<b>&\"c\"", "名前 Ω β-lactam", "line\nbreak"])
def test_names_of_others_are_text_and_stay_inside(name):
    odd = replace(PICK, values={**VALUES, "id": name}, smiles="C" * 300)
    [page] = sheet_pages(basket(1, odd), NOW)
    room = (PAGE[0] - 68 + 8) / 3 - 8 - 12
    for element in ElementTree.fromstring(page).iter("{http://www.w3.org/2000/svg}text"):
        if float(element.get("y")) > 80 and element.get("font-size") in ("6.4", "7.4", "8.6"):
            assert text_width(element.text, float(element.get("font-size"))) <= room
    assert sheet_pdf(basket(1, odd), NOW).startswith(b"%PDF")


def test_the_pdf_has_the_same_pages_and_equal_bytes():
    found = sheet_pdf(basket(13), NOW)
    assert found.startswith(b"%PDF")
    assert re.search(rb"/Count 2\b", found)
    assert re.search(rb"/MediaBox \[0 0 595\.?\d* 842\.?\d*\]", found)
    assert b"/ToUnicode" in found  # letters are text, which can be searched and copied
    assert found == sheet_pdf(basket(13), NOW)


def test_several_pages_of_svg_come_in_one_file():
    one, ending = sheet_svg(basket(12), NOW)
    assert ending == "svg"
    assert one.startswith(b"<svg")
    several, ending = sheet_svg(basket(13), NOW)
    assert ending == "zip"
    with zipfile.ZipFile(io.BytesIO(several)) as archive:
        assert archive.namelist() == ["trailscope-basket-01.svg", "trailscope-basket-02.svg"]
