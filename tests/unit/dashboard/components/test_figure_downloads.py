"""What the download buttons are given."""

import re
import sys
from base64 import b64decode
from pathlib import Path
from types import SimpleNamespace

import pytest
import streamlit as st

from core.errors import InputError
from dashboard.components.bundle import join_scripts
from dashboard.components.figure_downloads import downloads
from dashboard.components.figure_downloads.downloads import downloads_json, file_name
from dashboard.components.figure_downloads.pdf import to_pdf
from dashboard.shared.palette import DARK, LIGHT

SCRIPTS = Path(downloads.__file__).parent


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("distribution", "trailscope-distribution"),
        ("LU against NLL", "trailscope-LU-against-NLL"),
        ("CC(N)C(=O)O", "trailscope-CC-N-C-O-O"),
        ("../../etc/passwd", "trailscope-etc-passwd"),
        ("Überschuss 1.5", "trailscope-Uberschuss-1.5"),
        ("分子", "trailscope-figure"),
        ("", "trailscope-figure"),
    ],
)
def test_file_name_is_safe_everywhere(name, expected):
    assert file_name(name) == expected


@pytest.mark.parametrize(("name", "subject", "expected"), [
    ("trail", ("CC(=O)N", "qm9-random_order", "seed0"),
     "trailscope-trail-CC-O-N-qm9-random_order-seed0"),
    ("tokens qm9-random_order", ("qm9-random_order", "seed3"),
     "trailscope-tokens-qm9-random_order-seed3"),
    ("roc", ("", "my model", "seed1"), "trailscope-roc-my-model-seed1"),
    ("分子", ("C" * 60,), f"trailscope-{'C' * 40}"),
])
def test_file_name_says_of_what_the_figure_is(name, subject, expected):
    assert file_name(name, subject) == expected


@pytest.mark.parametrize("name", ["x" * 500, "a-" * 100, "a." * 100])
def test_file_name_is_short_and_ends_in_a_letter(name):
    found = file_name(name)
    assert len(found) <= len("trailscope-") + 80
    assert found[-1].isalnum()


def test_everything_given_reaches_the_browser_unchanged():
    found = downloads_json("a & b", target="player", svg=None, csv="x\n1\n")
    assert found == {"name": "a & b", "file": "trailscope-a-b", "target": "player", "svg": None,
                     "csv": "x\n1\n", "pdf": None,
                     "colors": {"page": LIGHT.to_json(), "light": LIGHT.to_json()}}
    dark = downloads_json("a", target="player", svg=None, csv=None, dark=True)
    assert dark["colors"] == {"page": DARK.to_json(), "light": LIGHT.to_json()}
    assert downloads_json("a", target=None, svg=None, csv="x")["colors"] is None


def test_an_empty_table_is_a_file_too():
    assert downloads_json("t", target=None, svg=None, csv="")["csv"] == ""


def test_nothing_to_save_is_refused():
    with pytest.raises(ValueError, match="Nothing to download as 'trail'"):
        downloads_json("trail", target=None, svg=None, csv=None)


def test_two_drawings_of_one_figure_are_refused():
    with pytest.raises(ValueError, match="either target or svg for 'trail'"):
        downloads_json("trail", target="player", svg="<svg/>", csv=None)


def test_names_of_joined_scripts_are_unique():
    script = join_scripts("dom.js", *(f"figure_downloads/{name}"
                                      for name in downloads._OWN_SCRIPTS))
    names = re.findall(r"^(?:export default )?(?:async )?(?:function|const|let) (\w+)", script,
                       re.MULTILINE)
    assert len(names) == len(set(names))


DRAWING = ('<svg xmlns="http://www.w3.org/2000/svg" width="85mm" height="40mm" '
           'viewBox="0 0 340 160"><text x="9" y="40" font-size="14" font-weight="650">σ ≤ 3</text>'
           '<path d="M0 0L340 160" stroke="#123456"/>{}</svg>')


def test_pdf_is_one_page_of_the_size_with_its_fonts():
    file = to_pdf(DRAWING.format(""))
    assert file.startswith(b"%PDF")
    [box] = re.findall(rb"/MediaBox ?\[0 0 ([0-9.]+) ([0-9.]+)\]", file)
    assert [float(side) / 72 * 25.4 for side in box] == pytest.approx([85, 40], abs=0.01)
    assert b"-Bold" in file  # 650 is bold
    assert b"/FontFile" in file


@pytest.mark.parametrize("svg", [
    "", "no svg", "<svg/>", DRAWING.format("").replace('width="85mm"', 'width="85"'),
    DRAWING.format('<image href="file:///etc/passwd"/>'),
    DRAWING.format('<image xmlns:xlink="http://www.w3.org/1999/xlink" '
                   'xlink:href="http://example.org/x.png"/>'),
    DRAWING.format('<image href="x.svg"/>'), DRAWING.format("<style>a{}</style>"),
    DRAWING.format('<use href="#a"/>'),
])
def test_a_drawing_that_makes_no_pdf_is_refused_in_a_sentence(svg):
    with pytest.raises(InputError, match=r"PDF"):
        to_pdf(svg)
    assert set(downloads.pdf_answer(svg)) == {"fault"}


def test_without_the_package_svg_is_offered(monkeypatch):
    monkeypatch.setitem(sys.modules, "vl_convert", None)
    assert downloads.pdf_answer(DRAWING.format("")) == {
        "fault": "PDF needs the package vl-convert-python here; save SVG instead."}


def test_a_dialog_gets_its_pdf_once(monkeypatch):
    state = {"row": SimpleNamespace(pdf={"id": "7", "svg": DRAWING.format("")})}
    monkeypatch.setattr(st, "session_state", state)
    downloads._make_pdf("row", "row-pdf")
    assert state["row-pdf"]["id"] == "7"
    assert b64decode(state["row-pdf"]["base64"]).startswith(b"%PDF")
    for nonsense in (None, "x", {"svg": 3}):
        state = {"row": SimpleNamespace(pdf=nonsense)}
        monkeypatch.setattr(st, "session_state", state)
        downloads._make_pdf("row", "row-pdf")
        assert "row-pdf" not in state


def test_scripts_come_after_those_they_import_from():
    done = {"../dom.js"}
    for name in downloads._OWN_SCRIPTS:
        imported = re.findall(r'from "(?:\./)?([^"]+)"', (SCRIPTS / name).read_text("utf-8"))
        assert set(imported) <= done
        done.add(name)
    assert done - {"../dom.js"} == {path.name for path in SCRIPTS.glob("*.js")}
