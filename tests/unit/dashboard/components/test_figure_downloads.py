"""What the download buttons are given."""

import re
from pathlib import Path

import pytest

from dashboard.components.figure_downloads import downloads
from dashboard.components.figure_downloads.downloads import downloads_json, file_name

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


@pytest.mark.parametrize("name", ["x" * 500, "a-" * 100, "a." * 100])
def test_file_name_is_short_and_ends_in_a_letter(name):
    found = file_name(name)
    assert len(found) <= len("trailscope-") + 80
    assert found[-1].isalnum()


def test_everything_given_reaches_the_browser_unchanged():
    found = downloads_json("a & b", target="player", svg=None, csv="x\n1\n")
    assert found == {"name": "a & b", "file": "trailscope-a-b", "target": "player", "svg": None,
                     "csv": "x\n1\n"}


def test_an_empty_table_is_a_file_too():
    assert downloads_json("t", target=None, svg=None, csv="")["csv"] == ""


def test_nothing_to_save_is_refused():
    with pytest.raises(ValueError, match="Nothing to download as 'trail'"):
        downloads_json("trail", target=None, svg=None, csv=None)


def test_two_drawings_of_one_figure_are_refused():
    with pytest.raises(ValueError, match="either target or svg for 'trail'"):
        downloads_json("trail", target="player", svg="<svg/>", csv=None)


def test_scripts_come_after_those_they_import_from():
    done = {"../dom.js"}
    for name in downloads._OWN_SCRIPTS:
        imported = re.findall(r'from "(?:\./)?([^"]+)"', (SCRIPTS / name).read_text("utf-8"))
        assert set(imported) <= done
        done.add(name)
    assert done - {"../dom.js"} == {path.name for path in SCRIPTS.glob("*.js")}
